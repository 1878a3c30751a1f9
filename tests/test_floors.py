"""Imports run leftwards along the rooms of the map, lazy ones included; map and code agree."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import riskmodel

PACKAGE = Path(riskmodel.__file__).parent
ROOT = Path(__file__).parents[1]
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SIBLINGS = {"__init__.py"}


def block(name: str) -> str:
    """Return a fenced block of the map."""
    return MAP.split(f"```{name}\n", 1)[1].split("```", 1)[0]


def levels(river: str) -> dict[str, int]:
    return {room: level for level, cell in enumerate(river.split("|")) for room in cell.split()}


FLOOR = levels(block("rooms"))
# The same inside the rooms that have rooms of their own.
INSIDE = {room: block(f"rooms in {room}") for room in re.findall("```rooms in (.+)", MAP)}
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


def test_the_map_names_the_rooms_that_exist_and_no_other() -> None:
    assert set(FLOOR) == {room_of(path) for path in FILES} - {"__init__", "conf"}


def test_the_map_describes_every_room() -> None:
    table = MAP.split("| room | what it holds |", 1)[1].split("\n\n", 1)[0]
    described = re.findall(
        r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:])
    )
    assert described == list(FLOOR)


def test_the_map_names_only_files_that_exist() -> None:
    named = set(re.findall(r"`([\w./]+/[\w./]*)`", MAP)) - {"src/riskmodel"}
    roots = {"conf": ROOT, "docs": ROOT, "tests": ROOT}
    missing = {
        path for path in named if not (roots.get(path.split("/")[0], PACKAGE) / path).exists()
    }
    assert missing == set()


def test_no_two_files_have_one_name() -> None:
    names = Counter(path.name for path in FILES)
    assert {name for name, n in names.items() if n > 1} <= SIBLINGS


def test_no_two_test_files_have_one_name() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, n in names.items() if n > 1] == []


def test_no_public_name_is_a_module() -> None:
    modules = {path.stem for path in FILES} | {path.parent.name for path in FILES}
    assert set(riskmodel.__all__) & modules == set()
