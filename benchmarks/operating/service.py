"""A small service over twelve rounds: what its agencies deliver, and what that may change.

`told` says of each delivery since when a household's fact of a code counts. A cell of a past round
may change only where something that was told later counts since before that round.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIRST_MONTH = 11  # of the wide files: the history holds those before it
CODES = ("ind_rent", "ind_power", "ind_gas", "water_cut", "complaint", "debt_advice", "hospital")
EVERYBODY = 1e6  # times the usual rate
CUTS = ["세대번호", "단수일"]
AREAS = ("north", "south", "east", "west", "harbour")
OLD, LATE, NEW, FORGOTTEN, AWAY, CAMPAIGN, REDEFINED, LAG, WRONG, BROKEN, ROLLED_BACK = range(2, 13)


class Told(NamedTuple):
    """Since when a fact counts; of everybody where no household is named."""

    household: str | None
    code: str
    since: date


def day_of(number: int) -> date:
    """Return the day of a round; that of the history is the month before the first."""
    return date(2024, 12, 1) if number == 0 else date(2025, number, 1)


def yesterday(number: int) -> date:
    """Return the day before a round, on which its deliveries come."""
    return day_of(number) - timedelta(days=1)


def month_before(number: int) -> int:
    """Return the month whose wide file comes before a round."""
    return FIRST_MONTH + number - 1


def month_end(month: int) -> date:
    """Return the last day of a month, counted from January 2024 as 0."""
    year, following = divmod(month + 1, 12)
    return date(2024 + year, following + 1, 1) - timedelta(days=1)


class Service:
    """Writes the files of each delivery into an inbox."""

    def __init__(self, inbox: Path, households: int, seed: int = 0) -> None:
        self.inbox, self.seed = inbox, seed
        self.ids = np.char.zfill(np.arange(1, households + 1).astype(str), 6)
        self.areas = self._rng("areas").choice(AREAS, households)
        self.need = self._rng("need").gamma(0.4, 2.5, households)
        self.told: dict[int, list[Told]] = {}
        self._dockets: list[list[Any]] = []
        self._written: list[Path] = []

    def deliver(self, number: int) -> list[Path]:
        """Write what comes before one round, or the whole history before the first."""
        self.told[number], self._written = [], []
        for month in range(FIRST_MONTH) if number == 0 else [month_before(number)]:
            self._wide(number, month)
        self._water(number)
        self._calls(number)
        self._outcomes(number)
        self._people(number)
        self._members(number)
        self._homes(number)
        self._contacts(number)
        self._correct(number)
        return self._written

    def wrong(self, number: int) -> Path:
        """Write a month's file again with 24 months of arrears for everybody."""
        month = month_before(number)
        columns = self._columns(month)
        columns["ind_rent"] = np.full(len(self.ids), 24)
        return self._parquet(f"wide/wide_{month_end(month):%Y%m}_final.parquet", month, columns)

    def _wide(self, number: int, month: int) -> None:
        columns: dict[str, Any] = self._columns(month)
        if number in (LATE, LATE - 1):
            columns["ind_power"] = [None] * len(self.ids)
        if number < CAMPAIGN:
            del columns["ind_gas"]
        self._parquet(f"wide/wide_{month_end(month):%Y%m}.parquet", month, columns)

    def _columns(self, month: int) -> dict[str, Any]:
        rng = self._rng("wide", month)
        n, chance = len(self.ids), np.clip(0.1 * self.need, 0, 0.9)
        return {
            code: np.where(rng.random(n) < chance, rng.integers(1, 12, n), 0)
            for code in ("ind_rent", "ind_power", "ind_gas")
        }

    def _correct(self, number: int) -> None:
        """Correct a month under its old name, another under a new one; deliver two late."""
        if number in (OLD, NEW):
            name = f"{month_end(month_before(number - 1)):%Y%m}"
            self._correct_month(number, name if number == OLD else f"{name}_corrected")
        if number == OLD:
            self._correct_cuts(number)
        if number == FORGOTTEN:
            self._late_power(number, month_before(LATE - 1))
            self._late_power(number, month_before(LATE))

    def _correct_month(self, number: int, name: str) -> None:
        month = month_before(number - 1)
        columns = self._columns(month)
        some = self._rng("corrected", number).random(len(self.ids)) < 0.05
        columns["ind_rent"] = np.where(some, columns["ind_rent"] + 3, columns["ind_rent"])
        del columns["ind_gas"], columns["ind_power"]
        self._tell(number, self.ids[some], "ind_rent", yesterday(number))
        self._parquet(f"wide/wide_{name}.parquet", month, columns)

    def _correct_cuts(self, number: int) -> None:
        """Deliver a file of cuts again: some are gone, some are new."""
        rows = self._cuts(number - 1)
        gone, kept = rows[: len(rows) // 4], rows[len(rows) // 4 :]
        new = [[id_, str(day_of(number - 1) - timedelta(days=9))] for id_ in self.ids[:20]]
        self._tell(number, [row[0] for row in gone + new], "water_cut", yesterday(number))
        self._csv(self._water_name(number - 1), CUTS, kept + new, "cp949")

    def _late_power(self, number: int, month: int) -> None:
        power = {"ind_power": self._columns(month)["ind_power"]}
        self._tell(number, [None], "ind_power", month_end(month) + timedelta(days=20))
        self._parquet(f"wide/power_{month_end(month):%Y%m}_late.parquet", month, power)

    def _water(self, number: int) -> None:
        self._csv(self._water_name(number), CUTS, self._cuts(number), "cp949")

    def _water_name(self, number: int) -> str:
        return f"water/water_{yesterday(number):%Y%m%d}.csv"

    def _cuts(self, number: int) -> list[list[Any]]:
        return [[id_, str(day)] for id_, day in self._facts("water", number, 0.02)]

    def _calls(self, number: int) -> None:
        """Write the calls since the last delivery, always under one name."""
        rows = []
        for topic, rate in (("complaint", 0.03), ("debt_advice", 0.02)):
            more = EVERYBODY if number == CAMPAIGN and topic == "debt_advice" else 1
            for id_, day in self._facts(topic, number, rate * more):
                rows.append([id_, topic, str(day), str(day + timedelta(days=1)), 1 + day.day % 3])
        if number == NEW:  # kept in a drawer for two months
            day = day_of(number - 2) - timedelta(days=20)
            for id_ in self.ids[10:40]:
                rows.append([id_, "complaint", str(day), str(day + timedelta(days=1)), 2])
                self._tell(number, [id_], "complaint", day + timedelta(days=1))
        self._csv("calls.csv", ["id", "topic", "day", "known", "times"], rows)

    def _outcomes(self, number: int) -> None:
        """Write crises, retractions of some told before, and later some of these again."""
        rng = self._rng("retracted", number)
        rows = [
            [id_, f"d{number}-{place}", str(day), str(day + timedelta(days=5)), ""]
            for place, (id_, day) in enumerate(self._facts("crisis", number, 0.03))
        ]
        retracted = [row for row in self._dockets if rng.random() < 0.02]
        retractions = [[*row[:4], str(day_of(number) - timedelta(days=3))] for row in retracted]
        self._dockets += rows
        columns = dict(
            zip(
                ["id", "docket", "day", "known", "gone"],
                zip(*(rows + retractions), strict=True),
                strict=True,
            )
        )
        path = f"outcomes/outcomes_{day_of(number):%Y%m}.parquet"
        self._table(path, {name: pa.array(own) for name, own in columns.items()})

    def _people(self, number: int) -> None:
        rows = [
            [f"p{id_}", str(day), str(day + timedelta(days=2)), 1 + day.day % 9]
            for id_, day in self._facts("hospital", number, 0.02)
        ]
        self._csv(f"people/stays_{number:02d}.csv", ["person", "day", "known", "nights"], rows)

    def _members(self, number: int) -> None:
        """Write who lives where at first, later who moved in the month before."""
        moved = np.arange(len(self.ids))
        day, known = date(2023, 6, 1), date(2023, 6, 1)
        if number:
            moved = self._rng("moved", number).choice(moved, len(moved) // 200 + 1, replace=False)
            day = known = day_of(number) - timedelta(days=10)
        to = np.roll(self.ids, number)[moved]
        rows = [
            [f"p{p}", id_, str(day), str(known)] for p, id_ in zip(self.ids[moved], to, strict=True)
        ]
        self._csv(f"members/members_{number:02d}.csv", ["person", "id", "since", "known"], rows)

    def _homes(self, number: int) -> None:
        rows = [
            [id_, area, str(date(2023, 12, 1))]
            for id_, area in zip(self.ids, self.areas, strict=True)
        ]
        if number:
            some = self._rng("homes", number).random(len(self.ids)) < 0.005
            known = str(day_of(number) - timedelta(days=5))
            rows = [[id_, AREAS[number % 5], known] for id_ in self.ids[some]]
        self._csv(f"homes/homes_{number:02d}.csv", ["id", "area", "known"], rows)

    def _contacts(self, number: int) -> None:
        """Write the results of the round before."""
        before = day_of(max(number - 1, 0))
        some = self._rng("contacts", number).choice(self.ids, len(self.ids) // 20, replace=False)
        words = ("need_confirmed", "no_need", "not_reached")
        rows = [[id_, f"{before:%Y%m}", words[place % 3]] for place, id_ in enumerate(some)]
        self._csv(f"contacts/contacts_{number:02d}.csv", ["id", "round", "result"], rows)

    def _facts(self, kind: str, number: int, rate: float) -> Iterable[tuple[str, date]]:
        """Yield households and days of facts in the month, or the history, before a round."""
        first = day_of(number - 1) if number else date(2024, 1, 1)
        days = (day_of(number) - timedelta(days=6) - first).days
        for month, begin in enumerate(range(0, days, 30)):
            rng = self._rng(kind, number, month)
            length = min(30, days - begin)
            chance = rate * length / 30 * self.need ** (1.5 if kind == "crisis" else 1)
            hit = np.flatnonzero(rng.random(len(self.ids)) < chance)
            for place, shift in zip(hit, rng.integers(0, length, len(hit)), strict=True):
                yield str(self.ids[place]), first + timedelta(days=begin + int(shift))

    def _tell(self, number: int, households: Iterable[Any], code: str, since: date) -> None:
        ids = [None if id_ is None else str(id_) for id_ in households]
        self.told[number] += [Told(id_, code, since) for id_ in ids]

    def _rng(self, *words: object) -> np.random.Generator:
        return np.random.default_rng([self.seed, *" ".join(map(str, words)).encode()])

    def _parquet(self, name: str, month: int, columns: dict[str, Any]) -> Path:
        day = pa.array([month_end(month)] * len(self.ids))
        arrays = {code: pa.array(own, pa.int64()) for code, own in columns.items()}
        return self._table(name, {"id": pa.array(self.ids), "month": day, **arrays})

    def _table(self, name: str, columns: dict[str, Any]) -> Path:
        path = self._new(name)
        pq.write_table(pa.table(columns), path, compression="zstd")
        return path

    def _csv(self, name: str, header: list[str], rows: list[Any], encoding: str = "utf-8") -> None:
        with self._new(name).open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([header, *rows])

    def _new(self, name: str) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._written.append(path)
        return path
