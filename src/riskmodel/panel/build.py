"""From records to a panel: the cohort's rows, their features, attributes, groups and label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError, PanelError
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, KEYS
from riskmodel.panel.filling import attributes as known
from riskmodel.panel.filling.feed_arrivals import arrivals_before
from riskmodel.panel.filling.feed_volumes import FeedVolumes
from riskmodel.panel.filling.given_rows import RoundsLike
from riskmodel.panel.filling.plan import ROWS, Block, Plan
from riskmodel.panel.labelling.draws import draws, unplaced_lists
from riskmodel.panel.labelling.outcomes import check_label, observe
from riskmodel.panel.panel import Panel
from riskmodel.panel.recipe import Recipe
from riskmodel.panel.specs.cohort import Cohort
from riskmodel.panel.specs.feature_columns import Attribute, Column
from riskmodel.panel.specs.features import Features
from riskmodel.panel.specs.labels import Label
from riskmodel.panel.specs.vocabulary import (
    MIN_HOUSEHOLDS,
    Vocabulary,
    check_min_households,
    vocabularies,
)
from riskmodel.records import Records
from riskmodel.records.engine import one_scan_engine


@door
@one_scan_engine()
def build_panel(
    records: Records,
    rounds: RoundsLike | None = None,
    label: Label | Literal["default"] | None = "default",
    cohort: Cohort | None = None,
    features: Features | None = None,
    attributes: Iterable[str | Attribute] = (),
    min_households: int = MIN_HOUSEHOLDS,
) -> Panel:
    """Build X, y and groups of the cohort on each round's date.

    Parameters
    ----------
    records : Records
    rounds : DatetimeIndex, list of dates, DataFrame, or table of Arrow or polars, optional
        As-of dates; or a frame of (household_id, as_of_date[, round]) whose rows are taken as they
        are, unless a cohort is given too. Default: the records' own.
    label : Label or None, optional
        Default: the records' own label if their own rounds are used, else none.
    cohort : Cohort, optional
        Default: every household with a visible fact.
    features : Features, optional
        Default: the catalogue's aggregates.
    attributes : iterable of str or Attribute
        Attributes to add to the features.
    min_households : int, default 10
        Categories and groups of fewer households are ``"other"`` in the model's vocabulary and in
        all tables; X, groups and lists keep them as written. 1 names every one.

    Returns
    -------
    Panel

    Raises
    ------
    PanelError
        For a round without rows, a window that reaches past `today` in every round, an unknown
        outcome or attribute, or rows of households that stand in no table of the records.
    """
    least = check_min_households(min_households)
    label = _label_of(records, rounds, label)
    plan = Plan.of(records, rounds, cohort, features, attributes)
    blocks = list(plan.blocks())
    are_chosen = plan.rows is not None
    index, X = _assemble(plan, blocks)
    _refuse_empty_round(plan, index, given=are_chosen)
    columns, frame = _with_attributes(plan, _histories(plan), index, X, least)
    seen = None if label is None else observe(records, label, index)
    groups = _groups(records, index)
    made = _recipe(plan, label, None if are_chosen else _rows(plan, index))
    recipe = replace(made, min_households=least)
    drawn = draws(records, index)
    panel = Panel(
        X=frame,
        groups=groups,
        columns=columns,
        label=label,
        recipe=recipe,
        catalogue=recipe.catalogue,
        round=_round(plan.rows, index),
        truth=_truth(records, index),
        draws=drawn,
        area_name=records.area,
        today=records.today if label is None else records.complete_for(label.feeds),
        outside_coverage=sum(block.outside for block in blocks),
        partly_covered=plan.partly_covered(),
        group_vocabulary=vocabularies(groups, index.codes[0], least),
        spellings=dict(records.spellings.itertuples(index=False, name=None)),
        record_notes=(*records.notes, *unplaced_lists(records, drawn)),
        _records=records,
    )
    return panel if seen is None else replace(panel, **seen)


def _label_of(
    records: Records, rounds: RoundsLike | None, label: Label | Literal["default"] | None
) -> Label | None:
    """Return the label that is asked for, or by default that of the records' own rounds."""
    chosen: Any = label
    if isinstance(label, str) and label == "default":
        chosen = records.label if rounds is None else None
    if not (chosen is None or isinstance(chosen, Label)):
        raise ConfigError(
            f"build_panel() was given 'label' of type {type(chosen).__name__}",
            code="arguments.type",
            allowed="a Label or None",
            next_step="write label=rm.Label('crisis', window='6M')",
        )
    if chosen is not None:
        check_label(records, chosen)
    return chosen


