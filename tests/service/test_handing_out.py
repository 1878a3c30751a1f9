"""Books that are handed out: whole, blind, safe to open, and named by nobody but in them."""

from __future__ import annotations

import json
import re
import resource
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import msoffcrypto
import numpy as np
import openpyxl
import pandas as pd
import pytest
from offices import AREAS, CHANNELS, a_plan, cells, manifest_of, people_of, plan_of, row_of

import riskmodel as rm
from riskmodel.errors import ConfigError, DiskError
from riskmodel.records import contact_words
from riskmodel.records.service_words import SIGNS
from riskmodel.service.sheets.audiences import AUDIENCES
from riskmodel.service.sheets.books import _offered
from riskmodel.serving import LANGUAGES

PASSWORD = "열쇠는 따로 2024"


def raw(path: Path) -> str:
    """Return everything that a workbook holds, as it is written."""
    with zipfile.ZipFile(path) as book:
        return "\n".join(book.read(name).decode() for name in book.namelist())


def test_each_planned_row_stands_in_one_book_of_its_area_and_channel(tmp_path: Path) -> None:
    plan = a_plan()
    handed = rm.hand_out(plan, tmp_path / "out", lang="ko")
    assert set(zip(handed.table["area"], handed.table["channel"], strict=True)) == {
        (area, channel) for area in AREAS for channel in CHANNELS
    }
    found = []
    for path, area, channel in zip(
        handed.files, handed.table["area"], handed.table["channel"], strict=True
    ):
        head, *rows = cells(path)
        place = head.index("household_id" if channel == "ai_call" else "가구")
        found += [(row[place], area, channel) for row in rows]
    table = plan.table
    wanted = list(zip(table["household_id"], table["area"], table["channel"], strict=True))
    assert sorted(found) == sorted(wanted)


def test_a_reserved_step_waits_for_the_steps_before_it(tmp_path: Path) -> None:
    later = row_of("2", "visit", step=2, state="reserved", stratum="random", probability=0.5)
    first = row_of("2", "call", stratum="random", probability=0.5)
    handed = rm.hand_out(plan_of([row_of("1", "visit"), first, later]), tmp_path / "out")
    assert handed.table.set_index("channel")["rows"].to_dict() == {"call": 1, "visit": 1}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_reads_a_book_is_blind(tmp_path: Path, lang: str) -> None:
    plan = a_plan()
    handed = rm.hand_out(plan, tmp_path / "out", people=people_of(plan), lang=lang)
    told = ["certain", "random", "0.31", "0.32", "0.33", "0.1875", "0.2718", "rent-vulnerable"]
    told += [*LANGUAGES[lang].strata.values(), "stratum", "score", "probability"]
    for path in handed.files:
        text = path.read_text() if path.suffix == ".csv" else raw(path)
        assert [word for word in told if word in text] == [], path.name
        if path.suffix == ".csv":
            continue
        # the range of a filter is the one hidden name of every workbook
        shown = text.replace('_FilterDatabase" localSheetId="0" hidden="1"', "")
        assert re.findall('hidden="(?!0)|[hH]idden">', shown) == []
        book = openpyxl.load_workbook(path)
        assert len(book.worksheets) == 1
        assert not any(one.hidden for one in book.active.column_dimensions.values())
        assert {cell.comment for row in book.active for cell in row} == {None}
        properties = book.properties
        assert (properties.creator, properties.title, properties.keywords) == (
            "riskmodel",
            None,
            None,
        )
        assert len(book.custom_doc_props.names) == 0


def test_the_order_of_rows_and_their_ids_tell_nothing_of_who_was_drawn(tmp_path: Path) -> None:
    drawn = {"stratum": "random", "probability": 0.5}
    rows = [
        row_of(f"{n:05d}", "ai_call", score=n / 2000, **(drawn if n % 2 else {}))
        for n in range(1, 1001)
    ]
    plan = plan_of(rows)
    handed = rm.hand_out(plan, tmp_path / "out")
    head, *found = cells(handed.files[0])
    table = pd.DataFrame(found, columns=head).merge(plan.table, on="household_id")
    assert table["id"].is_monotonic_increasing
    place = np.arange(len(table))
    is_drawn = table["stratum"] == "random"
    spread = len(table) / np.sqrt(12) * np.sqrt(1 / is_drawn.sum() + 1 / (~is_drawn).sum())
    assert abs(place[is_drawn].mean() - place[~is_drawn].mean()) < 3 * spread
    assert abs(np.corrcoef(place, table["score"])[0, 1]) < 3 / np.sqrt(len(table))
    assert table["id"].str.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{14}").all()


