"""The explainable boosting machine: one shape per feature, monotone by risk direction, exact as it stands."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from riskmodel.errors import ModelError
from riskmodel.models.fit_rows import FitSettings, Floats, Rows, thread_count
from riskmodel.models.kind import Kind
from riskmodel.models.terms import Terms, with_means


@dataclass(frozen=True, eq=False)
class Additive(Terms):
    """A sum of step functions, one per feature.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        ``intercept`` of shape (); feature j has the cuts ``cut[cut_start[j]:cut_start[j + 1]]``
        and, from ``term_start[j]`` on, a term where it is missing and one for each interval between
        cuts, a cut belonging to the interval above it. A category's code c lies between the cuts c
        - .5 and c + .5. ``mean`` holds the terms' means over the ``background_rows`` fitted on:
        what explanations compare with.
    """

    def terms(self, matrix: Floats) -> Iterator[Floats]:
        """Yield each feature's term of every row."""
        a = self.arrays
        for j, x in enumerate(np.array(matrix.T, dtype=np.float64, order="C")):
            cuts = a["cut"][a["cut_start"][j] : a["cut_start"][j + 1]]
            interval = np.where(np.isnan(x), 0, 1 + np.searchsorted(cuts, x, side="right"))
            yield a["term"][a["term_start"][j] + interval]


def fit_additive(rows: Rows, settings: FitSettings) -> Additive:
    """Fit by cyclic boosting without interactions; each seed is one bag of rows.

    References
    ----------
    Lou, Caruana, Gehrke and Hooker (2013), Accurate intelligible models with pairwise interactions,
    doi:10.1145/2487575.2487579; Nori et al. (2019), InterpretML, arXiv:1909.09223.
    """
    try:
        from interpret.glassbox import ExplainableBoostingClassifier
    except ImportError:
        raise ModelError(
            "kind 'ebm' needs the package interpret-core",
            code="models.ebm",
            allowed="an installation with the extra ebm",
            next_step="pip install 'riskmodel[ebm]'",
        ) from None
    machine = ExplainableBoostingClassifier(
        feature_names=[f"x{j}" for j in range(len(settings.names))],
        feature_types=["nominal" if count else "continuous" for count in settings.categories],
        interactions=0,
        outer_bags=len(settings.seeds),
        monotone_constraints=list(settings.directions) if any(settings.directions) else None,
        random_state=settings.seeds[0],
        n_jobs=thread_count(settings.params["n_jobs"], rows.matrix),
    )
    with warnings.catch_warnings():
        # it warns that its own plots leave missing values out
        warnings.simplefilter("ignore")
        machine.fit(rows.matrix.astype(np.float64), rows.y.astype(int), sample_weight=rows.weight)
    shapes = [_shape(machine, j, count) for j, count in enumerate(settings.categories)]
    arrays = {
        "intercept": np.array(float(np.ravel(machine.intercept_)[0])),
        "cut": np.concatenate([np.zeros(0), *(shape.cuts for shape in shapes)]),
        "cut_start": np.cumsum([0, *(len(shape.cuts) for shape in shapes)]),
        "term": np.concatenate([np.zeros(0), *(shape.terms for shape in shapes)]),
        "term_start": np.cumsum([0, *(len(shape.terms) for shape in shapes)]),
    }
    return Additive(with_means(Additive(arrays), rows.matrix))


class _Shape(NamedTuple):
    """The cuts of a feature and its terms, the one of missing values first."""

    cuts: Floats
    terms: Floats


def _shape(machine: Any, j: int, categories: int) -> _Shape:
    """Read a feature's shape; the machine's last term is for values that it never saw."""
    bins, scores = machine.bins_[j][0], np.asarray(machine.term_scores_[j], dtype=np.float64)
    if not categories:
        return _Shape(np.asarray(bins, dtype=np.float64), scores[:-1])
    position = {int(float(code)): at for code, at in bins.items()}
    known = [scores[position[code]] if code in position else 0.0 for code in range(categories)]
    return _Shape(np.arange(0.5, categories - 1), np.array([scores[0], *known]))


EBM = Kind(name="ebm", fit=fit_additive, evaluator="additive")
