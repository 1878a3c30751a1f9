"""Imports run leftwards along the river, lazy ones included, and no public name is a module's."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import riskmodel

PACKAGE = Path(riskmodel.__file__).parent
RIVER = (
    "errors versions | keys | schema | indicators serving | metrics | records | panel | "
    "datasets splits | forests | models | explanation evaluation | scoring | displays | card | registry spark | cli"
)
# The same inside the rooms that have rooms of their own.
INSIDE = {
    "records": "engine | table_schemas | digest summary | sources | staging | settling | contract store_folder | "
    "store_log | opening | read | batches | ingesting",
    "panel": "specs | frame | filling | labelling | recipe | panel_file printing | panel | build",
}


def levels(river: str) -> dict[str, int]:
    return {room: level for level, cell in enumerate(river.split("|")) for room in cell.split()}


FLOOR = levels(RIVER)
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    rooms: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            names = [node.module or ""]
            if node.module == "riskmodel":
                names = [f"riskmodel.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("riskmodel.")}
    return rooms


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_leftwards(path: Path) -> None:
    room = room_of(path)
    if room == "__init__" or room == "conf":
        return
    for imported in rooms_imported(path) - {room, "__version__"}:
        assert imported in FLOOR, f"{room} imports {imported}, which is no room"
        assert FLOOR[imported] < FLOOR[room], f"{room} imports {imported}, which is not to its left"


@pytest.mark.parametrize("house", INSIDE)
def test_inside_a_room_imports_run_leftwards_too(house: str) -> None:
    floor, folder = levels(INSIDE[house]), PACKAGE / house
    for path in sorted(folder.rglob("*.py")):
        here = path.relative_to(folder).parts[0].removesuffix(".py")
        if here == "__init__":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        for imported in {
            m.split(".")[2] for m in modules if m.startswith(f"riskmodel.{house}.")
        } - {here}:
            assert floor[imported] < floor[here], (
                f"{path.name} imports {imported}, which is not to its left"
            )


def test_serving_imports_nothing_of_the_package() -> None:
    for path in sorted((PACKAGE / "serving").rglob("*.py")):
        assert rooms_imported(path) <= {"serving"}, path.name


def test_every_room_stands_in_the_river() -> None:
    assert {room_of(path) for path in FILES} - {"__init__", "conf"} <= set(FLOOR)


def test_no_public_name_is_a_module() -> None:
    modules = {path.stem for path in FILES} | {path.parent.name for path in FILES}
    assert set(riskmodel.__all__) & modules == set()
