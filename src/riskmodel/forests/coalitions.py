"""Features taken together: the sum of their contributions, or their value as one player."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.forests.forest import Block, Floats, Ints, as_bits, starts

Arrays = dict[str, NDArray[Any]]


def summed(arrays: Arrays, outputs: Sequence[int]) -> Arrays:
    """Return tables whose contributions are summed by output, with fewer look-ups per row.

    Parameters
    ----------
    arrays : dict of str to ndarray
        As compiled.
    outputs : sequence of int
        For each feature the number of the output to which its contributions are added.

    Returns
    -------
    dict of str to ndarray
    """
    output_of = np.asarray(outputs, dtype=np.int64)
    n_outputs = int(output_of.max(initial=-1)) + 1
    n_groups = len(arrays["n_tests"])

    # a slot of a group is added to the group's new slot of its output
    group_of_slot = np.repeat(np.arange(n_groups), np.diff(arrays["slot_start"]))
    key_of_slot = group_of_slot * n_outputs + output_of[arrays["slot_output"]]
    new_keys, new_slot = np.unique(key_of_slot, return_inverse=True)

    size = np.zeros(len(new_keys), np.int64)
    size[new_slot] = np.diff(arrays["table_start"])
    table_start = starts(size)
    return {
        **arrays,
        "n_outputs": np.array(n_outputs),
        "slot_start": np.searchsorted(new_keys, np.arange(n_groups + 1) * n_outputs),
        "slot_output": new_keys % max(n_outputs, 1),
        "table_start": table_start,
        "table": _summed_table(arrays, new_slot, size, table_start),
        "shared_output": output_of[arrays["shared_output"]],
    }


def _summed_table(arrays: Arrays, new_slot: Ints, size: Ints, table_start: Ints) -> Floats:
    """Add the entries of each slot to those of its new slot, slots of one size at once."""
    table = np.zeros(table_start[-1])
    for n in np.unique(size):
        slots = np.flatnonzero(size[new_slot] == n)
        source = arrays["table_start"][slots][:, None] + np.arange(n)
        target = table_start[new_slot[slots]][:, None] + np.arange(n)
        np.add.at(table, target, arrays["table"][source])
    return table


def joined(block: Block, chance: Floats, player: Ints) -> tuple[Block, Floats]:
    """Return a block in which the conditions of each player are merged into their first.

    The merged condition is met where all of them are. Every row meets the conditions that are left
    over, so that these get no contribution and change none.

    Parameters
    ----------
    block : Block
    chance : ndarray, shape (n_leaves, 2**n_conditions)
        The background's share of rows with each set of met conditions.
    player : ndarray of int, shape (n_leaves, n_conditions)
    """
    leaves = np.arange(len(player))
    is_same_player = player[:, :, None] == player[:, None, :]
    first = is_same_player.argmax(axis=2)

    care = np.zeros_like(block.care)
    want = np.zeros_like(block.care)
    members = np.zeros_like(block.care)
    for j in range(block.n_conditions):
        care[leaves, first[:, j]] |= block.care[:, j]
        want[leaves, first[:, j]] |= block.want[:, j]
        members[leaves, first[:, j]] |= 1 << j

    sets = np.arange(chance.shape[1])
    is_met = (sets & members[..., None]) == members[..., None]
    merged_set = as_bits(is_met)
    merged = np.zeros_like(chance)
    np.add.at(merged, (leaves[:, None], merged_set), chance)
    return replace(block, care=care, want=want), merged
