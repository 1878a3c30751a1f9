"""What may be done for each candidate: the channels that it can have, and what each is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import MIN_HOUSEHOLDS, named
from riskmodel.keys import HOUSEHOLD, DateLike, as_days
from riskmodel.metrics import UNKNOWN, group_names
from riskmodel.panel.filling import attributes as known
from riskmodel.records import Records
from riskmodel.records.engine import one_scan_engine
from riskmodel.service.attribute_values import AttributeValues
from riskmodel.service.channels.budget_rows import BudgetRows, Groups, check_groups
from riskmodel.service.channels.channel_parts import Figure, Need
from riskmodel.service.channels.channels import Channels
from riskmodel.service.channels.reaching import learned
from riskmodel.service.outreach_files import CHANNELS_KEY
from riskmodel.texts import as_ids

AREA = "area"
NOT_OFFERED = "not_offered"
"""Why a household cannot have a channel that the service does not have."""
NEEDED = (HOUSEHOLD, AREA, "score", "is_candidate", "channels", "must", "must_rule", "overdue")


@dataclass(frozen=True, eq=False, repr=False)
class Options:
    """What may be done for each candidate of a round.

    Attributes
    ----------
    table : DataFrame
        One row per candidate and channel that it can have: ``household`` (its position in the
        frame), ``channel``, ``minutes``, ``reach``, and ``value``, the score times the reach: the
        chance that a need is found by the step.
    barred : DataFrame
        One row per candidate and channel of its ladder that it cannot have: ``household``,
        ``channel``, and ``why``: ``"not_offered"``, or the attribute of the need that it does not
        meet.
    budgets : BudgetRows
    channels : Channels
        With the reach that was learned.
    """

    table: pd.DataFrame
    barred: pd.DataFrame
    budgets: BudgetRows
    channels: Channels

    def __repr__(self) -> str:
        households = self.table["household"].nunique()
        return f"Options({len(self.table):,} steps for {households:,} households)"


@door
@one_scan_engine()
def options(frame: pd.DataFrame, records: Records, channels: Channels, as_of: DateLike) -> Options:
    """Return the channels that each candidate can have, and what each is worth.

    Parameters
    ----------
    frame : DataFrame
        Of the rules of outreach: ``household_id``, ``area``, ``score``, ``is_candidate``,
        ``channels``, ``must``, ``must_rule`` and ``overdue``.
    records : Records
    channels : Channels
    as_of : date-like
        The morning of the round: attributes and contacts count as they were known then.

    Returns
    -------
    Options

    Raises
    ------
    ConfigError
        For a column that is missing, a score that is no chance, a group or value that there is not,
        and a group of candidates without a budget.
    PanelError
        For an attribute that the records do not have.

    Examples
    --------
    >>> import riskmodel as rm
    >>> records = rm.make_households(400, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    >>> ids = sorted(set(records.events["household_id"]))[:3]
    >>> frame = pd.DataFrame({"household_id": ids, "area": "A", "score": [0.5, 0.2, 0.1],
    ...     "is_candidate": [True, True, False], "channels": [("call", "visit"), ("visit",), ()],
    ...     "must": None, "must_rule": None, "overdue": False})
    >>> channels = Channels.read(
    ...     {"visit": {"minutes": 40, "reach": 0.7, "budgets": [{"by": "area", "minutes": 40}]}}
    ... )
    >>> chosen = options(frame, records, channels, "2024-09-01")
    >>> chosen.table
       household channel  minutes  reach  value
    0          0   visit     40.0    0.7   0.35
    1          1   visit     40.0    0.7   0.14
    >>> chosen.barred
       household channel          why
    0          0    call  not_offered
    """
    day = as_days(as_of, "as_of")
    _check_frame(frame)
    channels = Channels.read(channels)
    of_frame = _FrameValues(frame, records, day)
    # an attribute that there is not is refused before its values
    groups: Groups = {name: of_frame.of(name) for name in channels.attributes()}
    _check_values(channels, of_frame)
    candidates = frame["is_candidate"].to_numpy(bool)
    check_groups(
        channels,
        {name: values[candidates] for name, values in groups.items()},
        {name: of_frame.known(name) for name in groups},
    )
    channels = learned(channels, records, day, of_frame.of_others)
    allowed = _allowed(frame)
    rows, barred = [], []
    for name in channels:
        channel = channels[name]
        can = candidates & allowed.get(name, np.zeros(len(frame), bool))
        for need in channel.needs:
            meets = _meets(need, groups[need.attribute])
            barred.append(_rows(can & ~meets, channel=name, why=need.attribute))
            can &= meets
        minutes, reach = (
            _filled(figure, groups, len(frame))[can] for figure in (channel.minutes, channel.reach)
        )
        value = frame["score"].to_numpy(float)[can] * reach
        rows.append(_rows(can, channel=name, minutes=minutes, reach=reach, value=value))
    barred += [
        _rows(candidates & allowed[name], channel=name, why=NOT_OFFERED)
        for name in sorted(set(allowed) - set(channels))
    ]
    return Options(
        _table(rows, ["household", "channel", "minutes", "reach", "value"]),
        _table(barred, ["household", "channel", "why"]),
        BudgetRows.make(channels, groups, len(frame)),
        channels,
    )


class _FrameValues:
    """The values of attributes, of the households of a frame and of others, on a day."""

    def __init__(self, frame: pd.DataFrame, records: Records, day: np.datetime64) -> None:
        self._records, self._day = records, day
        self._area = group_names(frame[AREA])
        self._values = AttributeValues(records, pd.Index(as_ids(frame[HOUSEHOLD])), day)

    def of(self, name: str) -> NDArray[np.str_]:
        """Return the value of each household of the frame; its area is the frame's."""
        return self._area if name in (AREA, self._records.area) else self._values.of(name)

    def of_others(self, name: str, ids: pd.Series) -> NDArray[np.str_]:
        """Return the value of each of some households, as it was known on the day."""
        each = pd.Index(ids.unique(), dtype=object)
        found = AttributeValues(self._records, each, self._day).of(self._in_records(name))
        return found[each.get_indexer(ids)]

    def known(self, name: str) -> tuple[set[str], set[str]]:
        """Return all values that the records have, and those of many households."""
        if name == AREA and self._records.area is None:
            names, counts = np.unique(self._area, return_counts=True)
            return set(names.tolist()), set(names[counts >= MIN_HOUSEHOLDS].tolist())
        name = self._in_records(name)
        every = set(map(str, known.named_values(self._records, name)))
        return every, set(map(str, known.named_values(self._records, name, MIN_HOUSEHOLDS)))

    def _in_records(self, name: str) -> str:
        return self._records.area or name if name == AREA else name


def _check_frame(frame: pd.DataFrame) -> None:
    missing = [name for name in NEEDED if name not in frame]
    if missing:
        raise ConfigError(
            f"the frame has no column {missing[0]!r}",
            place="frame",
            code="channels.column",
            allowed=NEEDED,
            next_step="pass what the rules of outreach return",
        )
    score = frame["score"].to_numpy(float)
    if not ((score >= 0) & (score <= 1)).all():
        raise ConfigError(
            "a score is no chance",
            place="frame, column score",
            code="channels.score",
            allowed="numbers from 0 to 1",
            next_step="pass calibrated chances of need, as riskmodel.score gives them",
        )


def _check_values(channels: Channels, values: _FrameValues) -> None:
    """Refuse a value by which numbers or needs are told, if no household has or had it."""
    for name in channels:
        channel = channels[name]
        for key, figure in (("minutes", channel.minutes), ("reach", channel.reach)):
            for value in figure.values:
                _refuse_strange(
                    (value,), figure.by or "", values, f"{CHANNELS_KEY}.{name}.{key}.values"
                )
        for need in channel.needs:
            # a service may know languages that nobody here speaks, but not none at all
            for wanted in (need.one_of, need.none_of):
                _refuse_strange(wanted, need.attribute, values, f"{CHANNELS_KEY}.{name}.needs")


def _refuse_strange(
    wanted: tuple[str, ...], attribute: str, values: _FrameValues, place: str
) -> None:
    """Refuse values of an attribute of which no household has, or had, a single one."""
    if not wanted:
        return
    there_are, shown = values.known(attribute)
    if there_are.isdisjoint(wanted) and UNKNOWN not in wanted:
        raise ConfigError(
            f"{wanted[0]!r} is no {attribute} of these records",
            place=place,
            code="channels.value",
            allowed=named(sorted(there_are), there_are - shown, "value"),
            next_step=did_you_mean(wanted[0], sorted(shown)),
        )


def _allowed(frame: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Return by channel which households may have it: on their ladder, or what they must get."""
    number: dict[tuple[str, ...], int] = {}
    code = np.array([number.setdefault(tuple(each), len(number)) for each in frame["channels"]])
    words = sorted({channel for channels in number for channel in channels})
    must = frame["must"].to_numpy(object)
    words = sorted({*words, *(word for word in must if isinstance(word, str))})
    on_ladder = {
        word: np.array([word in channels for channels in number], dtype=bool) for word in words
    }
    return {word: on_ladder[word][code] | (must == word) for word in words} if len(frame) else {}


def _meets(need: Need, values: NDArray[np.str_]) -> NDArray[np.bool_]:
    is_unknown = values == UNKNOWN
    meets = np.ones(len(values), dtype=bool)
    if need.one_of:
        meets &= np.isin(values, need.one_of)
    if need.none_of:
        meets &= ~np.isin(values, need.none_of)
    return np.where(is_unknown, bool(need.if_unknown), meets)


def _filled(figure: Figure, groups: Groups, households: int) -> NDArray[np.float64]:
    if figure.by is None:
        return np.full(households, figure.usual)
    names, code = np.unique(groups[figure.by], return_inverse=True)
    numbers = np.array([figure.values.get(name, figure.usual) for name in names.tolist()])
    return numbers[code]


def _rows(are: NDArray[np.bool_], **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"household": np.flatnonzero(are), **columns})


def _table(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]
