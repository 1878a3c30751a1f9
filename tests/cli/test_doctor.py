"""`riskmodel doctor` names each library that is missing or broken, and what to do about it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from tests.mended import Note

from riskmodel.cli import main
from riskmodel.cli.doctor import LIBRARIES, examine

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of shap
BROKEN = 'raise OSError("libgomp.so.1: cannot open shared object file")\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> tuple[list[str], str]:
    """Return the lines of what is missing, and the refusal at the end."""
    said = capsys.readouterr()
    missing = [line for line in said.out.splitlines() if line.startswith("MISSING ")]
    return missing, said.err.splitlines()[-1]


@pytest.mark.parametrize("library", ["duckdb", "shap", "mlflow"])
def test_a_missing_library_is_named(
    library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Python's own word for a module that is not there
    monkeypatch.setitem(sys.modules, library, None)
    assert main(["doctor"]) == 1
    missing, refusal = told(capsys)
    assert [line.partition(":")[0] for line in missing] == [f"MISSING {library}"]
    assert "libgomp" not in missing[0]
    assert refusal.startswith(f"riskmodel: not well: {library}. Next: install or correct")


def test_all_that_it_looks_at_is_a_row_of_its_table() -> None:
    table = examine().frame().set_index("name")
    assert list(table.index) == [*LIBRARIES, "configurations", "processors", "registry"]
    assert table["well"].all()
    assert table.loc["duckdb", "detail"] == f"version {duckdb.__version__}"


def test_a_library_that_lacks_one_of_the_system_is_told_with_its_advice(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "lightgbm.py").write_text(BROKEN, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "lightgbm", raising=False)
    assert main(["doctor"]) == 1
    missing, _ = told(capsys)
    assert missing == [
        "MISSING lightgbm: libgomp.so.1: cannot open shared object file "
        "(LightGBM needs libgomp: apt-get install libgomp1)"
    ]


# A new process loads every library anew, as a user's does: there nothing was loaded before.
IN_A_NEW_PROCESS = """
import sys
for library in {libraries}:
    sys.modules[library] = None
from riskmodel.cli import main
for words in (["doctor"], ["train"], ["--help"]):
    print("exit", main(words))
sys.stdout.flush()
sys.stdout = None
sys.stderr.write(f"unread {{main(['doctor'])}}")
"""


def test_it_answers_in_a_new_process_that_lacks_what_the_commands_need(mended: Note) -> None:
    lacking = ["scipy", "sklearn", "lightgbm", "duckdb", "numba", "hydra", "pydantic", "joblib"]
    program = IN_A_NEW_PROCESS.format(libraries=lacking)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300
    )
    assert "Traceback" not in done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("exit")] == ["exit 1"] * 3
    found = [line.split(":")[0].split() for line in done.stdout.splitlines() if ": " in line]
    assert [name for _, name in found] == list(LIBRARIES), "what stands on them is not looked at"
    # shap and mlflow need some of the others
    missing = [name for state, name in found if state == "MISSING"]
    assert set(lacking) <= set(missing) <= {*lacking, "shap", "mlflow"}
    doctor, train, helped, unread = done.stderr.splitlines()
    assert doctor.startswith(f"riskmodel: not well: {', '.join(missing)}. Next: install")
    assert train.startswith("riskmodel: a library cannot be loaded (")
    assert "Next: run riskmodel doctor, which says what is missing. [cli.not_installed]" in train
    assert (helped, unread) == (train, "unread 141")
    mended(
        "friction",
        tried="riskmodel doctor in a process without LightGBM, DuckDB, numba or Hydra",
        before="a traceback of 20 lines",
        now=doctor,
    )
