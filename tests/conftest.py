"""What every room's tests share: where the real records lie, and small records made once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


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


@pytest.fixture(scope="session")
def real_records() -> Path:
    """Folder of the real records; the test is skipped where it is missing."""
    folder = data_folder()
    if folder is None:
        pytest.skip("the real records (../shared/data or $RISKMODEL_DATA) are not here")
    return folder
