"""The explainable boosting machine: one monotone step function per feature."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmodel.errors import ModelError
from riskmodel.models.bins import cuts_of, without_few
from riskmodel.models.cross_fit import by_folds
from riskmodel.models.fit_rows import FitSettings, Floats, Rows, thread_count
from riskmodel.models.kind import Kind
from riskmodel.models.terms import Terms, with_means

if TYPE_CHECKING:
    from interpret.glassbox import ExplainableBoostingClassifier


@dataclass(frozen=True, eq=False)
class Additive(Terms):
    """A sum of step functions, one per feature.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        ``intercept`` has the shape (). Feature j has the cuts
        ``cut[cut_start[j]:cut_start[j + 1]]``. From ``term_start[j]`` on it has its term where it
        is missing, and then one term per interval between cuts. A cut belongs to the interval above
        it. The code c of a category lies between the cuts c - .5 and c + .5. ``mean`` holds the
        terms' means over the ``background_rows`` fitted on, which explanations compare with.
    """

    def terms(self, matrix: Floats) -> Iterator[Floats]:
        """Yield each feature's term of every row."""
        cut_start, term_start = self.arrays["cut_start"], self.arrays["term_start"]
        by_feature = np.array(matrix.T, dtype=np.float64, order="C")
        for j, x in enumerate(by_feature):
            cuts = self.arrays["cut"][cut_start[j] : cut_start[j + 1]]
            interval = 1 + np.searchsorted(cuts, x, side="right")
            position = np.where(np.isnan(x), 0, interval)
            yield self.arrays["term"][term_start[j] + position]


def fit_additive(rows: Rows, settings: FitSettings) -> Additive:
    """Fit by cyclic boosting without interactions; each seed is one bag of rows.

    A bin is of at least 10 households. Categories and missing values that fewer have are fitted as
    the column's usual value, and have the term of what the fit never saw.

    References
    ----------
    Lou, Caruana, Gehrke and Hooker (2013), Accurate intelligible models with pairwise interactions,
    doi:10.1145/2487575.2487579; Nori et al. (2019), InterpretML, arXiv:1909.09223.
    """
    machine = _fitted_machine(rows, settings)
    shapes = [_shape(machine, j, count) for j, count in enumerate(settings.categories)]
    arrays = {
        "intercept": np.array(float(np.ravel(machine.intercept_)[0])),
        "cut": np.concatenate([np.zeros(0), *(shape.cuts for shape in shapes)]),
        "cut_start": np.cumsum([0, *(len(shape.cuts) for shape in shapes)]),
        "term": np.concatenate([np.zeros(0), *(shape.terms for shape in shapes)]),
        "term_start": np.cumsum([0, *(len(shape.terms) for shape in shapes)]),
    }
    return Additive(with_means(Additive(arrays), rows.matrix))


def _fitted_machine(rows: Rows, settings: FitSettings) -> ExplainableBoostingClassifier:
    try:
        from interpret.glassbox import ExplainableBoostingClassifier
    except ImportError:
        raise ModelError(
            "kind 'ebm' needs the package interpret-core",
            code="models.ebm",
            allowed="an installation with the extra ebm",
            next_step="pip install 'riskmodel[ebm]'",
        ) from None
    matrix = _matrix(rows, settings)
    machine = ExplainableBoostingClassifier(
        feature_names=[f"x{j}" for j in range(len(settings.names))],
        feature_types=[
            "nominal" if count else cuts_of(x, rows.household).tolist()
            for x, count in zip(matrix.T, settings.categories, strict=True)
        ],
        interactions=0,
        outer_bags=len(settings.seeds),
        monotone_constraints=list(settings.directions) if any(settings.directions) else None,
        random_state=settings.seeds[0],
        n_jobs=thread_count(settings.params["n_jobs"], rows.matrix),
    )
    with warnings.catch_warnings():
        # it warns that its own plots leave missing values out
        warnings.simplefilter("ignore")
        machine.fit(matrix, rows.y.astype(int), sample_weight=rows.weight)
    return machine


def _matrix(rows: Rows, settings: FitSettings) -> Floats:
    columns = zip(rows.matrix.T.astype(np.float64), settings.categories, strict=True)
    return np.column_stack(
        [without_few(x, rows.household, is_category=count > 0) for x, count in columns]
    )


class _Shape(NamedTuple):
    """The cuts of a feature and its terms; the term of missing values is the first."""

    cuts: Floats
    terms: Floats


def _shape(machine: ExplainableBoostingClassifier, j: int, categories: int) -> _Shape:
    """Read a feature's shape; the machine's last term is for values that it never saw."""
    bins = machine.bins_[j][0]
    scores = np.asarray(machine.term_scores_[j], dtype=np.float64)
    if not categories:
        return _Shape(np.asarray(bins, dtype=np.float64), scores[:-1])

    position = {int(float(code)): at for code, at in bins.items()}
    terms = [scores[position[code]] if code in position else 0.0 for code in range(categories)]
    cuts = np.arange(0.5, categories - 1)
    return _Shape(cuts, np.array([scores[0], *terms]))


EBM = Kind(name="ebm", fit=by_folds(fit_additive), evaluator="additive", complexity=2)
