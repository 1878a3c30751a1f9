"""PathTables: exact contributions of a forest, audited row by row against its margin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.forests.boosters import Booster, trees_of
from riskmodel.forests.coalitions import summed
from riskmodel.forests.forest import Floats, Forest
from riskmodel.forests.table_filling import (
    Arrays,
    Background,
    check_depth,
    fill,
    fold,
    gauss_legendre,
    lay_out,
)
from riskmodel.forests.table_kernel import Tables, count, evaluate, scratch

TOLERANCE = 1e-6
Part = TypeVar("Part")

_LEAST_PART, _MOST_PART = 2048, 65_536
_MOST_ROWS, _SUMS = 1024, 100_000


class MarginsAndContributions(NamedTuple):
    """The margin of each row, and its contributions, shape (n_rows, n_outputs)."""

    margin: Floats
    contributions: Floats


class PathTables:
    """Margins and exact SHAP values of boosters, at about the cost of a prediction.

    Parameters
    ----------
    boosters : BoosterTrees, lightgbm.Booster or str, or an iterable of them
        Parsed trees, or what they are read from. The margins and contributions of several boosters
        are averaged.
    background : Background or ndarray of shape (n_rows, n_features), optional
        The rows to compare with. Contributions are then interventional: they depend on the function
        and not on its trees. An array is counted and not kept. Without a background contributions
        compare with the rows that each node had in the fit (path-dependent, as in LightGBM's
        ``pred_contrib``).
    outputs : sequence of int, optional
        For each feature the number of the output to which its contributions are added. By default
        each feature has its own output.
    joint : bool, default False
        Whether the features of an output count as one player: the Shapley value of the group
        instead of the sum of its features' values. It needs a background.

    Attributes
    ----------
    arrays : dict of str to ndarray
        The tables. `riskmodel.serving` evaluates the same arrays with numpy alone.
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
        self,
        boosters: Booster | Iterable[Booster],
        background: Background | NDArray[Any] | None = None,
        outputs: Sequence[int] | None = None,
        *,
        joint: bool = False,
    ) -> None:
        forest = Forest(trees_of(boosters))
        if background is not None and not isinstance(background, Background):
            background = _count(forest, background, 1)
        if joint and (background is None or outputs is None):
            raise ModelError(
                "groups can be players only against a background",
                code="forests.joint",
                allowed="outputs= and background=",
                next_step="pass both, or take the sums",
            )
        arrays = fill(forest, background, outputs if joint else None)
        self.arrays = arrays if outputs is None else summed(arrays, outputs)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PathTables:
        """Take tables that were compiled before."""
        tables = cls.__new__(cls)
        tables.arrays = dict(arrays)
        return tables

    @property
    def base(self) -> float:
        """The mean margin of the rows that contributions compare with."""
        return float(self.arrays["base"])

    @property
    def background_rows(self) -> int:
        """Number of rows to compare with; 0 if path-dependent."""
        return int(self.arrays["background_rows"])

    def margin(self, X: NDArray[Any], n_jobs: int = 1) -> Floats:
        """Return the boosters' mean raw score, bit for bit, without contributions."""
        return self._run(X, n_jobs, 0).margin

    def contributions(self, X: NDArray[Any], n_jobs: int = 1) -> Floats:
        """Return the SHAP values of rows, shape (n_rows, n_outputs)."""
        return self.evaluate(X, n_jobs).contributions

    def evaluate(self, X: NDArray[Any], n_jobs: int = 1) -> MarginsAndContributions:
        """Return margins and contributions from one pass.

        Each row is audited: the base and its contributions add up to its margin.

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_features)
        n_jobs : int, default 1
            Number of threads; the result does not depend on it.

        Raises
        ------
        ModelError
            If any row is off by more than 1e-6.
        """
        result = self._run(X, n_jobs, int(self.arrays["n_outputs"]))
        audit(self.base, result.contributions, result.margin)
        return result

    def _run(self, X: NDArray[Any], n_jobs: int, n_outputs: int) -> MarginsAndContributions:
        X = np.asarray(X)
        self._check_width(X)
        margin = np.empty(len(X))
        phi = np.empty((len(X), n_outputs))
        tables = _tables(self.arrays)
        points = _points(int(self.arrays["steps"].max(initial=0)))

        def run(rows: slice) -> None:
            room = scratch(tables, n_outputs, _block_rows(n_outputs))
            evaluate(tables, _floats(X[rows]), points, room, margin[rows], phi[rows])

        list(_in_parts(run, len(X), n_jobs))
        return MarginsAndContributions(margin, phi)

    def _check_width(self, X: NDArray[Any]) -> None:
        expected = len(self.arrays["cut_start"]) - 1
        if X.ndim != 2 or X.shape[1] != expected:
            raise ModelError(
                f"X has shape {X.shape}",
                code="forests.shape",
                allowed=f"(n_rows, {expected})",
                next_step="pass the matrix that the boosters were fitted on",
            )


