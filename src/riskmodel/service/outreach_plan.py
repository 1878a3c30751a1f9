"""A round's plan of outreach: who is turned to, by which channel, until when, and who is not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.models import check_language
from riskmodel.service.plan_folder import Facts, changed, read_plan, write_plan
from riskmodel.serving import LANGUAGES

CERTAIN, NEAR, DISAGREE, RANDOM = "certain", "near", "disagree", "random"
DRAWN = (NEAR, DISAGREE, RANDOM)
"""The strata of households that were drawn; those of the first, `CERTAIN`, were chosen."""
PLANNED, RESERVED = "planned", "reserved"
OPEN, DONE, CANCELLED = "open", "done", "cancelled"
"""Of steps that were planned before, in the plan of the rest of a round."""
NO_ROOM, NO_GAIN, NO_CHANNEL = "no_room", "no_gain", "no_channel"
"""Why a candidate is left out: no budget had room for it; no step finds anything there, since its
score or the reach of its channels is 0; the service has no channel that it can have."""

_DAY = "datetime64[s]"
TABLE: Mapping[str, str] = {
    "plan_id": "str",
    HOUSEHOLD: "str",
    AS_OF: _DAY,
    "area": "str",
    "stratum": "str",
    "probability": "float64",
    "step": "int64",
    "channel": "str",
    "due_by": _DAY,
    "minutes": "float64",
    "score": "float64",
    "value": "float64",
    "rule": "str",
    "lifted": "str",
    "state": "str",
}
LEFT_OUT: Mapping[str, str] = {
    HOUSEHOLD: "str",
    "area": "str",
    "score": "float64",
    "rule": "str",
    "in_frame": "bool",
    "overdue": "bool",
    "open_since": _DAY,
    "probability": "float64",
}
URGENT: Mapping[str, str] = {
    HOUSEHOLD: "str",
    "area": "str",
    "sign": "str",
    "told": _DAY,
    "channel": "str",
    "due_by": _DAY,
    "overdue": "bool",
}
PRICES: Mapping[str, str] = {
    "channel": "str",
    "by": "str",
    "group": "str",
    "minutes": "float64",
    "reserved": "float64",
    "used": "float64",
    "price": "float64",
}
_TOLD = ("lifted", "open_since")
"""What is told beside a plan: it may be missing, and does not make another plan."""
_PRINTED_ROWS = 10


def no_rows(columns: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame of such columns without rows."""
    return typed(pd.DataFrame(columns=list(columns)), columns)


