"""trace_household: one household's facts, its score, and why it is on the list or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.errors import RecordsError
from riskmodel.explanation import explain
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, as_days, as_texts
from riskmodel.metrics import Capacity, CapacityLike
from riskmodel.models import RiskModel, check_language, standing_of
from riskmodel.records import Records
from riskmodel.scoring.household_facts import facts_of
from riskmodel.scoring.household_trace import LISTED, NOT_IN_COHORT, NOT_LISTED, Standing, Trace
from riskmodel.scoring.membership import conditions_not_met, panel_of_one
from riskmodel.scoring.notes import Note, compared_note, written
from riskmodel.scoring.ranking import Round, rank_round, recipe_of, records_by_recipe
from riskmodel.scoring.round_capacity import checked_capacity
from riskmodel.scoring.trace_tables import TraceTables


def trace_household(
    model: RiskModel,
    records: Records,
    as_of: DateLike,
    household: str,
    capacity: CapacityLike = 0.02,
    *,
    lang: str = "en",
    top: int = 3,
    masked: bool = True,
) -> Trace:
    """Explain one household's score on one date, listed or not.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted on a panel built from records.
    records : Records
        They may hold more than was known on the date; what was not visible yet is marked so.
    as_of : date-like
        The morning of the round.
    household : str
        Its household_id; any household of the records, listed or not.
    capacity : float, int or mapping, default 0.02
        Of the round's list.
    lang : {"en", "ko"}
    top : int, default 3
        Reasons at most.
    masked : bool, default True
        Whether sensitive indicators are named as "sensitive information" only, in facts and
        features, too.

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
    check_language(lang)
    (household,) = as_texts([household])
    day, recipe = str(as_days(as_of)), recipe_of(model)
    checked = checked_capacity(capacity, records)
    facts = facts_of(records, household, day)
    if facts.empty:
        raise RecordsError(
            f"the records hold nothing of this {records.household}",
            code="scoring.no_household",
            next_step="check the id: ids are text, 00123 is not 123",
        )
    scored = rank_round(model, records, day, checked)
    in_round = scored.table[scored.table[HOUSEHOLD] == household]
    if len(in_round):
        X = scored.panel.X.loc[pd.MultiIndex.from_frame(in_round[[HOUSEHOLD, AS_OF]])]
        outcome = _on_the_list(scored, in_round.iloc[0], checked)
    else:
        X = panel_of_one(records, recipe, household, day).X
        unmet = conditions_not_met(records, recipe, household, day)
        outcome = _Outcome(NOT_IN_COHORT, unmet)

    explanation = explain(model, X)
    margin = float(model.margin(X)[0])
    catalogue = records_by_recipe(recipe, records).catalogue
    tables = TraceTables(explanation, catalogue, lang, masked)
    writer = explanation.reason_writer
    totals = explanation.by_indicator().to_numpy()
    (reasons,) = writer.reasons(explanation.matrix, totals, lang, top, masked=masked)
    return Trace(
        household=household,
        as_of=day,
        model=model.title,
        status=outcome.status,
        because=written(outcome.because, lang),
        standing=_standing(model, scored, in_round, margin, checked),
        facts=tables.facts(facts),
        features=tables.features(),
        contributions=tables.contributions(),
        base=explanation.base,
        reasons=tuple(reason["text"] for reason in reasons),
        missing=tuple(writer.missing(explanation.matrix, lang)[0]),
        notes=written([*scored.notes, compared_note("trace_compared", explanation, lang)], lang),
        lang=lang,
    )


class _Outcome(NamedTuple):
    """Whether a household is on the list, and why."""

    status: str
    because: list[Note]


def _on_the_list(scored: Round, row: pd.Series, capacity: Capacity) -> _Outcome:
    cell = _cell(scored, row, capacity)
    is_whole = len(cell) == len(scored.table)
    rank = {
        "rank": row["rank"],
        "households": len(scored.table),
        "where": "" if is_whole else Note("in_area", {"area": row["area"]}),
    }
    listed = cell[cell["listed"]]
    if listed.empty:
        return _Outcome(NOT_LISTED, [Note("because_no_slot", rank)])
    last = listed.iloc[-1]
    end = {"listed": len(listed), "last": last["rank"], "score": last["score"]}
    because = [Note("because_list_end", rank | end)]
    if row["listed"]:
        return _Outcome(LISTED, because)
    if row["margin"] < last["margin"]:
        return _Outcome(NOT_LISTED, because)
    return _Outcome(NOT_LISTED, [*because, Note("because_tied")])


def _cell(scored: Round, row: pd.Series, capacity: Capacity) -> pd.DataFrame:
    """Return the households that share the slots of one list with a household."""
    if not capacity.is_by_area or "area" not in scored.table:
        return scored.table
    return scored.table[scored.table["area"] == row["area"]]


def _standing(
    model: RiskModel, scored: Round, in_round: pd.DataFrame, margin: float, capacity: Capacity
) -> Standing:
    own = standing_of(model, scored.reference, np.array([margin])).iloc[0]
    if len(in_round):
        rank = int(in_round["rank"].iloc[0])
        cell = _cell(scored, in_round.iloc[0], capacity)
    else:
        rank = 1 + int((scored.table["margin"] > margin).sum())
        cell = scored.table
    listed = cell[cell["listed"]]
    return Standing(
        margin=margin,
        score=float(own["score"]),
        percentile=float(own["percentile"]),
        band=own["band"],
        rank=rank,
        households=len(scored.table),
        slots=len(listed),
        cut_off_margin=float(listed["margin"].iloc[-1]) if len(listed) else np.nan,
        cut_off_score=float(listed["score"].iloc[-1]) if len(listed) else np.nan,
    )
