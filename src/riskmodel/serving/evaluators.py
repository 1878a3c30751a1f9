"""One evaluator for each form of tables: from a matrix to margins and contributions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from riskmodel.serving.reader_types import Arrays, Evaluator, Floats
from riskmodel.serving.tree_tables import tree_evaluator

BLEND = "blend"


def linear_evaluator(t: Arrays) -> Evaluator:
    """Return the evaluator of an intercept and one term per column, added from left to right."""

    def term(j: int, x: Floats) -> Floats:
        weights = t["category_weight"][t["start"][j] : t["start"][j + 1]]
        if len(weights):
            code = np.where(np.isnan(x), len(weights), x).astype(np.intp)
            return np.append(weights, 0.0)[code]
        squashed = np.sign(x) * np.log1p(np.abs(x))
        scaled = (squashed - t["center"][j]) / t["scale"][j]
        return np.where(np.isnan(x), t["missing"][j], t["weight"][j] * scaled)

    return _sum_of_terms(t, term)


def additive_evaluator(t: Arrays) -> Evaluator:
    """Return the evaluator of an intercept and one step function per column, added in order."""

    def term(j: int, x: Floats) -> Floats:
        cuts = t["cut"][t["cut_start"][j] : t["cut_start"][j + 1]]
        interval = np.where(np.isnan(x), 0, 1 + np.searchsorted(cuts, x, side="right"))
        return t["term"][t["term_start"][j] + interval]

    return _sum_of_terms(t, term)


def _sum_of_terms(t: Arrays, term: Callable[[int, Floats], Floats]) -> Evaluator:
    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        margin = np.full(len(X), float(t["intercept"]))
        terms = np.zeros(X.shape)
        for j, x in enumerate(X.T):
            terms[:, j] = term(j, x)
            margin += terms[:, j]
        return margin, terms - t["mean"]

    return evaluate


def longest_evaluator(t: Arrays) -> Evaluator:
    """Return the evaluator of the greatest of some columns, to which all of the margin belongs."""

    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        lengths = np.maximum(np.nan_to_num(X[:, t["positions"]]), 0.0)
        margin = lengths.max(axis=1, initial=0.0)
        phi = np.zeros(X.shape)
        phi[np.arange(len(X)), t["positions"][lengths.argmax(axis=1)]] = margin
        return margin, phi

    return evaluate


class Member(NamedTuple):
    """One of the models whose margins a blend averages: who reads its tables, and the tables."""

    evaluator: str
    tables: Arrays


def members_of(evaluator: str, t: Arrays) -> list[Member]:
    """Return the members of a blend in order, or the tables themselves as the only member."""
    if evaluator != BLEND:
        return [Member(evaluator, t)]
    return [Member(str(name), _numbered(t, f"{i}.")) for i, name in enumerate(t["evaluators"])]


def _numbered(t: Arrays, number: str) -> Arrays:
    return {
        name.removeprefix(number): array for name, array in t.items() if name.startswith(number)
    }


def mean_of_members(parts: Iterable[Floats]) -> Floats:
    """Return the mean of the members' arrays, added in order: a single member's as they are."""
    total, *others = parts
    for part in others:
        total = total + part
    return total / (1 + len(others))


def blend_evaluator(t: Arrays) -> Evaluator:
    """Return the evaluator of a mean of several models."""
    evaluators = [EVALUATORS[name](tables) for name, tables in members_of(BLEND, t)]

    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        margins, contributions = zip(*(own(X) for own in evaluators), strict=True)
        return mean_of_members(margins), mean_of_members(contributions)

    return evaluate


EVALUATORS: dict[str, Callable[[Arrays], Evaluator]] = {
    "trees": tree_evaluator,
    "linear": linear_evaluator,
    "additive": additive_evaluator,
    "longest": longest_evaluator,
    BLEND: blend_evaluator,
}
