"""Margins and contributions of a model, computed from its tables alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel import serving
from riskmodel.errors import ModelError
from riskmodel.forests import Arrays, PathTables, summed
from riskmodel.models.fit_rows import Floats
from riskmodel.models.kind import TREES, Kind
from riskmodel.models.kinds import KINDS
from riskmodel.serving import Member


class Contributions(NamedTuple):
    """The base and the contributions, which add up to the margin of each row.

    Attributes
    ----------
    base : float
        The mean margin of the rows that contributions compare with.
    margin : ndarray, shape (n_rows,)
    parts : ndarray, shape (n_rows, n_outputs)
        The contributions.
    """

    base: float
    margin: Floats
    parts: Floats


def margin_of(kind: Kind, arrays: Arrays, matrix: Floats, n_jobs: int) -> Floats:
    """Return margins without contributions, at a fraction of the cost."""
    members = serving.members_of(evaluator_of(kind), arrays)
    national = serving.mean_of_members(_margin(member, matrix, n_jobs) for member in members)
    return serving.margin_by_region(arrays, matrix, national)


def contributions_of(
    kind: Kind,
    arrays: Arrays,
    matrix: Floats,
    n_jobs: int,
    outputs: Sequence[int] | None = None,
) -> Contributions:
    """Return the base, the margins and the contributions.

    Parameters
    ----------
    kind : Kind
    arrays : mapping of str to ndarray
        The tables of a model of this kind.
    matrix : ndarray, shape (n_rows, n_features)
    n_jobs : int
        Number of threads; the result does not depend on it.
    outputs : sequence of int, optional
        For each column the number of the output to which its contributions are added. By default
        each column has its own output.
    """
    national = _national(kind, arrays, matrix, n_jobs, outputs)
    if serving.REGION not in arrays:
        return national
    column = int(arrays[serving.REGION])
    output = column if outputs is None else outputs[column]
    return Contributions(
        national.base,
        serving.margin_by_region(arrays, matrix, national.margin),
        serving.parts_by_region(arrays, matrix, national.parts, output),
    )


def _national(
    kind: Kind, arrays: Arrays, matrix: Floats, n_jobs: int, outputs: Sequence[int] | None
) -> Contributions:

    def evaluated(member: Member) -> Contributions:
        if outputs is not None and member.evaluator == TREES:
            member = member._replace(tables=summed(dict(member.tables), outputs))
        return _evaluated(member, matrix, n_jobs, outputs)

    return _mean(map(evaluated, serving.members_of(evaluator_of(kind), arrays)))


def group_values_of(
    kind: Kind, joint: Arrays, matrix: Floats, n_jobs: int, outputs: Sequence[int]
) -> Floats:
    """Return the Shapley values of groups of columns as single players, on the margin.

    Parameters
    ----------
    kind : Kind
    joint : mapping of str to ndarray
        The joint tables of a model of this kind.
    matrix, n_jobs, outputs
        As `contributions_of` takes them.
    """
    members = serving.members_of(evaluator_of(kind), joint)
    return _mean(_evaluated(member, matrix, n_jobs, outputs) for member in members).parts


def _margin(member: Member, matrix: Floats, n_jobs: int) -> Floats:
    if member.evaluator == TREES:
        return PathTables.from_arrays(member.tables).margin(matrix, n_jobs)
    return _closed_form(member, matrix).margin


def _evaluated(
    member: Member, matrix: Floats, n_jobs: int, outputs: Sequence[int] | None
) -> Contributions:
    """Return one member's contributions; tables of trees name their outputs themselves."""
    if member.evaluator == TREES:
        tables = PathTables.from_arrays(member.tables)
        margin, parts = tables.evaluate(matrix, n_jobs)
        return Contributions(tables.base, margin, parts)

    result = _closed_form(member, matrix)
    if outputs is None:
        return result
    return result._replace(parts=_summed(result.parts, np.asarray(outputs)))


def _mean(of_members: Iterable[Contributions]) -> Contributions:
    base, margin, parts = zip(*of_members, strict=True)
    return Contributions(
        fmean(base), serving.mean_of_members(margin), serving.mean_of_members(parts)
    )


def _closed_form(member: Member, matrix: Floats) -> Contributions:
    """Evaluate tables by the function that consumers of the published model use too."""
    evaluate = serving.EVALUATORS[member.evaluator](member.tables)
    margin, parts = evaluate(matrix)
    return Contributions(float(member.tables["base"]), margin, parts)


def _summed(parts: Floats, outputs: NDArray[np.int64]) -> Floats:
    n_outputs = outputs.max(initial=-1) + 1
    sums = [parts[:, outputs == output].sum(axis=1) for output in range(n_outputs)]
    return np.stack(sums, axis=1)


def evaluator_of(kind: Kind) -> str:
    """Return the name of the function that reads a kind's tables.

    Raises
    ------
    ModelError
        For a kind that has no tables.
    """
    if kind.evaluator is None:
        raise ModelError(
            f"kind {kind.name!r} has no contributions: its margin is not a function of the "
            "features",
            code="explanation.kind",
            allowed=[name for name, known in KINDS.items() if known.evaluator is not None],
            next_step="use one of these kinds",
        )
    return kind.evaluator
