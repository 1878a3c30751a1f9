"""Files that are missing, empty, cut off, in another encoding, or do not fit their header."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from manifests import adds_up, entry, read, read_csv, reasons

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records
from riskmodel.records.sources import row_checks

KOREAN = "세대번호,일자,읍면동\n가01,2024-01-05,역삼동\n나02,2024-02-05,삼성동\n"
KEYS = {"household_id": "세대번호", "event_date": "일자", "detail": "읍면동"}
PLAIN = "id,day\n" + "".join(f"{k},2024-01-05\n" for k in range(2000))


def read_file(path: Path, **keys: object) -> Records:
    return read([entry(file=path.name, **keys)], root=str(path.parent))


def refused(path: Path, **keys: object) -> RecordsError:
    with pytest.raises(RecordsError) as caught:
        read_file(path, **keys)
    assert path.name in str(caught.value)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "euc-kr"])
def test_korean_files_in_their_encodings(tmp_path: Path, encoding: str) -> None:
    written = None if encoding.startswith("utf-8") else encoding
    records = read_csv(tmp_path, KOREAN.encode(encoding), encoding=written, **KEYS)
    assert records.events["detail"].tolist() == ["역삼동", "삼성동"]


def test_latin_1(tmp_path: Path) -> None:
    records = read_csv(
        tmp_path, "id,day,d\nä,2024-01-05,ß\n".encode("latin-1"), encoding="latin-1", detail="d"
    )
    assert records.events["detail"].tolist() == ["ß"]


def test_another_encoding_is_named_with_those_to_try(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(KOREAN.encode("cp949"))
    error = refused(path, **KEYS)
    assert error.code == "records.encoding"
    assert "cp949" in str(error)
    late = PLAIN + "가,2024-01-05\n"
    path.write_bytes(late.encode("cp949"))
    assert refused(path).code == "records.encoding"
    path.write_bytes(KOREAN.encode())
    error = refused(path, encoding="cp949", **KEYS)
    assert "utf-8" in str(error.next_step)


def test_an_encoding_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'utf-8'"):
        read_csv(tmp_path, KOREAN, encoding="utf-88", **KEYS)


def test_a_missing_file_names_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "evictions.csv").write_text(PLAIN)
    error = refused(tmp_path / "evictons.csv")
    assert error.code == "records.missing_file"
    assert "did you mean 'evictions.csv'" in str(error)
    assert refused(tmp_path / "2023*.csv").code == "records.missing_file"
    assert "folder" in str(refused(tmp_path / "nowhere" / "a.csv"))


def test_an_empty_file_and_one_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(b"")
    assert refused(path).code == "records.empty_file"
    path.write_text("id,day\n")
    assert refused(path).code == "records.empty"
    with gzip.open(tmp_path / "e.csv.gz", "wb"):
        pass
    assert refused(tmp_path / "e.csv.gz").code == "records.empty_file"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_gz(tmp_path: Path, kept: float) -> None:
    whole = gzip.compress(PLAIN.encode(), mtime=0)
    path = tmp_path / "events.csv.gz"
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert refused(path).code == "records.truncated"
    path.write_text(PLAIN)
    assert refused(path).code == "records.not_gz"


def test_a_truncated_parquet(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    assert refused(path).code == "records.truncated"


def test_rows_with_more_or_fewer_cells_are_bad_rows(tmp_path: Path) -> None:
    records = read_csv(
        tmp_path, "id,day\na,2024-01-05\nb\nc,2024-01-05,x\n,2024-01-05\nd,2024-01-05\n"
    )
    assert reasons(records) == [
        (2, None, row_checks.RAGGED),
        (3, None, row_checks.RAGGED),
        (4, "id", row_checks.NO_ID),
    ]
    assert records.counts["read"].tolist() == [5]
    assert adds_up(records)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_file_cut_off_in_its_last_line_is_refused(tmp_path: Path, encoding: str) -> None:
    written = "id,day,v\n" + "a,2024-01-05,17\n" * 20
    for kept in range(1, len("a,2024-01-05,")):
        (tmp_path / "e.csv").write_bytes((written + "a,2024-01-05,17"[:kept]).encode(encoding))
        error = refused(tmp_path / "e.csv", value="v")
        assert (error.code, "in its last line" in str(error)) == ("records.truncated", True)


@pytest.mark.parametrize("last", ["sum: 20", "sum: 20\r", "a,2024-01-05,17,x,y"])
def test_a_last_line_that_is_whole_or_has_more_cells_is_a_bad_row(
    tmp_path: Path, last: str
) -> None:
    end = "" if last.startswith("a,") else "\n"
    records = read_csv(tmp_path, f"id,day,v\na,2024-01-05,17\n{last}{end}")
    assert reasons(records) == [(2, None, row_checks.RAGGED)]
    assert len(records.events) == 1


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    records = read_csv(tmp_path, "\nid,day\r\na,2024-01-05\n\n\nb\n\n,2024-01-05\n")
    assert reasons(records) == [(2, None, row_checks.RAGGED), (3, "id", row_checks.NO_ID)]


def test_a_file_cut_off_within_a_quoted_cell_is_told(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text('id,day\na,2024-01-05\nb,"2024-01-06\nc,2024-01-07\nd,2024-01-08\n')
    assert refused(path).code == "records.csv"


def test_quotes_may_hold_separators_and_lines(tmp_path: Path) -> None:
    records = read_csv(tmp_path, 'id,day,d\na,2024-01-05,"x, y\nz ""q"""\n', detail="d")
    assert records.events["detail"].tolist() == ['x, y\nz "q"']


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_that_of_the_header(tmp_path: Path, separator: str) -> None:
    assert len(read_csv(tmp_path, PLAIN.replace(",", separator)).events) == 2000


