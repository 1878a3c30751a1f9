"""The history of a name as it is shown: its events, what was put right, and what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import RegistryError, RiskmodelError
from riskmodel.registry.backend.addresses import of_disk, of_server
from riskmodel.registry.backend.connection import Registry, existing_registry
from riskmodel.registry.events.chain import Act, Chain
from riskmodel.registry.events.doubts import doubts_of, short_tag
from riskmodel.registry.events.event import EVENT_TAG, MIGRATED
from riskmodel.registry.events.ledger import Ledger, one_that_decides

_NO_LEAVE = "this account may not write here"
_HEAD = re.compile(r"[0-9a-f]{64}(\+[0-9a-f]{64})*")
COLUMNS = [
    "when",
    "event",
    "version",
    "state",
    "by",
    "account",
    "why",
    "gates",
    "measured",
    "alias_now",
]


@dataclass(frozen=True, eq=False, repr=False)
class History:
    """The events of a name; prints itself.

    Attributes
    ----------
    name : str
    table : DataFrame
        when (UTC), event, version, state, by, account (the server's user, or that on the
        machine), why, gates (in what they differed from the default ones, and which were
        overridden and why), measured, and the aliases that the version has now; the oldest first.
        Only what is ``"done"`` counts; other states are ``"broke off"``, ``"lost"`` to a decision
        that came first, and ``"under way"``. An event that is ``"changed"`` or ``"missing"`` has a
        row in its place, with its tag in `why` and nothing of what it says now.
    head : str
        Stands for all events: kept in a log of one's own, it shows later whether one of them was
        rewritten or deleted.
    repairs : tuple of str
        What runs that broke off had left, and was put right now.
    doubts : tuple of str
        What does not fit.
    """

    name: str
    table: pd.DataFrame
    head: str = ""
    repairs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Return one row per event."""
        return self.table.copy()

    def __repr__(self) -> str:
        shown = self._told().drop(columns="measured")
        blank = [name for name in ("account", "gates") if not shown[name].any()]
        shown = shown.drop(columns=blank)
        table = shown.to_string(index=False, justify="left")
        return "\n".join([self.name, "", table, "", *self._below()])

    def _repr_html_(self) -> str:
        below = "".join(f"<p>{escape(line)}</p>" for line in self._below())
        return f"<p>{escape(self.name)}</p>{self._told().to_html(index=False)}{below}"

    def _below(self) -> list[str]:
        lines = [f"head {self.head}"] if self.head else []
        lines += [f"put right: {text}" for text in self.repairs]
        return lines + [f"doubtful: {text}" for text in self.doubts]

    def _told(self) -> pd.DataFrame:
        """Return the table with blanks for what an event has not, also where none has it."""
        return self.table.astype(object).fillna("")


@door
def history(name: str, head: str | None = None) -> History:
    """Return what was published, promoted, refused, rolled back and retired under a name.

    What a run that was killed left is put right, where this account may write to the registry:
    its event is ended as done where it had happened, else as broken off.

    Parameters
    ----------
    name : str
    head : str, optional
        The head of the history at some time, kept by yourself: whether all events up to it are
        still there.

    Returns
    -------
    History

    Raises
    ------
    RegistryError
        Where the registry is out of reach, or does not hold the name, and for a head that is none.
    """
    if head is not None:
        _check_head(head)
    with existing_registry() as registry:
        ledger, told = _repaired(registry, name)
        rows = list(_rows(ledger.chain, ledger.aliases))
        return History(
            name,
            pd.DataFrame(rows, columns=COLUMNS),
            head=ledger.chain.head,
            repairs=tuple(ledger.repairs),
            doubts=(*told, *doubts_of(ledger, head)),
        )


def _check_head(head: object) -> None:
    """Refuse what is no head: a part of one would look like a history that was rewritten."""
    if isinstance(head, str) and _HEAD.fullmatch(head):
        return
    raise RegistryError(
        "head is no head of a history",
        code="registry.head",
        place="head",
        allowed="64 digits and letters a to f, or several of them with + between",
        next_step="copy the whole head that history, promote or rollback returned",
    )


def _repaired(registry: Registry, name: str) -> tuple[Ledger, list[str]]:
    """Return the ledger of a name, put right where that is allowed here, and why not elsewhere."""
    ledger = Ledger(registry, name)
    if not ledger.unwritten and not ledger.chain.open_acts:
        return ledger, []
    try:
        with one_that_decides(registry) as is_alone:
            ledger = Ledger(registry, name, is_alone)
            ledger.repair()
    except Exception as error:
        return ledger, [f"what broke off was not put right: {_why_not(registry, error)}"]
    return ledger, []


def _why_not(registry: Registry, error: Exception) -> str:
    """Return why a registry could not be written to, and what to do."""
    refusal = error if isinstance(error, RiskmodelError) else None
    refusal = refusal or of_disk(registry.uri, error) or of_server(registry.uri, error)
    ways = {
        "registry.files": "it was copied or moved to here; run riskmodel registry move",
        "registry.busy": "another run is writing to it; read it again later",
        "registry.no_right": _NO_LEAVE,
        "disk.read_only": _NO_LEAVE,
        "disk.denied": _NO_LEAVE,
    }
    code = type(error).__name__ if refusal is None else refusal.code
    return ways.get(code, f"it cannot be written to ({code})")


def _rows(chain: Chain, aliases: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield a row per act, and one in the place of each event that cannot be read or is not there.

    Its place is before the first event that names it.
    """
    acts = {act.event.digest: act for act in chain.acts if act.event.event != MIGRATED}
    holes = dict.fromkeys((digest for digest, _ in chain.missing), "missing")
    holes |= {key.removeprefix(EVENT_TAG): "changed" for key in chain.broken}
    for event in chain.events:
        for digest in (*event.after, event.of):
            if digest in holes:
                yield _hole(digest, holes.pop(digest))
        if event.digest in acts:
            yield _row(acts[event.digest], aliases)
    for digest, state in holes.items():
        yield _hole(digest, state)


def _hole(digest: str, state: str) -> dict[str, str]:
    told = {"event": "unknown", "state": state, "why": f"tag {short_tag(digest)}"}
    return dict.fromkeys(COLUMNS, "") | told


def _row(act: Act, aliases: Mapping[str, str]) -> dict[str, str]:
    event = act.event
    here = sorted(alias for alias, number in aliases.items() if number == event.version)
    return {
        "when": event.when[:19],
        "event": event.event,
        "version": event.version,
        "state": act.state,
        "by": event.by or event.account,
        "account": event.account,
        "why": event.why,
        "gates": event.gates,
        "measured": event.measured,
        "alias_now": ", ".join(here),
    }