def test_a_book_has_a_frozen_heading_filters_titles_and_answers_to_choose(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "visit"), row_of("2", "visit")])
    handed = rm.hand_out(plan, tmp_path / "out", people=people_of(plan), lang="ko")
    sheet = openpyxl.load_workbook(handed.files[0]).active
    assert (sheet.title, sheet.freeze_panes) == ("방문", "B2")
    assert sheet.auto_filter.ref == sheet.dimensions
    head = [cell.value for cell in sheet[1]]
    assert head[:10] == ["행 번호", "가구", "이름", "주소", "전화번호", "기한", "접촉일", "결과",
                         "판정하지 못한 까닭", "지원"]  # fmt: skip
    assert head[10:] == [*(LANGUAGES["ko"].signs[sign] for sign in SIGNS), "계획 번호"]
    validations = sheet.data_validations.dataValidation
    offered = {str(one.sqref): one for one in validations if one.type != "custom"}
    assert offered["H2:H3"].formula1 == (
        '"위기 아님으로 판정,위기가구로 판정,거부,만나지 못함,실시하지 않음,'
        '만났으나 판정이 적히지 않음"'
    )
    days = offered["G2:G3"]
    assert (days.type, days.operator) == ("date", "between")
    assert "2024-11-01부터 2024-12-29까지" in days.prompt
    assert offered["H2:H3"].prompt.startswith("목록에서 하나를 고르십시오")
    assert offered["K2:K3"].prompt == "보거나 들었으면 예를 고르십시오."
    assert all(one.showErrorMessage for one in offered.values())
    assert len(offered) == 4 + len(SIGNS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_list_of_answers_is_short_enough_for_a_spreadsheet(lang: str) -> None:
    for audience in AUDIENCES.values():
        for column in ("result", "reason", "support"):
            words = _offered(column, audience, LANGUAGES[lang])
            assert len(set(words)) == len(words)
            assert not any("," in word or '"' in word for word in words)
            assert len(",".join(words)) + 2 <= 255


def test_every_channel_has_an_audience_and_only_officers_give_verdicts() -> None:
    assert tuple(AUDIENCES) == contact_words.CHANNELS
    for channel in ("mail", "mail_carrier"):
        assert not set(AUDIENCES[channel].results) & set(contact_words.VERDICTS)


def test_carriers_get_name_address_week_and_signs_and_nothing_of_reasons(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "mail_carrier", due_by="2024-11-28")])
    reasons = pd.DataFrame({"household_id": ["1"], "reason_1": ["전기료 체납"]})
    handed = rm.hand_out(plan, tmp_path / "out", people=people_of(plan), reasons=reasons)
    head, row = cells(handed.files[0])
    signs = [LANGUAGES["en"].signs[sign] for sign in SIGNS]
    asked = ["date of contact", "result", "why without a verdict", *signs, "plan"]
    assert head == ["row id", "name", "address", "week due", *asked]
    assert row[1:4] == ["김철수0", "세종로 1, 302호", "2024-11-25 ~ 2024-12-01"]
    assert "전기료" not in raw(handed.files[0])


def test_officers_read_the_reasons_and_the_caller_by_ai_its_five_columns(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "call"), row_of("2", "ai_call"), row_of("3", "text_message")])
    reasons = pd.DataFrame(
        {"household_id": ["1", "2"], "reason_2": ["b", "d"], "reason_1": ["a", "c"], "score": 0.9}
    )
    handed = rm.hand_out(plan, tmp_path / "out", people=people_of(plan), reasons=reasons)
    files = dict(zip(handed.table["channel"], handed.files, strict=True))
    head, row = cells(files["call"])
    assert dict(zip(head, row, strict=True)) | {"reason 1": "a", "reason 2": "b"} == dict(
        zip(head, row, strict=True)
    )
    head, row = cells(files["ai_call"])
    assert head[:5] == ["id", "number", "topics", "attempts", "call_back"]
    assert row[1:5] == ["010-5555-0001", "health; living costs; work", "3", "02-555-0100"]
    assert "reason 1" not in cells(files["text_message"])[0]


