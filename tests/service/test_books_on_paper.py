"""Books on the screen and on paper: pages that can be read, and cells that guard what is ours."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from offices import cells, plan_of, row_of
from openpyxl.worksheet.worksheet import Worksheet

import riskmodel as rm
from riskmodel.records.service_words import SIGNS
from riskmodel.service import HandOut
from riskmodel.service.sheets.audiences import AUDIENCES
from riskmodel.service.sheets.book_layout import text_width
from riskmodel.serving import LANGUAGES

ADDRESS = "경기도 수원시 영통구 광교중앙로 145, 203동 1504호 (이의동, 광교호반마을아파트)"
ROWS = 40


@pytest.fixture(scope="module", params=["ko", "en"])
def handed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HandOut:
    """Hand out a book of a carrier and one of an officer in an area with marks in its name."""
    rows = [
        row_of(f"{n:03d}", channel, area="중&구 1동", due_by=f"2024-11-{10 + n % 12}")
        for start, channel in ((1, "mail_carrier"), (101, "visit"))
        for n in range(start, start + ROWS)
    ]
    plan = plan_of(rows)
    people = pd.DataFrame({"household_id": plan.table["household_id"], "name": "남궁민수"})
    people = people.assign(address=ADDRESS, phone="010-5555-0001")
    folder = tmp_path_factory.mktemp("paper") / "out"
    return rm.hand_out(plan, folder, people=people, lang=request.param)


def sheet_of(handed: HandOut, channel: str) -> Worksheet:
    files = dict(zip(handed.table["channel"], handed.files, strict=True))
    return openpyxl.load_workbook(files[channel]).active


@pytest.mark.parametrize("channel", ["mail_carrier", "visit"])
def test_a_book_prints_on_a4_as_wide_as_a_page_with_its_heading_on_each(
    handed: HandOut, channel: str
) -> None:
    sheet = sheet_of(handed, channel)
    setup = sheet.page_setup
    assert (setup.paperSize, setup.orientation, setup.fitToWidth or 1) == (9, "landscape", 1)
    assert (setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    assert sheet.print_title_rows == "$1:$1"
    # all but the number of the plan, which stands at the foot
    last = openpyxl.utils.get_column_letter(sheet.max_column - 1)
    assert sheet.print_area == f"'{sheet.title}'!$A$1:${last}${ROWS + 1}"


def test_the_foot_of_a_page_names_area_channel_and_days_and_nobody(handed: HandOut) -> None:
    foot = sheet_of(handed, "mail_carrier").oddFooter
    lang = "ko" if "집배원" in foot.left.text else "en"
    channel = LANGUAGES[lang].contacts["mail_carrier"]
    days = "2024-11-10 ~ 2024-11-21"
    assert foot.left.text == f"중&&구 1동, {channel}, {days}, {handed.plan_id}"
    assert "2024-12-21" in foot.center.text
    assert foot.right.text == "&P / &N"


def test_a_carrier_reads_the_print_without_a_glass(handed: HandOut) -> None:
    """A page is 277 mm wide within its margins, and a figure of 10 points about 1.9 mm."""
    sheet = sheet_of(handed, "mail_carrier")
    letters = [cell.column_letter for cell in sheet[1]][:-1]
    total = sum(sheet.column_dimensions[letter].width for letter in letters)
    points = 10 * 277 / 1.9 / total
    assert points > 7


@pytest.mark.parametrize("channel", ["mail_carrier", "visit"])
def test_every_text_fits_its_cell_and_every_answer_has_a_box(handed: HandOut, channel: str) -> None:
    sheet = sheet_of(handed, channel)
    for row in sheet.iter_rows():
        height = sheet.row_dimensions[row[0].row].height
        for cell in row:
            width = sheet.column_dimensions[cell.column_letter].width
            lines = -(-text_width(str(cell.value or "")) // width)
            assert lines * cell.font.size <= height
            assert cell.alignment.wrap_text
            assert cell.border.left.style == cell.border.bottom.style == "thin"
            if cell.row == 1:
                # no word of a heading is cut
                assert all(text_width(word) < width for word in str(cell.value).split())
    titles = {LANGUAGES[lang].signs[sign] for lang in LANGUAGES for sign in SIGNS}
    ticked = [cell for cell in sheet[2] if sheet.cell(1, cell.column).value in titles]
    assert len(ticked) == len(SIGNS)
    assert {cell.alignment.horizontal for cell in ticked} == {"center"}


@pytest.mark.parametrize("channel", ["mail_carrier", "visit"])
def test_what_is_ours_is_not_written_over_by_accident(handed: HandOut, channel: str) -> None:
    """Guarded cells, not locked ones: a sheet with locked cells cannot be sorted."""
    sheet = sheet_of(handed, channel)
    assert not sheet.protection.sheet
    guards = [one for one in sheet.data_validations.dataValidation if one.type == "custom"]
    assert {(one.formula1, one.showErrorMessage, one.allow_blank) for one in guards} == {
        ("FALSE", True, False)
    }
    guarded = {str(one.sqref).split("2:")[0]: one.errorStyle or "stop" for one in guards}
    given = AUDIENCES[channel].given
    wanted = ["warning" if name in ("address", "phone", "due_by", "due_week") else "stop"
              for name in given]  # fmt: skip
    letters = [cell.column_letter for cell in sheet[1]]
    assert guarded == dict(
        zip([*letters[: len(given)], letters[-1]], [*wanted, "stop"], strict=True)
    )


def test_two_hundred_letters_of_a_name_stay_in_the_book(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "visit", area="가" * 300)])
    people = pd.DataFrame({"household_id": ["1"], "name": ["나" * 200], "address": ["a\nb\nc\nd"]})
    one = rm.hand_out(plan, tmp_path / "out", people=people)
    sheet = openpyxl.load_workbook(one.files[0]).active
    assert len(sheet.oddFooter.left.text) < 200
    assert "나" * 200 in [cell.value for cell in sheet[2]]
    assert sheet.row_dimensions[2].height > 200


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_libreoffice_keeps_the_layout_and_prints_it(handed: HandOut, tmp_path: Path) -> None:
    path = next(path for path in handed.files if "carrier" in path.name)
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/office"]
    for kind in ("pdf", "xlsx"):
        told = [*command, "--convert-to", kind, "--outdir", str(tmp_path), str(path)]
        subprocess.run(told, check=True, capture_output=True, timeout=120)
    printed = (tmp_path / f"{path.stem}.pdf").read_bytes()
    pages = re.findall(rb"/MediaBox\s*\[0 0 (\d+)[\d.]* (\d+)", printed)
    assert set(pages) == {(b"841", b"595")}
    assert len(pages) in (2, 3)
    saved = openpyxl.load_workbook(tmp_path / path.name).active
    kinds = sorted(one.type for one in saved.data_validations.dataValidation)
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "custom": 5, "date": 1, "list": 2 + len(SIGNS)}  # fmt: skip
    assert (saved.page_setup.paperSize, saved.page_setup.orientation) == (9, "landscape")
    assert saved.auto_filter.ref is not None
    assert cells(tmp_path / path.name) == cells(path)
