"""Evaluates tables of groups of leaves: a byte of passed tests selects what a group adds."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.serving.reader_types import Arrays, Evaluator, Floats
from riskmodel.serving.tree_codes import Codes, codes_of

# fewer rows are evaluated for all groups at once, more group by group for all rows at once
FEW_ROWS = 200
ROWS_AT_ONCE = 16_384
ROWS_TIMES_ENTRIES = 2_000_000
ROWS_OF_AN_INTEGRAL = 32


class Slots(NamedTuple):
    """The slots of groups that are read from the table alone."""

    group: NDArray[np.intp]
    output: NDArray[np.int64]
    start: NDArray[np.int64]


class Ranges(NamedTuple):
    """The members of some ranges, and for each the position of its range among the chosen ones."""

    member: NDArray[np.intp]
    owner: NDArray[np.intp]


class Block(NamedTuple):
    """Some rows as codes, and the pattern of passed tests by group and row."""

    codes: Codes
    pattern: NDArray[np.uint8]


def tree_evaluator(t: Arrays) -> Evaluator:
    """Return the evaluator of `riskmodel.forests` tables; its margin is LightGBM's bit for bit."""
    slots = _plain_slots(t)
    n_boosters = len(t["booster_start"]) - 1
    few_at_once = max(1, ROWS_TIMES_ENTRIES // (len(slots.group) + 8 * len(t["steps"])))

    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        margin = np.zeros(len(X))
        phi = np.zeros((len(X), int(t["n_outputs"])))
        is_few = len(X) <= FEW_ROWS
        at_once = few_at_once if is_few else ROWS_AT_ONCE
        for first in range(0, len(X), at_once):
            rows = slice(first, first + at_once)
            codes = codes_of(t, X[rows])
            if is_few:
                _add_few(t, slots, codes, margin[rows], phi[rows])
            else:
                _add_many(t, codes, margin[rows], phi[rows])
        return margin / n_boosters, phi

    return evaluate


def _plain_slots(t: Arrays) -> Slots:
    group = np.repeat(np.arange(len(t["steps"])), np.diff(t["slot_start"]))
    plain = np.flatnonzero(t["steps"][group] == 0)
    return Slots(group[plain], t["slot_output"][plain], t["table_start"][plain])


def _add_few(t: Arrays, slots: Slots, codes: Codes, margin: Floats, phi: Floats) -> None:
    """Add the boosters' margins and contributions of few rows, all groups at once."""
    pattern = patterns_of(t, codes)
    entry = slots.start[:, None] + pattern[slots.group]
    for row, values in enumerate(t["table"][entry].T):
        # one slot after the other, as for many rows
        phi[row] += np.bincount(slots.output, weights=values, minlength=phi.shape[1])

    value = t["leaf"][t["leaf_start"][:-1, None] + pattern]
    value *= _integrated(t, Block(codes, pattern), phi)
    # one tree after the other, as LightGBM adds them: the margin is equal bit for bit
    for a, b in pairwise(t["group_start"][t["booster_start"]]):
        margin += np.add.accumulate(value[a:b], axis=0)[-1]


def patterns_of(t: Arrays, codes: Codes) -> NDArray[np.uint8]:
    """Return for each group and row the tests passed, as the bits of a number."""
    return np.packbits(_pass(codes, t["tests"]), axis=1, bitorder="little")[:, 0]


def _add_many(t: Arrays, codes: Codes, margin: Floats, phi: Floats) -> None:
    """Add the boosters' margins and contributions of many rows, one group after the other."""
    pattern = np.zeros((len(t["steps"]), codes.shape[1]), np.uint8)
    for own, tests, n_tests in zip(pattern, t["tests"], t["n_tests"].tolist(), strict=True):
        for j, (column, low, more) in enumerate(tests[:n_tests].tolist()):
            passed = codes[column] - np.uint16(low % 65_536) <= np.uint16(more % 65_536)
            own |= passed.view(np.uint8) << np.uint8(j)

    is_met = _integrated(t, Block(codes, pattern), integrals := np.zeros(phi.shape))
    by_output = np.zeros(phi.shape[::-1])
    for a, b in pairwise(t["group_start"][t["booster_start"]].tolist()):
        booster = np.zeros(len(margin))
        for g in range(a, b):
            at = pattern[g].astype(np.intp)
            leaf = t["leaf"][t["leaf_start"][g] :][at]
            booster += leaf * is_met[g] if t["steps"][g] else leaf
            if t["steps"][g] == 0:
                _add_slots(t, g, at, by_output)
        margin += booster
    phi += by_output.T
    phi += integrals


def _add_slots(t: Arrays, g: int, at: NDArray[np.intp], by_output: Floats) -> None:
    """Add what a group's table holds for the patterns of all rows, slot after slot."""
    first, end = t["slot_start"][g], t["slot_start"][g + 1]
    starts, outputs = t["table_start"][first:end].tolist(), t["slot_output"][first:end].tolist()
    for start, output in zip(starts, outputs, strict=True):
        by_output[output] += t["table"][start:][at]


def _integrated(t: Arrays, block: Block, phi: Floats) -> NDArray[np.bool_]:
    """Add all groups too large for a table; return where the shared tests of each group pass."""
    if not t["steps"].any():
        return np.broadcast_to(np.True_, block.pattern.shape)
    is_met = np.ones(block.pattern.shape, bool)
    for steps in np.unique(t["steps"][t["steps"] > 0]):
        groups = np.flatnonzero(t["steps"] == steps)
        n_rows = block.codes.shape[1]
        for first in range(0, n_rows, ROWS_OF_AN_INTEGRAL):
            rows = slice(first, first + ROWS_OF_AN_INTEGRAL)
            part = Block(block.codes[:, rows], block.pattern[:, rows])
            is_met[groups, rows] = _integrate(t, groups, steps, part, phi[rows])
    return is_met


def _pass(codes: Codes, tests: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which tests the codes of rows pass, shape (*shape of tests, n_rows)."""
    low = tests[..., 1, None].astype(np.uint16)
    more = tests[..., 2, None].astype(np.uint16)
    return codes[tests[..., 0]] - low <= more


def _integrate(
    t: Arrays, groups: NDArray[np.intp], steps: int, block: Block, phi: Floats
) -> NDArray[np.bool_]:
    """Add groups too large for a table, by integrals; return where all shared tests pass."""
    x = (np.polynomial.legendre.leggauss(steps)[0] + 1) / 2
    shared = _ranges(t["shared_start"], groups)
    if not len(shared.member):
        return np.ones((len(groups), block.codes.shape[1]), bool)

    # what each shared test multiplies the integrand by, at each point
    ok = _pass(block.codes, t["shared_tests"][shared.member]).T
    share = t["shared_share"][shared.member][:, None]
    factor = share * (1 - x) + ok[..., None] * x
    first = np.searchsorted(shared.owner, np.arange(len(groups)))
    power = np.multiply.reduceat(factor, first, axis=1)
    entry = block.pattern[groups].T[..., None].astype(np.int64) * steps + np.arange(steps)

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
    return np.logical_and.reduceat(ok, first, axis=1).T


def _ranges(start: NDArray[np.int64], chosen: NDArray[np.intp]) -> Ranges:
    owner = np.repeat(np.arange(len(chosen)), np.diff(start)[chosen])
    offset = np.arange(len(owner)) - np.searchsorted(owner, owner)
    return Ranges(start[chosen][owner] + offset, owner)


def _add_by(phi: Floats, outputs: NDArray[np.int64], values: Floats) -> None:
    """Add values to their outputs; equal outputs stand beside each other."""
    used, first = np.unique(outputs, return_index=True)
    if len(used):
        phi[:, used] += np.add.reduceat(values, first, axis=1)
