"""Checks a model's tables once, when they are read: no entry names a place outside of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from riskmodel.serving.evaluators import BLEND, EVALUATORS, members_of
from riskmodel.serving.reader_types import Arrays, ColumnEntry, Ints
from riskmodel.serving.refusal import ServingError
from riskmodel.serving.region_lines import REGION

TESTS_OF_A_GROUP, HIGHEST_CODE = 8, 65_535
# what stands for a test that a group does not have: no code passes it
NO_TEST = (0, HIGHEST_CODE, 0)


def check_tables(evaluator: str, tables: Arrays, columns: Sequence[ColumnEntry]) -> None:
    """Refuse tables by which a reader would look beyond the end of one of them.

    Parameters
    ----------
    evaluator : str
        A key of `EVALUATORS`.
    tables : mapping of str to ndarray
    columns : sequence of ColumnEntry
        Of the model.

    Raises
    ------
    ServingError
        Naming the first table that does not fit the others or the columns.
    """
    categories = np.array([len(column["categories"] or ()) for column in columns], dtype=np.int64)
    if evaluator == BLEND:
        _check_members(tables)
    for member in members_of(evaluator, tables):
        _CHECKS[member.evaluator](member.tables, categories)
    _table(tables, "base", np.float64)
    if REGION in tables:
        _check_regions(tables, categories)


def _check_members(t: Arrays) -> None:
    names = t.get("evaluators", np.zeros(0))
    known = [name for name in EVALUATORS if name != BLEND]
    is_whole = names.ndim == 1 and len(names) > 0 and np.isin(names, known).all()
    _demand(bool(is_whole), "evaluators")


def _check_regions(t: Arrays, categories: Ints) -> None:
    column = _table(t, REGION, np.int64)
    _demand(_are_below(column, len(categories)) and categories[column] > 0, REGION)
    for name in ("region_slope", "region_shift"):
        _table(t, name, np.float64, (int(categories[column]),))


def _check_linear(t: Arrays, categories: Ints) -> None:
    for name in ("center", "scale", "weight", "missing", "mean"):
        _table(t, name, np.float64, categories.shape)
    _table(t, "intercept", np.float64)
    weights = _table(t, "category_weight", np.float64, (None,))
    held = np.diff(_offsets(t, "start", np.zeros_like(categories), len(weights)))
    # a column of numbers has no weight of a category; a column of categories one for each, or none
    _demand(bool(((held == 0) | ((categories > 0) & (held >= categories))).all()), "start")


def _check_additive(t: Arrays, categories: Ints) -> None:
    _table(t, "intercept", np.float64)
    _table(t, "mean", np.float64, categories.shape)
    cut = _table(t, "cut", np.float64, (None,))
    term = _table(t, "term", np.float64, (None,))
    cuts = np.diff(_offsets(t, "cut_start", np.zeros_like(categories), len(cut)))
    # one term below and above each cut, and one for a missing value
    _offsets(t, "term_start", cuts + 2, len(term))


def _check_longest(t: Arrays, categories: Ints) -> None:
    positions = _places(t, "positions", len(categories))
    _demand(len(positions) > 0, "positions")


def _check_trees(t: Arrays, categories: Ints) -> None:
    n_columns = len(categories)
    n_codes = n_columns + _check_codes(t, n_columns)
    outputs = _table(t, "n_outputs", np.int64)
    _demand(int(outputs) == n_columns, "n_outputs")

    tests = _table(t, "tests", np.int32, (None, TESTS_OF_A_GROUP, len(NO_TEST)))
    n_tests = _table(t, "n_tests", np.int64, (len(tests),))
    _demand(_are_below(tests[..., 0], n_codes), "tests")
    _demand(_are_below(n_tests, TESTS_OF_A_GROUP + 1), "n_tests")
    unread = np.arange(TESTS_OF_A_GROUP) >= n_tests[:, None]
    _demand(bool((tests[unread] == NO_TEST).all()), "tests")

    _check_order(t, len(tests))
    # an integral has a point for two columns of a path
    steps = _table(t, "steps", np.int64, (len(tests),))
    _demand(_are_below(steps, (n_columns + 1) // 2 + 1), "steps")
    _check_entries(t, 1 << n_tests, steps, n_columns)
    _check_shared(t, steps, n_columns, n_codes)


def _check_codes(t: Arrays, n_columns: int) -> int:
    """Check cuts, categories and sets of codes; return how many sets there are."""
    cut = _table(t, "cut", np.float64, (None,))
    category = _table(t, "category", np.int64, (None,))
    nothing = np.zeros(n_columns, np.int64)
    start = _offsets(t, "cut_start", nothing, len(cut))
    _demand(start[0] == 0 and start[-1] == len(cut), "cut_start")
    cuts = np.diff(start)
    listed = np.diff(_offsets(t, "category_start", nothing, len(category)))
    highest = np.where(listed > 0, listed, np.where(cuts > 0, cuts + 1, 0))
    _demand(_are_below(highest, HIGHEST_CODE), "cut_start")

    feature = _places(t, "set_feature", n_columns)
    member = _table(t, "set_member", np.uint16, (None,))
    _offsets(t, "set_start", highest[feature] + 1, len(member))
    return len(feature)


def _check_order(t: Arrays, n_groups: int) -> None:
    """Check which groups are of which tree, and which trees of which booster: one at least."""
    of_tree, of_booster = (
        _table(t, name, np.int64, (None,)) for name in ("group_start", "booster_start")
    )
    _demand(len(of_tree) > 1, "group_start")
    _demand(len(of_booster) > 1, "booster_start")
    _offsets(t, "group_start", np.zeros(len(of_tree) - 1, np.int64), n_groups)
    _offsets(t, "booster_start", np.zeros(len(of_booster) - 1, np.int64), len(of_tree) - 1)
    _demand(bool((np.diff(of_tree[of_booster]) > 0).all()), "booster_start")


def _check_entries(t: Arrays, patterns: Ints, steps: Ints, n_columns: int) -> None:
    """Check that each group has an entry for each pattern of its tests."""
    leaf, table, whole = (
        _table(t, name, np.float64, (None,)) for name in ("leaf", "table", "whole")
    )
    entries = patterns * np.maximum(steps, 1)
    _offsets(t, "leaf_start", patterns, len(leaf))
    _offsets(t, "whole_start", entries * (steps > 0), len(whole))

    output = _places(t, "slot_output", n_columns)
    start = _offsets(t, "slot_start", np.zeros_like(patterns), len(output))
    _demand(start[0] == 0 and start[-1] == len(output), "slot_start")
    _offsets(t, "table_start", np.repeat(entries, np.diff(start)), len(table))


def _check_shared(t: Arrays, steps: Ints, n_columns: int, n_codes: int) -> None:
    """Check the conditions that multiply the integrals of a group."""
    tests = _table(t, "shared_tests", np.int32, (None, len(NO_TEST)))
    _demand(_are_below(tests[:, 0], n_codes), "shared_tests")
    share = _table(t, "shared_share", np.float64, (len(tests),))
    _demand(bool(((share > 0) & (share <= 1)).all()), "shared_share")
    output = _places(t, "shared_output", n_columns)
    _demand(len(output) == len(tests), "shared_output")
    _offsets(t, "shared_start", (steps > 0).astype(np.int64), len(tests))


def _table(
    t: Arrays, name: str, dtype: DTypeLike, shape: tuple[int | None, ...] = ()
) -> NDArray[Any]:
    """Return an array of this type and shape, in which None stands for any length."""
    array = t.get(name)
    _demand(array is not None and array.dtype == dtype and array.ndim == len(shape), name)
    assert array is not None
    sides = zip(array.shape, shape, strict=True)
    _demand(all(wanted in (None, length) for length, wanted in sides), name)
    return array


def _places(t: Arrays, name: str, end: int) -> Ints:
    """Return an array of positions below an end."""
    positions = _table(t, name, np.int64, (None,))
    _demand(_are_below(positions, end), name)
    return positions


def _offsets(t: Arrays, name: str, least: Ints, end: int) -> Ints:
    """Return where parts of an array begin, each of so many entries at least."""
    start = _table(t, name, np.int64, (len(least) + 1,))
    _demand(_are_below(start, end + 1) and bool((np.diff(start) >= least).all()), name)
    return start


def _are_below(numbers: NDArray[Any], end: int) -> bool:
    return bool(((numbers >= 0) & (numbers < end)).all())


def _demand(holds: bool, name: str) -> None:  # noqa: FBT001
    if not holds:
        raise ServingError(
            f"the table {name} is not one of a model with these columns",
            "serving.tables",
            "tables that fit each other and the columns",
            "download the version again; if it is refused again, do not use it",
        )


_CHECKS: dict[str, Callable[[Arrays, Ints], None]] = {
    "trees": _check_trees,
    "linear": _check_linear,
    "additive": _check_additive,
    "longest": _check_longest,
}
