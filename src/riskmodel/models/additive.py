"""The explainable boosting machine: one shape a feature, monotone by risk direction, exact as it stands."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskmodel.errors import ModelError
from riskmodel.models.rows import Design, Floats, Rows, thread_count
from riskmodel.models.terms import Terms


@dataclass(frozen=True, eq=False)
class Additive(Terms):
    """A sum of step functions, one a feature.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        ``intercept`` of shape (); feature j has the cuts ``cut[cut_start[j]:cut_start[j + 1]]`` and, from
        ``term_start[j]`` on, a term where it is missing and one for each interval between cuts, a cut belonging to the
        interval above it. A category's code c lies between the cuts c - .5 and c + .5. ``mean`` holds the terms' means
        over the ``background_rows`` fitted on: what explanations compare with.
    """

    def terms(self, matrix: Floats) -> Iterator[Floats]:
        """Yield each feature's term of every row."""
        a = self.arrays
        for j, x in enumerate(np.array(matrix.T, dtype=np.float64, order="C")):
            cuts = a["cut"][a["cut_start"][j] : a["cut_start"][j + 1]]
            interval = np.where(np.isnan(x), 0, 1 + np.searchsorted(cuts, x, side="right"))
            yield a["term"][a["term_start"][j] + interval]


def fit_additive(rows: Rows, design: Design) -> Additive:
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
        feature_names=[f"x{j}" for j in range(len(design.names))],
        feature_types=["nominal" if count else "continuous" for count in design.categories],
        interactions=0,
        outer_bags=len(design.seeds),
        monotone_constraints=list(design.directions) if any(design.directions) else None,
        random_state=design.seeds[0],
        n_jobs=thread_count(design.settings["n_jobs"], rows.matrix),
    )
    with warnings.catch_warnings():
        # it warns that its own plots leave missing values out
        warnings.simplefilter("ignore")
        machine.fit(rows.matrix.astype(np.float64), rows.y.astype(int), sample_weight=rows.weight)
    shapes = [_shape(machine, j, count) for j, count in enumerate(design.categories)]
    cuts, terms = ([shape[k] for shape in shapes] for k in (0, 1))
    arrays = {
        "intercept": np.array(float(np.ravel(machine.intercept_)[0])),
        "cut": np.concatenate([np.zeros(0), *cuts]),
        "cut_start": np.cumsum([0, *map(len, cuts)]),
        "term": np.concatenate([np.zeros(0), *terms]),
        "term_start": np.cumsum([0, *map(len, terms)]),
    }
    mean = Additive(arrays).contributions(rows.matrix).mean(axis=0)
    return Additive({**arrays, "mean": mean, "background_rows": np.array(len(rows))})


def _shape(machine: Any, j: int, categories: int) -> tuple[Floats, Floats]:
    """Return the cuts and the terms (missing first) of a feature; the machine's last term is for what it never saw."""
    bins, scores = machine.bins_[j][0], np.asarray(machine.term_scores_[j], dtype=np.float64)
    if not categories:
        return np.asarray(bins, dtype=np.float64), scores[:-1]
    place = {int(float(code)): at for code, at in bins.items()}
    known = [scores[place[code]] if code in place else 0.0 for code in range(categories)]
    return np.arange(categories - 1) + 0.5, np.array([scores[0], *known])