def feature_blocks(
    records: Records,
    rounds: RoundsLike | None = None,
    cohort: Cohort | None = None,
    features: Features | None = None,
    rows: int = ROWS,
) -> Iterator[pd.DataFrame]:
    """Make the rows of `build_panel` some households at a time, for more than fits in memory.

    Parameters
    ----------
    records, rounds, cohort, features
        As in `build_panel`.
    rows : int
        About how many rows a block has; a household is never divided.

    Yields
    ------
    DataFrame
        X of some households, in the order of the scan. A text attribute has the categories that
        occur in the block.
    """
    plan = Plan.of(records, rounds, cohort, features)
    attributes = _histories(plan)
    for block in plan.blocks(rows):
        if len(block.household):
            index = _index(plan, block.ids, [block.household, block.date])
            yield _with_attributes(plan, attributes, index, block.X)[1]


def _assemble(plan: Plan, blocks: list[Block]) -> tuple[pd.MultiIndex, NDArray[np.float32]]:
    """Bring the rows of all blocks into the order (household_id, as_of_date).

    Blocks are freed as they are used.
    """
    used = [np.unique(block.household) for block in blocks]
    ids_of_blocks = [block.ids[of_block] for block, of_block in zip(blocks, used, strict=True)]
    ids = np.concatenate([np.zeros(0, object), *ids_of_blocks])
    order = pc.sort_indices(pa.array(ids, pa.string())).to_numpy()
    rank = _ranks(order)

    # One number per row: its household's rank and its date.
    first = np.cumsum([0, *map(len, used)])
    keys = [np.zeros(0, np.int64)]
    for number, block in enumerate(blocks):
        household = rank[first[number] + np.searchsorted(used[number], block.household)]
        keys.append(household * len(plan.dates) + block.date)
    joined = np.concatenate(keys)
    row = _ranks(np.argsort(joined, kind="stable"))

    X = np.empty((len(joined), plan.n_features), np.float32)
    done = 0
    for number, block in enumerate(blocks):
        X[row[done : done + len(block.X)]] = block.X
        done += len(block.X)
        blocks[number] = block._replace(X=X[:0])
    return _index(plan, ids[order], np.divmod(np.sort(joined), len(plan.dates))), X


