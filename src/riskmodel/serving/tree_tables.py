"""Evaluates tables of groups of leaves: a byte of passed tests selects what a group adds."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Arrays, Evaluator, Floats

ROWS_TIMES_ENTRIES = 2_000_000
ROWS_OF_AN_INTEGRAL = 32
LEAST_NORMAL = np.float32(1e-35)


class Slots(NamedTuple):
    """The slots of groups that are read from the table alone, ordered by output."""

    group: NDArray[np.intp]
    output: NDArray[np.int64]
    start: NDArray[np.int64]


class Ranges(NamedTuple):
    """The members of some ranges, and for each the position of its range among the chosen ones."""

    member: NDArray[np.intp]
    owner: NDArray[np.intp]


class Block(NamedTuple):
    """Some rows as codes, and the pattern of passed tests by row and group."""

    codes: NDArray[np.uint16]
    pattern: NDArray[np.int64]


def tree_evaluator(t: Arrays) -> Evaluator:
    """Return the evaluator of `riskmodel.forests` tables; its margin is LightGBM's bit for bit."""
    slots = _plain_slots(t)
    n_boosters = len(t["booster_start"]) - 1
    at_once = max(1, ROWS_TIMES_ENTRIES // (len(slots.group) + 8 * len(t["steps"])))

    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        margin = np.zeros(len(X))
        phi = np.zeros((len(X), int(t["n_outputs"])))
        for first in range(0, len(X), at_once):
            rows = slice(first, first + at_once)
            _add_block(t, slots, X[rows], margin[rows], phi[rows])
        return margin / n_boosters, phi

    return evaluate


def _plain_slots(t: Arrays) -> Slots:
    group = np.repeat(np.arange(len(t["steps"])), np.diff(t["slot_start"]))
    plain = np.flatnonzero(t["steps"][group] == 0)
    by_output = np.argsort(t["slot_output"][plain], kind="stable")
    plain = plain[by_output]
    return Slots(
        group=group[plain],
        output=t["slot_output"][plain],
        start=t["table_start"][plain],
    )


def _add_block(t: Arrays, slots: Slots, X: Floats, margin: Floats, phi: Floats) -> None:
    """Add the boosters' margins and contributions of some rows."""
    codes = codes_of(t, X)
    block = Block(codes, patterns_of(t, codes))
    entry = slots.start + block.pattern[:, slots.group]
    _add_by(phi, slots.output, t["table"][entry])

    value = t["leaf"][t["leaf_start"][:-1] + block.pattern]
    for steps in np.unique(t["steps"][t["steps"] > 0]):
        integrated = np.flatnonzero(t["steps"] == steps)
        for groups in np.array_split(integrated, 1 + len(codes) // ROWS_OF_AN_INTEGRAL):
            value[:, groups] *= _integrate(t, groups, steps, block, phi)

    # one tree after the other, as LightGBM adds them: the margin is equal bit for bit
    for a, b in pairwise(t["group_start"][t["booster_start"]]):
        margin += np.add.accumulate(value[:, a:b], axis=1)[:, -1]


def codes_of(t: Arrays, X: Floats) -> NDArray[np.uint16]:
    """Return for each row and feature the interval or category of its value, 0 for missing."""
    n_features = len(t["cut_start"]) - 1
    codes = np.zeros((len(X), n_features + len(t["set_feature"])), np.uint16)
    for f, x in enumerate(X.T):
        cuts = t["cut"][t["cut_start"][f] : t["cut_start"][f + 1]]
        categories = t["category"][t["category_start"][f] : t["category_start"][f + 1]]
        if len(categories):
            codes[:, f] = _category_ranks(categories, x)
        elif len(cuts):
            codes[:, f] = _intervals(cuts, x)

    member = t["set_start"][:-1] + codes[:, t["set_feature"]]
    codes[:, n_features:] = t["set_member"][member]
    return codes


def _category_ranks(categories: NDArray[np.int64], x: Floats) -> NDArray[np.intp]:
    # the fraction is cut off; what then is negative or no int32 is in no node's list
    whole = np.where((x > -1) & (x < 2.0**31), x, -1).astype(np.int64)
    rank = np.minimum(np.searchsorted(categories, whole), len(categories) - 1)
    return np.where(categories[rank] == whole, rank + 1, 0)


def _intervals(cuts: Floats, x: Floats) -> NDArray[np.intp]:
    near = np.where(np.abs(x) <= LEAST_NORMAL, 0.0, x)
    return np.where(np.isnan(x), 0, 1 + np.searchsorted(cuts, near))


def patterns_of(t: Arrays, codes: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return for each row and group the tests passed, as the bits of a number."""
    passed = _pass(codes, t["tests"])
    return np.packbits(passed, axis=2, bitorder="little")[..., 0].astype(np.int64)


def _pass(codes: NDArray[np.uint16], tests: NDArray[np.int32]) -> NDArray[np.bool_]:
    low = tests[..., 1].astype(np.uint16)
    more = tests[..., 2].astype(np.uint16)
    return codes[:, tests[..., 0]] - low <= more


def _integrate(
    t: Arrays, groups: NDArray[np.intp], steps: int, block: Block, phi: Floats
) -> NDArray[np.bool_]:
    """Add groups too large for a table, by integrals; return where all shared tests pass."""
    x = (np.polynomial.legendre.leggauss(steps)[0] + 1) / 2
    shared = _ranges(t["shared_start"], groups)
    if not len(shared.member):
        return np.ones((len(block.codes), 0), bool)

    # what each shared test multiplies the integrand by, at each point
    ok = _pass(block.codes, t["shared_tests"][shared.member])
    share = t["shared_share"][shared.member][:, None]
    factor = share * (1 - x) + ok[..., None] * x
    first = np.searchsorted(shared.owner, np.arange(len(groups)))
    power = np.multiply.reduceat(factor, first, axis=1)
    entry = block.pattern[:, groups, None] * steps + np.arange(steps)

    # the outputs of the shared tests
    whole = power * t["whole"][t["whole_start"][groups, None] + entry]
    integrand = whole[:, shared.owner] * (ok[..., None] - share) / factor
    by_shared = integrand.sum(axis=2)

    # the outputs of all other tests
    slots = _ranges(t["slot_start"], groups)
    place = t["table_start"][slots.member, None] + entry[:, slots.owner]
    by_slot = (power[:, slots.owner] * t["table"][place]).sum(axis=2)

    output = np.concatenate([t["shared_output"][shared.member], t["slot_output"][slots.member]])
    values = np.concatenate([by_shared, by_slot], axis=1)
    order = np.argsort(output, kind="stable")
    _add_by(phi, output[order], values[:, order])
    return np.logical_and.reduceat(ok, first, axis=1)


def _ranges(start: NDArray[np.int64], chosen: NDArray[np.intp]) -> Ranges:
    owner = np.repeat(np.arange(len(chosen)), np.diff(start)[chosen])
    offset = np.arange(len(owner)) - np.searchsorted(owner, owner)
    return Ranges(start[chosen][owner] + offset, owner)


def _add_by(phi: Floats, outputs: NDArray[np.int64], values: Floats) -> None:
    """Add values to their outputs; equal outputs stand beside each other."""
    used, first = np.unique(outputs, return_index=True)
    if len(used):
        phi[:, used] += np.add.reduceat(values, first, axis=1)