def test_rows_without_a_reason_beside_rows_with_one_are_refused(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "call"), row_of("2", "call"), row_of("3", "mail")])
    reasons = pd.DataFrame({"household_id": ["1"], "reason_1": ["a"]})
    with pytest.raises(ConfigError, match=r"reasons: 1 of 2 planned rows have no reason.*drawn"):
        rm.hand_out(plan, tmp_path / "out", reasons=reasons)
    assert not (tmp_path / "out").exists()


def test_cells_that_begin_as_formulas_stay_texts(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "call"), row_of("2", "ai_call", area="=1+1")])
    people = people_of(plan).assign(name='=HYPERLINK("x")', phone="+82-10-5555-0100\x07")
    handed = rm.hand_out(plan, tmp_path / "out", people=people)
    files = dict(zip(handed.table["channel"], handed.files, strict=True))
    for cell in openpyxl.load_workbook(files["call"]).active[2]:
        if cell.value in ('=HYPERLINK("x")', "+82-10-5555-0100"):
            assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert cells(files["ai_call"])[1][1].startswith("'+82")
    assert files["ai_call"].name == "1-1_ai_call.csv"


def test_names_and_numbers_stand_in_the_books_and_nowhere_else(tmp_path: Path) -> None:
    plan = a_plan()
    people = people_of(plan)
    handed = rm.hand_out(plan, tmp_path / "out", people=people, lang="ko")
    others = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    others = [path for path in others if path.parent.name != "books"]
    own = [f"lists_{plan.plan_id}.csv", "receipt.json", f"rows_{plan.plan_id}.json"]
    assert sorted(path.name for path in others) == own
    for path in others:
        text = path.read_text(encoding="utf-8")
        assert not re.search("김철수|세종로|010-5555", text)
    receipt = json.loads((tmp_path / "out" / "receipt.json").read_text(encoding="utf-8"))
    assert receipt == json.loads(json.dumps(handed.receipt()))
    assert set(receipt["books"][0]) == set(handed.table)
    assert "김철수" not in repr(handed)


@pytest.mark.parametrize(("name", "phone"), [("이름", "전화번호"), ("성명", "연락처")])
def test_people_come_from_a_file_of_an_office_by_their_titles(
    tmp_path: Path, name: str, phone: str
) -> None:
    plan = plan_of([row_of("00012", "visit"), row_of("7", "visit")])
    file = tmp_path / "주민.csv"
    file.write_text(f"\n비고,{name},가구,{phone}\nx,홍길동,00012,０１０-1-2\n", encoding="cp949")
    handed = rm.hand_out(plan, tmp_path / "out", people=file, lang="ko")
    head, *rows = cells(handed.files[0])
    found = {row[head.index("가구")]: row[head.index("이름")] for row in rows}
    assert found == {"00012": "홍길동", "7": None}
    lacking = handed.table.loc[0, ["without_name", "without_address", "without_number"]]
    assert lacking.tolist() == [1, 2, 1]


def test_a_book_with_a_password_opens_with_it_alone(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "visit"), row_of("2", "ai_call")])
    handed = rm.hand_out(plan, tmp_path / "out", people=people_of(plan), password=PASSWORD)
    assert handed.is_encrypted
    assert [path.suffix for path in handed.files] == [".xlsx", ".xlsx"]
    for path in handed.files:
        assert "김철수".encode() not in path.read_bytes()
        with pytest.raises(zipfile.BadZipFile):
            openpyxl.load_workbook(path)
        with path.open("rb") as file:
            book = msoffcrypto.OfficeFile(file)
            book.load_key(password=PASSWORD, verify_password=True)
            content = BytesIO()
            book.decrypt(content)
        assert openpyxl.load_workbook(content).active.max_row == 2
    assert PASSWORD not in (tmp_path / "out" / "receipt.json").read_text(encoding="utf-8")


