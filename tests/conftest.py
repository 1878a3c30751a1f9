"""What every room's tests share: where the real records lie, and small records made once."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mended import Collector, mended

__all__ = ["mended"]

ROOT = Path(__file__).resolve().parents[1]

# The tests of these rooms share one study.
ROOMS = ("registry",)

# The groups of tests that take longest start first, so that all processes end at about one time.
LONGEST = (
    "registry",
    "01_from_records_to_list",
    "test_journey",
    "test_history",
    "test_tampering",
    "02_households_whose_truth_is_known",
    "03_judge_a_model_elsewhere",
    "test_shell",
    "test_fuzz",
    "test_fuzz_service",
    "test_ingest",
    "test_train_again",
    "test_rebuilt",
    "test_every_row_counts",
    "test_new_feeds",
    "test_comparing",
    "test_training_labels",
    "test_kernel",
    "test_household_features",
    "test_labels",
    "test_nothings",
    "test_zoned_days",
    "test_ceiling",
    "test_undo",
    "test_selective_evaluations",
    "04_only_those_contacted",
    "test_verdict_figures",
    "test_promises",
    "test_append_invariance",
    "test_two_sites",
    "test_books_of_offices",
    "test_books_on_paper",
    "test_reporting",
    "test_korean_study",
    "test_rare_names",
    "test_feed_arrivals",
    "test_history_of_contacts",
    "test_applied_rules",
    "test_drawing",
    "test_open_service",
    "test_service_layers",
    "test_returning",
    "test_handing_out",
    "test_service_tables",
    "test_what_holds",
    "test_allocation",
    "test_rostering",
    "test_shared_budgets",
    "test_prices",
    "test_page_for_outreach",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = "write the table of mended faults (tests/mended.py) into this file"
    parser.addoption("--mended", metavar="FILE", type=Path, help=help_text)


def pytest_configure(config: pytest.Config) -> None:
    file = config.getoption("--mended")
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Collector(file))
    # with several processes the groups keep the order that they have here
    config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let one process run all tests of a group, which share what they fit.

    xdist reads a test's group from a suffix of its id, which pytest 9.2 does not keep.
    """
    from xdist.scheduler import LoadGroupScheduling

    class Groups(LoadGroupScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return Groups(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the groups that take longest start first."""
    items.sort(key=_start)


def _group(nodeid: str) -> str:
    """Return the group of a test: its room, its notebook, or else its file."""
    file, _, test = nodeid.partition("::")
    path = Path(file)
    if path.parent.name in ROOMS:
        return path.parent.name
    if path.stem == "test_notebooks" and "[" in test:
        return test.partition("[")[2].rstrip("]")
    return path.stem


def _start(item: pytest.Item) -> int:
    group = _group(item.nodeid)
    return LONGEST.index(group) if group in LONGEST else len(LONGEST)


def data_folder() -> Path | None:
    """Return the folder of the real records, or None where it is missing."""
    folder = Path(os.environ.get("RISKMODEL_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session", autouse=True)
def no_registry_from_outside() -> Iterator[None]:
    """Keep the tests from publishing into the registry of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("MLFLOW_REGISTRY_URI", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def registries_do_not_wait_for_the_disk() -> None:
    """Write MLflow's tables without a wait at each commit; no test cuts the power."""
    from sqlalchemy import Engine, event

    def write_at_once(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", write_at_once)


@pytest.fixture(scope="session")
def real_records() -> Path:
    """Folder of the real records; the test is skipped where it is missing."""
    folder = data_folder()
    if folder is None:
        pytest.skip("the real records (../shared/data or $RISKMODEL_DATA) are not here")
    return folder


_OPENED: list[str] = []
_AUDITING: list[bool] = []


def _note_opened(event: str, args: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(args[0], str | os.PathLike):
        _OPENED.append(os.fspath(args[0]))


@pytest.fixture
def count_opened() -> Callable[[Path, Callable[[], object]], Counter[str]]:
    """Return a function that runs another, and counts how often it opens each file of a folder."""
    if not _AUDITING:
        # a hook stays for the life of the process
        sys.addaudithook(_note_opened)
        _AUDITING.append(True)

    def count(folder: Path, run: Callable[[], object]) -> Counter[str]:
        _OPENED.clear()
        run()
        inside = [Path(name) for name in _OPENED if Path(name).parent == folder]
        return Counter(path.name for path in inside)

    return count
