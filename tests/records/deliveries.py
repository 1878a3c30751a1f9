"""Six deliveries of a small service, bad rows included.

They hold long and wide events, people, homes, attributes and contacts.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

N = 6
MANIFEST: dict[str, Any] = {
    "name": "service",
    "today": "2025-01-01",
    "since": "2023-06-01",
    "max_quarantined": 0.7,
    "catalogue": {
        "단전": {"kind": "state", "maximum": 40},
        "체납": {"kind": "state"},
        "화재": {"lag": "3D"},
        "소득": {"kind": "reading"},
        "병원": {"roll_up": "sum"},
    },
    "rounds": {"start": "2024-01-01", "end": "2025-01-01", "every": "2M"},
    "events": [
        {
            "file": "events/*.csv",
            "household_id": "id",
            "code": {"column": "code"},
            "fact_id": "docket",
            "event_date": "day",
            "known_date": "known",
            "value": "value",
            "retracted_date": "gone",
        },
        {
            "file": "wide/*.csv",
            "encoding": "cp949",
            "household_id": "세대번호",
            "values": ["단전", "체납"],
            "event_date": "기준월",
            "date_format": "YYYYMM",
            "known_date": {"lag": "5D"},
            "where": "시험 IS NULL",
        },
        {
            "file": "people/*.csv",
            "person_id": "pid",
            "code": "병원",
            "event_date": "day",
            "known_date": "known",
            "value": "value",
        },
    ],
    "members": [
        {
            "file": "members/*.csv",
            "person_id": "pid",
            "household_id": "id",
            "from": "since",
            "known_date": "known",
        }
    ],
    "attributes": [
        {
            "file": "homes/*.csv",
            "household_id": "id",
            "known_date": "known",
            "columns": {"area": "area"},
        }
    ],
    "contacts": [
        {
            "file": "contacts/*.csv",
            "household_id": "id",
            "as_of_date": "round",
            "date_format": "YYYYMM",
            "channel": "visit",
            "result": {
                "column": "verdict",
                "map": {"위기": "need_confirmed", "부재": "not_reached"},
            },
        }
    ],
    "deliveries": [
        {"feed": "소득", "event_date": "2024-02-29", "delivered": False},
        {
            "file": "log/*.csv",
            "encoding": "cp949",
            "feed": {"column": "지표"},
            "area": {"column": "동"},
            "event_date": "기준월",
            "delivered": {"column": "수신", "map": {"누락": False, "수신": True}},
        },
    ],
    "coverage": [
        {"file": "log/*.csv", "encoding": "cp949", "feed": {"column": "지표"}, "from": "기준월"}
    ],
    "groups": ["area"],
    "area": "area",
}


def write_delivery(folder: Path, number: int, seed: int = 0, size: int = 60) -> None:
    """Write the files of one delivery.

    Facts of earlier deliveries come again, some corrected, some retracted.
    """
    rng = random.Random(1000 * seed + number)
    known = f"2024-{2 * number + 1:02d}-10"
    facts = [
        fact
        for k in range(number + 1)
        for fact in _facts(random.Random(1000 * seed + k + 77), k, size)
    ]
    rows = [
        [*fact, known, rng.choice([""] * 9 + ["2024-11-01"])]
        for fact in facts
        if rng.random() < 0.6
    ]
    for row in rows[:: max(1, len(rows) // 8)]:
        row[rng.randrange(4)] = rng.choice(["", "없음", "99991231"])
    write(
        folder / "events" / f"{number}.csv",
        ["id", "code", "docket", "day", "value", "known", "gone"],
        rows,
    )
    month = f"2024{2 * number + 1:02d}"
    wide = [
        [f"세대{k:03d}", month, rng.choice(["0", "", "1", "7", "99"]), rng.choice(["0", "3"]), ""]
        for k in range(size)
    ]
    wide += [["세대999", month, "1", "1", "Y"], [""] * 5]
    write(
        folder / "wide" / f"{number}.csv",
        ["세대번호", "기준월", "단전", "체납", "시험"],
        wide,
        "cp949",
    )
    people = [
        [f"p{rng.randrange(size)}", f"2024-{2 * number + 1:02d}-02", rng.randrange(5), known]
        for _ in range(size)
    ]
    write(
        folder / "people" / f"{number}.csv",
        ["pid", "day", "value", "known"],
        [*people, *people[:2]],
    )
    members = [
        [f"p{k}", f"세대{rng.randrange(size):03d}", f"2024{2 * number + 1:02d}01", known]
        for k in range(0, size, number + 1)
    ]
    write(folder / "members" / f"{number}.csv", ["pid", "id", "since", "known"], members)
    homes = [
        [f"세대{k:03d}", rng.choice(["역삼동", "삼성동"]), known]
        for k in range(size)
        if rng.random() < 0.8
    ]
    write(folder / "homes" / f"{number}.csv", ["id", "area", "known"], homes)
    contacts = [
        [f"세대{k:03d}", month, rng.choice(["위기", "부재", "no_need", "?", ""])]
        for k in range(0, size, 3)
    ]
    write(folder / "contacts" / f"{number}.csv", ["id", "round", "verdict"], contacts)
    log = [
        ["화재", "역삼동", month, "수신"],
        ["화재", "삼성동", month, rng.choice(["누락", "?", ""])],
    ]
    log += [["단전", "", month, "수신"], ["모름", "", month, "수신"]]
    log += [["화재", "역삼동", f"2024{2 * k + 1:02d}", "수신"] for k in range(number)]
    write(folder / "log" / f"{number}.csv", ["지표", "동", "기준월", "수신"], log, "cp949")


def _facts(rng: random.Random, number: int, size: int) -> list[list[Any]]:
    return [
        [
            f"세대{rng.randrange(size):03d}",
            rng.choice(["화재", "화재", "소득", "모름"]),
            f"d{number}-{k // 2}",
            f"2024-{2 * number + 1:02d}-{1 + k % 9:02d}",
            rng.choice(["", "1", "2,000", "x"]),
        ]
        for k in range(size)
    ]


def write(path: Path, header: list[str], rows: list[list[Any]], encoding: str = "utf-8") -> None:
    """Write one CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
