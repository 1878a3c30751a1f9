"""Plans to hand out, and offices that fill in the books as offices do."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import yaml

from riskmodel.service import Outreach

PAGE = Path(__file__).parents[2] / "docs" / "outreach.md"
ROUND = "2024-11-01"
AREAS = ("강남", "서초")
CHANNELS = ("call", "visit", "mail_carrier", "ai_call")


def row_of(household: str, channel: str, **rest: Any) -> dict[str, Any]:
    """Return one planned step."""
    row = {"household_id": household, "as_of_date": ROUND, "area": AREAS[0], "step": 1}
    row |= {"stratum": "certain", "probability": 1.0, "channel": channel, "minutes": 40.0}
    row |= {"due_by": "2024-11-29", "score": 0.3137, "value": 0.2718, "rule": None}
    return row | {"state": "planned"} | rest


def plan_of(rows: Iterable[dict[str, Any]], left: pd.DataFrame | None = None) -> Outreach:
    table = pd.DataFrame(list(rows)).assign(plan_id="")
    rest = {} if left is None else {"left_out": left}
    return Outreach(ROUND, table, seed=7, explore=0.1, **rest)


def a_plan(households: int = 48) -> Outreach:
    """Return a plan of both areas and four channels; every third household was drawn."""
    rows = [
        row_of(
            f"{number:05d}",
            CHANNELS[number % 4],
            area=AREAS[number // 4 % 2],
            stratum="random" if number % 3 == 0 else "certain",
            probability=0.1875 if number % 3 == 0 else 1.0,
            score=0.3137 + number / 1000,
            rule="rent-vulnerable" if number % 5 == 1 else None,
            due_by=f"2024-11-{10 + number % 12}",
        )
        for number in range(1, households + 1)
    ]
    return plan_of(rows)


def people_of(plan: Outreach) -> pd.DataFrame:
    ids = plan.table["household_id"].unique()
    names = [f"김철수{number}" for number, _ in enumerate(ids)]
    phones = [f"010-5555-{number:04d}" for number, _ in enumerate(ids)]
    given = {"household_id": ids, "name": names, "address": "세종로 1, 302호", "phone": phones}
    return pd.DataFrame(given).assign(call_back="02-555-0100")


def cells(path: Path) -> list[list[Any]]:
    """Return the rows of a book, its heading first."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as lines:
            return [list(row) for row in csv.reader(lines)]
    return [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]


def fill(path: Path, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Fill in a book: each row gets the answers that a function gives it, by headings."""
    head, *rows = cells(path)
    filled = [dict(zip(head, row, strict=True)) for row in rows]
    write(path, head, [[{**row, **answer(row)}[name] for name in head] for row in filled])


def write(path: Path, head: list[Any], rows: list[list[Any]], encoding: str = "utf-8") -> Path:
    """Write a table as an office saves it: a workbook, or CSV in some encoding."""
    if path.suffix == ".csv":
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([head, *rows])
        return path
    book = openpyxl.Workbook()
    for row in [head, *rows]:
        book.active.append(row)
    book.save(path)
    return path


def manifest_of(records: Path, *tables: str) -> dict[str, Any]:
    """Return the manifest that the page writes, of some tables in the folder of records."""
    written = PAGE.read_text(encoding="utf-8").split("## What comes back", 1)[1]
    block = written.split("```yaml\n", 1)[1].split("```", 1)[0]
    told = yaml.safe_load(block.replace("handed/*/records", records.as_posix()))
    facts = pd.DataFrame({"id": ["00001"], "day": ["2024-01-05"]})
    events = {"frame": facts, "household_id": "id", "code": "rent", "event_date": "day"}
    return {"today": "2025-03-01", "events": [events]} | {name: told[name] for name in tables}
