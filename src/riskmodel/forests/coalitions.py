"""Features taken together: their contributions summed inside the tables, or their value as one player."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.forests.forest import Block, Floats, Ints, starts

Arrays = dict[str, NDArray[Any]]


def summed(arrays: Arrays, outputs: Sequence[int]) -> Arrays:
    """Return tables whose contributions are summed by output, which leaves fewer look-ups per row.

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
    to = np.asarray(outputs, dtype=np.int64)
    n_outputs = int(to.max(initial=-1)) + 1
    group = np.repeat(np.arange(len(arrays["n_tests"])), np.diff(arrays["slot_start"]))
    wanted = group * n_outputs + to[arrays["slot_output"]]
    slots, new = np.unique(wanted, return_inverse=True)
    size = np.zeros(len(slots), np.int64)
    size[new] = np.diff(arrays["table_start"])
    table_start = starts(size)
    table = np.zeros(table_start[-1])
    for n in np.unique(size):
        old = np.flatnonzero(size[new] == n)
        entries = arrays["table"][arrays["table_start"][old][:, None] + np.arange(n)]
        np.add.at(table, table_start[new[old]][:, None] + np.arange(n), entries)
    return {
        **arrays,
        "n_outputs": np.array(n_outputs),
        "slot_start": np.searchsorted(slots, np.arange(len(arrays["n_tests"]) + 1) * n_outputs),
        "slot_output": slots % max(n_outputs, 1),
        "table_start": table_start,
        "table": table,
        "shared_output": to[arrays["shared_output"]],
    }


def joined(block: Block, chance: Floats, player: Ints) -> tuple[Block, Floats]:
    """Return a block in which the conditions of one player are one: met where all of them are.

    What is left over of merged conditions is met by every row, so that it gets and changes nothing.

    Parameters
    ----------
    block : Block
    chance : ndarray, shape (n_leaves, 2**n_conditions)
        The background's share of rows with each set of met conditions.
    player : ndarray of int, shape (n_leaves, n_conditions)
    """
    leaves = np.arange(len(player))
    first = (player[:, :, None] == player[:, None, :]).argmax(axis=2)
    care, want, members = (np.zeros_like(block.care) for _ in range(3))
    for j in range(block.n_conditions):
        care[leaves, first[:, j]] |= block.care[:, j]
        want[leaves, first[:, j]] |= block.want[:, j]
        members[leaves, first[:, j]] |= 1 << j
    sets = np.arange(chance.shape[1])
    met = (sets & members[..., None]) == members[..., None]
    together = np.zeros_like(chance)
    np.add.at(
        together,
        (leaves[:, None], (met << np.arange(block.n_conditions)[:, None]).sum(axis=1)),
        chance,
    )
    return replace(block, care=care, want=want), together
