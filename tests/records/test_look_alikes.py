"""Texts that look the same are the same at every door of records, counted and kept as written."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from manifests import adds_up, entry, read, read_csv, read_frame, reasons

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, PanelError, RecordsError
from riskmodel.indicators import Catalogue
from riskmodel.records import Records
from riskmodel.records.sources import row_checks

KIND = "look-alikes"
ID = "가-1"


def nfd(text: str) -> str:
    """Return a text as files from a Mac write it."""
    return unicodedata.normalize("NFD", text)


FORMS = {
    "decomposed Hangul": nfd(ID),
    "a zero-width space": "가\u200b-1",
    "a soft hyphen": "가-\u00ad1",
    "a byte order mark": f"\ufeff{ID}",
    "a blank of another width at the end": f"{ID}\u3000",
    "full-width": "가－１",
    "digits of another script": "가-١",
    "an en dash": "가–1",
}
FRAME = {"id": [ID, *FORMS.values()], "day": "2024-01-05"}


def of_frame(_: Path) -> Records:
    return read_frame(FRAME)


def of_arrow(_: Path) -> Records:
    table = pa.Table.from_pandas(pd.DataFrame(FRAME).astype({"id": "category"}))
    return read([entry(frame=table)])


def of_csv(folder: Path) -> Records:
    return read_csv(folder, pd.DataFrame(FRAME).to_csv(index=False))


def of_parquet(folder: Path) -> Records:
    pd.DataFrame(FRAME).to_parquet(folder / "e.parquet")
    return read([entry(file="e.parquet")], root=str(folder))


def of_query(_: Path) -> Records:
    query = f"SELECT id AS household, day FROM source WHERE id = '{nfd(ID)}'"
    return read_frame(FRAME, query=query, household_id="household")


def of_condition(_: Path) -> Records:
    return read_frame(FRAME, where=f"id = '{nfd(ID)}'")


def of_wide_table(_: Path) -> Records:
    return read_frame(FRAME | {nfd("불"): 1}, values=["불"])


def of_people(_: Path) -> Records:
    members = {
        "frame": pd.DataFrame({"p": FRAME["id"], "h": ID}),
        "person_id": "p",
        "household_id": "h",
    }
    return read_frame(FRAME, {"members": [members]}, household_id=None, person_id="id")


def of_store(folder: Path) -> Records:
    source = entry(frame=pd.DataFrame(FRAME))
    manifest = {"today": "2025-01-01", "events": [source], "max_quarantined": 1}
    return rm.ingest(manifest, folder / "store").records


def given(_: Path) -> Records:
    frame = pd.DataFrame(FRAME).rename(columns={"id": "household_id", "day": "event_date"})
    return Records.from_frames(frame.assign(code="fire"), today="2025-01-01", max_quarantined=1)


DOORS = [
    of_frame,
    of_arrow,
    of_csv,
    of_parquet,
    of_query,
    of_condition,
    of_wide_table,
    of_people,
    of_store,
    given,
]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_an_id_that_looks_the_same_is_one_household(
    door: Callable[[Path], Records], tmp_path: Path, mended: Note
) -> None:
    records = door(tmp_path)
    households = records.events["household_id"].unique().tolist()
    assert households == [ID]
    assert len(records.events) == 1
    now = f"{len(households)} household"
    mended(KIND, tried=f"nine forms of 가-1, {door.__name__}", before="9 households", now=now)


def test_cells_read_in_another_form_are_counted_in_the_summary(mended: Note) -> None:
    records = read_frame(FRAME | {"unused": nfd("가")})
    assert records.look_alikes.to_numpy().tolist() == [["events: frame", "id", 8]]
    summary = repr(records.summary())
    told = next(line for line in summary.splitlines() if line.startswith("Cells read"))
    assert "id      8" in summary
    assert adds_up(records)
    mended(KIND, tried="the summary", before="said nothing", now=told)
    assert "Cells read" not in repr(read_frame({"id": ["a"], "day": "2024-01-05"}).summary())


def spelled(records: Records) -> dict[str, str]:
    return dict(records.spellings.itertuples(index=False))


def test_the_id_is_kept_as_it_was_first_written() -> None:
    ids = [nfd("가-1"), "가-1", "나-1", nfd("나-1"), "A\u200b1", "B1"]
    records = read_frame({"id": ids, "day": "2024-01-05"})
    assert spelled(records) == {"가-1": nfd("가-1"), "A1": "A\u200b1"}
    written = records.as_written(pd.Series(["나-1", "가-1", "B1"]))
    assert written.tolist() == ["나-1", nfd("가-1"), "B1"]


def test_of_several_tables_the_first_that_is_read_has_it(tmp_path: Path) -> None:
    events = pd.DataFrame({"id": [nfd("가"), nfd("나")], "day": ["2024-01-05", "2024-01-06"]})
    homes = pd.DataFrame({"id": ["가", nfd("다")], "gu": "north"})
    kept = {"frame": homes, "household_id": "id", "known_date": "always", "columns": ["gu"]}
    members = pd.DataFrame({"p": ["1"], "h": ["나"]})
    who = {"frame": members, "person_id": "p", "household_id": "h"}
    manifest = {"today": "2025-01-01", "events": [entry(frame=events)], "attributes": [kept]}
    manifest["members"] = [who]
    expected = {"가": nfd("가"), "다": nfd("다")}
    assert spelled(rm.read_records(manifest)) == expected
    assert spelled(rm.ingest(manifest, tmp_path / "s").records) == expected


def test_deliveries_one_by_one_keep_what_one_load_keeps(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    manifest = {"today": "2025-01-01", "events": [entry(file="*.csv")]}
    for name, ids in {"1.csv": ["가", nfd("나")], "2.csv": [nfd("가"), "나", nfd("다")]}.items():
        frame = pd.DataFrame({"id": ids, "day": f"2024-0{name[0]}-05"})
        frame.to_csv(inbox / name, index=False)
        done = rm.ingest(manifest, tmp_path / "store", root=inbox)
    assert spelled(done.records) == {"나": nfd("나"), "다": nfd("다")}
    whole = rm.read_records(manifest, root=inbox)
    pd.testing.assert_frame_equal(done.records.spellings, whole.spellings)
    pd.testing.assert_frame_equal(done.records.look_alikes, whole.look_alikes)


def test_an_id_of_a_query_is_kept_too() -> None:
    frame = {"id": [nfd("가"), "나"], "day": "2024-01-05"}
    records = read_frame(frame, query="SELECT id AS hh, day FROM source", household_id="hh")
    assert spelled(records) == {"가": nfd("가")}


def test_frames_that_keep_the_contract_keep_it_too() -> None:
    frame = pd.DataFrame({"household_id": [nfd("가"), "나", 7], "code": "fire"})
    records = Records.from_frames(frame.assign(event_date="2024-01-05"), today="2025-01-01")
    assert spelled(records) == {"가": nfd("가")}


WORDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a code of one word": ({"code": nfd("불")}, {}),
    "a code in a column": ({"code": {"column": nfd("종류")}}, {}),
    "a closed catalogue": ({"code": {"column": "종류"}}, {"catalogue": {nfd("불"): None}}),
    "complete_before": ({"code": nfd("불")}, {"complete_before": {nfd("불"): "2024-12-01"}}),
    "coverage": ({"code": "불"}, {"coverage": [{"feed": nfd("불"), "from": "2023-01-01"}]}),
    "deliveries": ({"code": "불"}, {"deliveries": [{"feed": nfd("불"), "every": "1M"}]}),
}


@pytest.mark.parametrize("word", WORDS)
def test_codes_words_and_headings_too(word: str, mended: Note) -> None:
    keys, manifest = WORDS[word]
    frame = {nfd("세대"): ["a"], nfd("날짜"): "2024-01-05", nfd("종류"): nfd("불")}
    records = read_frame(frame, manifest, household_id="세대", event_date="날짜", **keys)
    assert records.events["code"].tolist() == ["불"]
    assert list(records.catalogue) == ["불"]
    before = "no column '세대'; allowed: 세대"
    mended(KIND, tried=word, before=before, now=f"{len(records.events)} event")


def test_two_headings_that_look_the_same_are_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame([["a", "2024-01-05", 1, 2]], columns=["id", "day", "값", nfd("값")])
    with pytest.raises(RecordsError, match="have the same name"):
        read_frame(frame)
    with pytest.raises(RecordsError, match="have the same name"):
        read_csv(tmp_path, frame.to_csv(index=False))
    frame.to_parquet(tmp_path / "e.parquet")
    with pytest.raises(RecordsError, match="have the same name"):
        read([entry(file="e.parquet")], root=str(tmp_path))


def test_files_of_one_source_may_write_a_heading_in_two_forms(tmp_path: Path) -> None:
    for number, name in enumerate(("세대", nfd("세대"))):
        frame = pd.DataFrame({name: [f"h{number}"], "day": "2024-01-05"})
        frame.to_parquet(tmp_path / f"{number}.parquet")
        frame.to_csv(tmp_path / f"{number}.csv", index=False)
    for file in ("*.parquet", "*.csv"):
        records = read([entry(file=file, household_id="세대")], root=str(tmp_path))
        assert records.events["household_id"].tolist() == ["h0", "h1"]


FILES = {
    "a name": "기록.csv",
    "a pattern": "기*.csv",
    "a name in a folder": "자료/기록.csv",
    "patterns throughout": "자*/?록.csv",
}


@pytest.mark.parametrize("tried", FILES)
@pytest.mark.parametrize("on_disk", [nfd, str], ids=["decomposed", "composed"])
def test_a_file_is_found_by_what_its_name_looks_like(
    tried: str, on_disk: Callable[[str], str], tmp_path: Path, mended: Note
) -> None:
    pattern = FILES[tried]
    folder = tmp_path / on_disk("자료") if "/" in pattern else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / on_disk("기록.csv")).write_text("id,day\na,2024-01-05\n", encoding="utf-8")
    written = pattern if on_disk is nfd else nfd(pattern)
    records = read([entry(file=written)], root=str(tmp_path))
    mended(
        KIND,
        tried=f"{tried} of files, {on_disk.__name__} on disk",
        before="names no file",
        now=f"{len(records.events)} event",
    )
    assert len(records.events) == 1


def test_so_is_a_folder_and_a_catalogue(tmp_path: Path) -> None:
    folder = tmp_path / nfd("자료")
    folder.mkdir()
    (folder / "e.csv").write_text("id,day\na,2024-01-05\n", encoding="utf-8")
    (folder / nfd("목록.yaml")).write_text("불: {direction: 1}\n", encoding="utf-8")
    keys = {"today": "2025-01-01", "catalogue": "목록.yaml", "root": str(tmp_path / "자료")}
    records = rm.read_records(keys | {"events": [entry(file="e.csv", code=nfd("불"))]})
    assert records.catalogue["불"].direction == 1


def test_a_name_that_is_there_is_never_another(tmp_path: Path) -> None:
    (tmp_path / "가.csv").write_text("id,day\na,2024-01-05\n", encoding="utf-8")
    (tmp_path / nfd("가.csv")).write_text("id,day\nb,2024-01-05\n", encoding="utf-8")
    records = read([entry(file="가.csv")], root=str(tmp_path))
    assert records.events["household_id"].tolist() == ["a"]


def test_keys_of_a_manifest_that_look_the_same_are_refused(tmp_path: Path) -> None:
    twice = {"불": "2024-01-05", nfd("불"): "2024-01-06"}
    with pytest.raises(ConfigError, match="two keys look the same") as caught:
        read_frame({"id": ["a"], "day": "2024-01-05"}, {"complete_before": twice})
    assert caught.value.code == "manifest.repeated"
    path = tmp_path / "m.yaml"
    path.write_text(f"today: 2025-01-01\n불: 1\n{nfd('불')}: 2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'불' stands twice"):
        rm.read_records(path)


def test_a_manifest_of_another_form_is_the_same_manifest(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("세대,날짜\n가,2024-01-05\n", encoding="utf-8")
    text = (
        "today: 2025-01-01\nevents: {file: e.csv, household_id: 세대, code: 불, event_date: 날짜}"
    )
    both = []
    for name, form in {"a.yaml": text, "b.yaml": nfd(text).replace("code", "co\u00adde")}.items():
        (tmp_path / name).write_text(form, encoding="utf-8")
        both.append(rm.read_records(tmp_path / name))
    assert both[0].digest == both[1].digest


def test_a_code_is_found_in_a_catalogue_by_what_it_looks_like() -> None:
    catalogue = Catalogue.read({nfd("불"): {"direction": 1}})
    assert nfd("불") in catalogue
    assert catalogue.require("불\u200b").code == "불"
    assert catalogue.with_codes([nfd("불")]) is catalogue
    with pytest.raises(ConfigError, match="stands twice"):
        Catalogue.read({nfd("불"): None, "불": None})


def test_contacts_members_and_attributes_are_read_alike(mended: Note) -> None:
    contacts = pd.DataFrame({"h": [nfd("가")], "on": "2024-02-01", nfd("결과"): nfd("방문")})
    asked = {"frame": contacts, "household_id": "h", "as_of_date": "on"}
    asked["result"] = {"column": "결과", "map": {"방문": "no_need"}}
    homes = pd.DataFrame({"h": ["가", nfd("가")], "구": ["강남", nfd("강남")]})
    kept = {
        "frame": homes,
        "household_id": "h",
        "known_date": "always",
        "columns": {nfd("구"): "구"},
    }
    log = pd.DataFrame({"feed": [nfd("불")], "area": nfd("강남"), "on": "2024-01-31"})
    sent = {"frame": log, "feed": {"column": "feed"}, "area": {"column": "area"}}
    sent["event_date"] = "on"
    manifest = {"contacts": [asked], "attributes": [kept], "deliveries": [sent], "area": "구"}
    records = read_frame({"id": ["가"], "day": "2024-01-05"}, manifest, code="불")
    assert records.contacts["household_id"].tolist() == ["가"]
    assert records.contacts["result"].tolist() == ["no_need"]
    assert records.attributes[["household_id", "name", "text"]].to_numpy().tolist() == [
        ["가", "구", "강남"]
    ]
    assert records.deliveries["area"].dropna().unique().tolist() == ["강남"]
    now = f"{records.counts['quarantined'].sum()} bad rows"
    mended(KIND, tried="contacts, attributes, deliveries", before="bad rows, two areas", now=now)


STYLED = pd.DataFrame({"id": ["가-①", "10²", "Ⅲ-1", "Ⅷ", "a", "ㄱ-1"], "day": "2024-01-05"})


@pytest.mark.parametrize("door", ["frame", "csv", "a code", "fact_id", "members"])
def test_styled_characters_make_a_bad_row_and_no_household(
    door: str, tmp_path: Path, mended: Note
) -> None:
    if door == "csv":
        records = read_csv(tmp_path, STYLED.to_csv(index=False))
    elif door == "members":
        who = {"frame": STYLED, "person_id": "id", "household_id": "id"}
        records = read_frame({"id": ["a", "ㄱ-1"], "day": "2024-01-05"}, {"members": [who]})
    else:
        keys = {"a code": {"household_id": "day", "code": {"column": "id"}}}
        keys["fact_id"] = {"household_id": "day", "fact_id": "id"}
        records = read_frame(STYLED, **keys.get(door, {}))
    bad = [(column, reason) for _, column, reason in reasons(records)]
    assert bad == [("id", row_checks.STYLED_ID)] * 4
    assert adds_up(records)
    mended(KIND, tried=f"①, ², Ⅲ and Ⅷ, {door}", before="4 more ids", now=f"{len(bad)} bad rows")


def test_a_panel_of_styled_ids_is_refused(mended: Note) -> None:
    with pytest.raises(PanelError, match="4 rows have a household_id with raised") as caught:
        rm.Panel.from_frame(
            STYLED.assign(x=1.0), household_id="id", as_of_date="day", features=["x"]
        )
    mended(KIND, tried="①, from_frame", before="4 households", now=caught.value.code)
