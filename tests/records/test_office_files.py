"""Numbers, encodings and names of files as offices write them: read in one way, or refused."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import adds_up, entry, read, read_csv, read_frame, reasons

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records
from riskmodel.records.sources import row_checks
from riskmodel.texts import plain_text

KIND = "numbers"


def table(values: list[str], separator: str = ";") -> str:
    """Return a CSV file with one value a row."""
    rows = [f'h{number}{separator}2024-01-05{separator}"{v}"' for number, v in enumerate(values)]
    return "\n".join([separator.join(("id", "day", "v")), *rows]) + "\n"


def values_of(records: Records) -> list[float]:
    return records.events.sort_values("household_id")["value"].dropna().tolist()


READ = {
    "a comma with one digit": (["1,5", "1,234"], [1.5, 1.234], "1,5 a bad row, 1,234 was 1234"),
    "zero and a comma": (["0,250", "1,234"], [0.25, 1.234], "250 and 1234"),
    "points for thousands": (["1.234,5", "1.234"], [1234.5, 1234.0], "a bad row and 1.234"),
    "several points": (["1.234.567", "1.234"], [1234567.0, 1234.0], "a bad row and 1.234"),
    "commas for thousands": (["1,234,567", "1,234"], [1234567.0, 1234.0], "the same"),
    "a point": (["1.5", "1,234"], [1.5, 1234.0], "the same"),
    "signs and exponents": (["-1,5", "+2,5e2", "7"], [-1.5, 250.0, 7.0], "bad rows"),
}


@pytest.mark.parametrize("tried", READ)
def test_numbers_are_read_as_the_cells_of_a_column_allow(
    tried: str, tmp_path: Path, mended: Note
) -> None:
    written, expected, before = READ[tried]
    records = read_csv(tmp_path, table(written), value="v")
    assert values_of(records) == expected
    assert adds_up(records)
    mended(KIND, tried=f"{tried} in a ; file", before=before, now=values_of(records))


OPEN = {
    "a ; file of commas": (table(["1,234", "12"]), "1234 and 12"),
    "a ; file of points": (table(["1.234", "12"]), "1.234 and 12"),
    "a tab file of commas": (table(["1,234"], "\t"), "1234"),
    "commas and points": (table(["1,234", "1.234"], ","), "1234 and 1.234"),
    "both ways beside one that is open": (table(["1,5", "1.5", "1,234"]), "1234"),
}


@pytest.mark.parametrize("tried", OPEN)
def test_a_column_that_can_be_read_in_two_ways_is_refused_by_name(
    tried: str, tmp_path: Path, mended: Note
) -> None:
    text, before = OPEN[tried]
    with pytest.raises(RecordsError, match="column 'v' can be read with a decimal point and") as no:
        read_csv(tmp_path, text, value="v")
    assert "events.csv" in str(no.value)
    mended(KIND, tried=tried, before=before, now=no.value.code)


@pytest.mark.parametrize(("mark", "expected"), [(",", [1.234, 12.0]), (".", [1234.0, 12.0])])
def test_what_is_declared_counts(mark: str, expected: list[float], tmp_path: Path) -> None:
    records = read_csv(tmp_path, table(["1,234", "12", "many"]), value="v", decimal=mark)
    assert values_of(records) == expected
    assert reasons(records) == [(3, "v", row_checks.NO_NUMBER)]


def test_a_file_separated_by_commas_has_thousands(tmp_path: Path) -> None:
    assert values_of(read_csv(tmp_path, table(["1,234", "1.234"][:1], ","), value="v")) == [1234.0]
    assert values_of(read_csv(tmp_path, table(["1.234"], ","), value="v")) == [1.234]


def test_of_two_marks_the_usual_one_counts_where_nothing_is_open(tmp_path: Path) -> None:
    records = read_csv(tmp_path, table(["1,5", "2,5", "3.5"]), value="v")
    assert values_of(records) == [1.5, 2.5]
    assert reasons(records) == [(3, "v", row_checks.NO_NUMBER)]


def test_frames_and_parquet_follow_the_same_rule(tmp_path: Path, mended: Note) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "day": "2024-01-05", "v": ["1,234", "0,5"]})
    frame.to_parquet(tmp_path / "e.parquet")
    both = [
        read_frame(frame, value="v"),
        read([entry(file="e.parquet", value="v")], root=str(tmp_path)),
    ]
    assert [values_of(records) for records in both] == [[1.234, 0.5]] * 2
    with pytest.raises(RecordsError, match="can be read"):
        read_frame(frame.head(1), value="v")
    now = values_of(both[0])
    mended(KIND, tried="1,234 and 0,5 as texts of a frame", before="1234 and a bad row", now=now)


def test_wide_cells_and_numbers_of_attributes_follow_it_by_column(tmp_path: Path) -> None:
    text = 'id;day;rent;gas\na;2024-01-05;"1,5";"1.5"\nb;2024-01-05;"0,0";"2.5"\n'
    records = read_csv(tmp_path, text, values=["rent", "gas"])
    found = records.events.set_index(["code", "household_id"])["value"].to_dict()
    assert found == {("rent", "a"): 1.5, ("gas", "a"): 1.5, ("gas", "b"): 2.5}
    assert records.counts["used"].tolist() == [4]
    homes = pd.DataFrame({"id": ["a", "b"], "m2": ["59,5", "1.084,25"]})
    kept = {"frame": homes, "household_id": "id", "known_date": "always", "numbers": ["m2"]}
    numbers = read_frame({"id": ["a"], "day": "2024-01-05"}, {"attributes": [kept]}).attributes
    assert numbers["number"].tolist() == [59.5, 1084.25]


def test_a_column_of_numbers_that_a_query_made_needs_no_mark(tmp_path: Path) -> None:
    query = "SELECT id, day, try_cast(replace(v, ',', '.') AS DOUBLE) AS v FROM source"
    records = read_csv(tmp_path, table(["1,234"]), value="v", query=query)
    assert values_of(records) == [1.234]


KOREAN = "세대번호;일자;종류\n가01;2024-01-05;불\n"
BYTES = {
    "utf-16": KOREAN.encode("utf-16"),
    "utf-16 of big ends": b"\xfe\xff" + KOREAN.encode("utf-16-be"),
    "utf-16 without a mark": KOREAN.encode("utf-16-le"),
    "sep=;": f"sep=;\n{KOREAN}".encode(),
    "sep=; after a mark": f"sep=;\r\n{KOREAN}".encode("utf-8-sig"),
    "sep=; in utf-16": f"sep=;\r\n{KOREAN}".encode("utf-16"),
    "a quoted sep=;": f'"sep=;"\n{KOREAN}'.encode(),
}
KEYS = {"household_id": "세대번호", "event_date": "일자", "code": {"column": "종류"}}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("tried", BYTES)
def test_files_of_spreadsheets_are_read(
    tried: str, packed: bool, tmp_path: Path, mended: Note
) -> None:
    name = "e.csv.gz" if packed else "e.csv"
    content = BYTES[tried]
    (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    events = read([entry(file=name, **KEYS)], root=str(tmp_path)).events
    assert events[["household_id", "code"]].to_numpy().tolist() == [["가01", "불"]]
    if not packed:
        mended(KIND, tried=tried, before="refused, or no column", now=f"{len(events)} event")


def test_a_utf_16_file_may_be_named_so_and_nothing_else(tmp_path: Path) -> None:
    content = KOREAN.encode("utf-16")
    assert len(read_csv(tmp_path, content, encoding="utf-16", **KEYS).events) == 1
    with pytest.raises(RecordsError, match="not written in cp949, but in utf-16"):
        read_csv(tmp_path, content, encoding="cp949", **KEYS)


@pytest.mark.parametrize("encoding", ["utf-88", "base64", "hex"])
def test_a_codec_that_is_none_of_texts_is_refused(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"there is no encoding '{encoding}'") as refusal:
        read_csv(tmp_path, "id,day\na,2024-01-05\n", encoding=encoding)
    assert refusal.value.code == "manifest.encoding"


def test_rows_with_other_cells_keep_their_numbers_below_a_separators_line(tmp_path: Path) -> None:
    text = "sep=;\nid;day\na;2024-01-05\nb;2024-01-05;x\nc;2024-01-05\n"
    records = read_csv(tmp_path, text)
    assert records.events["household_id"].tolist() == ["a", "c"]
    assert reasons(records) == [(2, None, row_checks.RAGGED)]


def test_a_header_below_a_separators_line_is_a_delivery_without_rows(tmp_path: Path) -> None:
    manifest = {"today": "2025-01-01", "events": [entry(file="*.csv")]}
    for name, text in {
        "1.csv": "sep=;\nid;day\na;2024-01-05\n",
        "2.csv": "sep=;\nid;day\n",
    }.items():
        (tmp_path / name).write_bytes(text.encode("utf-16"))
        done = rm.ingest(manifest, tmp_path / "store", root=tmp_path)
    assert done.frame()["new"].tolist() == [False, True]


NONSENSE = {
    "words": "id,day,gu\n가01,2024-01-05,역삼동\n",
    "one word": "id,day,gu\na,2024-01-05,가\n",
    "a Latin word": "id,day,gu\na,2024-01-05,Zürich\n",
}


@pytest.mark.parametrize("tried", NONSENSE)
@pytest.mark.parametrize("encoding", ["cp949", "euc-kr", "latin-1", "cp1252", "gb18030", "big5"])
def test_utf_8_that_is_called_otherwise_is_refused(
    tried: str, encoding: str, tmp_path: Path, mended: Note
) -> None:
    content = NONSENSE[tried].encode()
    try:
        before = f"read as {content.decode(encoding).strip().split(',')[-1]}"
    except UnicodeDecodeError:
        before = "refused"
    with pytest.raises(RecordsError, match="but in utf-8") as no:
        read_csv(tmp_path, content, encoding=encoding)
    if encoding != "latin-1":
        mended(KIND, tried=f"{tried} of utf-8 as {encoding}", before=before, now=no.value.code)


def test_a_word_of_cp949_that_is_also_a_letter_of_utf_8_is_read(tmp_path: Path) -> None:
    content = "id,day\n101호,2024-01-05\n".encode("cp949")
    assert content.decode("utf-8")
    records = read_csv(tmp_path, content, encoding="cp949")
    assert records.events["household_id"].tolist() == ["101호"]


IN_CP949 = {
    "a cell": "id,day,gu\na,2024-01-05,위기\n",
    "cells with digits": "id,day,구\na,2024-01-05,역삼1동 101호\n",
    "a heading": "id,day,비고\n",
    "rare syllables": "id,day,gu\na,2024-01-05,펲시콜라 (주)뷁 관악구\n",
    "a long file": "id,day,gu\na,2024-01-05,역삼동\n" + "a,2024-01-05,가나\n" * 70_000,
}


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "iso-8859-15"])
@pytest.mark.parametrize("tried", IN_CP949)
def test_cp949_that_is_called_western_is_refused(tried: str, encoding: str, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="but in cp949") as no:
        read_csv(tmp_path, IN_CP949[tried].encode("cp949"), encoding=encoding)
    assert no.value.code == "records.encoding"


def test_a_ragged_row_of_bytes_that_are_no_letters_is_refused_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = b"id,day,v\nh1,2024-01-05,1\n\xff\xfe broken,,,\nh2,2024-01-05,1\n"
    with pytest.raises(RecordsError) as no:
        read_csv(tmp_path, content)
    assert no.value.code == "records.encoding"
    assert capfd.readouterr().err == "", "no traceback of the parser"


WESTERN = (
    *("Größe", "Äpfel", "Straße", "ÄÖÜ", "Fußgängerübergänge", "Köln, Düren", "GRÖSSE ÄÜ", "5 °C"),
    *("été", "créées", "réélu", "Çà et là", "ÀÉ", "CRÉÉE À", "Noël", "« oui »", "N° 5", "CÔTÉ"),
    *("ação", "São Paulo", "¿Qué?", "Århus", "æøå", "ÅÄÖ", "Malmö", "Þórður", "£1 ± 2", "¼ ½ ¾"),
    *("····", "········", "°°°°", "±±±±"),
)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("word", WESTERN)
def test_western_words_are_read_also_where_their_bytes_are_letters_of_cp949(
    word: str, encoding: str, tmp_path: Path
) -> None:
    content = f'id,day,gu\na,2024-01-05,"{word}"\n'.encode(encoding)
    records = read_csv(tmp_path, content, encoding=encoding, detail="gu")
    assert records.events["detail"].tolist() == [plain_text(word)]


@pytest.mark.parametrize("name", ["data[1].csv", "what?.csv", "a*b.csv"])
def test_a_name_that_is_there_is_no_pattern(name: str, tmp_path: Path, mended: Note) -> None:
    (tmp_path / name).write_text("id,day\na,2024-01-05\n", encoding="utf-8")
    for other in ("data1.csv", "whatx.csv", "axb.csv"):
        (tmp_path / other).write_text("id,day\nb,2024-01-05\n", encoding="utf-8")
    households = read([entry(file=name)], root=str(tmp_path)).events["household_id"].tolist()
    assert households == ["a"]
    mended(KIND, tried=f"file: {name}", before="another file, or two", now=", ".join(households))


DAYS = pd.to_datetime(["2024-01-05"])
NO_MEANING: dict[str, tuple[dict[str, Any], str]] = {
    "encoding of Parquet": ({"encoding": "cp949"}, "encoding says"),
    "date_format of days": ({"date_format": "%d/%m/%Y"}, "date_format says"),
    "date_format of one column of days": (
        {"event_date": {"column": "day", "date_format": "%d/%m/%Y"}},
        "event_date.date_format says",
    ),
    "decimal of numbers": ({"value": "v", "decimal": ","}, "decimal says"),
    "decimal without numbers": ({"decimal": ","}, "decimal says"),
}


@pytest.mark.parametrize("door", ["Parquet", "frame"])
@pytest.mark.parametrize("tried", NO_MEANING)
def test_a_key_without_a_meaning_is_refused(
    tried: str, door: str, tmp_path: Path, mended: Note
) -> None:
    keys, says = NO_MEANING[tried]
    frame = pd.DataFrame({"id": ["a"], "day": DAYS, "v": [1.5]})
    frame.to_parquet(tmp_path / "e.parquet")
    where = {"file": "e.parquet"} if door == "Parquet" else {"frame": frame}
    with pytest.raises(ConfigError, match=says) as no:
        read([entry(**where, **keys)], root=str(tmp_path))
    assert no.value.code == "manifest.no_meaning"
    mended(KIND, tried=f"{tried}, {door}", before="ignored", now=no.value.code)


def test_days_of_parquet_that_are_numbers_or_texts_have_a_format(tmp_path: Path) -> None:
    pd.DataFrame({"id": ["a"], "day": [5012024]}).to_parquet(tmp_path / "e.parquet")
    source = entry(file="e.parquet", date_format="%d%m%Y")
    pd.DataFrame({"id": ["a"], "day": ["05012024"]}).to_parquet(tmp_path / "e.parquet")
    assert len(read([source], root=str(tmp_path)).events) == 1


def test_another_decimal_mark_is_refused() -> None:
    with pytest.raises(ConfigError, match="decimal is no decimal mark") as no:
        read_frame({"id": ["a"], "day": "2024-01-05", "v": ["1"]}, value="v", decimal="comma")
    assert no.value.code == "manifest.decimal"


def test_a_second_byte_order_mark_loses_no_zeros(tmp_path: Path) -> None:
    text = "\ufeffid\tday\n0012\t2024-01-01\n"
    (tmp_path / "e.csv").write_bytes(text.encode("utf-16"))
    source = {"file": "e.csv", "household_id": "id", "code": "f", "event_date": "day"}
    manifest = {"name": "a", "today": "2025-01-01", "events": [source]}
    records = rm.read_records(manifest, root=tmp_path)
    assert records.events["household_id"].tolist() == ["0012"]
