"""reasons_of: why some households of a round have their scores, listed or not."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from riskmodel.errors import RecordsError
from riskmodel.explanation import explain
from riskmodel.keys import HOUSEHOLD, DateLike, as_days
from riskmodel.models import RiskModel, check_top, language_of
from riskmodel.recipes import recipe_of, records_by_recipe
from riskmodel.records import Records
from riskmodel.records.engine import one_scan_engine
from riskmodel.scoring.ranking import cohort_of
from riskmodel.texts import as_ids, counted


@one_scan_engine()
def reasons_of(
    model: RiskModel,
    records: Records,
    as_of: DateLike,
    households: Iterable[str],
    *,
    lang: str | None = None,
    top: int = 3,
    masked: bool = True,
) -> pd.DataFrame:
    """Tell the reasons of some households of a round's cohort, listed or not.

    A list gives reasons for those on it. Whoever is drawn for a check of the model is not, and
    would stand out among the listed without them.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted on a panel built from records.
    records : Records
    as_of : date-like
        The morning of the round.
    households : list of str
        Their ids, as the records or a list write them.
    lang : str, optional
        By default the version's; "en" for a model that is not published.
    top : int, default 3
        The most reasons.
    masked : bool, default True
        Whether sensitive indicators are named as "sensitive information" only.

    Returns
    -------
    DataFrame
        One row per household, in the given order: ``household_id`` as given, ``reason_1``,
        ``contribution_1``, ..., and ``weaker``, how many more indicators raised the score.

    Raises
    ------
    RecordsError
        For households that are not of the round's cohort (``scoring.not_in_cohort``).
    ConfigError, ModelError, PanelError
        As for `score_round`.
    """
    lang = language_of(lang, model.settings.lang)
    check_top(top)
    given = [households] if isinstance(households, str) else list(households)
    recipe = recipe_of(model)
    panel = cohort_of(recipe, records_by_recipe(recipe, records), str(as_days(as_of, "as_of")))

    places = pd.Index(panel.households.astype(object)).get_indexer(pd.Index(as_ids(given)))
    if (places < 0).any():
        raise RecordsError(
            f"{counted(int((places < 0).sum()), 'household')} of {len(given):,} are not of the "
            "cohort of this round",
            code="scoring.not_in_cohort",
            allowed="households that riskmodel.score scores on the same date",
            next_step="check the date and the ids; riskmodel.trace says why one is not of the "
            "cohort",
        )
    told = explain(model, panel.X.iloc[places]).reasons(top=top, lang=lang, masked=masked)
    told = told.drop(columns=["missing", "no_value", "unseen"]).reset_index(drop=True)
    told.insert(0, HOUSEHOLD, pd.Series(given, dtype=object))
    return told
