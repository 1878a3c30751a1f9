"""outreach: rules, channels, allocation and draw composed into the plan of one round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import door, refused
from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, Days, as_days
from riskmodel.metrics.explored_share import Explore
from riskmodel.models import check_language
from riskmodel.records import Records
from riskmodel.records.engine import one_scan_engine
from riskmodel.service.channels.allocation import Allocation, allocate, at_head, fill, used_minutes
from riskmodel.service.channels.channels import Channels
from riskmodel.service.channels.ladder_places import LadderPlaces, ladder_places, without
from riskmodel.service.channels.options import Options, options
from riskmodel.service.channels.prices import prices
from riskmodel.service.drawing import Draw, draw
from riskmodel.service.history_of_contacts import contact_history
from riskmodel.service.outreach_files import CHANNELS_KEY
from riskmodel.service.outreach_plan import CERTAIN, PLANNED, RESERVED, Outreach
from riskmodel.service.plan_notes import PlanNotes
from riskmodel.service.rules.applied_rules import apply_rules
from riskmodel.service.rules.listed_rows import rows_of
from riskmodel.service.rules.outreach_rules import OutreachRules
from riskmodel.service.rules.owed_places import floor_needs
from riskmodel.service.rules.urgent_signs import urgent_frame
from riskmodel.texts import as_ids

OVERDUE = "overdue"

Source = Mapping[str, object] | str | PathLike[str]
Ints = NDArray[np.intp]


@door
@one_scan_engine()
def outreach(
    listed: object,
    records: Records,
    rules: OutreachRules | Mapping[str, object] | str | PathLike[str] = "default",
    channels: Channels | Mapping[str, object] | str | PathLike[str] | None = None,
    *,
    explore: float | None = None,
    seed: int | None = None,
    other: pd.Series | Iterable[str] | None = None,
    due: str = "2M",
    area_prices: bool = True,
    lang: str = "en",
) -> Outreach:
    """Plan a round: who is turned to, by which channel, until when; and who is not, by which rule.

    Parameters
    ----------
    listed : DataFrame or ScoreList
        The round's whole list, one row per household: ``household_id``, ``as_of_date``, ``score``
        (the chance of need) and, if there are any, ``area`` and ``band``.
    records : Records
        They may hold more than was known on the date.
    rules : OutreachRules, mapping or path-like, default "default"
        Or the name of a set: ``"default"`` or ``"korea"``.
    channels : Channels, mapping or path-like, optional
        Default: those of the set or file of the rules.
    explore : float, optional
        Share of every budget's minutes, above 0 and below 1, that is kept for households drawn at
        random from the frame, each with its whole ladder.
    seed : int, optional
        Of the draw, needed with `explore`.
    other : Series or list of str, optional
        Another model's scores by household, or the households that it lists. Whom it lists and the
        plan does not is a stratum of the draw.
    due : str, default "2M"
        How long after its first listing an open case is overdue.
    area_prices : bool, default True
        Whether budgets by area have a price, too. Each takes as long as its area's allocation; in a
        whole nation all of them take minutes.
    lang : str, default "en"
        In which the notes are written, and what lifted a cool-off.

    Returns
    -------
    Outreach

    Raises
    ------
    ConfigError
        For a list of several rounds or without a needed column, a share without a seed or the
        reverse, rules without channels, an unknown language, and what `apply_rules`, `options`,
        `allocate` and `draw` refuse.
    PanelError
        For an attribute that the records do not have.

    Notes
    -----
    Rules say who may be turned to. Minutes for the draw are set aside first: as many whole ladders
    as an area's share carries, rounded up. Then each candidate gets one step or none, so that the
    steps find the most need within every budget. One systematic draw rounds the ladders of all
    areas; where it rounds down, the freed minutes are filled. Whom the allocation chooses does not
    depend on the draw, so that every chance is exact; see `riskmodel.service.draw`.

    Examples
    --------
    >>> import riskmodel as rm
    >>> records = rm.make_households(400, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    >>> ids = sorted(set(records.events["household_id"]))[:200]
    >>> scores = [1 / number for number in range(2, 202)]
    >>> listed = pd.DataFrame({"household_id": ids, "as_of_date": "2024-09-01", "score": scores})
    >>> visits = {"visit": {"minutes": 40, "reach": 0.7, "budgets": [{"minutes": 400}]}}
    >>> plan = outreach(listed, records, channels=visits)
    >>> len(plan), plan.left_out["rule"].value_counts().to_dict()
    (10, {'no_room': 161, 'cool_off': 29})
    """
    asked = Explore.parse(explore, seed)
    check_language(lang)
    _check_asked(asked, other, area_prices)
    rows = with_ids(rows_of(listed), records)
    day = round_of(rows)
    check_known(records, day, "listed")
    own_rules, own_channels = read_both(rules, channels)
    history = contact_history(records, day, due=due)
    say = PlanNotes(lang)
    frame = apply_rules(rows, records, own_rules, history, day)
    frame = frame.assign(lifted=say.lifted(frame, records.catalogue))
    ways = Ways.of(frame, records, own_channels, day)

    places = ladder_places(frame, ways.all, 0.0 if asked is None else asked.share)
    own = without(ways.own, places.at_most)
    room, floors = _floors(frame, own, own_rules)
    chosen = allocate(frame, own, floors=floors)
    price = prices(frame, own, chosen, floors=floors, by_area=area_prices)
    filled = fill(frame, without(ways.own, places.at_least), chosen) if asked else None
    drawn = _drawn(ways, places, chosen, filled, other, asked)
    steps = _steps(ways, places, chosen, filled, drawn)
    left_out = _left_out(frame, drawn, chosen, steps)
    since = history.set_index(HOUSEHOLD)["open_since"]
    left_out["open_since"] = since.reindex(as_ids(left_out[HOUSEHOLD])).to_numpy()
    return Outreach(
        as_of=str(day),
        table=steps,
        left_out=left_out,
        prices=budgets_of(ways.all, steps).assign(price=price["price"].to_numpy()),
        urgent=urgent_frame(history, own_rules, day),
        seed=seed,
        explore=explore,
        notes=(
            *say.of_round(
                frame, steps, left_out, chosen, ways.own, places if asked else None, explore
            ),
            *say.of_ladder(own_rules.channels, own_channels),
            *say.of_floors(own_rules.floors, floors, room),
            *say.of_bands(frame, own_rules.cool_off.lifted_by),
            *say.of_requests(history, day),
        ),
        lang=lang,
    )


class Ways(NamedTuple):
    """What can be done for the households of a frame.

    Attributes
    ----------
    frame : DataFrame
        Of the rules.
    all : Options
        Of every household that may be drawn.
    own : Options
        Of the candidates alone.
    """

    frame: pd.DataFrame
    all: Options
    own: Options

    @classmethod
    def of(cls, frame: pd.DataFrame, records: Records, channels: Channels, day: DateLike) -> Ways:
        """Return what can be done on the morning of a round."""
        every = options(frame.assign(is_candidate=frame["in_frame"]), records, channels, day)
        is_candidate = frame["is_candidate"].to_numpy(bool)
        table, barred = (
            rows[is_candidate[rows["household"].to_numpy(np.intp)]].reset_index(drop=True)
            for rows in (every.table, every.barred)
        )
        return cls(frame, every, replace(every, table=table, barred=barred))


def with_ids(rows: pd.DataFrame, records: Records) -> pd.DataFrame:
    """Return a list's rows with ids as the records first wrote them, whatever their form."""
    if HOUSEHOLD not in rows:
        return rows
    ids = pd.Series(as_ids(rows[HOUSEHOLD]), index=rows.index, dtype=object)
    return rows.assign(**{HOUSEHOLD: records.as_written(ids)})


def _check_asked(asked: Explore | None, other: object, area_prices: object) -> None:
    """Refuse what would be left unused, or is no answer to a question."""
    if asked is None and other is not None:
        raise ConfigError(
            "another model's list is given, and nothing is drawn",
            place="other",
            code="draw.other",
            allowed="with explore= and seed=, by which those on whom the two disagree are drawn",
            next_step="add explore=0.1 and a seed, or leave other out",
        )
    if not isinstance(area_prices, bool):
        raise refused("area_prices", area_prices, "True or False")


def check_known(records: Records, day: np.datetime64, place: str) -> None:
    """Refuse a day of which the records do not know all that was known before it."""
    if day > records.today:
        raise ConfigError(
            f"{day} lies after the day up to which the records are complete, {records.today}",
            place=place,
            code="outreach.after_records",
            allowed=f"a day up to {records.today}",
            next_step="read newer records first: what was found lately would be missing",
        )


def round_of(rows: pd.DataFrame) -> np.datetime64:
    """Return the one round that a list's rows are of."""
    days: Days = np.unique(as_days(rows.get(AS_OF, []), f"listed, {AS_OF}"))
    without = int(np.isnat(days).sum())
    if len(days) == 1 and not without:
        return np.datetime64(days[0])
    what = f"holds {len(days)} rounds" if len(rows) else "is empty"
    what = "has rows without a day" if without else what
    what = what if AS_OF in rows else "has no column 'as_of_date'"
    raise ConfigError(
        f"the list {what}",
        place="listed",
        code="outreach.round",
        allowed="the list of one round",
        next_step="pass the list of the round that is planned",
    )


def read_both(
    rules: OutreachRules | Source, channels: Channels | Source | None
) -> tuple[OutreachRules, Channels]:
    """Return the rules and channels; without channels those that stand beside the rules."""
    read = OutreachRules.read(rules)
    if channels is not None:
        return read, Channels.read(channels)
    has_none = isinstance(rules, Mapping) and CHANNELS_KEY not in rules
    if isinstance(rules, OutreachRules) or has_none:
        raise ConfigError(
            "the rules come without channels",
            place="channels",
            code="outreach.channels",
            allowed="Channels, a mapping, a file, or a set: default or korea",
            next_step="give them: channels='korea'",
        )
    return read, Channels.read(rules)


def _floors(frame: pd.DataFrame, own: Options, rules: OutreachRules) -> tuple[int, dict[str, int]]:
    """Return how many places there are without floors, and what floors ask for of these.

    Who can have no channel counts for no floor.
    """
    if not rules.floors:
        return 0, {}
    can = set(own.table["household"])
    counts_for = [names if place in can else () for place, names in enumerate(frame["floors"])]
    counting = frame.assign(floors=pd.Series(counts_for, index=frame.index, dtype=object))
    places = len(allocate(frame, own).chosen)
    return places, floor_needs(counting, rules, places)


def _drawn(
    ways: Ways,
    places: LadderPlaces,
    chosen: Allocation,
    filled: Allocation | None,
    other: pd.Series | Iterable[str] | None,
    asked: Explore | None,
) -> Draw | None:
    """Draw households that some channel can have; nobody where nothing is asked for."""
    if asked is None or filled is None:
        return None
    can = np.zeros(len(ways.frame), dtype=bool)
    can[places.offered(ways.all.table, ways.frame["area"])["household"].to_numpy(np.intp)] = True
    frame = ways.frame.assign(in_frame=ways.frame["in_frame"] & can)
    return draw(
        frame,
        _flags(chosen, len(frame)),
        places.mean,
        filled=_flags(filled, len(frame)),
        other=other,
        seed=asked.seed,
    )


def _flags(allocation: Allocation, households: int) -> NDArray[np.bool_]:
    flags = np.zeros(households, dtype=bool)
    flags[allocation.chosen["household"].to_numpy(np.intp)] = True
    return flags


def _steps(
    ways: Ways,
    places: LadderPlaces,
    chosen: Allocation,
    filled: Allocation | None,
    drawn: Draw | None,
) -> pd.DataFrame:
    """Return the rows of the plan."""
    frame = ways.frame
    own = chosen.chosen if filled is None else pd.concat([chosen.chosen, filled.chosen])
    if drawn is None:
        rows = own.assign(stratum=CERTAIN, probability=1.0, step=1, state=PLANNED)
        return named_steps(ways, rows)
    is_on = (drawn.rows["listed"] & ~drawn.rows["drawn"]).to_numpy()
    certain = own[is_on[own["household"].to_numpy(np.intp)]].assign(step=1, state=PLANNED)
    ladders = _ladders(
        frame,
        places.offered(ways.all.table, ways.frame["area"]),
        np.flatnonzero(drawn.rows["drawn"]),
    )
    rows = pd.concat([certain, ladders], ignore_index=True)
    of_draw = drawn.rows[["stratum", "probability"]].iloc[rows["household"]]
    return named_steps(ways, rows.assign(**of_draw.reset_index(drop=True)))


def _ladders(frame: pd.DataFrame, offered: pd.DataFrame, drawn: Ints) -> pd.DataFrame:
    """Return all steps of each drawn household, the first planned and the others reserved."""
    rows = offered[offered["household"].isin(drawn)]
    ladder = frame["channels"].iloc[rows["household"]]
    rung = [steps.index(channel) for steps, channel in zip(ladder, rows["channel"], strict=True)]
    rows = rows.assign(rung=rung).sort_values(["household", "rung"])
    step = rows.groupby("household").cumcount() + 1
    return rows.assign(step=step, state=np.where(step == 1, PLANNED, RESERVED)).drop(columns="rung")


def named_steps(ways: Ways, rows: pd.DataFrame) -> pd.DataFrame:
    """Return steps with what the frame says of their households.

    Parameters
    ----------
    ways : Ways
        Its frame with ``lifted``.
    rows : DataFrame
        ``household`` (its position in the frame), ``channel`` and ``stratum`` among their columns.
    """
    own = ways.frame.iloc[rows["household"]].reset_index(drop=True)
    rows = rows.reset_index(drop=True)
    first = ways.own.table[at_head(ways.frame, ways.own.table)]
    due = [
        days[channels.index(channel)]
        for days, channels, channel in zip(
            own["due_by"], own["channels"], rows["channel"], strict=True
        )
    ]
    is_must = (own["must"] == rows["channel"]) & (rows["stratum"] == CERTAIN)
    is_overdue = _steps_of(rows).isin(_steps_of(first)) & (rows["stratum"] == CERTAIN)
    rule = own["must_rule"].where(is_must, pd.Series(OVERDUE, own.index).where(is_overdue))
    return rows.assign(
        **{HOUSEHOLD: own[HOUSEHOLD], AS_OF: own[AS_OF], "area": own["area"]},
        score=own["score"],
        due_by=pd.Series(due, dtype="datetime64[s]"),
        rule=rule,
        lifted=own["lifted"],
    )


def _steps_of(rows: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[["household", "channel"]])


def budgets_of(ways: Options, steps: pd.DataFrame) -> pd.DataFrame:
    """Return the budgets of a round, each with the minutes that steps take of it.

    Parameters
    ----------
    ways : Options
        Of everybody who may be turned to.
    steps : DataFrame
        ``household``, ``channel``, ``minutes`` and ``stratum`` among their columns.
    """
    is_chosen = (steps["stratum"] == CERTAIN).to_numpy()
    used, reserved = (used_minutes(ways, steps[are]) for are in (is_chosen, ~is_chosen))
    return ways.budgets.table.assign(reserved=reserved, used=used, price=np.nan)


def _left_out(
    frame: pd.DataFrame, drawn: Draw | None, chosen: Allocation, steps: pd.DataFrame
) -> pd.DataFrame:
    """Return everybody who is not on the plan, each with the rule that says so."""
    rule = frame["rule"].astype(object).copy()
    rule.iloc[chosen.left_out["household"].to_numpy(np.intp)] = chosen.left_out["rule"].to_numpy()
    rows = frame[[HOUSEHOLD, "area", "score", "in_frame", "overdue"]].assign(
        rule=rule, probability=0.0 if drawn is None else drawn.rows["probability"].to_numpy()
    )
    is_on = np.zeros(len(frame), dtype=bool)
    is_on[steps["household"].to_numpy(np.intp)] = True
    return rows[~is_on]
