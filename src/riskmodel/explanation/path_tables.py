"""PathTables: exact contributions of a forest, audited row by row against its margin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.explanation.forest import Floats, Forest
from riskmodel.explanation.kernel import Tables, count, evaluate, scratch
from riskmodel.explanation.tables import Arrays, Background, check_depth, fill, fold, gauss_legendre, lay_out

TOLERANCE = 1e-6
_ROWS_A_THREAD = 2048
_MOST_ROWS, _SUMS = 1024, 100_000


class PathTables:
    """Margin and exact SHAP values of LightGBM boosters, for all rows at about the price of a prediction.

    Parameters
    ----------
    boosters : lightgbm.Booster or str, or an iterable of them
        Of several, margins and contributions are averaged.
    background : Background or ndarray of shape (n_rows, n_features), optional
        The rows to compare with (interventional: contributions belong to the function, not to its trees). An array is
        counted and not kept. Default: what each node saw in the fit (path-dependent, as LightGBM's ``pred_contrib``).
    outputs : sequence of int, optional
        For each feature the number of the output to which its contributions are added; default: one a feature.

    Attributes
    ----------
    arrays : dict of str to ndarray
        All that is stored of them; `riskmodel.serving` evaluates the same arrays by numpy alone.
    base : float
        With the contributions it adds up to the margin.

    Examples
    --------
    >>> import lightgbm
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> data = lightgbm.Dataset(X, X[:, 0] > 0)
    >>> booster = lightgbm.train({"objective": "binary", "verbose": -1, "max_depth": 3}, data, 5)
    >>> tables = PathTables(booster, background=X)
    >>> tables.contributions(X).shape
    (500, 2)
    """

    def __init__(
        self, boosters: Any, background: Background | NDArray[Any] | None = None, outputs: Sequence[int] | None = None
    ) -> None:
        forest = Forest(_listed(boosters), outputs)
        if background is not None and not isinstance(background, Background):
            background = _count(forest, background)
        self.arrays = fill(forest, background)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PathTables:
        """Take tables that were compiled before."""
        tables = cls.__new__(cls)
        tables.arrays = dict(arrays)
        return tables

    @property
    def base(self) -> float:
        """The mean margin of what contributions compare with."""
        return float(self.arrays["base"])

    @property
    def background_rows(self) -> int:
        """Number of rows to compare with; 0 if path-dependent."""
        return int(self.arrays["background_rows"])

    def margin(self, X: Any) -> Floats:
        """Return the boosters' mean raw score, bit for bit."""
        return self.evaluate(X)[0]

    def contributions(self, X: Any, n_jobs: int = 1) -> Floats:
        """Return the SHAP values of rows, shape (n_rows, n_outputs)."""
        return self.evaluate(X, n_jobs)[1]

    def evaluate(self, X: Any, n_jobs: int = 1) -> tuple[Floats, Floats]:
        """Return margins and contributions, each row audited: base + contributions = margin.

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_features)
        n_jobs : int, default 1
            Threads; nothing depends on their number.

        Raises
        ------
        ModelError
            If any row is off by more than 1e-6.
        """
        X = np.ascontiguousarray(X, dtype=np.float64)
        self._check_width(X)
        margin, phi = np.empty(len(X)), np.empty((len(X), int(self.arrays["n_outputs"])))
        tables, points = _tables(self.arrays), _points(int(self.arrays["steps"].max(initial=0)))
        cuts = np.linspace(0, len(X), 1 + max(1, min(n_jobs, len(X) // _ROWS_A_THREAD))).astype(int)
        parts = [slice(a, b) for a, b in pairwise(cuts)]

        def run(rows: slice) -> None:
            room = scratch(tables, phi.shape[1], _block_rows(phi.shape[1]))
            evaluate(tables, X[rows], points, room, margin[rows], phi[rows])

        with ThreadPoolExecutor(len(parts)) as pool:
            list(pool.map(run, parts))
        audit(self.base, phi, margin)
        return margin, phi

    def _check_width(self, X: Floats) -> None:
        expected = len(self.arrays["cut_start"]) - 1
        if X.ndim != 2 or X.shape[1] != expected:
            raise ModelError(
                f"X has shape {X.shape}",
                code="explanation.shape",
                allowed=f"(n_rows, {expected})",
                next_step="pass the matrix that the boosters were fitted on",
            )


def count_background(boosters: Any, X: Any) -> Background:
    """Count which conditions the rows of X meet: all that contributions need to know of a background.

    Parameters
    ----------
    boosters : lightgbm.Booster or str, or an iterable of them
    X : ndarray, shape (n_rows, n_features)
    """
    return _count(Forest(_listed(boosters)), X)


def audit(base: float, contributions: Floats, total: Floats) -> None:
    """Raise unless base + contributions = total to 1e-6 on every row."""
    off = ~(np.abs(base + contributions.sum(axis=1) - total) <= TOLERANCE)
    if off.any():
        raise ModelError(
            f"contributions do not add up to the score on {off.sum()} of {len(off)} rows",
            code="explanation.audit",
            allowed=f"a difference of at most {TOLERANCE}",
            next_step="the tables were changed or are faulty: compile them again from the model, and report it",
        )


def _count(forest: Forest, X: Any) -> Background:
    check_depth(forest)
    X = np.ascontiguousarray(X, dtype=np.float64)
    if not len(X):
        raise ModelError(
            "the background holds no row",
            code="explanation.background",
            allowed="rows of the fit",
            next_step="pass the matrix that the boosters were fitted on",
        )
    tables = _tables(lay_out(forest))
    counts = np.zeros(len(tables.leaf), dtype=np.int64)
    count(tables, X, scratch(tables, 0, _MOST_ROWS), counts)
    return fold(forest, counts, len(X))


def _tables(arrays: Arrays) -> Tables:
    return Tables(**{name: arrays[name] for name in Tables._fields})


def _points(most: int) -> Floats:
    """Return the points of the integrals on [0, 1], row q for q points."""
    points = np.zeros((most + 1, most))
    for q in range(1, most + 1):
        points[q, :q] = gauss_legendre(q)[0]
    return points


def _block_rows(n_outputs: int) -> int:
    # blocks spare memory traffic on the tables as long as their own sums stay near the processor
    return int(np.clip(_SUMS // max(n_outputs, 1), 128, _MOST_ROWS))


def _listed(boosters: Any) -> Iterable[Any]:
    return [boosters] if isinstance(boosters, str) or not isinstance(boosters, Iterable) else list(boosters)
