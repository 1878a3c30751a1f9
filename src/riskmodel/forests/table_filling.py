"""A forest as tables: what each pattern of tests adds to the margin and to contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.forests.coalitions import joined
from riskmodel.forests.forest import LEAST_SHARE, Block, CodeRange, Floats, Forest, Ints, starts
from riskmodel.forests.paths import MAX_TESTS, Group, Leaf

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Background:
    """The rows to compare with, as counts of how many met which conditions of each leaf.

    It holds no row.

    Attributes
    ----------
    counts : ndarray of int
        Leaf after leaf, the number of rows for each set of met conditions (as bits).
    rows : int
    digest : str
        Of the trees that it was counted on.
    """

    counts: NDArray[np.uint32]
    rows: int
    digest: str


@cache
def shapley_tables(d: int) -> Floats:
    """Return the Shapley values of a leaf of value 1 with d conditions, shape (d, 2**d, 2**d).

    Entry (j, x, b) is the value of condition j where a row meets the conditions in the bits of x,
    and the row that it is compared with meets those of b. Let the first row alone meet p conditions
    and the other row alone q. Each of the p gains ``(p - 1)! q! / (p + q)!``, and each of the q
    loses ``p! (q - 1)! / (p + q)!``. Where there is a condition that neither row meets, all values
    are 0.

    Examples
    --------
    >>> shapley_tables(1).tolist()
    [[[0.0, -1.0], [1.0, 0.0]]]
    """
    bits = (np.arange(1 << d)[:, None] >> np.arange(d)) & 1
    row, other = bits[:, None, :], bits[None, :, :]
    gains, loses = row > other, row < other
    p, q = gains.sum(axis=2), loses.sum(axis=2)

    factorials = [factorial(k) for k in range(d + 1)]
    # entry k is (k - 1)!
    before = np.array([0.0, *factorials])
    is_reached = (row | other).all(axis=2)
    gain = is_reached * before[p] * before[q + 1] / before[p + q + 1]
    loss = is_reached * before[p + 1] * before[q] / before[p + q + 1]
    values = gains * gain[..., None] - loses * loss[..., None]
    return np.moveaxis(values, 2, 0)


def fill(
    forest: Forest, background: Background | None, players: Sequence[int] | None = None
) -> Arrays:
    """Lay a forest out and fill its tables.

    Features with the same number in `players` count as one player. Its value is that of the first
    of them on a path; the others have the value 0.
    """
    if background is not None:
        _check_background(forest, background)
    arrays = lay_out(forest)
    base = _fill_tables(forest, background, arrays, players) + _fill_integrals(forest, arrays)
    rows = 0 if background is None else background.rows
    return {**arrays, "base": np.array(base), "background_rows": np.array(rows)}


def lay_out(forest: Forest) -> Arrays:
    """Return the arrays of a forest with empty tables."""
    tree = [t for t, _ in forest.groups]
    n_tests = np.array([len(group.tests) for _, group in forest.groups], dtype=np.int64)
    steps = np.array([_steps(group) for _, group in forest.groups], dtype=np.int64)
    n_patterns = 1 << n_tests
    size = n_patterns * np.maximum(steps, 1)
    n_slots = np.diff(forest.first_slot)
    return {
        "n_outputs": np.array(forest.n_features),
        "booster_start": forest.booster_start,
        "group_start": np.searchsorted(tree, np.arange(len(forest.trees) + 1)),
        "tests": forest.tests(),
        "n_tests": n_tests,
        "steps": steps,
        "leaf_start": starts(n_patterns),
        "leaf": np.zeros(n_patterns.sum()),
        "slot_start": forest.first_slot,
        "slot_output": np.array(list(chain(*forest.slots)), dtype=np.int64),
        "table_start": starts(np.repeat(size, n_slots)),
        "table": np.zeros(size @ n_slots),
        "whole_start": starts(size * (steps > 0)),
        "whole": np.zeros(size @ (steps > 0)),
        # last of all: the tests above have named the sets of codes that become columns
        **_shared(forest),
        **_codes(forest),
    }


def _fill_tables(
    forest: Forest, background: Background | None, arrays: Arrays, players: Sequence[int] | None
) -> float:
    """Fill the groups that are tables only; return the trees' means and these groups' base."""
    base = forest.means.sum() / forest.n_boosters
    first_count = forest.first_count()
    for block in forest.blocks():
        chance = _chance(background, first_count, block)
        if players is not None and block.n_conditions:
            player = np.asarray(players)[arrays["slot_output"][block.slot]]
            block, chance = joined(block, chance, player)
        _fill_block(block, chance, arrays)
        base += block.gain @ chance[:, -1]
    return float(base)


def _fill_block(block: Block, chance: Floats, arrays: Arrays) -> None:
    met = block.met()
    is_reached = met == (1 << block.n_conditions) - 1
    leaf_at = arrays["leaf_start"][block.group][:, None] + block.patterns
    np.add.at(arrays["leaf"], leaf_at, is_reached * block.value[:, None])

    shapley = np.take_along_axis(_shapley(chance), met[:, None, :], axis=2)
    table_at = arrays["table_start"][block.slot][..., None] + block.patterns
    np.add.at(arrays["table"], table_at, shapley * block.gain[:, None, None])


def _fill_integrals(forest: Forest, arrays: Arrays) -> float:
    """Fill the groups of leaves with too many features for a table; return their base.

    The Shapley value of condition j of a leaf is
    ``gain * integral of (met_j - share_j) * prod_i (share_i (1 - x) + met_i x) dx``, with i other
    than j, over [0, 1]. For every step x of the integral a group holds the part of the product that
    its tests decide.
    """
    base = 0.0
    for g, (t, group) in enumerate(forest.groups):
        if not group.shared:
            continue
        for leaf in group.leaves:
            value = forest.trees[t].leaf_value[leaf.number]
            gain = (value - forest.means[t]) / forest.n_boosters
            base += gain * np.prod(list(leaf.share.values()))
            _fill_integral(forest, g, leaf, gain, value, arrays)
    return base


def _fill_integral(
    forest: Forest, g: int, leaf: Leaf, gain: float, value: float, arrays: Arrays
) -> None:
    group = forest.groups[g].group
    x, w = gauss_legendre(int(arrays["steps"][g]))
    patterns = np.arange(1 << len(group.tests))
    product = np.tile(gain * w, (len(patterns), 1))
    margin = np.full(len(patterns), value)

    own = [max(share, LEAST_SHARE) for f, share in leaf.share.items() if f not in group.shared]
    parts: list[tuple[int, Floats]] = []
    for condition, share in zip(forest.conditions(g, leaf), own, strict=True):
        met = ((patterns & condition.care) == condition.want)[:, None]
        factor = share * (1 - x) + met * x
        parts.append((condition.slot, (met - share) / factor))
        product = product * factor
        margin = margin * met[:, 0]

    _add_at(arrays["leaf"], arrays["leaf_start"][g], margin)
    _add_at(arrays["whole"], arrays["whole_start"][g], product)
    for slot, part in parts:
        _add_at(arrays["table"], arrays["table_start"][slot], part * product)


def _add_at(array: Floats, start: int, values: Floats) -> None:
    array[start : start + values.size] += values.ravel()


def _steps(group: Group) -> int:
    """Return how many points integrate a group's products exactly; 0 where it is a table only."""
    if not group.shared:
        return 0
    longest = max(len(leaf.literals) for leaf in group.leaves)
    return (longest + 1) // 2


