"""A path or pattern without a file is refused by what is near, and lists no folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from mended import Note
from riskmodel.errors import RecordsError
from riskmodel.records.sources.files import find_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    monthly = tmp_path / "자료" / "월별"
    monthly.mkdir(parents=True)
    for name in ("2024-01.csv", "2024-02.csv"):
        (monthly / name).touch()
    (tmp_path / "자료" / "kim.csv").touch()
    (tmp_path / "secret.txt").touch()
    return tmp_path / "자료"


def _refused(folder: Path, pattern: str) -> str:
    with pytest.raises(RecordsError) as refusal:
        find_files(folder, pattern, "events[0]")
    assert refusal.value.code == "records.missing_file"
    return str(refusal.value)


@pytest.mark.parametrize(
    ("pattern", "holds", "advice"),
    [
        ("월별/*.CSV", "'월별' holds 2 files", "mind letter case: '*.CSV' does not match '2024-01"),
        ("KIM.csv", "'자료' holds 1 file.", "mind letter case: 'KIM.csv' does not match 'kim.csv'"),
        ("월벌/*.csv", "'자료' holds 1 folder.", "did you mean '월별'?"),
        ("kin.csv", "'자료' holds 1 file.", "did you mean 'kim.csv'?"),
        ("월별/*.parquet", "'월별' holds 2 files", "check file and root"),
        ("**/x.csv", "'자료' holds 1 folder.", "check file and root"),
        ("", "'자료' holds 1 file.", "check file and root"),
    ],
)
def test_what_is_near_is_named_and_the_rest_counted(
    folder: Path, pattern: str, holds: str, advice: str, mended: Note
) -> None:
    said = _refused(folder, pattern)
    assert f"{pattern!r} names no file in '자료'" in said
    assert holds in said
    assert advice in said
    mended(
        "friction",
        tried=f"file: {pattern!r}",
        before="the folder above was listed, up to 12 files",
        now=said.partition("Allowed: ")[2],
    )


@pytest.mark.parametrize("pattern", ["../SECRET.txt", "../secret.tx", "/etc/passw"])
def test_nothing_is_told_of_other_folders(folder: Path, pattern: str) -> None:
    said = _refused(folder, pattern)
    assert "'자료' holds 1 file." in said
    assert said.count("secret.txt") == 0


def test_an_absolute_pattern_is_looked_for_in_its_folder(folder: Path) -> None:
    assert "does not match '2024-01.csv'" in _refused(folder, str(folder / "월별" / "*.CSV"))
