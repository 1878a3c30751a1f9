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


def compiled_tables(core: Core, background: Background | None) -> Arrays:
    """Return a core's tables against its own background; they are kept as long as the core."""
    compiled = _COMPILED.get(core)
    if compiled is None or compiled.background is not background:
        compiled = _Compiled(background, core.tables(background))
        _COMPILED[core] = compiled
    return compiled.tables
