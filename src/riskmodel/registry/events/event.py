"""One event of a name: who did what with which version; it names the events before it by digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import cached_property

EVENT_TAG = "riskmodel.event."
PUBLISHED, PROMOTED, REFUSED, ROLLED_BACK = "published", "promoted", "refused", "rolled back"
RETIRED, MIGRATED = "retired", "migrated"
INTENDED, DONE, BROKE_OFF, LOST = "intended", "done", "broke off", "lost"
ENDS = (DONE, BROKE_OFF, LOST)
# A registry's table has this much room for the value of a tag.
MAX_LENGTH = 5_000
_CUT = " ... (whole beside the version)"


@dataclass(frozen=True)
class Event:
    """One event; it is written once and never changed.

    Attributes
    ----------
    event : str
        ``"published"``, ``"promoted"``, ``"refused"``, ``"rolled back"``, ``"retired"``, or how an
        intended one ended: ``"done"``, ``"broke off"``, ``"lost"``.
    when : str
        UTC.
    after : tuple of str
        The digests of the events before it: one, or several where runs wrote at once.
    state : str
        ``"intended"`` until an event with ``of`` ends it, or ``"done"`` at once.
    of : str
        The digest of the event that it ends.
    version : str
    alias : str
        The alias that it sets.
    instead_of : str
        The version that had the alias.
    artefact : str
        The digest of the version.
    by, why, measured, asked : str
        ``asked`` is a digest of what was to be decided.
    judged_on : str
        A digest of the outcomes on which the version was judged.
    gates : str
        What differed from the default gates, and which were overridden and why.
    account : str
        The user whom the server names; of a decision elsewhere, the account on the machine.
    repaired : str
        Who ended it in place of a run that broke off.
    earlier : str
        The tag of a version in which an older riskmodel kept it.
    """

    event: str
    when: str = ""
    after: tuple[str, ...] = ()
    state: str = DONE
    of: str = ""
    version: str = ""
    alias: str = ""
    instead_of: str = ""
    artefact: str = ""
    by: str = ""
    why: str = ""
    measured: str = ""
    asked: str = ""
    judged_on: str = ""
    gates: str = ""
    account: str = ""
    repaired: str = ""
    earlier: str = ""

    @cached_property
    def text(self) -> str:
        """The value of its tag."""
        content = {key: value for key, value in asdict(self).items() if value}
        return json.dumps(content, ensure_ascii=False, sort_keys=True)

    @cached_property
    def digest(self) -> str:
        """The sha256 of its text, by which later events name it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def key(self) -> str:
        """The key of its tag, which holds its digest: no event overwrites another."""
        return f"{EVENT_TAG}{self.digest}"

    @property
    def told(self) -> str:
        """The event in words."""
        version = f" version {self.version}" if self.version else ""
        by = f" by {self.by}" if self.by else ""
        return f"{self.event}{version}{by} at {self.when}"

    def written(self, after: Iterable[str]) -> Event:
        """Return the event as it is written now, behind those that are the last; it fits a tag."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        return replace(self, when=self.when or now, after=tuple(sorted(after))).fitting()

    def fitting(self) -> Event:
        """Return the event with its measurements cut to what a tag holds."""
        over = len(self.text) - MAX_LENGTH
        if over <= 0:
            return self
        # a quote or line break takes two characters of the text
        kept = max(0, len(self.measured) - 2 * (over + len(_CUT)))
        return replace(self, measured=self.measured[:kept] + _CUT)


_KEYS = {field.name for field in fields(Event)}


def event_in(key: str, value: str) -> Event | None:
    """Return the event of a tag; None for one that was changed or cannot be read.

    Examples
    --------
    >>> event = Event("refused", version="2").written(after=[])
    >>> event_in(event.key, event.text) == event
    True
    >>> event_in(event.key, event.text.replace("2", "3"))
    """
    try:
        content = json.loads(value)
        after = tuple(content.pop("after", ()))
        is_ours = set(content) <= _KEYS and all(
            isinstance(own, str) for own in (*content.values(), *after)
        )
        event = Event(**content, after=after) if is_ours else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return event if event is not None and event.key == key and event.text == value else None
