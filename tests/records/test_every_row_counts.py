"""Over random dirt, every row has the fate that the rules give it, and no cell is ever shown."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import adds_up, entry, read

from riskmodel.errors import RecordsError
from riskmodel.records import Records
from riskmodel.records.sources import row_checks

SECRET = "한길동7781"
CATALOGUE = {"fire": {"maximum": 5000}, "flood": {"minimum": 0}}
KEYS = ["id", "day", "code", "value", "keep"]
CELLS = {
    "id": ["h1", "h2", " 0012", "0012", "7.0", "7", "", "  ", "null"],
    "day": [
        "2024-03-01",
        "20240301",
        "2024-03-02",
        "1999-12-31",
        "2030-01-01",
        "00000000",
        "99991231",
        "",
        "2024-02-30",
        SECRET,
    ],
    "code": ["fire", "fire ", "flood", "", SECRET],
    "value": ["1", "1.0", "1,000", "", "9,999", "-5", SECRET, "1,00"],
    "keep": ["y", "y", "y", "n", ""],
}
ROWS = st.lists(
    st.one_of(
        st.tuples(*(st.sampled_from(CELLS[key]) for key in KEYS)),
        st.just((SECRET,)),
        st.just((SECRET,) * 6),
    ),
    min_size=1,
    max_size=40,
)
IDS = {" 0012": "0012", "7.0": "7", "": None, "  ": None, "null": None}
DAYS = {"20240301": "2024-03-01"} | dict.fromkeys(
    ["00000000", "99991231", "", "2024-02-30", SECRET]
)
NUMBERS = {"1": 1, "1.0": 1, "1,000": 1000, "": None, "9,999": 9999, "-5": -5}


def reason(row: tuple[str, ...], seen: set[tuple[str, ...]]) -> str | None:
    household, day, code, value, _ = row
    known = code.strip()
    if IDS.get(household, household) is None:
        return row_checks.NO_ID
    if DAYS.get(day, day) is None:
        return row_checks.NO_DATE
    if known not in CATALOGUE:
        return row_checks.UNKNOWN_CODE
    if value not in NUMBERS:
        return row_checks.NO_NUMBER
    number = NUMBERS[value]
    if number is not None and (
        (known == "fire" and number > 5000) or (known == "flood" and number < 0)
    ):
        return row_checks.OUT_OF_RANGE
    return row_checks.DUPLICATE if row in seen else None


def expected(rows: list[tuple[str, ...]]) -> tuple[Counter[str], Counter[str]]:
    """Return fates and reasons, row by row."""
    fates: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    seen: set[tuple[str, ...]] = set()
    facts = set()
    for row in rows:
        if len(row) != len(KEYS):
            reasons[row_checks.RAGGED] += 1
        elif row[-1] != "y":
            fates["excluded"] += 1
        elif (why := reason(row, seen)) is not None:
            reasons[why] += 1
        else:
            day = DAYS.get(row[1], row[1])
            fact = (IDS.get(row[0], row[0]), day, row[2].strip(), NUMBERS[row[3]])
            fates[
                "out_of_bounds"
                if not "2000" < str(day) < "2025"
                else "repeated"
                if fact in facts
                else "used"
            ] += 1
            facts.add(fact)
        seen.add(row)
    return fates, reasons


def read_rows(rows: list[tuple[str, ...]], share: float) -> Records:
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "e.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([KEYS, *rows])
        source = entry(
            file="e.csv",
            code={"column": "code"},
            value="value",
            where="keep = 'y'",
            decimal=".",
        )
        return read(
            [source], root=folder, since="2000-01-01", catalogue=CATALOGUE, max_quarantined=share
        )


@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_every_row_has_its_fate_and_no_cell_is_shown(rows: list[tuple[str, ...]]) -> None:
    fates, reasons = expected(rows)
    records = read_rows(rows, 1)
    found = records.counts.iloc[0].to_dict()
    assert adds_up(records)
    assert Counter(records.quarantine["reason"].tolist()) == reasons
    assert {fate: found[fate] for fate in ("excluded", "out_of_bounds", "repeated", "used")} == {
        fate: fates[fate] for fate in ("excluded", "out_of_bounds", "repeated", "used")
    }
    summary = records.summary()
    bad = records.quarantine.to_csv() + repr(summary) + summary._repr_html_()
    assert SECRET not in bad
    if reasons:
        with pytest.raises(RecordsError) as caught:
            read_rows(rows, 0)
        assert SECRET not in str(caught.value)
        assert all(
            f"{n} {why}" in str(caught.value)
            for why, n in reasons.items()
            if why == row_checks.RAGGED
        )


@pytest.mark.parametrize(
    "keys",
    [
        {"where": "value::INT > 0"},
        {"query": "SELECT *, value::INT AS n FROM source"},
        {"event_date": "dy"},
        {"encoding": "cp949"},
        {"date_format": "%d/%m/%Y"},
        {"value": "code"},
        {"code": "id"},
        {"values": ["code"]},
        {"query": "SELECT * FROM sorce"},
        {"person_id": "id", "household_id": None},
    ],
)
def test_no_refusal_shows_a_cell(keys: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(
        f"id,day,code,value\nh1,2024-01-01,{SECRET},{SECRET}\n", encoding="utf-8"
    )
    with pytest.raises(ValueError, match=r"\[") as caught:
        read([entry(file="e.csv", **keys)], root=str(tmp_path), max_quarantined=0)
    error: BaseException | None = caught.value
    assert type(error).__module__ == "riskmodel.errors"
    assert SECRET not in str(error)
    assert error.__suppress_context__ or error.__context__ is None