def test_the_same_plan_gives_the_same_lists_and_ids_that_nothing_leads_to(tmp_path: Path) -> None:
    plan = a_plan(12)
    other = plan_of(plan.table.sample(frac=1, random_state=0).to_dict("records"))
    one = rm.hand_out(plan, tmp_path / "one", people=people_of(plan))
    two = rm.hand_out(other, tmp_path / "two", people=people_of(plan).sample(frac=1))
    assert one.lists is not None
    assert two.lists is not None
    assert one.lists.read_bytes() == two.lists.read_bytes()
    paths = [one.lists.with_name(f"rows_{plan.plan_id}.json") for one in (one, two)]
    first, second = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
    steps = [sorted(step for *step, _ in one.values()) for one in (first, second)]
    assert steps[0] == steps[1]
    assert not first.keys() & second.keys()
    assert {oct(path.stat().st_mode & 0o777) for path in paths} == {"0o600"}


def test_the_final_rows_of_lists_go_through_ingest(tmp_path: Path) -> None:
    left = pd.DataFrame(
        {
            "household_id": ["90001", "90002"],
            "area": ["강남", "서초"],
            "score": [0.2, 0.9],
            "rule": ["no_room", "died"],
            "in_frame": [True, False],
            "overdue": False,
            "probability": [0.25, 0.0],
        }
    )
    plan = plan_of(a_plan().table.to_dict("records"), left)
    handed = rm.hand_out(plan, tmp_path / "out")
    records = rm.read_records(manifest_of(handed.lists.parent, "lists"))
    rows = records.tables["lists"].to_pandas().set_index("household_id")
    assert len(rows) == 50
    assert rows["drawn"].sum() == 48
    assert rows.loc["90001", ["stratum", "probability", "rule"]].tolist() == [
        "random",
        0.25,
        "no_room",
    ]
    assert rows.loc["90002", "rank"] == 1
    assert pd.isna(rows.loc["90002", "stratum"])
    assert set(rows["plan_id"]) == {plan.plan_id}
    assert set(rows["list"]) == {"outreach"}


def test_books_that_were_handed_out_are_not_written_over(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "ai_call")])
    rm.hand_out(plan, tmp_path / "out")
    with pytest.raises(ConfigError, match=r"'out' holds something.*\[outreach.exists\]"):
        rm.hand_out(plan, tmp_path / "out")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("channel", ["ai_call", "visit"])
