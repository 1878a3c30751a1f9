"""Every notebook runs from top to bottom, shows its pictures, and is kept without outputs.

A quick run executes one of them; of the others it holds that what they call of riskmodel is there
and takes what it is given.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mended import Note

nbformat = pytest.importorskip("nbformat", reason="the notebook extra is not installed")
nbclient = pytest.importorskip("nbclient", reason="the notebook extra is not installed")

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
QUICK = "03_judge_a_model_elsewhere"
EACH_ALONE = [
    pytest.param(path, id=path.stem, marks=() if path.stem == QUICK else pytest.mark.slow)
    for path in NOTEBOOKS
]


def executed(notebook: Any, folder: Path, **options: Any) -> list[Any]:
    """Run a notebook in a kernel of its own and return its cells of code."""
    place = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=place, **options
    )
    client.execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parsed(source: str) -> ast.Module:
    """Return the Python of a cell, without the lines that are the notebook's own."""
    lines = [line for line in source.splitlines() if not line.startswith(("%", "!"))]
    return ast.parse("\n".join(lines))


def drawings(source: str) -> int:
    """Count what a cell draws: displays, pandas' plots and pyplot's figures."""
    calls = [node.func for node in ast.walk(parsed(source)) if _is_method(node)]
    return sum(_draws(ast.unparse(call.value), call.attr) for call in calls)


def calls_of_riskmodel(tree: ast.Module) -> Iterator[tuple[Any, Any]]:
    """Yield what is called of riskmodel by its name, such as `rm.score`, and the call."""
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.Import | ast.ImportFrom)]
    known: dict[str, Any] = {}
    exec(ast.unparse(ast.Module(imports, [])), known)
    ours = {name for name in known if name == "rm" or _is_ours(known[name])}
    for node in ast.walk(tree):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if name.split(".")[0] in ours and all(map(str.isidentifier, name.split("."))):
            yield eval(name, known), node


def _is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).startswith("riskmodel")


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_calls_is_there_and_takes_what_it_is_given(path: Path) -> None:
    cells = [one for one in nbformat.read(path, as_version=4).cells if one.cell_type == "code"]
    tree = ast.Module([part for one in cells for part in parsed(one.source).body], [])
    calls = list(calls_of_riskmodel(tree))
    assert len(calls) >= 5
    for called, node in calls:
        words = {word.arg: word.value for word in node.keywords if word.arg is not None}
        inspect.signature(called).bind(*node.args, **words)


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
    mended(
        "pictures",
        tried=f"notebook {path.stem}",
        before="the words <Figure size 600x400 with 1 Axes> for each display",
        now=f"{sum(shown)} pictures of {sum(drawn)} drawn",
    )
