"""No hidden cell can be told from those that are shown, by a reader who has all tables at once."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from riskmodel.metrics.cell_counts import CellCounts, Shown
from riskmodel.metrics.cell_links import Links
from riskmodel.metrics.class_program import ClassProgram
from riskmodel.metrics.disclosure import cells_to_hide
from riskmodel.metrics.telling_cells import Telling

SMALL = {"min_households": 10, "min_of_class": 3}


def tables_of(rng, *, rows, areas, regions, kinds):
    """Areas within regions, and a group across them; some households have several rows."""

    def compact(code):
        return np.unique(code, return_inverse=True)[1]

    area = rng.choice(areas, rows, p=rng.dirichlet(np.full(areas, 0.8)))
    region = rng.integers(0, regions, areas)[area]
    kind = rng.choice(kinds, rows, p=rng.dirichlet(np.ones(kinds)))
    household = rng.integers(0, max(int(rows * 0.7), 1), rows)
    y = (rng.random(rows) < rng.choice([0.03, 0.1, 0.3])).astype(float)
    listed = np.zeros(rows)
    listed[np.argsort(-(rng.normal(size=rows) + y))[: rows // rng.integers(5, 20)]] = 1
    codes = [compact(code) for code in (area, region, kind)]
    return [CellCounts.of(code, y, listed, household, **SMALL) for code in codes], codes


def ranges_told(tables, codes, shown):
    """The attacker: every cell by itself, all rows of the tables that hold the same, and totals.

    Returns by hidden cell the narrowest range of its counts.
    """
    first = np.cumsum([0, *(4 * len(table.counts) for table in tables)])
    size = first[-1]

    def place(table, cell):
        return slice(first[table] + 4 * cell, first[table] + 4 * cell + 4)

    left, right, bounds = [], [], [(0, None)] * size
    for t, table in enumerate(tables):
        for q in range(4):
            total = np.zeros(size)
            for cell in range(len(table.counts)):
                total[place(t, cell)][q] = 1
            left.append(total)
            right.append(table.counts[:, q].sum())
        for cell, counts in enumerate(table.counts):
            known = {
                Shown.ALL: np.eye(4),
                Shown.NO_LIST: np.array([[1, 0, 1, 0], [0, 1, 0, 1]]),
                Shown.NOTHING: np.zeros((0, 4)),
            }[Shown(shown[t][cell])]
            for line in known:
                equation = np.zeros(size)
                equation[place(t, cell)] = line
                left.append(equation)
                right.append(line @ counts)
    area, region = codes[0], codes[1]
    for cell in range(len(tables[1].counts)):
        for q in range(4):
            equation = np.zeros(size)
            equation[place(1, cell)][q] = -1
            for inner in np.unique(area[region == cell]):
                equation[place(0, inner)][q] = 1
            left.append(equation)
            right.append(0.0)

    asked = {
        Shown.NO_LIST: ([1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]),
        Shown.NOTHING: ([1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]),
    }
    told = {}
    for t, levels in enumerate(shown):
        if len(levels) == 1:
            continue  # the cell is all rows, and the total tells it
        for cell in np.flatnonzero(levels):
            ranges = []
            for line in asked[Shown(levels[cell])]:
                if tables[0].counts.sum(axis=0) @ line <= 2:
                    continue  # the total tells it
                target = np.zeros(size)
                target[place(t, cell)] = line
                ends = [
                    linprog(sign * target, A_eq=np.array(left), b_eq=right, bounds=bounds).fun
                    for sign in (1, -1)
                ]
                ranges.append(-ends[0] - ends[1])
            told[t, int(cell)] = min(ranges, default=np.inf)
    return told


def check_nothing_told(seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(60, 600))
    tables, codes = tables_of(rng, rows=rows, areas=int(rng.integers(3, 9)), regions=2, kinds=3)
    shown = cells_to_hide(tables)
    told = ranges_told(tables, codes, shown)
    assert all((each >= table.least).all() for each, table in zip(shown, tables, strict=True))
    assert all(each > 2 for each in told.values())


@pytest.mark.parametrize("seed", range(12))
def test_no_hidden_cell_is_told_by_all_the_others(seed):
    check_nothing_told(seed)


def shown_of(shown):
    """How much is shown: 2 for a cell with figures of the list, 1 for one without them."""
    return sum(int((2 - each).sum()) for each in shown)


def best_shown(tables):
    """Brute force: the most that can be shown of all cells so that none that is hidden is told."""
    telling = Telling(tables, Links.of(tables))
    ends = np.cumsum([len(table.least) for table in tables])[:-1]
    levels = product(*(range(least, 3) for table in tables for least in table.least))
    for tried in sorted(levels, key=sum):
        shown = np.split(np.array(tried), ends)
        if not telling.told(shown):
            return shown_of(shown)
    raise AssertionError("to hide everything tells nothing")


def share_of_the_best(seeds, areas):
    ours = best = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        rows = int(rng.integers(150, 900))
        tables, _ = tables_of(rng, rows=rows, areas=areas, regions=2, kinds=2)
        ours += shown_of(cells_to_hide(tables))
        best += best_shown(tables)
    return ours / best


def test_what_is_shown_is_near_the_best_that_brute_force_finds():
    assert share_of_the_best(range(8), areas=4) >= 0.8


@pytest.mark.slow
def test_so_it_is_in_many_small_cases():
    assert share_of_the_best(range(60), areas=4) >= 0.8


def test_thousands_of_areas_take_few_programs(monkeypatch):
    rng = np.random.default_rng(0)
    tables, _ = tables_of(rng, rows=60_000, areas=1_500, regions=100, kinds=5)
    solved = Counter()
    move = ClassProgram.move

    def counted(program, pools, directions):
        solved["programs"] += 1
        move(program, pools, directions)

    monkeypatch.setattr(ClassProgram, "move", counted)
    shown = cells_to_hide(tables)
    assert sum(int((each > 0).sum()) for each in shown) > 1_000
    assert solved["programs"] < 400


@pytest.mark.slow
def test_nor_in_a_thousand_nestings():
    for seed in range(1_000):
        check_nothing_told(seed)
