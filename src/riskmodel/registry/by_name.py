"""`riskmodel.score` and `riskmodel.trace`, which also take the name of a published version."""

from __future__ import annotations

from collections.abc import Iterable

from riskmodel.doors import door
from riskmodel.keys import DateLike
from riskmodel.metrics import CapacityLike
from riskmodel.models import RiskModel
from riskmodel.records import Records
from riskmodel.registry.loading import load
from riskmodel.registry.version import Version
from riskmodel.scoring import ScoreList, Trace, checked_capacity, score_round, trace_household


@door
def score(
    model: str | Version | RiskModel,
    records: Records,
    as_of: DateLike,
    capacity: CapacityLike = 0.02,
    *,
    lang: str = "en",
    top: int = 3,
    masked: bool = True,
    accept_feeds: Iterable[str] = (),
) -> ScoreList:
    """Score one round's cohort and list as many households as can be contacted.

    Parameters
    ----------
    model : str, Version, LoadedModel or RiskClassifier
        ``"NAME@ALIAS"`` and ``"NAME/NUMBER"`` are loaded from the registry first.
    records, as_of, capacity, lang, top, masked, accept_feeds
        See `riskmodel.scoring.score_round`.

    Returns
    -------
    ScoreList

    Raises
    ------
    RegistryError
        As for `load`.
    ConfigError, ModelError, PanelError, RecordsError
        As for `riskmodel.scoring.score_round`.
    """
    checked = checked_capacity(capacity, records)
    return score_round(
        _loaded(model),
        records,
        as_of,
        checked,
        lang=lang,
        top=top,
        masked=masked,
        accept_feeds=accept_feeds,
    )


@door
def trace(
    model: str | Version | RiskModel,
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
    model : str, Version, LoadedModel or RiskClassifier
        ``"NAME@ALIAS"`` and ``"NAME/NUMBER"`` are loaded from the registry first.
    records, as_of, household, capacity, lang, top, masked
        See `riskmodel.scoring.trace_household`.

    Returns
    -------
    Trace

    Raises
    ------
    RegistryError
        As for `load`.
    ConfigError, ModelError, PanelError, RecordsError
        As for `riskmodel.scoring.trace_household`.
    """
    checked = checked_capacity(capacity, records)
    return trace_household(
        _loaded(model), records, as_of, household, checked, lang=lang, top=top, masked=masked
    )


def _loaded(model: str | Version | RiskModel) -> RiskModel:
    return load(model) if isinstance(model, str | Version) else model
