"""The history of a name as it is shown: its events, what was put right, and what does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from riskmodel.doors import door
from riskmodel.errors import DiskError, RegistryError
from riskmodel.registry.backend.connection import Registry, existing_registry
from riskmodel.registry.events.chain import Act
from riskmodel.registry.events.doubts import doubts_of
from riskmodel.registry.events.event import MIGRATED
from riskmodel.registry.events.ledger import Ledger, one_that_decides

_HEAD = re.compile(r"[0-9a-f]{64}(\+[0-9a-f]{64})*")
COLUMNS = ["when", "event", "version", "state", "by", "why", "gates", "measured", "alias_now"]


@dataclass(frozen=True, eq=False, repr=False)
class History:
    """The events of a name; prints itself.

    Attributes
    ----------
    name : str
    table : DataFrame
        when (UTC), event, version, state, by, why, gates (in what they differed from the default
        ones, and which were overridden and why), measured, and the aliases that the version has
        now; the oldest first. Only what is ``"done"`` counts; other states are ``"broke off"``,
        ``"lost"`` to a decision that came first, and ``"under way"``.
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
        if not shown["gates"].any():
            shown = shown.drop(columns="gates")
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
        rows = [_row(act, ledger.aliases) for act in ledger.chain.acts if _is_shown(act)]
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
    except (DiskError, RegistryError):
        return ledger, ["what broke off was not put right: this account may not write here"]
    except Exception as error:
        return ledger, [f"what broke off was not put right: {type(error).__name__}"]
    return ledger, []


def _is_shown(act: Act) -> bool:
    return act.event.event != MIGRATED


def _row(act: Act, aliases: Mapping[str, str]) -> dict[str, str]:
    event = act.event
    here = sorted(alias for alias, number in aliases.items() if number == event.version)
    return {
        "when": event.when[:19],
        "event": event.event,
        "version": event.version,
        "state": act.state,
        "by": event.by or event.account,
        "why": event.why,
        "gates": event.gates,
        "measured": event.measured,
        "alias_now": ", ".join(here),
    }
