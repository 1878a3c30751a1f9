"""Types at the borders: a model has one type; one file alone asks what else may be judged."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import riskmodel

PACKAGE = Path(riskmodel.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# Each asks about something of another library that is no model.
MAY_PROBE = {
    "cli/doctor.py": "a library's version",
    "panel/filling/histories.py": "DuckDB's readers, of two names by version",
    "registry/backend/addresses.py": "MLflow's error codes",
    "registry/backend/connection.py": "MLflow's error codes",
    "serving/input_rows.py": "frames, without importing pandas",
    "serving/settled_tables.py": "frames, without importing pandas",
}
# What these give and take is plain data for JSON.
PLAIN_DATA = {"to_dict", "from_dict"}
ARRAYS = {"NDArray", "ndarray", "dtype", "floating", "integer", "number"}
# Parameters and results of public functions that are still of type Any, per room; only ever fewer.
STILL_ANY = {
    "cli": 1,
    "records": 2,
    "schema": 6,
    "serving": 1,
}


class Annotation(NamedTuple):
    """The annotation of one parameter or result of a public function."""

    room: str
    function: str
    name: str
    node: ast.expr | None


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def is_probe(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Name):
        return False
    return call.func.id == "hasattr" or (call.func.id == "getattr" and len(call.args) > 2)


def public_functions(
    body: list[ast.stmt], prefix: str = ""
) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{node.name}.")
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield prefix + node.name, node


def annotations(path: Path) -> Iterator[Annotation]:
    room = name_of(path).split("/")[0].removesuffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name, function in public_functions(tree.body):
        if function.name in PLAIN_DATA:
            continue
        given = function.args
        listed = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        for one in listed:
            if one is not None:
                yield Annotation(room, f"{name_of(path)}:{name}", one.arg, one.annotation)
        yield Annotation(room, f"{name_of(path)}:{name}", "return", function.returns)


def holds_any(node: ast.expr | None) -> bool:
    """Tell whether an annotation holds Any outside an array's."""
    if node is None:
        return False
    if isinstance(node, ast.Subscript):
        head = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id  # type: ignore[attr-defined]
        if head in ARRAYS:
            return False
    if isinstance(node, ast.Name):
        return node.id == "Any"
    return any(
        holds_any(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)
    )


def test_only_these_files_ask_whether_an_object_has_an_attribute() -> None:
    assert {name_of(path) for path in FILES if any(map(is_probe, calls(path)))} == set(MAY_PROBE)


def test_models_are_told_apart_in_one_file_only() -> None:
    """Only evaluation/scores.py calls `isinstance` with a type of what may be judged."""
    judged = {"RiskModel", "HasScores", "ProbabilisticClassifier", "RiskClassifier", "LoadedModel"}
    asking = {
        name_of(path)
        for path in FILES
        for call in calls(path)
        if isinstance(call.func, ast.Name)
        and call.func.id == "isinstance"
        and judged & {node.id for node in ast.walk(call.args[1]) if isinstance(node, ast.Name)}
    }
    assert asking == {"evaluation/scores.py"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_public_function_takes_a_model_of_any_type(path: Path) -> None:
    untyped = [a.function for a in annotations(path) if a.name == "model" and holds_any(a.node)]
    assert untyped == []


def test_any_stands_in_ever_fewer_public_signatures() -> None:
    found = Counter(a.room for path in FILES for a in annotations(path) if holds_any(a.node))
    assert {room: n for room, n in found.items() if n > STILL_ANY.get(room, 0)} == {}
