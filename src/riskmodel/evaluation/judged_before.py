"""How many models were judged on the same rows: the best of several looks better than it is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from riskmodel.panel.keys_digest import keys_digest

if TYPE_CHECKING:
    from riskmodel.panel import Panel
    from riskmodel.recipes import FitJudged

_MODELS: dict[str, list[str]] = {}


def digest_of_judged(panel: Panel) -> str:
    """Return a sha256 of the households, dates and outcomes of the labelled rows of a panel."""
    if panel.y is None:
        return keys_digest(panel.X.index)
    y = panel.y.dropna()
    outcomes = y.to_numpy("int8").tobytes()
    return hashlib.sha256(keys_digest(y.index).encode() + outcomes).hexdigest()


def nth_model(data: str, fits: tuple[FitJudged, ...]) -> int:
    """Return which model this is of those that this process judged on some rows, from 1.

    A model that was judged before keeps its number; scores of no model have number 0.
    """
    if len(fits) != 1:
        return 0
    models = _MODELS.setdefault(data, [])
    (fit,) = fits
    if fit.model not in models:
        models.append(fit.model)
    return models.index(fit.model) + 1


def note_on_models(number: int) -> str:
    """Return what a reader must know of the models that were judged before; empty of the first."""
    if number < 2:
        return ""
    return (
        f"model {number} of those that this process judged on these rows: the best of several "
        "looks better than it is"
    )
