"""trace_household: one household's facts, its score, and why it is on the list or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.errors import RecordsError
from riskmodel.explanation import explain
from riskmodel.keys import HOUSEHOLD, DateLike, as_days
from riskmodel.metrics import Capacity, CapacityLike, group_names
from riskmodel.metrics.explored_share import Explore
from riskmodel.models import (
    RiskModel,
    check_top,
    language_of,
    standing_of,
    undelivered_rows,
)
from riskmodel.panel import Recipe
from riskmodel.recipes import (
    Note,
    hidden_codes,
    recipe_of,
    records_by_recipe,
    told_feeds,
    written,
)
from riskmodel.records import Records
from riskmodel.records.earlier_rounds import earlier_rounds
from riskmodel.records.engine import one_scan_engine
from riskmodel.records.service_matters import service_matters
from riskmodel.scoring.blank_indicators import areas_of, blank_indicators
from riskmodel.scoring.compared_note import compared_note
from riskmodel.scoring.household_facts import facts_of
from riskmodel.scoring.household_trace import LISTED, NOT_IN_COHORT, NOT_LISTED, Standing, Trace
from riskmodel.scoring.membership import conditions_not_met, panel_of_one
from riskmodel.scoring.ranking import CERTAIN, Round, rank_round
from riskmodel.scoring.round_capacity import given_or_own
from riskmodel.scoring.trace_tables import TraceTables
from riskmodel.serving import ReasonWriter
from riskmodel.texts import as_ids


@one_scan_engine()
def trace_household(
    model: RiskModel,
    records: Records,
    as_of: DateLike,
    household: str,
    capacity: CapacityLike | None = None,
    *,
    lang: str | None = None,
    top: int = 3,
    masked: bool = True,
    explore: float | None = None,
    seed: int | None = None,
) -> Trace:
    """Explain one household's score on one date, listed or not.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted on a panel built from records.
    records : Records
        They may hold more than was known on the date. Facts that were not visible yet are marked.
    as_of : date-like
        The morning of the round.
    household : str
        The household_id of any household of the records, listed or not.
    capacity : float, int or mapping, optional
        By default that of the version's experiment; 0.02 for a model that is not published.
        The capacity of the round's list.
    lang : str, optional
        By default the version's; "en" for a model that is not published.
        A key of `riskmodel.serving.LANGUAGES`, such as ``"en"`` or ``"ko"``.
    top : int, default 3
        The most reasons.
    masked : bool, default True
        Whether sensitive indicators are named as "sensitive information" only, also in facts and
        features.
    explore, seed : float, int, optional
        Those of the round's list, as for `score_round`, where a part of it was drawn.

    Returns
    -------
    Trace

    Raises
    ------
    RecordsError
        If the records hold nothing of the household.
    ConfigError, ModelError, PanelError
        As for `score_round`.
    """
    asked = Explore.parse(explore, seed)
    lang = language_of(lang, model.settings.lang)
    check_top(top)
    (household,) = as_ids([household])
    day = str(as_days(as_of, "as_of"))
    recipe = recipe_of(model)
    checked = given_or_own(capacity, model, records)
    facts = _require_facts(records, household, day)

    scored = rank_round(model, records, day, checked, asked)
    found = _in_round(scored, household, checked)
    if found is None:
        found = _outside_round(records, recipe, household, day)
    explanation = explain(model, found.X)
    feeds = told_feeds(model, records, day, len(scored.panel))
    compared = compared_note("trace_compared", explanation, lang)
    hidden = hidden_codes(recipe, records) if masked else ()

    own_records, writer = records_by_recipe(recipe, records), explanation.reason_writer
    (is_blank,) = writer.blank(explanation.matrix) & ~explanation.unseen_keys()
    blank = blank_indicators(writer, is_blank, own_records, day, found.areas)
    gone = frozenset(blank.undelivered)
    tables = TraceTables(explanation, own_records.catalogue, lang, masked, gone)
    phi = explanation.unmasked.to_numpy()
    told = writer.reasons(explanation.matrix, phi, lang, top, masked=masked)
    return Trace(
        household=records.as_written(pd.Series([household])).iloc[0],
        as_of=day,
        model=model.title,
        status=found.status,
        because=written(found.because, lang, hidden),
        standing=_standing(model, scored, found, checked),
        facts=tables.facts(facts),
        features=tables.features(),
        contributions=tables.contributions(),
        contacts=earlier_rounds(records, as_days(day), household),
        matters=service_matters(records, as_days(day), household, masked=masked),
        base=explanation.base,
        reasons=tuple(reason["text"] for reason in told.reasons[0]),
        weaker=int(told.weaker[0]),
        missing=_names(writer, blank.undelivered, lang, masked=masked),
        no_value=_names(writer, blank.no_value, lang, masked=masked),
        notes=written([*scored.notes, *feeds, compared], lang, hidden),
        lang=lang,
    )


class _TracedHousehold(NamedTuple):
    """One household, its features, and whether and why it is on the list.

    Attributes
    ----------
    X : DataFrame
        One row.
    row : Series or None
        Its row in the round's table; None for a household outside the cohort.
    areas : list of str
        Where it lives.
    status : str
    because : list of Note
    """

    X: pd.DataFrame
    row: pd.Series | None
    areas: list[str]
    status: str
    because: list[Note]


def _require_facts(records: Records, household: str, day: str) -> pd.DataFrame:
    facts = facts_of(records, household, day)
    if facts.empty and len(service_matters(records, as_days(day), household)):
        raise RecordsError(
            f"the records hold no fact or attribute of this {records.household}, so that no model "
            "scores it",
            code="scoring.no_household",
            allowed="households of events or attributes",
            next_step="read what it asked for, or who named it: riskmodel.review(records, ...)",
        )
    if facts.empty:
        raise RecordsError(
            f"the records hold nothing of this {records.household}",
            code="scoring.no_household",
            next_step="check the id: ids are text, 00123 is not 123",
        )
    return facts


def _in_round(scored: Round, household: str, capacity: Capacity) -> _TracedHousehold | None:
    rows = scored.table[scored.table[HOUSEHOLD] == household]
    if rows.empty:
        return None
    own = scored.panel[scored.panel.households == household]
    row = rows.iloc[0]
    outcome = _outcome(scored, row, capacity)
    return _TracedHousehold(own.X, row, areas_of(own), outcome.status, outcome.because)


def _outside_round(records: Records, recipe: Recipe, household: str, day: str) -> _TracedHousehold:
    own = panel_of_one(records, recipe, household, day)
    unmet = conditions_not_met(records, recipe, household, day)
    return _TracedHousehold(own.X, None, areas_of(own), NOT_IN_COHORT, unmet)


def _names(writer: ReasonWriter, keys: list[str], lang: str, *, masked: bool) -> tuple[str, ...]:
    (names,) = writer.shown_names(np.isin(writer.keys, keys)[None], lang, masked=masked)
    return tuple(names)


class _Outcome(NamedTuple):
    """Whether a household is on the list, and why."""

    status: str
    because: list[Note]


def _outcome(scored: Round, row: pd.Series, capacity: Capacity) -> _Outcome:
    cell = _cell(scored, row, capacity)
    is_whole = len(cell) == len(scored.table)
    rank = {
        "rank": row["rank"],
        "households": len(scored.table),
        "where": "" if is_whole else Note("in_area", {"area": _pool(row, capacity)}),
    }
    listed = cell[cell["listed"]]
    if listed.empty:
        return _Outcome(NOT_LISTED, [Note("because_no_slot", rank)])

    status = LISTED if row["listed"] else NOT_LISTED
    is_certain = row["listed"] and row["stratum"] == CERTAIN
    by_rank = listed[listed["stratum"] == CERTAIN]
    chance = {"chance": row["inclusion_probability"]}
    arm = Note("because_drawn" if row["listed"] else "because_not_drawn", chance)
    draw = [arm] if pd.notna(row["seed"]) and not is_certain else []
    if by_rank.empty:
        return _Outcome(status, draw)

    last = by_rank.iloc[-1]
    end = {"listed": len(by_rank), "last": last["rank"], "score": last["score"]}
    key = "because_list_end" if len(by_rank) == len(listed) else "because_rank_end"
    tied = not is_certain and row["margin"] >= last["margin"]
    because = [Note(key, rank | end), *([Note("because_tied")] if tied else []), *draw]
    return _Outcome(status, because)


def _cell(scored: Round, row: pd.Series, capacity: Capacity) -> pd.DataFrame:
    """Return the households that share the slots of one list with a household."""
    if not capacity.is_by_area or "area" not in scored.table:
        return scored.table
    area = capacity.pooled(group_names(scored.table["area"]))
    return scored.table[area == _pool(row, capacity)]


def _pool(row: pd.Series, capacity: Capacity) -> str:
    """Return the area with which a household shares slots."""
    return str(capacity.pooled(group_names([row["area"]]))[0])


def _standing(
    model: RiskModel, scored: Round, found: _TracedHousehold, capacity: Capacity
) -> Standing:
    margin = float(model.margin(found.X)[0])
    gone = undelivered_rows(model, found.X)
    own = standing_of(model, scored.reference, np.array([margin]), gone).iloc[0]
    if found.row is None:
        rank = 1 + int((scored.table["margin"] > margin).sum())
        cell = scored.table
    else:
        rank = int(found.row["rank"])
        cell = _cell(scored, found.row, capacity)

    listed = cell[cell["listed"]]
    by_rank = listed[listed["stratum"] == CERTAIN]
    return Standing(
        margin=margin,
        score=float(own["score"]),
        percentile=float(own["percentile"]),
        band=own["band"],
        rank=rank,
        households=len(scored.table),
        slots=len(listed),
        cut_off_margin=float(by_rank["margin"].iloc[-1]) if len(by_rank) else np.nan,
        cut_off_score=float(by_rank["score"].iloc[-1]) if len(by_rank) else np.nan,
    )