def test_of_books_for_which_the_disk_has_no_room_nothing_is_left(
    tmp_path: Path, channel: str
) -> None:
    plan = plan_of([row_of(str(n), channel) for n in range(1, 200)])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, before[1]))
    try:
        with pytest.raises(DiskError, match=r"\[disk.full\]"):
            rm.hand_out(plan, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a short password": ({"password": "1234"}, r"fewer than 8 characters.*\[outreach.password\]"),
    "deleted too early": (
        {"delete_by": "2024-11-20"},
        r"deleted before the last row is due, on 2024-11-29.*Next: leave it out: then it is "
        r"2024-12-29. \[outreach.delete_by\]",
    ),
    "people without ids": (
        {"people": pd.DataFrame({"nmae": ["비밀"]})},
        r"no column says whose each row is.*\[outreach.people\]",
    ),
    "people of other households": (
        {"people": pd.DataFrame({"household_id": ["2"], "name": ["비밀"]})},
        r"of 1 planned row, none is of a household given here.*\[outreach.people\]",
    ),
    "a household twice": (
        {"people": pd.DataFrame({"household_id": ["1", "1.0"], "name": ["비밀", "남"]})},
        r"1 row of a household of which another row says something else.*\[outreach.people\]",
    ),
    "no reasons": (
        {"reasons": pd.DataFrame({"household_id": ["1"], "score": [0.5]})},
        r"no column of ids, or none of reasons.*\[outreach.reasons\]",
    ),
    "another language": ({"lang": "kr"}, r"unknown language 'kr'. Allowed: en, ko"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_handed_out_is_refused_and_writes_nothing(case: str, tmp_path: Path) -> None:
    arguments, words = WRONG[case]
    with pytest.raises(ConfigError, match=words) as caught:
        rm.hand_out(plan_of([row_of("1", "call")]), tmp_path / "out", **arguments)
    assert "비밀" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_books_are_kept_until_late_contacts_are_in(tmp_path: Path) -> None:
    plan = plan_of([row_of("1", "call")])
    assert rm.hand_out(plan, tmp_path / "a").delete_by == "2024-12-29"
    handed = rm.hand_out(plan, tmp_path / "new" / "b", delete_by=date(2024, 12, 1))
    for folder in (handed.folder, handed.files[0].parent):
        assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert handed.receipt()["delete_by"] == "2024-12-01"
    sheet = openpyxl.load_workbook(handed.files[0]).active
    assert sheet.oddFooter.center.text == "Delete by 2024-12-01"


def test_what_was_handed_out_is_printed_by_channel(tmp_path: Path) -> None:
    plan = a_plan()
    handed = rm.hand_out(plan, tmp_path / "out", people=people_of(plan).drop(columns="phone"))
    head, _, *lines, foot = repr(handed).splitlines()
    assert head == f"plan {plan.plan_id}, round 2024-11-01: 48 rows in 8 books"
    assert [line.split() for line in lines] == [
        ["channel", "books", "rows", "without_name", "without_address", "without_number"],
        ["ai_call", "2", "12", "0", "0", "12"],
        ["call", "2", "12", "0", "0", "12"],
        ["mail_carrier", "2", "12", "0", "0", "0"],
        ["visit", "2", "12", "0", "0", "12"],
    ]
    assert foot.endswith("without a password; to be deleted by 2024-12-21")


def test_who_is_urgent_and_in_no_book_is_told_first_and_counted_in_the_receipt(
    tmp_path: Path,
) -> None:
    told = pd.Timestamp("2024-10-30")
    rest = {"area": "강남", "told": told, "channel": "call", "due_by": told, "overdue": True}
    signs = [("U1", "fire"), ("U1", "suicide"), ("U2", "violence")]
    urgent = pd.DataFrame([{"household_id": one, "sign": sign, **rest} for one, sign in signs])
    handed = rm.hand_out(replace(a_plan(), urgent=urgent), tmp_path / "out")
    line = (
        "urgent, for a human today, in no book: 2 households "
        "(plan.urgent, or urgent.csv of the saved plan)"
    )
    assert repr(handed).splitlines()[0] == line
    assert handed._repr_html_().startswith(f"<p>{line}<br>plan ")
    receipt = json.loads((tmp_path / "out" / "receipt.json").read_text(encoding="utf-8"))
    assert receipt["urgent_in_no_book"] == 2
    assert rm.hand_out(a_plan(), tmp_path / "none").receipt()["urgent_in_no_book"] == 0


def test_books_that_cannot_hide_who_was_drawn_are_counted_for_the_planner_alone(
    tmp_path: Path,
) -> None:
    drawn = {"stratum": "near", "probability": 0.5}
    plan = plan_of(
        [row_of("1", "call", **drawn), row_of("2", "visit", **drawn), row_of("3", "visit")]
    )
    handed = rm.hand_out(plan, tmp_path / "out")
    assert handed.drawn_alone == 1
    told = "1 book of drawn households alone, which their readers may guess"
    assert repr(handed).splitlines()[-1] == told
    assert "drawn" not in (tmp_path / "out" / "receipt.json").read_text(encoding="utf-8")


def test_the_rest_of_a_round_hands_out_what_is_planned_now_and_no_second_list(
    tmp_path: Path,
) -> None:
    drawn = {"stratum": "random", "probability": 0.25}
    rows = [
        row_of("1", "call", state="open"),
        row_of("2", "call", state="done", **drawn),
        row_of("2", "visit", step=2, stratum="certain", probability=1.0),
        row_of("3", "visit", state="cancelled"),
    ]
    plan = plan_of(rows)
    handed = rm.hand_out(plan, tmp_path / "out")
    assert handed.table[["channel", "rows"]].to_numpy().tolist() == [["visit", 1]]
    assert handed.lists is None
    records = [path.name for path in (tmp_path / "out" / "records").iterdir()]
    assert records == [f"rows_{plan.plan_id}.json"]
    # how a household came onto the list is one thing for all of its contacts
    back = rm.returned(tmp_path / "out", plan, today="2024-12-01")
    assert back.contacts[["stratum", "probability"]].to_numpy().tolist() == [["random", 0.25]]