def count_background(
    boosters: Booster | Iterable[Booster], X: NDArray[Any], n_jobs: int = 1
) -> Background:
    """Count which conditions the rows of X meet. Contributions need no more of a background.

    Parameters
    ----------
    boosters : BoosterTrees, lightgbm.Booster or str, or an iterable of them
    X : ndarray, shape (n_rows, n_features)
    n_jobs : int, default 1
        Number of threads; the result does not depend on it.

    Raises
    ------
    ModelError
        For paths of more than eight features, naming `max_depth`; for no row.
    """
    return _count(Forest(trees_of(boosters)), X, n_jobs)


def audit(base: float, contributions: Floats, total: Floats) -> None:
    """Raise unless base + contributions = total to 1e-6 on every row."""
    difference = np.abs(base + contributions.sum(axis=1) - total)
    # a missing difference is off, too
    off = ~(difference <= TOLERANCE)
    if off.any():
        raise ModelError(
            f"contributions do not add up to the score on {off.sum()} of {len(off)} rows",
            code="forests.audit",
            allowed=f"a difference of at most {TOLERANCE}",
            next_step="the tables were changed or are faulty: compile them again from the model, "
            "and report it",
        )


def _count(forest: Forest, X: NDArray[Any], n_jobs: int) -> Background:
    check_depth(forest)
    X = np.asarray(X)
    if not len(X):
        raise ModelError(
            "the background holds no row",
            code="forests.background",
            allowed="rows of the fit",
            next_step="pass the matrix that the boosters were fitted on",
        )
    tables = _tables(lay_out(forest))

    def run(rows: slice) -> NDArray[np.int64]:
        counts = np.zeros(len(tables.leaf), dtype=np.int64)
        count(tables, _floats(X[rows]), scratch(tables, 0, _MOST_ROWS), counts)
        return counts

    total = np.zeros(len(tables.leaf), dtype=np.int64)
    for counts in _in_parts(run, len(X), n_jobs):
        total += counts
    return fold(forest, total, len(X))


def _in_parts(run: Callable[[slice], Part], rows: int, n_jobs: int) -> Iterator[Part]:
    """Run over slices of rows in threads, each small enough to be copied as float64."""
    enough_for_threads = min(n_jobs, rows // _LEAST_PART)
    enough_for_memory = -(-rows // _MOST_PART)
    parts = max(1, enough_for_threads, enough_for_memory)

    cuts = np.linspace(0, rows, 1 + parts).astype(int)
    slices = [slice(first, end) for first, end in pairwise(cuts)]
    with ThreadPoolExecutor(min(parts, max(n_jobs, 1))) as pool:
        yield from pool.map(run, slices)


def _floats(X: NDArray[Any]) -> Floats:
    return np.ascontiguousarray(X, dtype=np.float64)


def _tables(arrays: Arrays) -> Tables:
    return Tables(**{name: arrays[name] for name in Tables._fields})


def _points(most: int) -> Floats:
    """Return the points of the integrals on [0, 1], row q for q points."""
    points = np.zeros((most + 1, most))
    for q in range(1, most + 1):
        points[q, :q] = gauss_legendre(q)[0]
    return points


def _block_rows(n_outputs: int) -> int:
    # a block saves reads of the tables as long as its own sums stay in the processor's cache
    return int(np.clip(_SUMS // max(n_outputs, 1), 128, _MOST_ROWS))
