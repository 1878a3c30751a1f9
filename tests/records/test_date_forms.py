"""Dates that cannot be read are told by their forms, with what to write, and never by a cell."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from manifests import entry

import riskmodel as rm
from mended import Note
from riskmodel.errors import PanelError, RecordsError
from riskmodel.records.sources.date_forms import forms_of

KIND = "days"
BEFORE = "give date_format as the file writes its dates"
ROWS = range(60)
ISO, KOREAN, SHORT = "2024-{m:02d}-{d:02d}", "2024년 {m}월 {d}일", "24.{m:02d}.{d:02d}"
ONE_FORM = {
    "Korean": (KOREAN, "YYYY년 MM월 DD일", "%Y년 %m월 %d일"),
    "Korean without blanks": ("2024년{m:02d}월{d:02d}일", "YYYY년MM월DD일", "%Y년%m월%d일"),
    "a short Korean year": ("24년 {m}월 {d}일", "YY년 MM월 DD일", "%y년 %m월 %d일"),
    "a Korean month": ("2024년 {m}월", "YYYY년 MM월", "%Y년 %m월"),
    "Chinese": ("2024年{m}月{d}日", "YYYY年MM月DD日", "%Y年%m月%d日"),
    "months first": ("{m:02d}/{d:02d}/2024", "MM/DD/YYYY", "%m/%d/%Y"),
    "days first": ("{d}.{m}.2024", "DD.MM.YYYY", "%d.%m.%Y"),
    "six digits": ("24{m:02d}{d:02d}", "YYMMDD", "%y%m%d"),
}


def days(*forms: str) -> list[str]:
    """Return days of 2024 that are written in some forms by turns."""
    return [forms[i % len(forms)].format(m=i % 12 + 1, d=i % 28 + 1) for i in ROWS]


def refusal(folder: Path, written: list[str], **keys: object) -> str:
    """Return what reading a CSV of some days says, which is no cell of it."""
    pd.DataFrame({"id": ROWS, "day": written}).to_csv(folder / "e.csv", index=False)
    manifest = {"today": "2025-01-01", "events": [entry(file="e.csv", **keys)]}
    with pytest.raises(RecordsError) as caught:
        rm.read_records(manifest, root=folder)
    assert not any(day in str(caught.value) for day in written)
    return str(caught.value)


def read(folder: Path, **keys: object) -> pd.Series:
    """Return the days that a manifest file reads of that CSV."""
    manifest = {"today": "2025-01-01", "events": [entry(file="e.csv", **keys)]}
    (folder / "m.yaml").write_text(yaml.safe_dump(manifest, allow_unicode=True), encoding="utf-8")
    return rm.read_records(folder / "m.yaml").events["event_date"]


@pytest.mark.parametrize("form", ONE_FORM)
def test_one_form_is_told_with_the_pattern_that_reads_it(
    form: str, tmp_path: Path, mended: Note
) -> None:
    written, name, pattern = ONE_FORM[form]
    told = refusal(tmp_path, days(written))
    assert f"(column day, 60 written as {name})" in told
    assert f'Next: write date_format: "{pattern}".' in told
    found = read(tmp_path, date_format=pattern)
    assert len(found) == 60
    assert found.dt.year.eq(2024).all()
    mended(KIND, tried=form, before=BEFORE, now=f'date_format: "{pattern}"')


def test_a_wrong_pattern_is_told_by_the_form_of_the_column(tmp_path: Path) -> None:
    told = refusal(tmp_path, days(ISO), date_format="%m/%d/%Y")
    assert 'Next: write date_format: "%Y-%m-%d"' in told


def test_every_order_that_fits_is_named(tmp_path: Path, mended: Note) -> None:
    told = refusal(tmp_path, days(SHORT))
    assert "60 written as 00.00.00" in told
    orders = 'date_format: "%y.%m.%d", or date_format: "%d.%m.%y", by the order'
    assert orders in told
    mended(KIND, tried="24.01.05", before=BEFORE, now=orders)


def test_two_forms_are_told_with_their_counts_and_a_query_that_reads_both(
    tmp_path: Path, mended: Note
) -> None:
    told = refusal(tmp_path, days(ISO, KOREAN, KOREAN))
    forms = "2 forms: 40 written as YYYY년 MM월 DD일; 20 written as YYYY-MM-DD, which is read"
    assert forms in told
    query = told.partition("give the entry query: ")[2].partition(". [")[0]
    assert len(read(tmp_path, query=query)) == 60
    mended(KIND, tried="two forms in one column", before=BEFORE, now=forms)


def test_forms_of_several_orders_are_told_without_a_query(tmp_path: Path) -> None:
    told = refusal(tmp_path, days(SHORT, KOREAN))
    assert "2 forms: 30 written as 00.00.00; 30 written as YYYY년 MM월 DD일" in told
    assert "Next: a date_format reads one form: write the column in one form." in told


@pytest.mark.parametrize(
    ("form", "advice"),
    [(ISO, "correct the texts that are no dates"), (KOREAN, 'write date_format: "%Y년 %m월 %d일"')],
)
def test_texts_that_are_no_dates_are_told_apart(form: str, advice: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, [*days(form)[:50], *["미상"] * 10])
    assert "2 forms: 50 written as YYYY" in told
    assert "10 written as another text" in told
    assert f"Next: {advice}." in told


@pytest.mark.parametrize(
    ("written", "name", "advice"),
    [
        ("45{d:03d}", "00000", "save the column as dates: a spreadsheet's day numbers"),
        (
            "{d} Jan 2024",
            "another text",
            "write the column as YYYY-MM-DD, or how it writes its dates",
        ),
    ],
)
def test_what_no_pattern_reads_is_told_too(
    written: str, name: str, advice: str, tmp_path: Path
) -> None:
    told = refusal(tmp_path, days(written))
    assert f"60 written as {name})" in told
    assert f"Next: {advice}" in told


@pytest.mark.parametrize("kept", [0, 40])
def test_blank_cells_are_no_form(kept: int, tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ROWS, "day": [*days(ISO)[:kept], *[""] * (60 - kept)]})
    frame.to_csv(tmp_path / "e.csv", index=False)
    with pytest.raises(RecordsError, match=rf"{60 - kept} no usable date \(column day\)"):
        rm.read_records({"today": "2025-01-01", "events": [entry(file="e.csv")]}, root=tmp_path)


def test_a_source_of_two_columns_of_days_is_told_which_key_to_write(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ROWS, "day": days(KOREAN), "known": days(ISO)})
    keys = entry(frame=frame, known_date="known")
    with pytest.raises(RecordsError) as caught:
        rm.read_records({"today": "2025-01-01", "events": [keys]})
    written = 'write event_date: {column: day, date_format: "%Y년 %m월 %d일"}'
    assert written in str(caught.value)
    keys["event_date"] = {"column": "day", "date_format": "%Y년 %m월 %d일"}
    assert len(rm.read_records({"today": "2025-01-01", "events": [keys]}).events) == 60


@pytest.mark.parametrize(
    ("form", "fix"),
    [
        (KOREAN, ["'%Y년 %m월 %d일'"]),
        (SHORT, ["'%y.%m.%d'", "'%d.%m.%y'"]),
        ("{m:02d}/{d:02d}/2024", ["'%m/%d/%Y'"]),
    ],
)
def test_a_panel_of_a_frame_is_told_the_format_too(form: str, fix: list[str], mended: Note) -> None:
    frame = pd.DataFrame({"id": ROWS, "day": days(form), "x": 1.0})
    with pytest.raises(PanelError) as caught:
        rm.Panel.from_frame(frame, household_id="id", as_of_date="day")
    calls = ", or ".join(f"pd.to_datetime(df['day'], format={pattern})" for pattern in fix)
    assert f"convert it: {calls}" in str(caught.value)
    assert not any(day in str(caught.value) for day in frame["day"])
    mended(KIND, tried=f"from_frame, {form}", before="format='%m/%d/%Y' for any form", now=calls)


def test_rows_of_a_shape_that_no_day_has_keep_their_zeros() -> None:
    assert [str(form) for form in forms_of(["2024.13.45", "2024.1.5"])] == [
        "2 written as 0000.00.00"
    ]


def test_frames_of_records_are_told_how_days_are_made(mended: Note) -> None:
    frame = pd.DataFrame({"household_id": ROWS, "code": "fire", "event_date": days(KOREAN)})
    with pytest.raises(RecordsError) as caught:
        rm.Records.from_frames(frame, today="2025-01-01")
    call = "pd.to_datetime(df['event_date'], format='%Y년 %m월 %d일')"
    assert f"Next: convert the column: {call}." in str(caught.value)
    mended(KIND, tried="from_frames, Korean", before="convert the column to days", now=call)
