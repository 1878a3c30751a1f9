"""The tables of each fitted core, computed once."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from riskmodel.forests import Arrays, Background
from riskmodel.models.kind import Core


class _Compiled(NamedTuple):
    """The tables of a core, and the background that they were filled against."""

    background: Background | None
    tables: Arrays


_COMPILED: WeakKeyDictionary[Core, _Compiled] = WeakKeyDictionary()


def are_compiled(core: Core, background: Background | None) -> bool:
    """Tell whether the tables of a core against its own background are there."""
    compiled = _COMPILED.get(core)
    return compiled is not None and compiled.background is background


def compiled_tables(core: Core, background: Background | None) -> Arrays:
    """Return a core's tables against its own background; they are kept as long as the core."""
    if not are_compiled(core, background):
        _COMPILED[core] = _Compiled(background, core.tables(background))
    return _COMPILED[core].tables
