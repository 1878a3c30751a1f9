"""One fault in a manifest or file that is otherwise right, and the code of its refusal."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable
from typing import Any

import pandas as pd
from fuzz_cases import SECRET, Case

HEADER = ["세대", "일자", "값", "동"]


def sound(rng: random.Random) -> Case:
    """Return a small manifest over one file without a fault."""
    rows = [
        [f"가{k:03d}", f"2024-0{1 + k % 9}-05", str(k), SECRET] for k in range(rng.randrange(3, 30))
    ]
    text = "\n".join(",".join(row) for row in [HEADER, *rows]) + "\n"
    source = {
        "file": "e.csv",
        "household_id": "세대",
        "code": "화재",
        "event_date": "일자",
        "value": "값",
    }
    return Case({"today": "2025-01-01", "events": [source]}, {"e.csv": text.encode()})


def _entry(**keys: Any) -> Callable[[Case, random.Random], None]:
    def change(case: Case, rng: random.Random) -> None:
        entry = case.manifest["events"][0]
        entry.update(keys)
        for key in [key for key, value in entry.items() if value is None]:
            del entry[key]

    return change


def _manifest(**keys: Any) -> Callable[[Case, random.Random], None]:
    def change(case: Case, rng: random.Random) -> None:
        case.manifest.update(keys)

    return change


def _file(
    make: Callable[[bytes, random.Random], bytes], name: str = "e.csv"
) -> Callable[[Case, random.Random], None]:
    def change(case: Case, rng: random.Random) -> None:
        content = make(case.files.pop("e.csv"), rng)
        case.files[name] = content
        case.manifest["events"][0]["file"] = name

    return change


def _cut(content: bytes, rng: random.Random) -> bytes:
    packed = gzip.compress(content * 50)
    return packed[: rng.randrange(12, len(packed) - 8)]


def _no_parquet(content: bytes, rng: random.Random) -> bytes:
    out = io.BytesIO()
    pd.DataFrame({"세대": ["a"] * 9, "일자": "2024-01-01", "값": 1}).to_parquet(out)
    return out.getvalue()[: rng.randrange(0, out.tell() - 8)]


def _number(rng: random.Random) -> str:
    month, day = rng.randrange(1, 13), rng.randrange(1, 29)
    tail = rng.choice([f"{rng.randrange(10**6):06d}", "******", "*****", "xxxxxx"])
    dash = rng.choice(["-", "", " "]) if tail.isdigit() else "-"
    return f"{rng.randrange(100):02d}{month:02d}{day:02d}{dash}{rng.randrange(1, 9)}{tail}"


def _registered(content: bytes, rng: random.Random) -> bytes:
    lines = content.decode().splitlines()
    share = rng.choice([0.3, 0.6, 1.0])
    rows = [line.split(",") for line in lines[1:]]
    kept = [
        [_number(rng) if k < max(1, share * len(rows)) else row[0], *row[1:]]
        for k, row in enumerate(rows)
    ]
    return ("\n".join(",".join(row) for row in [HEADER, *kept]) + "\n").encode()


def _phoned(content: bytes, rng: random.Random) -> bytes:
    lines = content.decode().splitlines()
    phones = [f"010-{rng.randrange(1000, 9999)}-{rng.randrange(1000, 9999)}" for _ in lines[1:]]
    rows = [[*line.split(",")[:3], phone] for line, phone in zip(lines[1:], phones, strict=True)]
    return ("\n".join(",".join(row) for row in [HEADER, *rows]) + "\n").encode()


def _unclosed(content: bytes, rng: random.Random) -> bytes:
    lines = content.decode().splitlines()
    at = rng.randrange(1, len(lines) - 1)
    lines[at] = lines[at][: lines[at].rindex(",") + 1] + '"' + SECRET
    return "\n".join(lines).encode() + b"\n"


def _yaml(text: str) -> Callable[[Case, random.Random], None]:
    def change(case: Case, rng: random.Random) -> None:
        case.manifest = text

    return change


def _contact(**keys: Any) -> Callable[[Case, random.Random], None]:
    usual = {"file": "e.csv", "household_id": "세대", "as_of_date": "일자", "result": "동"}
    return _manifest(contacts=[usual | keys])


BREAKAGES: list[tuple[str, Callable[[Case, random.Random], None]]] = [
    ("manifest.key", _manifest(todya="2024-01-01")),
    ("manifest.key", _entry(household="세대")),
    ("manifest.key", _entry(known_date={"lagg": "3D"})),
    ("manifest.missing", _manifest(today=None)),
    ("manifest.missing", _manifest(events=None)),
    ("manifest.missing", _entry(event_date=None)),
    ("manifest.missing", _entry(known_date={})),
    (
        "manifest.missing",
        _manifest(attributes=[{"file": "e.csv", "household_id": "세대", "known_date": "일자"}]),
    ),
    ("manifest.choice", _entry(code=None)),
    ("manifest.choice", _entry(values=["값"])),
    ("manifest.choice", _entry(person_id="세대")),
    ("manifest.choice", _entry(file=None)),
    ("manifest.entry", _manifest(events=["e.csv"])),
    ("manifest.shape", _manifest(events="e.csv")),
    ("manifest.shape", _manifest(events=7)),
    ("manifest.shape", _manifest(groups=7)),
    ("manifest.shape", _manifest(rounds="2M")),
    ("manifest.shape", _entry(fact_id={"column": "값"})),
    ("manifest.shape", _entry(code=None, values=7)),
    ("manifest.shape", _contact(result={"column": "동", "map": ["위기"]})),
    (
        "manifest.shape",
        _manifest(
            attributes=[
                {"file": "e.csv", "household_id": "세대", "known_date": "일자", "columns": 7}
            ]
        ),
    ),
    ("keys.date", _manifest(today=["2024-01-01"])),
    ("catalogue.redefined", _manifest(catalogue={"화재": {"redefined": 7}})),
    ("catalogue.redefined", _manifest(catalogue={"화재": {"redefined": [{"from": "2023"}]}})),
    ("catalogue.redefined", _manifest(catalogue={"화재": {"redefined": [{"note": "x"}]}})),
    ("manifest.members", _entry(household_id=None, person_id="세대")),
    ("manifest.date_format", _entry(date_format="DD/MM")),
    ("manifest.date_format", _entry(date_format="%Q")),
    ("manifest.encoding", _entry(encoding="cp9449")),
    ("manifest.encoding", _entry(encoding="rot13")),
    ("manifest.constant", _entry(code="값")),
    ("manifest.match", _entry(code=None, values={"match": "("})),
    ("manifest.max_quarantined", _manifest(max_quarantined="5 %")),
    ("manifest.max_quarantined", _entry(max_quarantined=7)),
    ("manifest.groups", _manifest(groups=["borough"])),
    ("manifest.groups", _manifest(area="borough")),
    ("manifest.coverage", _manifest(coverage=[{"feed": "화제"}])),
    ("manifest.result", _contact(result={"column": "동", "map": {"위기": "need"}})),
    ("manifest.rounds", _contact(as_of_date="달", query="SELECT *, '202401' AS 달 FROM source")),
    ("manifest.frame", _entry(file=None, frame=[1, 2])),
    ("manifest.file", _yaml("events: [")),
    ("manifest.file", _yaml("- 1\n- 2\n")),
    ("manifest.file", _yaml("")),
    ("manifest.file", _yaml(f"{SECRET}: &a [*a")),
    ("keys.date", _manifest(today="soon")),
    ("keys.date", _manifest(since="2024")),
    ("keys.span", _entry(known_date={"lag": "3 days"})),
    ("keys.rounds", _manifest(rounds={"start": "2024-05-01", "end": "2024-01-01"})),
    (
        "keys.span",
        _manifest(rounds={"start": "2024-01-01", "end": "2024-05-01", "every": "monthly"}),
    ),
    ("catalogue.kind", _manifest(catalogue={"화재": {"kind": "thing"}})),
    ("catalogue.field", _manifest(catalogue={"화재": {"agncy": "x"}})),
    ("catalogue.direction", _manifest(catalogue={"화재": {"direction": 5}})),
    ("catalogue.roll_up", _manifest(catalogue={"화재": {"roll_up": "mean"}})),
    ("catalogue.entry", _manifest(catalogue={"화재": "fire"})),
    ("catalogue.entry", _manifest(catalogue=["화재"])),
    ("catalogue.number", _manifest(catalogue={"화재": {"maximum": "many"}})),
    ("catalogue.missing", _manifest(catalogue="no.yaml")),
    ("catalogue.unknown", _manifest(catalogue={"홍수": None})),
    ("records.missing_file", _entry(file="f.csv")),
    ("records.missing_file", _entry(file="deliveries/*.csv")),
    ("records.missing_column", _entry(event_date="일지")),
    ("records.missing_column", _entry(code=None, values={"match": "^ind_"})),
    ("records.missing_column", _entry(fact_id=["번호"])),
    ("records.empty_file", _file(lambda content, rng: b"")),
    ("records.empty_file", _file(lambda content, rng: b"\n\n")),
    ("records.empty", _file(lambda content, rng: content.splitlines()[0] + b"\n")),
    ("records.truncated", _file(_cut, "e.csv.gz")),
    ("records.not_gz", _file(lambda content, rng: content, "e.csv.gz")),
    ("records.truncated", _file(_no_parquet, "e.parquet")),
    ("records.encoding", _file(lambda content, rng: content.decode().encode("cp949"))),
    ("records.encoding", _entry(encoding="cp949")),
    ("records.encoding", _file(lambda content, rng: content.decode().encode("utf-32"))),
    ("records.encoding", _entry(encoding="latin-1")),
    ("records.csv", _file(_unclosed)),
    (
        "records.repeated_column",
        _file(lambda content, rng: content.replace("값,동".encode(), "값,값".encode(), 1)),
    ),
    ("records.personal_numbers", _file(_registered)),
    ("records.personal_numbers", _file(_phoned)),
    ("records.quarantined", _entry(value="동")),
    ("records.quarantined", _entry(event_date="동")),
    ("records.quarantined", _entry(date_format="YYYYMM")),
    ("records.quarantined", _contact()),
    ("records.where", _entry(where="값 >")),
    ("records.where", _entry(where="동::INT > 3")),
    ("records.where", _entry(where="값값 = '1'")),
    ("records.query", _entry(query="SELECT 세대, 일자, 동::INT AS 값 FROM source")),
    ("records.query", _entry(query="SELEC * FROM source")),
    ("records.query", _entry(query="SELECT * FROM sources")),
]


def broken(rng: random.Random) -> Case:
    """Return a case with one fault and its code."""
    case = sound(rng)
    case.code, breaking = rng.choice(BREAKAGES)
    breaking(case, rng)
    return case
