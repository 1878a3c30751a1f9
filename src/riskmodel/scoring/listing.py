"""score_round: the round's list, with reasons for those on it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from riskmodel.explanation import explain
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike
from riskmodel.metrics import CapacityLike
from riskmodel.models import RiskModel, check_language
from riskmodel.records import Records
from riskmodel.scoring.feed_check import check_feeds
from riskmodel.scoring.list_columns import ListRows, filled
from riskmodel.scoring.notes import Note, compared_note, written
from riskmodel.scoring.ranking import Round, rank_round, recipe_of
from riskmodel.scoring.round_capacity import checked_capacity
from riskmodel.scoring.score_list import ScoreList


def score_round(
    model: RiskModel,
    records: Records,
    as_of: DateLike,
    capacity: CapacityLike = 0.02,
    *,
    lang: str = "en",
    top: int = 3,
    masked: bool = True,
    accept_feeds: Iterable[str] = (),
) -> ScoreList:
    """Score one round's cohort by the model's own recipe, and list as many as can be contacted.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted on a panel built from records.
    records : Records
    as_of : date-like
        The morning of the round; what is known later is not seen.
    capacity : float, int or mapping, default 0.02
        Below 1 a share of the cohort, rounded up; a whole number; a mapping, one of either for each
        area.
    lang : {"en", "ko"}
        Of the reasons.
    top : int, default 3
        Reasons of each listed household.
    masked : bool, default True
        Whether sensitive indicators are named as such only.
    accept_feeds : list of str
        Indicators accepted although what came in of them lies outside the range of the training
        rounds.

    Returns
    -------
    ScoreList

    Raises
    ------
    ConfigError, ModelError, PanelError
        For a model without recipe, an indicator that the records don't know, a round after the
        records' end.
    RecordsError
        For a feed that was silent, or five times as full or as empty as in any training round, and
        not accepted.
    """
    check_language(lang)
    checked = checked_capacity(capacity, records)
    scored = rank_round(model, records, as_of, checked)
    training = model.training_["rounds"]
    accepted = check_feeds(
        recipe_of(model), training, records, scored.day, len(scored.panel), accept_feeds
    )
    reasons, compared = _reasons(model, scored, lang, top, masked=masked)
    table = filled(ListRows(scored.table, reasons, lang), top)
    return ScoreList(
        table.reset_index(drop=True),
        model.title,
        scored.day,
        checked,
        written([*scored.notes, *accepted, compared], lang),
    )


def _reasons(
    model: RiskModel, scored: Round, lang: str, top: int, *, masked: bool
) -> tuple[pd.DataFrame, Note]:
    """Return the reasons, missing for those not listed, and a note on what they compare with."""
    table = scored.table
    listed = table.index[table["listed"]]
    keys = pd.MultiIndex.from_frame(table.loc[listed, [HOUSEHOLD, AS_OF]])
    explanation = explain(model, scored.panel.X.loc[keys], by="indicator")
    reasons = explanation.reasons(top=top, lang=lang, masked=masked)
    # what was not delivered on this day is a note of the whole round
    reasons = reasons.drop(columns="missing")
    compared = compared_note("reasons_compared", explanation, lang)
    return reasons.set_axis(listed, axis=0).reindex(table.index), compared