@cache
def gauss_legendre(q: int) -> tuple[Floats, Floats]:
    """Return the q points and weights that integrate polynomials of degree 2q - 1 over [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(q)
    return (x + 1) / 2, w / 2


def _shared(forest: Forest) -> Arrays:
    """Return the conditions that all leaves of a group share, which no table holds."""
    conditions = [(group.leaves[0], f) for _, group in forest.groups for f in group.shared]
    tests = [forest.shared_range(leaf.literals[f]) for leaf, f in conditions]
    share = [leaf.share[f] for leaf, f in conditions]
    return {
        "shared_start": starts(len(group.shared) for _, group in forest.groups),
        "shared_tests": np.array(tests, np.int32).reshape(-1, len(CodeRange._fields)),
        "shared_share": np.maximum(np.array(share, dtype=np.float64), LEAST_SHARE),
        "shared_output": np.array([f for _, f in conditions], dtype=np.int64),
    }


def _shapley(chance: Floats) -> Floats:
    """Return the contributions of leaves of value 1 by condition and set of met conditions."""
    d = chance.shape[1].bit_length() - 1
    tables = shapley_tables(d).reshape(-1, 1 << d)
    return (chance @ tables.T).reshape(len(chance), d, 1 << d)


def _covers(share: Floats) -> Floats:
    """Return the chance of each set of met conditions by leaf, as if they were independent."""
    n_conditions = share.shape[1]
    is_met = (np.arange(1 << n_conditions) >> np.arange(n_conditions)[:, None]) & 1
    chance = share[..., None]
    return np.where(is_met, chance, 1 - chance).prod(axis=1)


def _chance(background: Background | None, first_count: Ints, block: Block) -> Floats:
    """Return the share of rows with each set of met conditions, by leaf."""
    if background is None:
        return _covers(block.share)
    sets = np.arange(1 << block.n_conditions)
    position = first_count[block.number][:, None] + sets
    return background.counts[position] / background.rows


def fold(forest: Forest, group_counts: Ints, rows: int) -> Background:
    """Turn counts of the patterns of groups into counts of the conditions of leaves."""
    leaf_start = starts(1 << len(group.tests) for _, group in forest.groups)
    first_count = forest.first_count()
    counts = np.zeros(first_count[-1], dtype=np.uint32)
    for block in forest.blocks():
        of_patterns = group_counts[leaf_start[block.group][:, None] + block.patterns]
        of_sets = first_count[block.number][:, None] + block.met()
        np.add.at(counts, of_sets, of_patterns.astype(np.uint32))
    return Background(counts, rows, forest.digest)


def _check_background(forest: Forest, background: Background) -> None:
    check_depth(forest)
    if background.digest != forest.digest:
        raise ModelError(
            "the background was counted on other trees",
            code="forests.background",
            allowed="counts made on these very boosters",
            next_step="count it again with count_background",
        )


def check_depth(forest: Forest) -> None:
    """Refuse trees whose paths are too long for tables against a background."""
    deep_groups = [group for _, group in forest.groups if group.shared]
    lengths = [len(leaf.literals) for group in deep_groups for leaf in group.leaves]
    if lengths:
        raise ModelError(
            f"{len(lengths)} leaves lie behind more than {MAX_TESTS} features "
            f"(up to {max(lengths)}), too many for contributions against a background",
            code="forests.depth",
            allowed=f"max_depth <= {MAX_TESTS}",
            next_step=f"fit with max_depth={MAX_TESTS} or less, or explain without a background "
            "(path-dependent)",
        )


def _codes(forest: Forest) -> Arrays:
    """Return how values become codes: cuts, categories, and sets of codes that are no intervals."""
    coding = forest.coding
    members = [_members(codes, coding.size(f)) for f, codes in forest.sets]
    return {
        "cut": np.array(list(chain(*coding.cuts)), dtype=np.float64),
        "cut_start": starts(map(len, coding.cuts)),
        "category": np.array(list(chain(*coding.categories)), dtype=np.int64),
        "category_start": starts(map(len, coding.categories)),
        "set_feature": np.array([f for f, _ in forest.sets], dtype=np.int64),
        "set_start": starts(map(len, members)),
        "set_member": np.array(list(chain(*members)), dtype=np.uint16),
    }


def _members(codes: int, size: int) -> list[int]:
    """Return for each code 1 if it is in the set, else 0."""
    return [codes >> code & 1 for code in range(size)]