def typed(rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return rows in some columns and their types; a missing text is None.

    Parameters
    ----------
    rows : DataFrame
        With all of the columns.
    columns : mapping of str to str
        The type of each.
    """
    filled = rows.reset_index(drop=True)[list(columns)]
    return pd.DataFrame({name: _typed(filled[name], dtype) for name, dtype in columns.items()})


def _typed(values: pd.Series, dtype: str) -> pd.Series:
    if dtype != "str":
        return values.astype(pd.api.types.pandas_dtype(dtype))
    texts = values.astype(object)
    return texts.where(texts.notna(), None).astype(object)


@dataclass(frozen=True, eq=False, repr=False)
class Outreach:
    """Who is turned to in a round, by which channel and until when; and who is not, by which rule.

    Attributes
    ----------
    as_of : str
        The morning of the round.
    table : DataFrame
        One row per household and planned step, in the order of areas, households and steps:

        - ``plan_id``, ``household_id``, ``as_of_date``, ``area``;
        - ``stratum``: ``"certain"`` for who was chosen; ``"near"`` (the cut-off), ``"disagree"``
          (two models) and ``"random"`` (the rest) for who was drawn; ``probability``, the total
          chance to be on the plan: below 1 also for who is chosen only where the draw leaves room;
        - ``step``, 1 for the first; ``channel``, ``due_by`` and ``minutes`` of the step;
        - ``score``, and ``value``: the score times the chance that the step reaches the household;
        - ``rule``: what places the household (the name of a must-visit or floor, ``"overdue"``);
          missing where it is there by value or by the draw;
        - ``lifted``: of a household with a verdict so lately that it would be left alone, what
          speaks against that, in words: new indicators by name, or an attempt that nobody answered;
        - ``state``: ``"planned"``, or ``"reserved"`` for the later steps of who was drawn, which
          are made if the steps before them reach nobody; in the plan of the rest of a round also
          ``"open"``, ``"done"`` and ``"cancelled"``, see `riskmodel.replan`.
    left_out : DataFrame
        One row per household of the list that is not in the table: ``household_id``, ``area``,
        ``score``, the ``rule`` that keeps it out, ``in_frame`` (it may be drawn), ``overdue``,
        ``open_since``, the first round of its open case, and ``probability``. Beside the rules that
        speak against a household, ``"no_room"`` is of those that no budget had room for,
        ``"no_gain"`` of those where no step finds anything (a score of 0), and ``"no_channel"`` of
        those for whom the service has none.
    prices : DataFrame
        One row per budget: ``channel``, ``by`` and ``group``, its ``minutes``, how many are
        ``reserved`` for who was drawn and ``used`` by who was chosen, and ``price``: how much more
        need 60 more minutes would find; missing where it was not asked for.
    urgent : DataFrame
        Signs of suicide, violence or fire that no human has answered: ``household_id``, ``area``,
        ``sign``, ``told`` (the day), ``channel``, ``due_by`` and ``overdue``. They stand outside
        the round.
    seed, explore : int and float, optional
        Of the draw.
    notes : tuple of str
        What a reader of the plan must know.
    lang : str
        The language of the notes, of ``lifted`` and of what is printed.
    """

    as_of: str
    table: pd.DataFrame
    left_out: pd.DataFrame = field(default_factory=lambda: no_rows(LEFT_OUT))
    prices: pd.DataFrame = field(default_factory=lambda: no_rows(PRICES))
    urgent: pd.DataFrame = field(default_factory=lambda: no_rows(URGENT))
    seed: int | None = None
    explore: float | None = None
    notes: tuple[str, ...] = ()
    lang: str = "en"

    def __post_init__(self) -> None:
        check_language(self.lang)
        object.__setattr__(self, "as_of", str(as_days(self.as_of, "as_of")))
        rows = _in_order(self.table.assign(plan_id=""), TABLE, ["area", HOUSEHOLD, "step"])
        others = {
            name: _in_order(getattr(self, name), columns, _ORDERS[name])
            for name, columns in _OTHERS.items()
        }
        left = others["left_out"]
        object.__setattr__(self, "table", rows.assign(plan_id=_digest(self.as_of, rows, left)))
        for name, table in others.items():
            object.__setattr__(self, name, table)

    @property
    def plan_id(self) -> str:
        """A digest of who is on the plan and who is not: the same plan has the same."""
        return _digest(self.as_of, self.table.assign(plan_id=""), self.left_out)

    @property
    def deadline(self) -> np.datetime64:
        """The last day on which a step is due; the morning of the round where nothing is."""
        days = as_days(self.table["due_by"])
        return as_days(self.as_of) if not len(days) else days.max()

    def households(self) -> pd.DataFrame:
        """Return the first planned step of each household."""
        return self.table.drop_duplicates(HOUSEHOLD).reset_index(drop=True)

    def save(self, folder: str | Path) -> Path:
        """Write the plan into a new folder, for its owner alone; see `Outreach.read`.

        Each table is there twice: as Parquet, and as CSV for people, which nothing reads back.

        Parameters
        ----------
        folder : path-like
            It must not exist, or hold this very plan.

        Returns
        -------
        Path

        Raises
        ------
        ConfigError
            For a folder that holds something else (``outreach.exists``).
        DiskError
            If the disk refuses to write.
        """
        tables = {name: getattr(self, name) for name in _FILES}
        facts = Facts(self.plan_id, self.as_of, self.seed, self.explore, self.notes, self.lang)
        return write_plan(Path(folder), tables, facts)

    @classmethod
    def read(cls, folder: str | Path) -> Outreach:
        """Read a plan that was saved.

        Raises
        ------
        ConfigError
            For a folder without a plan (``outreach.no_plan``), a plan of a newer version of the
            library, and one of which a table or a fact was changed since (``outreach.changed``).
            The CSV files are for people, and may be.
        """
        tables, facts = read_plan(Path(folder), _FILES)
        plan = cls(
            as_of=facts.as_of,
            seed=facts.seed,
            explore=facts.explore,
            notes=facts.notes,
            lang=facts.lang,
            **tables,
        )
        if plan.plan_id != facts.plan_id:
            raise changed(Path(folder))
        return plan

    def __len__(self) -> int:
        return self.table[HOUSEHOLD].nunique()

    def __repr__(self) -> str:
        parts = [
            self._head(),
            "",
            self._counts().to_string(index=False),
            *self._told(),
            *self.notes,
        ]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        told = "<br>".join(map(escape, (*self._told(), *self.notes)))
        return f"<p>{escape(self._head())}</p>{self._counts().to_html(index=False)}<p>{told}</p>"

    def _head(self) -> str:
        drawn = int(self.households()["stratum"].isin(DRAWN).sum())
        language, households = LANGUAGES[self.lang], counted_in(self.lang, "household", len(self))
        head = language.note("plan_head", plan=self.plan_id, day=self.as_of, households=households)
        return language.note("plan_drawn", head=head, drawn=drawn) if drawn else head

    def _counts(self) -> pd.DataFrame:
        """Return how many steps each channel has, and how many minutes."""
        rows = self.table.groupby("channel", sort=True)
        counts = rows.agg(
            planned=("state", lambda state: int((state == PLANNED).sum())),
            reserved=("state", lambda state: int((state == RESERVED).sum())),
            minutes=("minutes", "sum"),
            last_due=("due_by", "max"),
        )
        return counts.reset_index()

    def _told(self) -> list[str]:
        language, lines = LANGUAGES[self.lang], []
        left = self.left_out["rule"].value_counts().sort_index()
        told = [
            language.note(
                "plan_rule",
                # in English rules keep the words that code reads
                rule=rule if self.lang == "en" else language.rule(str(rule)),
                households=counted_in(self.lang, "household", int(number)),
            )
            for rule, number in left.items()
        ]
        if told:
            lines.append(language.note("plan_left_out", names="; ".join(told)))
        if len(self.urgent):
            number = self.urgent[HOUSEHOLD].nunique()
            households = counted_in(self.lang, "household", number)
            lines.append(language.note("plan_urgent", households=households))
        return lines


def counted_in(lang: str, noun: str, number: int) -> str:
    """Return a number of areas or households in the words of a language.

    Examples
    --------
    >>> counted_in("en", "area", 1), counted_in("en", "household", 1_200)
    ('1 area', '1,200 households')
    """
    key = f"one_{noun}" if number == 1 else f"some_{noun}s"
    return LANGUAGES[lang].note(key, number=number)


_OTHERS = {"left_out": LEFT_OUT, "prices": PRICES, "urgent": URGENT}
_ORDERS = {
    "left_out": ["area", HOUSEHOLD],
    "prices": ["channel", "by", "group"],
    "urgent": ["due_by", "area", HOUSEHOLD],
}
_FILES = ("table", *_OTHERS)


def _in_order(rows: pd.DataFrame, columns: Mapping[str, str], by: list[str]) -> pd.DataFrame:
    """Return a table of a plan in its columns, types and order, or refuse it."""
    rows = rows.assign(**{name: None for name in _TOLD if name in columns and name not in rows})
    missing = [name for name in columns if name not in rows]
    if missing:
        raise ConfigError(
            f"a table of the plan has no column {missing[0]!r}",
            code="outreach.columns",
            allowed=list(columns),
            next_step="make plans by riskmodel.outreach, or give every column",
        )
    return typed(rows.sort_values(by, na_position="first", kind="stable"), columns)


def _digest(as_of: str, *tables: pd.DataFrame) -> str:
    sha = hashlib.sha256(as_of.encode())
    for table in tables:
        table = table.drop(columns=[name for name in _TOLD if name in table])
        sha.update(table.to_csv(index=False, date_format="%Y-%m-%d").encode())
    return sha.hexdigest()[:12]
