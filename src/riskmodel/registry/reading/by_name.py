"""`riskmodel.score`, `reasons_of` and `trace`, which also take the name of a published version."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.keys import DateLike
from riskmodel.metrics import CapacityLike
from riskmodel.models import RiskModel, check_language
from riskmodel.records import Records
from riskmodel.registry.backend.version import Version
from riskmodel.registry.reading.loading import load
from riskmodel.scoring import (
    ScoreList,
    Trace,
    checked_capacity,
    score_round,
    trace_household,
)
from riskmodel.scoring import reasons_of as reasons_of_some


@door
def score(
    model: str | Version | RiskModel,
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
    digest: str | None = None,
) -> ScoreList:
    """Score one round's cohort and list as many households as can be contacted.

    Parameters
    ----------
    model : str, Version, LoadedModel or RiskClassifier
        ``"NAME@ALIAS"`` and ``"NAME/NUMBER"`` are loaded from the registry first.
    capacity : float, int or mapping, optional
        By default that at which the version was evaluated; 0.02 for a model that is not published.
    lang : str, optional
        By default the version's own; "en" for a model that is not published.
    records, as_of, top, masked, accept_feeds, explore, seed
        See `riskmodel.scoring.score_round`.
    digest : str, optional
        For the name of a version: the artefact's digest that it must have; see `load`.

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
    loaded = _loaded(model, records, capacity, lang, digest)
    return score_round(
        loaded,
        records,
        as_of,
        capacity,
        lang=lang,
        top=top,
        masked=masked,
        accept_feeds=accept_feeds,
        explore=explore,
        seed=seed,
    )


@door
def reasons_of(
    model: str | Version | RiskModel,
    records: Records,
    as_of: DateLike,
    households: Iterable[str],
    *,
    lang: str | None = None,
    top: int = 3,
    masked: bool = True,
    digest: str | None = None,
) -> pd.DataFrame:
    """Tell the reasons of some households of a round's cohort, listed or not.

    Parameters
    ----------
    model : str, Version, LoadedModel or RiskClassifier
        ``"NAME@ALIAS"`` and ``"NAME/NUMBER"`` are loaded from the registry first.
    lang : str, optional
        By default the version's own; "en" for a model that is not published.
    records, as_of, households, top, masked
        See `riskmodel.scoring.reasons_of`.
    digest : str, optional
        For the name of a version: the artefact's digest that it must have; see `load`.

    Returns
    -------
    DataFrame
        One row per household, in the given order: ``household_id``, ``reason_1``,
        ``contribution_1``, ..., and ``weaker``.

    Raises
    ------
    RegistryError
        As for `load`.
    ConfigError, ModelError, PanelError, RecordsError
        As for `riskmodel.scoring.reasons_of`.
    """
    loaded = _loaded(model, records, None, lang, digest)
    return reasons_of_some(loaded, records, as_of, households, lang=lang, top=top, masked=masked)


@door
def trace(
    model: str | Version | RiskModel,
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
    digest: str | None = None,
) -> Trace:
    """Explain one household's score on one date, listed or not.

    Parameters
    ----------
    model : str, Version, LoadedModel or RiskClassifier
        ``"NAME@ALIAS"`` and ``"NAME/NUMBER"`` are loaded from the registry first.
    capacity, lang
        See `riskmodel.score`.
    records, as_of, household, top, masked, explore, seed
        See `riskmodel.scoring.trace_household`.
    digest : str, optional
        See `riskmodel.score`.

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
    loaded = _loaded(model, records, capacity, lang, digest)
    return trace_household(
        loaded,
        records,
        as_of,
        household,
        capacity,
        lang=lang,
        top=top,
        masked=masked,
        explore=explore,
        seed=seed,
    )


def _loaded(
    model: str | Version | RiskModel,
    records: Records,
    capacity: CapacityLike | None,
    lang: str | None,
    digest: str | None,
) -> RiskModel:
    """Return the model, loaded after a given capacity and language are checked."""
    if digest is not None and not isinstance(model, str | Version):
        raise ConfigError(
            "a digest is given for a model that is loaded already",
            code="registry.pin",
            allowed="a digest where the model is given by its name",
            next_step="give the digest to rm.load, or the name NAME@ALIAS to this call",
        )
    if lang is not None:
        check_language(lang)
    if capacity is not None:
        checked_capacity(capacity, records)
    return load(model, digest) if isinstance(model, str | Version) else model
