"""What books are called: no two areas write one file, and every disk takes each name."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from offices import CHANNELS, cells, fill, people_of, plan_of, row_of

import riskmodel as rm
from riskmodel.service.sheets.file_names import stems_of

ALIKE = ["Jung/Gu", "Jung Gu", "Jung:Gu", "JUNG GU", "jung gu", "Jung-Gu_", "Jung_Gu", "중구",
         "중/구", "CON", "con", "NUL.", "COM1.txt", "aux .", " 끝", "끝.", "끝...", "=1+1", "-1-1",
         "+1", "@x", "..", "/", "*?<>|", "가" * 90, "가" * 90 + "나", "나" * 39 + " /", "𠮷" * 80,
         "Straße", "STRASSE", "ﬁ", "fi", ""]  # fmt: skip
RESERVED = {"con", "prn", "aux", "nul"} | {f"{one}{n}" for one in ("com", "lpt") for n in range(10)}
areas = st.lists(st.text(max_size=60) | st.sampled_from(ALIKE), unique=True, max_size=12)


@given(areas=areas)
@settings(max_examples=200, deadline=None)
def test_no_two_books_have_one_name_on_any_disk_and_each_opens_on_windows(areas: list[str]) -> None:
    stems = stems_of((area, channel) for area in areas for channel in CHANNELS)
    names = [f"{stem}.xlsx" for stem in stems]
    for form in ("NFC", "NFD"):
        assert len({unicodedata.normalize(form, name).casefold() for name in names}) == len(names)
    for name in names:
        assert len(name.encode()) <= 255
        assert not set(name) & set('<>:"/\\|?*')
        assert name.isprintable()
        assert name.split(".")[0].rstrip().casefold() not in RESERVED
        assert name.count(".") == 1
        assert name[0] not in "=+-@. "


def test_areas_whose_names_are_alike_come_out_and_come_back_whole(tmp_path: Path) -> None:
    rows = [row_of(f"{n:02d}", "visit", area=area) for n, area in enumerate(ALIKE, start=1)]
    plan = plan_of(rows)
    handed = rm.hand_out(plan, tmp_path / "out", people=people_of(plan), lang="ko")
    assert handed.table["file"].str.lower().is_unique
    assert handed.table["rows"].sum() == len(ALIKE)
    for path in handed.files:
        fill(path, lambda row: {"접촉일": "2024-11-05", "결과": "거부"})
    back = rm.returned(tmp_path / "out", plan, today="2024-11-06")
    assert (back.refused, len(back.absent)) == ((), 0)
    assert set(back.contacts["household_id"]) == {row["household_id"] for row in rows}


def test_an_area_whose_name_is_written_in_two_ways_has_one_book(tmp_path: Path) -> None:
    names = ["강남구", unicodedata.normalize("NFD", "강남구"), " 강남구\u200b"]
    plan = plan_of([row_of(str(n), "visit", area=name) for n, name in enumerate(names, start=1)])
    handed = rm.hand_out(plan, tmp_path / "out")
    assert handed.table[["file", "area", "rows"]].to_numpy().tolist() == [
        ["강남구_visit.xlsx", "강남구", 3]
    ]
    head, *found = cells(handed.files[0])
    assert sorted(row[head.index("household")] for row in found) == ["1", "2", "3"]
