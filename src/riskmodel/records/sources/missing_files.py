"""Refuses a path or pattern without a file, and finds what may be meant.

A manifest may come from elsewhere, so that a refusal lists no folder: it names what is near alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from riskmodel.errors import RecordsError, nearest
from riskmodel.texts import plain_text

_ROOT = "a relative root starts in the working directory"


class _Stop(NamedTuple):
    """Where a path ends: the last folder that is there, the name that is not, and what is."""

    folder: Path
    name: str
    here: list[str]
    kind: str

    @property
    def in_other_case(self) -> list[str]:
        """The names that match but for capital and small letters."""
        folded = self.name.casefold()
        alike = [one for one in self.here if fnmatchcase(one.casefold(), folded)]
        return [one for one in alike if not fnmatchcase(one, self.name)]

    def advice(self) -> str:
        """Return the next step."""
        other_case = self.in_other_case
        if other_case:
            return f"mind letter case: {self.name!r} does not match {other_case[0]!r}"
        near = nearest(self.name, self.here)
        if near:
            return f"did you mean {' or '.join(map(repr, near))}?"
        return f"check file and root; {_ROOT}"

    def __str__(self) -> str:
        several = "" if len(self.here) == 1 else "s"
        name = self.folder.resolve().name
        return f"a path or pattern of files; {name!r} holds {len(self.here):,} {self.kind}{several}"


def no_file(folder: Path, pattern: str, place: str) -> RecordsError:
    """Return the refusal of a path or pattern that names no file in a folder."""
    if not folder.is_dir():
        return RecordsError(
            f"the folder of {pattern!r} does not exist",
            place=place,
            code="records.missing_file",
            allowed="a file, or a pattern of files, in that folder",
            next_step=f"check root: {_ROOT}",
        )
    stop = _stop(folder, _parts_inside(folder, Path(pattern)))
    return RecordsError(
        f"{pattern!r} names no file in {folder.resolve().name!r}",
        place=place,
        code="records.missing_file",
        allowed=str(stop),
        next_step=stop.advice(),
    )


def _parts_inside(folder: Path, pattern: Path) -> Sequence[str]:
    """Return the parts of a pattern from the folder on; outside of it, its name alone."""
    if pattern.is_relative_to(folder):
        return pattern.relative_to(folder).parts
    is_outside = pattern.is_absolute() or ".." in pattern.parts
    return (pattern.name,) if is_outside else pattern.parts


def _stop(folder: Path, parts: Sequence[str]) -> _Stop:
    """Go down the folders that are there, and tell what is in the last."""
    parts = tuple(map(plain_text, parts)) or ("",)
    children = {plain_text(child.name): child for child in folder.iterdir()}
    first, rest = parts[0], parts[1:]
    if rest and first in children and children[first].is_dir():
        return _stop(children[first], rest)

    is_wanted = Path.is_dir if rest else Path.is_file
    here = sorted(name for name, child in children.items() if is_wanted(child))
    return _Stop(folder, first, here, "folder" if rest else "file")