def _ranks(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the position that each item has after sorting by `order`."""
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _index(plan: Plan, ids: NDArray[np.object_], codes: Any) -> pd.MultiIndex:
    levels: Any = [pd.Index(ids, dtype="str"), pd.DatetimeIndex(plan.dates.astype("datetime64[s]"))]
    return pd.MultiIndex(
        levels=levels, codes=codes, names=[HOUSEHOLD, AS_OF], verify_integrity=False
    )


def _refuse_empty_round(plan: Plan, index: pd.MultiIndex, *, given: bool) -> None:
    present = _rows(plan, index) > 0
    if present.all() or (given and present.any()):
        return
    day = plan.dates[~present][0]
    raise PanelError(
        f"no household is in the cohort of {day}",
        code="panel.nobody",
        place=f"round {day}",
        next_step="start with a later round, loosen the cohort, or check that its facts are known "
        "before the date",
    )


def _histories(plan: Plan) -> list[known.History]:
    return [known.read(plan.records, attribute) for attribute in plan.features.attributes]


def _with_attributes(
    plan: Plan,
    attributes: list[known.History],
    index: pd.MultiIndex,
    X: NDArray[np.float32],
    min_households: int = MIN_HOUSEHOLDS,
) -> tuple[tuple[Column, ...], pd.DataFrame]:
    columns = list(plan.panel_columns)
    frame = pd.DataFrame(
        X, index=index, columns=[column.name for column in columns[: plan.n_features]], copy=False
    )
    for number, history in enumerate(attributes, start=plan.n_features):
        values = _as_of(history, index)
        frame[columns[number].name] = values
        if isinstance(values, pd.Categorical):
            names, rare = Vocabulary.of(values, index.codes[0], min_households)
            columns[number] = replace(columns[number], categories=names, rare=rare)
    return tuple(columns), frame


def _as_of(history: known.History, index: pd.MultiIndex) -> NDArray[np.float32] | pd.Categorical:
    days = index.levels[1].to_numpy().astype("datetime64[D]")[index.codes[1]]
    return history.column(index.levels[0], np.asarray(index.codes[0]), days)


def _groups(records: Records, index: pd.MultiIndex) -> pd.DataFrame | None:
    names = dict.fromkeys([*records.groups, *([records.area] if records.area else [])])
    if not names:
        return None
    attributes = known.as_attributes(records, names)
    groups = {name: _category(records, a, index) for name, a in zip(names, attributes, strict=True)}
    return pd.DataFrame(groups, index=index)


def _category(records: Records, attribute: Attribute, index: pd.MultiIndex) -> Any:
    values = _as_of(known.read(records, attribute), index)
    return values if isinstance(values, pd.Categorical) else pd.Categorical(values)


def _round(rows: pd.DataFrame | None, index: pd.MultiIndex) -> pd.Series:
    if rows is not None and "round" in rows:
        named = rows.set_index(KEYS)["round"]
        return pd.Series(named.reindex(index).to_numpy(), index=index, name="round")
    return pd.Series(index.get_level_values(AS_OF), index=index, name="round")


def _truth(records: Records, index: pd.MultiIndex) -> pd.DataFrame | None:
    if records.truth is None:
        return None
    truth = records.truth
    if HOUSEHOLD not in truth.index.names:
        truth = truth.set_index([name for name in KEYS if name in truth])
    keys = index if truth.index.nlevels == 2 else index.get_level_values(HOUSEHOLD)
    return truth.reindex(keys).set_axis(index, axis=0)


def _rows(plan: Plan, index: pd.MultiIndex) -> NDArray[np.int64]:
    return np.bincount(index.codes[1], minlength=len(plan.dates))


def _recipe(plan: Plan, label: Label | None, rows: NDArray[np.int64] | None) -> Recipe:
    records, cohort = plan.records, plan.cohort
    banned = [code for code, _ in cohort.exclude or ()]
    of_condition = cohort.features(records.catalogue).codes
    outcome = () if label is None else (*label.outcome, label.observed_by)
    # Only what is used, so that a code which comes later changes no recipe.
    used = {*plan.features.codes, *of_condition, *(cohort.codes or ()), *banned, *outcome}
    catalogue = Catalogue(
        tuple(indicator for code, indicator in records.catalogue.items() if code in used)
    ).calling_rare(records.catalogue.rare)
    codes = plan.features.codes
    # Rows that the caller chose have no cohort to compare between rounds.
    volumes = None if rows is None else FeedVolumes.of(records, codes, plan.dates, rows.tolist())
    return Recipe(
        features=plan.features,
        catalogue=catalogue,
        label=label,
        cohort=cohort,
        rounds=tuple(str(day) for day in plan.dates),
        household=records.household,
        area=records.area,
        groups=tuple(records.groups),
        data=records.digest,
        today=str(records.today),
        site=records.site,
        feed_volumes=volumes,
        feed_arrivals=()
        if volumes is None
        else arrivals_before(records, codes, plan.dates, volumes.span, plan.feeds),
    )
