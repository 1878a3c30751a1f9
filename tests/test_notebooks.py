"""Every notebook runs from top to bottom, shows its pictures, and is kept without outputs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from mended import Note

nbformat = pytest.importorskip("nbformat", reason="the notebook extra is not installed")
nbclient = pytest.importorskip("nbclient", reason="the notebook extra is not installed")

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
EACH_ALONE = [pytest.param(path, id=path.stem) for path in NOTEBOOKS]


def executed(notebook: Any, folder: Path, **options: Any) -> list[Any]:
    """Run a notebook in a kernel of its own and return its cells of code."""
    place = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=place, **options
    )
    client.execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def drawings(source: str) -> int:
    """Count what a cell draws: displays, pandas' plots and pyplot's figures."""
    lines = [line for line in source.splitlines() if not line.startswith(("%", "!"))]
    calls = [node.func for node in ast.walk(ast.parse("\n".join(lines))) if _is_method(node)]
    return sum(_draws(ast.unparse(call.value), call.attr) for call in calls)


def _is_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _draws(owner: str, method: str) -> bool:
    if owner.endswith("Display"):
        return method.startswith("from_")
    return (owner, method) == ("plt", "subplots") or owner.endswith(".plot")


def pictures(cell: Any) -> list[str]:
    """Return the PNG files, in base 64, that a cell shows."""
    shown = [output.get("data", {}) for output in cell.outputs]
    return [data["image/png"] for data in shown if "image/png" in data]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.filterwarnings(
    "default"
)  # the kernel is another process; its own libraries warn in this one
@pytest.mark.parametrize("path", EACH_ALONE)
def test_a_notebook_runs_and_shows_each_of_its_pictures_once(
    path: Path, tmp_path: Path, mended: Note
) -> None:
    cells = executed(nbformat.read(path, as_version=4), tmp_path)
    drawn = [drawings(cell.source) for cell in cells]
    shown = [len(pictures(cell)) for cell in cells]
    assert sum(drawn) >= 3
    assert shown == drawn
    printed = [output for cell in cells for output in cell.outputs if "name" in output]
    warnings = [output.text for output in printed if output.name == "stderr"]
    assert warnings == [], "a reader sees them in red"
    mended(
        "pictures",
        tried=f"notebook {path.stem}",
        before="the words <Figure size 600x400 with 1 Axes> for each display",
        now=f"{sum(shown)} pictures of {sum(drawn)} drawn",
    )
