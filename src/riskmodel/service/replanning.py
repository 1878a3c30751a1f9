"""replan: the rest of a round, after what its contacts have found so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, Span, as_days
from riskmodel.models import check_language
from riskmodel.records import Records
from riskmodel.records.contact_words import NOT_EXECUTED
from riskmodel.records.earlier_rounds import earlier_rounds, ends_case
from riskmodel.records.engine import one_scan_engine
from riskmodel.service.channels.allocation import allocate, used_minutes
from riskmodel.service.channels.channels import Channels
from riskmodel.service.channels.ladder_places import without
from riskmodel.service.channels.options import Options
from riskmodel.service.history_of_contacts import contact_history
from riskmodel.service.outreach_plan import (
    CANCELLED,
    CERTAIN,
    DONE,
    OPEN,
    PLANNED,
    RESERVED,
    Outreach,
)
from riskmodel.service.plan_notes import PlanNotes
from riskmodel.service.planning import (
    Ways,
    budgets_of,
    check_known,
    named_steps,
    read_both,
    round_of,
    with_ids,
)
from riskmodel.service.rules.applied_rules import apply_rules
from riskmodel.service.rules.listed_rows import rows_of
from riskmodel.service.rules.outreach_rules import OutreachRules
from riskmodel.service.rules.urgent_signs import urgent_frame
from riskmodel.texts import as_ids

_STEP = [HOUSEHOLD, "channel"]


@door
@one_scan_engine()
def replan(
    plan: Outreach,
    listed: object,
    records: Records,
    rules: OutreachRules | Mapping[str, object] | str | PathLike[str] = "default",
    channels: Channels | Mapping[str, object] | str | PathLike[str] | None = None,
    *,
    on: DateLike,
    due: str = "2M",
    lang: str | None = None,
) -> Outreach:
    """Plan the rest of a round: whoever was not reached goes to the next rung of the ladder.

    Parameters
    ----------
    plan : Outreach
        Of the round, or its last replan.
    listed : DataFrame or ScoreList
        The round's list, as it was planned.
    records : Records
        With the contacts of the round so far.
    rules, channels, due
        As the round was planned.
    on : date-like
        The morning from which the rest is planned; contacts known before it count.
    lang : str, optional
        Of the notes; default: the plan's.

    Returns
    -------
    Outreach
        With the rows of `plan`, each in its state, and new ones: ``"planned"`` steps are to be
        handed out; ``"open"`` ones were handed out before, and nobody has told of them yet;
        ``"done"`` ones were made. ``"cancelled"`` are those that are no longer needed, since
        somebody met the household or a rule speaks against it now; their minutes are free again.

    Raises
    ------
    ConfigError
        For a day that is not within the round, a list of another round, and what `outreach`
        refuses.

    Notes
    -----
    Nobody comes onto the plan who was not on it: the chances by which households came onto it stay
    what they are. Minutes that have become free go to those who were not reached; what is left
    waits for the next round. No household has a channel twice in a round. Floors are a matter of
    the whole round, and not asked for again. Days are counted from this morning for every step that
    is to be handed out now, also of who was drawn.
    """
    day = as_days(on, "on")
    lang = plan.lang if lang is None else lang
    check_language(lang)
    rows = with_ids(rows_of(listed), records)
    _check_round(plan, round_of(rows), day)
    check_known(records, day, "on")
    own_rules, own_channels = read_both(rules, channels)
    _check_channels(plan, own_channels)
    history = contact_history(records, day, due=due)
    frame = apply_rules(rows.assign(**{AS_OF: str(day)}), records, own_rules, history, day)
    first = plan.households().set_index(HOUSEHOLD)
    frame = frame.assign(lifted=frame[HOUSEHOLD].map(first["lifted"]))
    place = _places(plan, frame)
    own = _of_round(plan, records, day)
    table = plan.table.assign(state=_states(plan, own, frame.iloc[place]))
    table = table.assign(due_by=_due_by(plan, table, frame.iloc[place], own_rules, day))
    met = frame[HOUSEHOLD].isin(records.as_written(own[HOUSEHOLD][ends_case(own)]))

    ways = Ways.of(
        frame.assign(is_candidate=_waits(table, place, frame) & ~met), records, own_channels, day
    )
    kept = table.assign(household=place)[(table["state"] != CANCELLED).to_numpy()]
    left = without(_not_tried(ways.own, kept), used_minutes(ways.all, kept))
    found = allocate(ways.frame, left)
    steps = found.chosen.assign(stratum=CERTAIN, probability=1.0, state=PLANNED, step=0)
    new = named_steps(ways, steps)
    last = table.groupby(HOUSEHOLD)["step"].max()
    every = pd.concat([kept, new], ignore_index=True)
    new["step"] = new[HOUSEHOLD].map(last).to_numpy(int) + 1
    new[AS_OF] = np.datetime64(plan.as_of)
    return Outreach(
        as_of=plan.as_of,
        table=pd.concat([table, new.assign(plan_id="")[table.columns]], ignore_index=True),
        left_out=plan.left_out,
        prices=budgets_of(ways.all, every),
        urgent=urgent_frame(history, own_rules, day),
        seed=plan.seed,
        explore=plan.explore,
        notes=PlanNotes(lang).of_rest(frame, found.left_out, _lapsed(table, own), day),
        lang=lang,
    )


def _check_round(plan: Outreach, of_list: np.datetime64, day: np.datetime64) -> None:
    first = as_days(plan.as_of)
    if of_list != first:
        raise ConfigError(
            f"the plan is of the round {plan.as_of}, and the list of {of_list}",
            place="listed",
            code="outreach.round",
            allowed=f"the list of {plan.as_of}",
            next_step="pass the list that was planned",
        )
    if not first < day <= plan.deadline:
        raise ConfigError(
            f"the rest of the round {plan.as_of} cannot begin on {day}",
            place="on",
            code="outreach.replan",
            allowed=f"a day after {plan.as_of}, up to {plan.deadline}, when its last step is due",
            next_step="give the morning on which the rest is planned",
        )


def _check_channels(plan: Outreach, channels: Channels) -> None:
    gone = sorted(set(plan.table["channel"]) - set(channels))
    if gone:
        raise ConfigError(
            f"the plan has steps of {gone[0]}, and the channels have none",
            place="channels",
            code="outreach.channels",
            allowed="the channels that the round was planned with",
            next_step="pass the rules and channels of the plan; their minutes may have changed",
        )


def _places(plan: Outreach, frame: pd.DataFrame) -> NDArray[np.intp]:
    """Return the row of the frame of each planned row, or refuse another list than was planned."""
    own = pd.Index(as_ids(plan.table[HOUSEHOLD]))
    place = pd.Index(as_ids(frame[HOUSEHOLD])).get_indexer(own)
    missing = int((place < 0).sum())
    if missing or not np.allclose(frame["score"].iloc[place], plan.table["score"]):
        raise ConfigError(
            f"{missing} planned rows are of households that the list does not have"
            if missing
            else "the list has other scores than the plan",
            place="listed",
            code="outreach.replan",
            allowed="the list that was planned",
            next_step="pass the list of the round as rm.outreach got it",
        )
    return place


def _of_round(plan: Outreach, records: Records, day: np.datetime64) -> pd.DataFrame:
    """Return the contacts of a plan's round that are known on a day."""
    contacts = earlier_rounds(records, day)
    return contacts[as_days(contacts[AS_OF]) == as_days(plan.as_of)]


