"""The history of a name: each event is a tag on its version, and events are never changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import RegistryError
from riskmodel.records import Records
from riskmodel.records.kept_texts import personal_in, require_text
from riskmodel.registry.connection import Registry, existing_registry
from riskmodel.registry.version import CHAMPION, Version, aliases_of, resolve, versions_of

EVENT_TAG = "riskmodel.event."
PUBLISHED, PROMOTED, REFUSED, ROLLED_BACK = "published", "promoted", "refused", "rolled back"
_WANTED = "a name, and a reason in words"
COLUMNS = ["when", "event", "version", "by", "why", "measured", "alias_now"]


@dataclass(frozen=True, eq=False, repr=False)
class History:
    """The events of a name; prints itself.

    Attributes
    ----------
    name : str
    table : DataFrame
        when (UTC), event, version, by, why, measured, and the aliases that the version has now; the
        oldest first.
    """

    name: str
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row per event."""
        return self.table.copy()

    def __repr__(self) -> str:
        shown = self._told().drop(columns="measured")
        return f"{self.name}\n\n{shown.to_string(index=False, justify='left')}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.name)}</p>{self._told().to_html(index=False)}"

    def _told(self) -> pd.DataFrame:
        """Return the table with blanks for what an event has not, also where none has it."""
        return self.table.astype(object).fillna("")


@door
def history(name: str) -> History:
    """Return what was published, promoted, refused and rolled back under a name.

    Parameters
    ----------
    name : str

    Returns
    -------
    History
    """
    with existing_registry() as registry:
        aliases = aliases_of(registry, name)
        events = events_of(registry, name)
    rows = [{**event, "alias_now": _aliases_text(aliases, event["version"])} for event in events]
    return History(name, pd.DataFrame(rows, columns=COLUMNS))


def _aliases_text(aliases: Mapping[str, str], version: str) -> str:
    return ", ".join(sorted(alias for alias, number in aliases.items() if number == version))


@door
def rollback(name: str, by: str, why: str) -> Version:
    """Make the champion before the present one the champion again, and record the event.

    Parameters
    ----------
    name : str
    by, why : str
        Who is responsible, and for what reason. They are searched for registration and phone
        numbers, e-mail addresses and absolute paths, but not for ids of households: a registry
        keeps no ids, and no records are read.

    Returns
    -------
    Version
        The champion now.

    Raises
    ------
    ConfigError
        If ``by`` or ``why`` is empty.
    RegistryError
        If one of them holds a number, an address or a path, or the name has no former champion.
    """
    require_reason(by, why)
    with existing_registry() as registry:
        now = aliases_of(registry, name).get(CHAMPION)
        before = champion_before(events_of(registry, name), now)
        if now is None or before is None:
            raise RegistryError(
                f"{name} has no champion before the present one",
                code="registry.no_former_champion",
                allowed="a name with two promotions",
                next_step="promote another version instead",
            )

        former = resolve(registry, f"{name}/{before}")
        measured = f"version {now} steps back"
        write_event(registry, former, ROLLED_BACK, by=by, why=why, measured=measured)
        registry.client.set_registered_model_alias(name, CHAMPION, former.version)
        return resolve(registry, f"{name}@{CHAMPION}")


def require_reason(by: object, why: object, records: Records | None = None) -> None:
    """Refuse a promotion or rollback without a name or a reason, or with personal data in one."""
    for key, value in (("by", by), ("why", why)):
        text = require_text(
            key, value, code=f"registry.{key}", allowed=_WANTED, kept="it is kept with the version"
        )
        kind = personal_in(text, records)
        if kind is not None:
            raise RegistryError(
                f"{key} holds {kind}, and it is kept with the version",
                code="registry.personal",
                place=key,
                allowed=_WANTED,
                next_step="take it out, and do it again",
            )


def event_tag(event: str, **facts: str) -> dict[str, str]:
    """Return one event as a tag; its key holds the time, so that no event overwrites another."""
    now = datetime.now(UTC)
    content = {"event": event, "when": now.isoformat(timespec="seconds"), **facts}
    return {f"{EVENT_TAG}{now:%Y%m%dT%H%M%S.%f}": json.dumps(content, ensure_ascii=False)}


def write_event(registry: Registry, version: Version, event: str, **facts: str) -> None:
    """Write an event to a version."""
    for key, value in event_tag(event, **facts).items():
        registry.client.set_model_version_tag(version.name, version.version, key, value)


def is_repeat(registry: Registry, version: Version, event: str, **facts: str) -> bool:
    """Tell whether the last event of a version's name is this very one, with the same facts."""
    last = events_of(registry, version.name)[-1:]
    told = {"event": event, "version": str(version.version), **facts}
    return any(told.items() <= own.items() for own in last)


def events_of(registry: Registry, name: str) -> list[dict[str, str]]:
    """Return all events of a name in the order of time."""
    events: dict[str, dict[str, str]] = {}
    for version in versions_of(registry, name):
        for key, value in version.tags.items():
            if key.startswith(EVENT_TAG):
                # two versions may have an event at the same time
                unique_key = f"{key}/{version.version}"
                events[unique_key] = {"version": str(version.version), **json.loads(value)}
    return [events[unique_key] for unique_key in sorted(events)]


def champion_before(events: Iterable[Mapping[str, str]], now: str | None) -> str | None:
    """Return the champion before the present one, which is another version.

    An event is written before the alias moves, and the move may have failed. A champion that is
    promoted once more stays the champion.

    Examples
    --------
    >>> events = [("promoted", "1"), ("promoted", "2"), ("promoted", "3"), ("rolled back", "2")]
    >>> champion_before([{"event": e, "version": v} for e, v in events], now="2")
    '1'
    """
    champions: list[str] = []
    for event in events:
        if event["event"] == PROMOTED and champions[-1:] != [event["version"]]:
            champions.append(event["version"])
        elif event["event"] == ROLLED_BACK and champions:
            champions.pop()
    while now in champions and champions.pop() != now:
        pass
    return champions[-1] if champions else None
