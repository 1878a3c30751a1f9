"""Makes the rows that a published model scores from the tables of records, by numpy alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.made_columns import KINDS_OF_TROUBLE, MadeColumns, attributes_of
from riskmodel.serving.reader_types import ColumnEntry, Part
from riskmodel.serving.refusal import ServingError, some_of
from riskmodel.serving.scorer import Scorer
from riskmodel.serving.settled_facts import SettledFacts, settled_facts
from riskmodel.serving.settled_tables import Tables, day_of, households_in
from riskmodel.serving.window_figures import FIGURES

OF_TEXTS = "distinct"

DayLike = str | date | np.datetime64


class HouseholdRows(NamedTuple):
    """Rows of one day, as a model scores them: ``scorer.score(rows.columns)``.

    Attributes
    ----------
    household_id : ndarray of str, shape (n_rows,)
    as_of_date : datetime64[D]
    columns : dict of str to ndarray, each of shape (n_rows,)
        The model's columns, in its order: float32, NaN where missing; or texts, None where missing.
    """

    household_id: NDArray[Any]
    as_of_date: np.datetime64
    columns: dict[str, NDArray[Any]]


def features(
    scorer: Scorer,
    tables: Tables,
    as_of: DayLike,
    households: Iterable[str] | None = None,
    *,
    since: DayLike | None = None,
) -> HouseholdRows:
    """Make a model's columns from the tables of records, as of a day.

    Only what was known on the morning of that day counts: facts and deliveries whose `event_date`
    and `known_date` lie before it, and that were not retracted before it. Columns equal those of
    the panel to the last bit, since sums are added in the same order.

    Parameters
    ----------
    scorer : Scorer
        A model of a panel that was built from records.
    tables : mapping of str to table
        ``events``, ``coverage``, ``deliveries``, ``unmatched`` and, where columns or areas need
        them, ``attributes``: each a mapping of columns, a list of mappings or a DataFrame, with the
        columns of the records' own tables. ``members`` and ``contacts`` only say which households
        there are. They must be whole, also where few households are asked for: when a feed began,
        and when a state was delivered, is read from the facts of all.
    as_of : str, date or datetime64
    households : iterable of str, optional
        Whose rows to make, in this order. Default: every household with a visible fact, in the
        order of their ids.
    since : str, date or datetime64, optional
        First day of the records, where their manifest says so. It only matters to models whose
        columns are missing where a window is covered in part.

    Returns
    -------
    HouseholdRows

    Raises
    ------
    ServingError
        For a model whose columns are not made from these tables, a table or column that is missing
        or cannot be read, a household that stands in no table, and a day before all facts.
    """
    day = day_of(as_of, "as_of")
    first_day = None if since is None else day_of(since, "since")
    recipe = _recipe_in(scorer)
    _refuse_other_columns(scorer.columns, recipe)

    facts = _facts_for(scorer.columns, tables)
    _refuse_a_day_before_all(facts, day)
    chosen = _cohort(facts, recipe, day) if households is None else _known(households, tables)
    made = MadeColumns(recipe, tables, facts, chosen, day, first_day)
    columns = {column["name"]: made.column(column) for column in scorer.columns}
    return HouseholdRows(np.array(chosen, object), np.datetime64(day, "D"), columns)


def _recipe_in(scorer: Scorer) -> Part:
    """Return how the columns of a model are made, or refuse a model that does not say it."""
    if "recipe" not in scorer.features:
        raise ServingError(
            "features.json does not say how columns are made",
            "serving.no_recipe",
            "an artefact as riskmodel 0.1.0 or later publishes it",
            "publish the model again, or make the columns yourself that scorer.columns names",
        )
    recipe: Part | None = scorer.features["recipe"]
    if recipe is None:
        names = [column["name"] for column in scorer.columns]
        raise ServingError(
            f"the model was fitted on a frame, so that no table tells how to make {some_of(names)}",
            "serving.no_recipe",
            "a model of a panel that was built from records",
            "make these columns as they were made for the fit, and score them",
        )
    return recipe


def _refuse_other_columns(columns: Sequence[ColumnEntry], recipe: Part) -> None:
    attributes, catalogue = attributes_of(recipe), recipe["catalogue"]
    others = []
    for column in columns:
        if column["way"] == KINDS_OF_TROUBLE:
            is_made = set(column["codes"]) <= set(catalogue)
        elif column["aggregate"]:
            is_made = column["indicator"] in catalogue and column["aggregate"] in FIGURES
        else:
            is_made = column["name"] in attributes
        others += [] if is_made else [column["name"]]
    if others:
        raise ServingError(
            f"not made from tables of records: {some_of(others)}",
            "serving.no_feature",
            f"kinds of trouble, attributes of the recipe, and {', '.join(FIGURES)} of an indicator",
            "take the serving.py that was published with the version; a column that it refuses, "
            "too, make yourself, and score it beside the others",
        )


def _facts_for(columns: Sequence[ColumnEntry], tables: Tables) -> SettledFacts:
    """Read the facts, those with codes of which columns are made by their codes."""
    codes = {code for column in columns for code in (column["indicator"], *column.get("codes", ()))}
    with_details = any(column["aggregate"] == OF_TEXTS for column in columns)
    return settled_facts(tables, sorted(codes - {""}), with_details=with_details)


def _refuse_a_day_before_all(facts: SettledFacts, as_of: int) -> None:
    if facts.codes and not facts.visible(as_of).any():
        raise ServingError(
            f"no fact of events was known before {np.datetime64(as_of, 'D')}",
            "serving.nobody",
            "a day after the first fact became known",
            "ask for a later day, or give the events of earlier ones",
        )


def _cohort(facts: SettledFacts, recipe: Part, as_of: int) -> list[str]:
    """Return every household with a visible fact, or refuse a cohort that is another one."""
    if recipe["cohort"]:
        raise ServingError(
            f"the model's cohort has conditions: {', '.join(recipe['cohort'])}",
            "serving.cohort",
            "the households that meet them",
            "give households, such as those of the round's list",
        )
    seen = facts.visible(as_of).tolist()
    return sorted({who for who, is_seen in zip(facts.household, seen, strict=True) if is_seen})


def _known(households: Iterable[str], tables: Tables) -> list[str]:
    """Return the households that were asked for, or refuse ids that the tables do not hold."""
    listed = [households] if isinstance(households, str) else list(households)
    others = sum(not isinstance(household, str) for household in listed)
    if others:
        raise ServingError(
            f"{others:,} of {len(listed):,} households are no texts",
            "serving.not_a_text",
            "ids as the tables write them: '00123' is another id than 123",
            "give the ids as texts",
        )
    named = set(listed)
    if len(named) < len(listed):
        raise ServingError(
            f"{len(listed) - len(named):,} of {len(listed):,} households are given again",
            "serving.repeated_households",
            "each household once",
            "leave out those that are there",
        )
    unknown = len(named - households_in(tables))
    if unknown:
        raise ServingError(
            f"{unknown:,} of {len(listed):,} households stand in no table",
            "serving.unknown_household",
            "households with a fact, an attribute, a member or a contact",
            "check the ids (zeros in front, ids of people), leave these out, or give the table of "
            "members in which they stand",
        )
    return listed
