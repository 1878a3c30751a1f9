"""What books are called: each by a name of its own, which every disk takes and no program runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from riskmodel.texts import plain_text

# A dot would end the name before it, which Windows keeps for itself where it is CON or NUL.
_NOT_IN_NAMES = re.compile(r"[^\w-]+")
_LONGEST = 40


def stems_of(books: Iterable[tuple[str, str]]) -> list[str]:
    """Return what the files of books are called before their ending.

    Areas whose names differ in marks, in small and large letters or behind the 40th letter alone
    have numbers behind them: a disk may take such names for one.

    Parameters
    ----------
    books : iterable of (str, str)
        Area and channel; an area may be blank.

    Examples
    --------
    >>> stems_of([("Jung Gu", "visit"), ("Jung/Gu", "visit"), ("jung-gu", "visit"), ("", "call")])
    ['Jung-Gu_visit', 'Jung-Gu_visit_2', 'jung-gu_visit_3', 'call']
    """
    taken: set[str] = set()
    stems = []
    for area, channel in books:
        plain = _NOT_IN_NAMES.sub("-", plain_text(area)).strip("-")[:_LONGEST].strip("-")
        stem = "_".join(filter(None, [plain, channel]))
        names = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
        stems.append(next(name for name in names if name.casefold() not in taken))
        taken.add(stems[-1].casefold())
    return stems
