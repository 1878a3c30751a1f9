"""score_round: the round's list, with reasons for those on it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from riskmodel.explanation import explain
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike
from riskmodel.metrics import CapacityLike
from riskmodel.metrics.explored_share import Explore
from riskmodel.models import RiskModel, check_top, language_of
from riskmodel.recipes import check_feeds, hidden_codes, recipe_of, written
from riskmodel.records import Records
from riskmodel.records.engine import one_scan_engine
from riskmodel.scoring.compared_note import compared_note
from riskmodel.scoring.list_columns import ListRows, filled
from riskmodel.scoring.made_of import made_of
from riskmodel.scoring.ranking import Round, rank_round
from riskmodel.scoring.round_capacity import given_or_own
from riskmodel.scoring.round_record import Reasons
from riskmodel.scoring.score_list import ScoreList


@one_scan_engine()
def score_round(
    model: RiskModel,
    records: Records,
    as_of: DateLike,
    capacity: CapacityLike | None = None,
    *,
    lang: str | None = None,
    top: int = 3,
    masked: bool = True,
    accept_feeds: Iterable[str] = (),
    explore: float | None = None,
    seed: int | None = None,
) -> ScoreList:
    """Score one round's cohort by the model's own recipe, and list as many as can be contacted.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted on a panel built from records.
    records : Records
    as_of : date-like
        The morning of the round. What became known later is not used.
    capacity : float, int or mapping, optional
        By default that of the version's experiment; 0.02 for a model that is not published.
        A share of the cohort below 1, which is rounded up, or a number of households. A mapping has
        one of the two per area.
    lang : str, optional
        By default the version's; "en" for a model that is not published.
        The language of reasons and notes: a key of `riskmodel.serving.LANGUAGES`.
    top : int, default 3
        Reasons per listed household.
    masked : bool, default True
        Whether sensitive indicators are named as "sensitive information" only.
    accept_feeds : list of str
        Indicators that are accepted although their volume is out of the range of the training
        rounds.
    explore : float, optional
        Share of the list, above 0 and below 1, that is drawn at random from the whole cohort, so
        that every household of an area with a slot has a chance to be contacted.
        `inclusion_probability` is each household's total chance, and `stratum` says who was drawn.
    seed : int, optional
        Of the draw, needed with `explore`: the same seed draws the same households of a round, and
        others in another round.

    Returns
    -------
    ScoreList

    Raises
    ------
    ConfigError, ModelError, PanelError
        For a share or a seed that is none, a model without recipe, an indicator that the records do
        not know, or a round after the records' end.
    RecordsError
        For a feed that is not accepted, and that is empty, or five times as large or as small as
        before any training round.
    """
    asked = Explore.parse(explore, seed)
    checked = given_or_own(capacity, model, records)
    lang = language_of(lang, model.settings.lang)
    accept_feeds = (accept_feeds,) if isinstance(accept_feeds, str) else tuple(accept_feeds)
    check_top(top)
    scored = rank_round(model, records, as_of, checked, asked)
    accepted = check_feeds(model, records, scored.day, len(scored.panel), accept_feeds)

    explanation = explain(model, _listed_rows(scored))
    # what is blank on this day is a note of the whole round
    told = explanation.reasons(top=top, lang=lang, masked=masked)
    reasons = told.drop(columns=["missing", "no_value", "unseen"])
    rows = ListRows(scored.table, _on_all_rows(reasons, scored), lang)
    told_as = Reasons(lang, int(top), bool(masked))
    compared = compared_note("reasons_compared", explanation, lang)
    hidden = hidden_codes(recipe_of(model), records) if masked else ()
    table = filled(rows, top).reset_index(drop=True)
    return ScoreList(
        table=table.assign(**{HOUSEHOLD: records.as_written(table[HOUSEHOLD])}),
        model=model.title,
        as_of=scored.day,
        capacity=checked,
        notes=written([*scored.notes, *accepted, compared], lang, hidden),
        made_of=made_of(model, records, scored, checked, told_as, accept_feeds, hidden, asked),
    )


def _listed_rows(scored: Round) -> pd.DataFrame:
    """Return the features of the listed households, in the order of rank."""
    listed = scored.table[scored.table["listed"]]
    keys = pd.MultiIndex.from_frame(listed[[HOUSEHOLD, AS_OF]])
    return scored.panel.X.loc[keys]


def _on_all_rows(reasons: pd.DataFrame, scored: Round) -> pd.DataFrame:
    """Return the reasons of the listed households on all rows; the others have none."""
    listed = scored.table.index[scored.table["listed"]]
    return reasons.set_axis(listed, axis=0).reindex(scored.table.index)
