"""Rows of a panel and of an explanation: what chooses none is refused, and never repeated."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError

COUNT = 200
ID = "H-SECRET-7"
WRONG: dict[str, Any] = {
    "an id": ID,
    "a list of ids": [ID, ID],
    "an id and a day": (ID, "2024-05-01"),
    "a slice of ids": slice(ID, None),
    "a number with a fraction": 1.5,
    "nothing": None,
    "a day": pd.Timestamp("2024-05-01"),
    "a row that does not exist": COUNT,
    "one before the first": -COUNT - 1,
    "rows some of which do not exist": [0, COUNT],
    "a mask of another length": [True, False],
    "one boolean": True,
    "a table of positions": [[0, 1]],
    "a mask with a blank": pd.Series([True, None] * (COUNT // 2)),
}


@pytest.fixture(scope="module")
def holders() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": [f"h{i}" for i in range(COUNT)], "a": rng.poisson(1.0, COUNT)})
    frame["y"] = (rng.random(COUNT) < 0.1 + 0.2 * (frame["a"] > 1)).astype(int)
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="y")
    model = rm.make_classifier(panel, "logistic").fit(panel)
    return {"panel": panel, "explanation": rm.explain(model, panel)}


@pytest.mark.parametrize("choice", WRONG)
@pytest.mark.parametrize("holder", ["panel", "explanation"])
def test_what_chooses_no_rows_is_refused_without_repeating_it(
    holders: dict[str, Any], holder: str, choice: str, mended: Note
) -> None:
    with pytest.raises(ConfigError, match="rows are chosen by what is no choice") as refusal:
        holders[holder][WRONG[choice]]
    error = refusal.value
    assert error.code == "rows.choice"
    assert error.allowed.startswith(f"a position from 0 to {COUNT - 1}, or from the end")
    assert ID not in str(error)
    assert error.__context__ is None
    assert ("explanation.household(id)" if holder == "explanation" else "panel.households") in str(
        error.next_step
    )
    mended(
        "errors",
        tried=f"{holder}[{choice}]",
        before="a raw IndexError, TypeError or ValueError of numpy or pandas",
        now=error.code,
    )


RIGHT: dict[str, tuple[Any, list[int]]] = {
    "a position": (3, [3]),
    "of numpy": (np.int64(3), [3]),
    "from the end": (-1, [COUNT - 1]),
    "positions": ([5, 2, 2], [5, 2, 2]),
    "no positions": ([], []),
    "a mask": (np.arange(COUNT) == 7, [7]),
    "a mask as a Series": (pd.Series(np.arange(COUNT) == 7), [7]),
    "a mask as a nullable Series": (pd.Series(np.arange(COUNT) == 7, dtype="boolean"), [7]),
    "a slice": (slice(2, 6, 2), [2, 4]),
    "a slice beyond the end": (slice(COUNT - 1, 10**6), [COUNT - 1]),
}


@pytest.mark.parametrize("choice", RIGHT)
@pytest.mark.parametrize("holder", ["panel", "explanation"])
def test_what_chooses_rows_gives_these(holders: dict[str, Any], holder: str, choice: str) -> None:
    wanted, positions = RIGHT[choice]
    chosen = holders[holder][wanted]
    index = chosen.X.index if holder == "panel" else chosen.log_odds.index
    assert index.equals(holders["panel"].X.index[positions])


@pytest.mark.parametrize("holder", ["panel", "explanation"])
def test_rows_come_one_by_one(holders: dict[str, Any], holder: str) -> None:
    rows: list[Sized] = list(holders[holder])
    assert [len(row) for row in rows] == [1] * COUNT