def test_a_header_with_spaces_and_a_column_twice(tmp_path: Path) -> None:
    assert len(read_csv(tmp_path, " id , day\na,2024-01-05\n").events) == 1
    with pytest.raises(RecordsError, match=r"columns no\. 2 and 3 have the same name"):
        read_csv(tmp_path, "id,day,day\na,2024-01-05,2024-01-05\n")


def test_globs_keep_rows_and_files_apart(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for month in ("01", "02"):
        (tmp_path / "d" / f"{month}.csv").write_text(
            f"id,day\na,2024-{month}-05\n,2024-{month}-05\n"
        )
    records = read([entry(file="d/*.csv")], root=str(tmp_path))
    assert records.quarantine["source"].tolist() == ["events: d/01.csv", "events: d/02.csv"]
    assert records.quarantine["row"].tolist() == [2, 2]
    assert records.counts.index.tolist() == ["events: d/*.csv"]


def test_a_column_that_one_file_of_several_names_otherwise_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,day\na,2024-01-01\n", encoding="utf-8")
    (tmp_path / "2.csv").write_text("ID,day\nb,2024-01-01\n", encoding="utf-8")
    with pytest.raises(
        RecordsError, match=r"2\.csv.* though there is in others of the source"
    ) as caught:
        read(entry(file="*.csv"), root=tmp_path)
    assert "entry of its own" in str(caught.value)


def test_a_pattern_without_files_names_the_folder_looked_in(tmp_path: Path) -> None:
    (tmp_path / "자료").mkdir()
    with pytest.raises(RecordsError, match=r"'\*\.csv' names no file in '자료'"):
        read(entry(file="*.csv"), root=tmp_path / "자료")


def test_a_wide_column_without_an_indicator_is_told_with_its_source(tmp_path: Path) -> None:
    rows = "".join(f"h{k},2024-01-01,1,1\n" for k in range(10))
    (tmp_path / "m.csv").write_text(f"id,day,ind_a,ind_new\n{rows}", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"events\[0\]\.values, events: m\.csv: .*ind_new"
    ) as caught:
        read(entry(file="m.csv", values={"match": "^ind_"}), root=tmp_path, catalogue={"ind_a": {}})
    assert "catalogue" in str(caught.value)