def _states(plan: Outreach, own: pd.DataFrame, frame: pd.DataFrame) -> NDArray[np.object_]:
    """Return the state of each planned row; `own` are the round's contacts, `frame` has its row."""
    made = own[own["result"].notna() & (own["result"] != NOT_EXECUTED)]
    table = plan.table.assign(**{HOUSEHOLD: as_ids(plan.table[HOUSEHOLD])})
    is_made = pd.MultiIndex.from_frame(table[_STEP]).isin(pd.MultiIndex.from_frame(made[_STEP]))
    is_met = table[HOUSEHOLD].isin(own[HOUSEHOLD][ends_case(own)]).to_numpy()
    is_out = ~frame["in_frame"].to_numpy(bool)

    state = np.where(table["state"] == RESERVED, RESERVED, OPEN).astype(object)
    is_first = _first_left(table, state, is_made)
    state[is_first & (state == RESERVED)] = PLANNED
    state[is_met | is_out] = CANCELLED
    state[(table["state"] == CANCELLED).to_numpy()] = CANCELLED
    state[is_made | (table["state"] == DONE).to_numpy()] = DONE
    return state


def _due_by(
    plan: Outreach,
    table: pd.DataFrame,
    frame: pd.DataFrame,
    rules: OutreachRules,
    day: np.datetime64,
) -> pd.Series:
    """Return when each row is due; what was reserved and is to be done now counts from a day."""
    due = table["due_by"].to_numpy().copy()
    within = {rung.channel: Span.parse(rung.within) for rung in rules.ladder}
    begins = (plan.table["state"] == RESERVED) & (table["state"] == PLANNED)
    for row in np.flatnonzero(begins):
        channel, own = table["channel"].iloc[row], frame.iloc[row]
        if channel in own["channels"]:
            due[row] = own["due_by"][own["channels"].index(channel)]
        elif channel in within:
            due[row] = within[channel].after(day)
    return pd.Series(due, index=table.index)


def _lapsed(table: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return one open step of each household of which it is told that it was not carried out."""
    told = own[own["result"] == NOT_EXECUTED]
    steps = table.assign(**{HOUSEHOLD: as_ids(table[HOUSEHOLD])})[_STEP]
    is_told = pd.MultiIndex.from_frame(steps).isin(pd.MultiIndex.from_frame(told[_STEP]))
    return table[is_told & (table["state"] == OPEN)].drop_duplicates(HOUSEHOLD)


def _first_left(
    table: pd.DataFrame, state: NDArray[np.object_], is_made: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which rows are the first of their household that is not made, all before it made."""
    left = table[~is_made & (table["state"] != DONE).to_numpy()]
    first = left.groupby(HOUSEHOLD)["step"].transform("min") == left["step"]
    found = np.zeros(len(state), dtype=bool)
    found[left.index[first]] = True
    return found


def _waits(table: pd.DataFrame, place: NDArray[np.intp], frame: pd.DataFrame) -> pd.Series:
    """Tell which households of the frame have all their steps made, and still nobody met them."""
    is_made = (table["state"] == DONE).groupby(place).all()
    waits = np.zeros(len(frame), dtype=bool)
    waits[is_made.index[is_made].to_numpy(np.intp)] = True
    return frame["is_candidate"] & waits


def _not_tried(own: Options, kept: pd.DataFrame) -> Options:
    """Return options without the channels that a household has had in this round."""
    keys = ["household", "channel"]
    had = pd.MultiIndex.from_frame(kept[keys])
    table = own.table[~pd.MultiIndex.from_frame(own.table[keys]).isin(had)]
    return replace(own, table=table.reset_index(drop=True))
