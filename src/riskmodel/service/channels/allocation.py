"""Who gets which step in a round: within every budget, the steps that find the most need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import is_small, told
from riskmodel.keys import HOUSEHOLD
from riskmodel.records.contact_words import BY_A_HUMAN, CHANNELS
from riskmodel.service.channels.channel_parts import PARTS_OF_A_MINUTE, amount
from riskmodel.service.channels.options import AREA, Options
from riskmodel.service.channels.program_parts import solve
from riskmodel.service.channels.step_program import Bools, Floats, Program, TooHighFloorsError
from riskmodel.service.outreach_plan import NO_CHANNEL, NO_GAIN, NO_ROOM
from riskmodel.texts import as_ids

NO_MINUTES = "no_minutes"
"""Why a must-visit is not carried out whose budget has no minutes at all."""
HEAD = 1.0
"""What an overdue household counts more: as a need that is found for certain."""
BY_WAITING = 0.1 / 60
"""What it counts more for each day that its case has been open, so that nobody waits for ever."""
CHOSEN = ("household", "channel", "minutes", "reach", "value")
Reserve = Mapping[tuple[str, str], float]
"""Minutes that are set aside, by channel and area."""


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """Who gets which step.

    Attributes
    ----------
    chosen : DataFrame
        One row per household that gets a step, in the order of ids: ``household`` (its position in
        the frame), ``channel``, ``minutes``, ``reach`` and ``value``.
    left_out : DataFrame
        One row per candidate that gets none: ``household``, and ``rule``: ``"no_room"``;
        ``"no_gain"`` where no step finds anything, as its score or the reach of its channels is 0;
        ``"no_channel"`` where it can have none.
    unmet : DataFrame
        One row per must-visit that is not carried out: ``household``, ``channel``, ``must_rule``,
        and ``why``: ``"not_offered"``, ``"no_room"``, ``"no_minutes"`` where its budget has none
        at all, or the attribute of the need that it does not meet. Such a household stays a
        candidate for its other channels.
    budgets : DataFrame
        One row per budget: ``channel``, ``by``, ``group``, ``minutes``, ``reserved``, ``used``.
    value : float
        The sum of the values: how many needs the steps are expected to find.
    bound : float
        No allocation that serves the same must-visits and as many overdue households is worth more.
    """

    chosen: pd.DataFrame
    left_out: pd.DataFrame
    unmet: pd.DataFrame
    budgets: pd.DataFrame
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """How much less than the bound it is worth, as a share of the bound; 0 where exact."""
        return (self.bound - self.value) / self.bound if self.bound else 0.0

    def __repr__(self) -> str:
        return (
            f"Allocation({len(self.chosen):,} steps that find {self.value:.1f} needs; "
            f"{len(self.left_out):,} candidates without one)"
        )


@door
def allocate(
    frame: pd.DataFrame,
    options: Options,
    *,
    reserve: Reserve | None = None,
    floors: Mapping[str, int] | None = None,
    prunes: bool = True,
) -> Allocation:
    """Choose who gets which step, so that the steps find the most need within every budget.

    A household gets one step at most. Must-visits come first, as many as there is room for. Floors
    are kept with what is left. Then an overdue household counts its value and 1 more, the value of
    a need that is found for certain: it goes before any one other household, and two others take
    its minutes only where they are worth more than that. So does each step by which a person speaks
    with it, or any where it can have none of these; a letter or an AI call it has by value alone.
    Each 60 days that its case has been open (the frame's ``waited``) count 0.1 more.
    Of options that are alike in all of this the earlier id has it, so that the order of rows never
    matters.

    Parameters
    ----------
    frame : DataFrame
        Of the rules of outreach.
    options : Options
        Of the same frame.
    reserve : mapping of (channel, area) to float, optional
        Minutes that are set aside for who is drawn. They count in every budget of the channel that
        some household of this area may draw on, so that no budget is overdrawn whoever is drawn.
    floors : mapping of str to int, optional
        By the name of a floor, how many of the households that count for it get a step at least;
        the frame's ``floors`` name those that a household counts for.
    prunes : bool, default True
        Whether options that no best choice needs are left out before it is solved. The choice is
        worth the same either way; see `riskmodel.service.channels.dominated_options`.

    Returns
    -------
    Allocation

    Raises
    ------
    ConfigError
        For a reserve of a channel or area that there is not, or above a budget; for floors above
        what the budgets have room for.

    Notes
    -----
    The program is solved by scipy's MILP (HiGHS) with a gap of 0. What no budget or floor connects
    is solved apart: where each area has budgets of its own, area by area. Where many areas share a
    budget, the choice may be worth a little less than the best; `Allocation.gap` tells how much at
    most. See `riskmodel.service.channels.shared_budgets`.

    Examples
    --------
    >>> import riskmodel as rm
    >>> from riskmodel.service import Channels, options
    >>> records = rm.make_households(400, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    >>> ids = sorted(set(records.events["household_id"]))[:3]
    >>> frame = pd.DataFrame({"household_id": ids, "area": "A", "score": [0.5, 0.2, 0.4],
    ...     "is_candidate": True, "channels": [("call", "visit"), ("visit",), ("call",)],
    ...     "must": None, "must_rule": None, "overdue": False, "floors": [()] * 3})
    >>> channels = Channels.read({
    ...     "call": {"minutes": 15, "reach": 0.5, "budgets": [{"by": "area", "minutes": 20}]},
    ...     "visit": {"minutes": 40, "reach": 0.7, "budgets": [{"by": "area", "minutes": 60}]},
    ... })
    >>> found = allocate(frame, options(frame, records, channels, "2024-09-01"))
    >>> found.chosen[["household", "channel", "value"]]
       household channel  value
    0          0   visit   0.35
    1          2    call   0.20
    >>> found.left_out
       household     rule
    0          1  no_room
    """
    return Round.of(frame, options, reserve, floors).allocation(prunes=prunes)


@door
def fill(
    frame: pd.DataFrame,
    options: Options,
    allocation: Allocation,
    *,
    reserve: Reserve | None = None,
) -> Allocation:
    """Choose steps for the minutes that an allocation leaves, beside what it has chosen.

    Parameters
    ----------
    frame, options
        As they were allocated.
    allocation : Allocation
        Its steps stay as they are.
    reserve : mapping of (channel, area) to float, optional
        What is set aside now, such as less than before since the draw needs less.

    Returns
    -------
    Allocation
        ``chosen`` holds the new steps alone, and ``value`` is theirs; ``left_out``, ``unmet`` and
        ``budgets`` are of all steps.

    Raises
    ------
    ConfigError
        For a reserve that the budgets have no room for beside the steps that are chosen.
    """
    return Round.of(frame, options, reserve, None, allocation.chosen).allocation()


class Best(NamedTuple):
    """The best choice of a program.

    Attributes
    ----------
    chosen : ndarray of bool, shape (n_options,)
    short : float
        No choice gains more than so much above it.
    """

    chosen: Bools
    short: float


@dataclass(frozen=True, eq=False)
class Round:
    """What is allocated in a round: the program of the candidates' options, and their names.

    Attributes
    ----------
    frame : DataFrame
    options : Options
    table : DataFrame
        The options that are not settled before, in the order of ids and channels, one for each of
        the program.
    program : Program
    is_must : ndarray of bool
        Which options are must-visits.
    before : DataFrame
        Steps that are settled before.
    reserved : ndarray of int
        By budget, in thousandths of a minute.
    floors : tuple of str
        Their names.
    """

    frame: pd.DataFrame
    options: Options
    table: pd.DataFrame
    program: Program
    is_must: Bools
    before: pd.DataFrame
    reserved: NDArray[np.int64]
    floors: tuple[str, ...]

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        options: Options,
        reserve: Reserve | None = None,
        floors: Mapping[str, int] | None = None,
        before: pd.DataFrame | None = None,
    ) -> Round:
        """Return the round of a frame's options.

        Parameters
        ----------
        frame, options, reserve, floors
            As `allocate` takes them.
        before : DataFrame, optional
            Steps that are settled.
        """
        before = pd.DataFrame(columns=list(CHOSEN)) if before is None else before
        reserved = _reserved(frame, options, reserve or {})
        own = options.table[~options.table["household"].isin(before["household"])]
        place = pd.Series(np.argsort(np.argsort(as_ids(frame[HOUSEHOLD]), kind="stable")))
        of_channel = own["channel"].map(CHANNELS.index).to_numpy(np.int64)
        order = np.lexsort((of_channel, place[own["household"]].to_numpy()))
        own = own.iloc[order].reset_index(drop=True)
        asked = dict(floors or {})
        _check_floors(frame, asked)
        household = own["household"].to_numpy(np.int64)
        minutes = _thousandths(options.budgets.table["minutes"]) - reserved
        program = Program(
            household=place.to_numpy(np.int64)[household],
            channel=of_channel[order],
            area=np.unique(frame[AREA].astype(str), return_inverse=True)[1][household],
            gain=own["value"].to_numpy(float) + _counted_more(frame, own),
            minutes=_thousandths(own["minutes"]),
            rows=_rows(options, own),
            room=minutes - _used(options, before),
            floors=_counting(frame, tuple(asked))[household],
            least=np.array(list(asked.values()), dtype=np.int64),
        )
        _refuse_overdrawn(options, reserved, program.room)
        wanted = frame["must"].to_numpy(object)[household]
        is_must = (own["channel"].to_numpy(object) == wanted).astype(bool)
        return cls(frame, options, own, program, is_must, before, reserved, tuple(asked))

    def allocation(self, *, prunes: bool = True) -> Allocation:
        """Return the best allocation."""
        best = best_of(self.program, self.is_must, self.floors, prunes=prunes)
        chosen = self.table[best.chosen].reset_index(drop=True)[list(CHOSEN)]
        every = pd.concat([self.before, chosen])
        value = float(chosen["value"].sum())
        budgets = self.options.budgets.table.assign(
            reserved=self.reserved / PARTS_OF_A_MINUTE,
            used=used_minutes(self.options, every),
        )
        return Allocation(
            chosen=chosen,
            left_out=_left_out(self.frame, self.options, every),
            unmet=_unmet(self.frame, self.options, every),
            budgets=budgets,
            value=value,
            bound=value + best.short,
        )


def at_head(frame: pd.DataFrame, table: pd.DataFrame) -> Bools:
    """Tell which options put an overdue household at the head of the queue.

    They are those by which a person speaks with it; any, where it can have none of these.

    Parameters
    ----------
    frame : DataFrame
        Of the rules of outreach.
    table : DataFrame
        Options of it: ``household`` and ``channel`` among their columns.
    """
    household = table["household"].to_numpy(np.int64)
    speaks = table["channel"].isin(BY_A_HUMAN).to_numpy(bool)
    can = np.isin(household, household[speaks])
    return frame["overdue"].to_numpy(bool)[household] & (speaks | ~can)


def _counted_more(frame: pd.DataFrame, table: pd.DataFrame) -> Floats:
    """Return what each option counts beside its value."""
    waited = frame["waited"] if "waited" in frame else pd.Series(0.0, frame.index)
    days = waited.to_numpy(float)[table["household"].to_numpy(np.int64)]
    return at_head(frame, table) * (HEAD + BY_WAITING * days)


def best_of(
    program: Program, is_must: Bools, floors: tuple[str, ...], *, prunes: bool = True
) -> Best:
    """Return the best choice: must-visits first, then all others within what is left.

    Parameters
    ----------
    program : Program
    is_must : ndarray of bool
    floors : tuple of str
        Their names.
    prunes : bool

    Raises
    ------
    ConfigError
        For floors that cannot be kept.
    """
    chosen = _carried_out(program, is_must)
    rest = np.flatnonzero(~np.isin(program.household, program.household[chosen]))
    left = replace(
        program.only(rest),
        room=program.room - program.taken(chosen),
        least=np.maximum(program.least - program.floors[chosen].sum(axis=0), 0),
    )
    try:
        solved = solve(left, prunes=prunes)
    except TooHighFloorsError:
        raise _too_high(left, floors) from None
    chosen[rest] = solved.chosen
    return Best(chosen, solved.short)


def _carried_out(program: Program, is_must: Bools) -> Bools:
    """Tell which must-visits are carried out: all, or as many as there is room for."""
    if (program.taken(is_must) <= program.room).all():
        return is_must.copy()
    place = np.flatnonzero(is_must)
    must = program.only(place)
    # one more must-visit goes before what any of them finds
    must = replace(must, gain=must.gain + HEAD, least=np.zeros_like(must.least))
    chosen = np.zeros(len(program), dtype=bool)
    chosen[place] = solve(must).chosen
    return chosen


def _too_high(program: Program, floors: tuple[str, ...]) -> ConfigError:
    """Return the refusal of the floors that no choice keeps."""
    alone = {}
    for number, name in enumerate(floors):
        counts = program.floors[:, number]
        own = replace(
            program.only(counts),
            gain=np.ones(int(counts.sum())),
            least=np.zeros_like(program.least),
        )
        alone[name] = int(solve(own).chosen.sum())
    least = dict(zip(floors, program.least.tolist(), strict=True))
    single = [name for name, most in alone.items() if most < least[name]]
    names = single or [name for name in floors if least[name]]
    what = (
        f"floor {names[0]!r} asks for {least[names[0]]:,} households beside the must-visits, and "
        f"the budgets have room for {told(alone[names[0]])}"
        if single
        else f"the budgets have no room for all floors together: {', '.join(names)}"
    )
    return ConfigError(
        what,
        place="floors",
        code="channels.floor",
        allowed="floors that fit into the budgets, after what is reserved",
        next_step=f"lower {names[0]!r}, or give its channels more minutes",
    )


def _thousandths(minutes: pd.Series) -> NDArray[np.int64]:
    return np.rint(minutes.to_numpy(float) * PARTS_OF_A_MINUTE).astype(np.int64)


def _rows(options: Options, table: pd.DataFrame) -> NDArray[np.int64]:
    """Return the budgets of each option, one in each column; -1 where it has fewer."""
    of = options.budgets.of
    widest = max((each.shape[1] for each in of.values()), default=0)
    rows = np.full((len(table), widest), -1, dtype=np.int64)
    for name, own in of.items():
        those = (table["channel"] == name).to_numpy()
        rows[those, : own.shape[1]] = own[table["household"][those].to_numpy(np.int64)]
    return rows


def used_minutes(options: Options, steps: pd.DataFrame) -> NDArray[np.float64]:
    """Return the minutes that steps take of each budget.

    Parameters
    ----------
    options : Options
    steps : DataFrame
        ``household``, ``channel`` and ``minutes`` among its columns.
    """
    return _used(options, steps) / PARTS_OF_A_MINUTE


def _used(options: Options, steps: pd.DataFrame) -> NDArray[np.int64]:
    used = np.zeros(len(options.budgets.table), dtype=np.int64)
    minutes = _thousandths(steps["minutes"])
    for column in _rows(options, steps).T:
        has = column >= 0
        np.add.at(used, column[has], minutes[has])
    return used


def _reserved(frame: pd.DataFrame, options: Options, reserve: Reserve) -> NDArray[np.int64]:
    """Return how much of each budget is set aside."""
    reserved = np.zeros(len(options.budgets.table), dtype=np.int64)
    of = options.budgets.of
    places = frame.groupby(frame[AREA].astype(str)).indices if reserve else {}
    common = [str(area) for area, place in places.items() if not is_small(len(place))]
    for (channel, area), minutes in reserve.items():
        for noun, name, all_of_them, shown in (
            ("channel", channel, list(of), list(of)),
            ("area", area, list(places), common),
        ):
            if name not in all_of_them:
                raise ConfigError(
                    f"{name!r} is no {noun} of this round",
                    place="reserve",
                    code="channels.reserve",
                    allowed=list(of) if noun == "channel" else "an area of the frame",
                    next_step=did_you_mean(str(name), shown),
                )
        rows = np.unique(of[channel][places[area]])
        reserved[rows] += round(amount(minutes, "reserve") * PARTS_OF_A_MINUTE)
    return reserved


def _refuse_overdrawn(
    options: Options, reserved: NDArray[np.int64], room: NDArray[np.int64]
) -> None:
    over = np.flatnonzero(room < 0)
    if not len(over):
        return
    row = options.budgets.table.iloc[over[0]]
    whose = f" of {row['by']} {row['group']!r}" if row["by"] else ""
    raise ConfigError(
        f"{reserved[over[0]] / PARTS_OF_A_MINUTE:g} minutes are reserved of the "
        f"{row['minutes']:g} of {row['channel']}{whose}",
        place="reserve",
        code="channels.reserve",
        allowed="no more than a budget has, beside the steps that are chosen",
        next_step="draw fewer households, or give the channel more minutes",
    )


def _check_floors(frame: pd.DataFrame, floors: Mapping[str, int]) -> None:
    if not floors:
        return
    known = sorted({name for names in frame["floors"] for name in names})
    for name, least in floors.items():
        if name not in known and least > 0:
            raise ConfigError(
                f"no candidate counts for floor {name!r}",
                place="floors",
                code="channels.floor",
                allowed=known,
                next_step=did_you_mean(name, known),
            )


def _counting(frame: pd.DataFrame, floors: tuple[str, ...]) -> NDArray[np.bool_]:
    if not floors:
        return np.zeros((len(frame), 0), dtype=bool)
    return np.array([[name in names for name in floors] for names in frame["floors"]], dtype=bool)


def _left_out(frame: pd.DataFrame, options: Options, chosen: pd.DataFrame) -> pd.DataFrame:
    without = frame["is_candidate"].to_numpy(bool).copy()
    without[chosen["household"].to_numpy(np.int64)] = False
    table = options.table
    can, gains = np.zeros(len(frame), dtype=bool), frame["must"].notna().to_numpy(copy=True)
    can[table["household"].to_numpy(np.int64)] = True
    is_worthy = (table["value"] > 0).to_numpy() | at_head(frame, table)
    gains[table["household"].to_numpy(np.int64)[is_worthy]] = True
    rule = np.select([~can, ~gains], [NO_CHANNEL, NO_GAIN], NO_ROOM).astype(object)
    place = np.flatnonzero(without)
    place = place[np.argsort(as_ids(frame[HOUSEHOLD].iloc[place]), kind="stable")]
    return pd.DataFrame({"household": place, "rule": rule[place]})


def _unmet(frame: pd.DataFrame, options: Options, chosen: pd.DataFrame) -> pd.DataFrame:
    candidates = np.flatnonzero(frame["is_candidate"].to_numpy(bool) & frame["must"].notna())
    wanted = pd.DataFrame(
        {
            "household": candidates,
            "channel": frame["must"].iloc[candidates].to_numpy(object),
            "must_rule": frame["must_rule"].iloc[candidates].to_numpy(object),
        }
    )
    keys = ["household", "channel"]
    got = wanted.merge(chosen[keys].astype({"household": np.int64}), on=keys)
    missing = wanted[~wanted["household"].isin(got["household"])]
    barred = options.barred.drop_duplicates(keys)
    missing = missing.merge(barred, on=keys, how="left")
    empty = options.budgets.table["minutes"].to_numpy(float) == 0
    for channel, rows in options.budgets.of.items():
        own = missing.index[(missing["channel"] == channel) & missing["why"].isna()]
        has_none = empty[rows[missing["household"].loc[own]]].any(axis=1)
        missing.loc[own[has_none], "why"] = NO_MINUTES
    missing["why"] = missing["why"].fillna(NO_ROOM)
    place = np.argsort(as_ids(frame[HOUSEHOLD].iloc[missing["household"]]), kind="stable")
    return missing.iloc[place].reset_index(drop=True)
