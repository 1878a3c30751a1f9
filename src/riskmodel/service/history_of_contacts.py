"""What a service knows of each household that it ever heard of: one row per household."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.keys import HOUSEHOLD, DateLike, Days, Span, as_days
from riskmodel.panel.filling import attributes as known
from riskmodel.records import Records
from riskmodel.records.contact_words import NOT_EXECUTED, NOT_REACHED, VERDICTS
from riskmodel.records.earlier_rounds import (
    LOOK_BACK,
    closed_until,
    earlier_rounds,
    ends_case,
    has_left,
    is_met,
    is_verdict,
)
from riskmodel.records.engine import name_relation, one_scan_engine, query, scan_engine
from riskmodel.service.what_holds import WhatHolds

CLOSED, OPEN, OVERDUE, NONE = "closed", "open", "overdue", "none"
ELSEWHERE = ("moved", "empty")
"""Reasons that say that a household does not live where it is registered."""
_NEW = """
    SELECT household_id, list(code ORDER BY code) AS codes
    FROM (
        SELECT told.household_id, code
        FROM events
        JOIN told ON events.household_id::VARCHAR = told.household_id
        WHERE event_date < $day AND known_date < $day AND coalesce(retracted_date >= $day, TRUE)
        GROUP BY ALL
        HAVING bool_or(known_date >= day)
            AND NOT bool_or(known_date < day AND event_date >= since)
    )
    GROUP BY household_id
"""
_HELD = """
    SELECT DISTINCT wanted.household_id
    FROM wanted
    JOIN {table} ON {table}.household_id::VARCHAR = wanted.household_id
    WHERE coalesce(known_date < $day, TRUE)
"""
_REGISTERED = """
    SELECT household_id::VARCHAR AS household_id, max(known_date) AS day
    FROM source
    WHERE name = $area AND known_date < $day
    GROUP BY 1
"""
_YES = ("1", "true", "y", "yes")


class _Last(NamedTuple):
    """The last of some rows of each household, as positions in the table; -1 for none."""

    place: NDArray[np.intp]

    def of(self, values: pd.Series) -> pd.Series:
        """Return the value of each household's row, missing where there is none."""
        return values.reindex(self.place).reset_index(drop=True)


@door
@one_scan_engine()
def contact_history(
    records: Records, as_of: DateLike, *, due: str = "2M", other_address: str | None = None
) -> pd.DataFrame:
    """Tell of each household that the service ever heard of what came of it.

    It was listed or contacted, or stands in a request, a referral, another service's case or a
    sign.

    A case opens when a household is listed or contacted. It closes when somebody met it (a verdict,
    a refusal, or a result that is not told), or found that it died or lives in an institution. An
    answer that failed closes nothing, nor does a house found empty or a household that moved: its
    case goes to the area where it lives now.

    Parameters
    ----------
    records : Records
        They may hold more than was known on the date.
    as_of : date-like
        The morning of a round. What became known on it or later is left out, and so is a contact
        that a correction replaced before.
    due : str, default "2M"
        How long after its first listing an open case is overdue, such as ``"60D"`` or ``"2M"``.
    other_address : str, optional
        The attribute that says whether a household lives elsewhere than where it is registered: a
        number above 0, or 1, true, yes or y.

    Returns
    -------
    DataFrame
        One row per household, in the order of ids:

        - ``area`` where it lives on the date, or which its last referral names where no attribute
          does; ``listed_area`` where it was last listed, and ``moved`` where both are known and
          differ;
        - ``rounds_listed`` (or contacted), ``first_round``, ``last_round``; ``rounds_met``;
        - ``state``: ``"closed"``, ``"open"`` or ``"overdue"``, or ``"none"`` where it was never
          listed or contacted; ``open_since``, the first round of the open case, and
          ``rounds_open``, the number of its rounds;
        - ``unanswered``: attempts without an answer since it was last met, each once, whoever
          wrote of it;
        - ``last_contact``, ``last_channel``, ``last_result`` and ``last_reason`` of the last
          attempt that was made;
        - ``last_verdict`` and ``verdict_date``; of several verdicts of one day, attempt and day of
          contact the one that confirms need; ``verdicts`` counts all;
        - ``last_support``;
        - ``new_indicators``: codes with a fact that became known since ``new_since``, and with none
          known in the 12 months before it, as a tuple. ``new_since`` is the day of the last
          verdict; without one the day on which it was last met; else its first round;
        - ``left``: ``"died"`` or ``"in_institution"``, unless somebody met the household later;
          no later round opens a case of who has left;
        - ``in_system``: whether it stands in events, attributes or members. Most households that
          refer themselves do not;
        - ``other_address``: whether it is known to live elsewhere than where it is registered: the
          attribute `other_address` says so, or an attempt found it moved or its house empty, and
          since then it was not met, nor another area of it registered;
        - ``other_case``: ``"public_care"``, else ``"other_service"``, whose case it is on the date,
          and ``case_service``, the service's name;
        - ``upheld``, the day since which an objection that was upheld holds; ``refusal``, when a
          refusal was received that was neither rejected nor withdrawn; ``effects`` of both and of
          other requests that were upheld, as a tuple: an objection that was upheld without an
          effect told takes it off the lists (``"not_listed"``);
        - ``requests_open``, how many wait for a decision, and ``request_due``, the first day on
          which one is due;
        - ``referrals``, their number; ``last_referral``, its day, and ``referred_by``, by whom;
          ``referral_open``, whether one was not answered: neither by what its row says, nor by a
          call, visit or meeting in an office on that day or later at which somebody was met;
        - ``signs`` that were not answered so, ``urgent``, those among them that go to a human the
          same day, both as tuples, and ``urgent_since``, the day of the first of these.

    Raises
    ------
    ConfigError
        For a date or a span that is none.

    Examples
    --------
    >>> import riskmodel as rm
    >>> records = rm.make_households(400, n_rounds=8, preset="korea", capacity=0.1, random_state=0)
    >>> history = rm.contact_history(records, "2024-09-01")
    >>> history["state"].value_counts().sort_index().to_dict()
    {'closed': 53, 'overdue': 10}
    """
    day = as_days(as_of, "as_of")
    span = Span.parse(due, "due")
    rows = earlier_rounds(records, day)
    holding = WhatHolds(records, day, rows)
    ids = pd.Index(rows[HOUSEHOLD].unique(), dtype=object).union(holding.households, sort=True)
    number = ids.get_indexer(rows[HOUSEHOLD])
    result = rows["result"]
    has_verdict, was_met = is_verdict(rows), is_met(rows)
    is_tried = (result.notna() & (result != NOT_EXECUTED)).to_numpy()

    households = len(ids)
    by_round = np.arange(len(rows))
    told_on = rows["contact_date"].fillna(rows["known_date"])
    # an answer of an earlier round may come after the first attempts of the next
    by_day = _places(np.lexsort([by_round, told_on.to_numpy()]))
    last = _last(number, by_day, is_tried, households)
    verdict = _last(number, _order_of_verdicts(rows), has_verdict, households)
    support = _last(number, by_day, rows["support"].notna().to_numpy(), households)
    ended = _last(number, by_day, ends_case(rows), households)
    listed = _last(number, by_round, rows["listed_area"].notna().to_numpy(), households)

    rounds = as_days(rows["as_of_date"])
    case = _open_cases(number, rounds, closed_until(rows), households)
    is_overdue = span.after(case.since) <= day
    met = _last(number, by_day, was_met, households)
    first_round = _extreme(np.minimum, number, rounds, households)
    # several readers may write of one attempt
    is_first = ~rows.duplicated([HOUSEHOLD, "as_of_date", "channel", "attempt", "contact_date"])
    met_at = np.append(by_day, -1)[met.place]
    is_since = is_first.to_numpy() & (by_day > met_at[number])
    unanswered = (result == NOT_REACHED).to_numpy() & is_since
    verdict_date = as_days(verdict.of(told_on))
    new_since = _first_of(verdict_date, as_days(met.of(told_on)), first_round)
    area = _areas(records, ids, day).fillna(holding.areas(ids))
    listed_area = listed.of(rows["listed_area"])
    ever = _rounds(number, rounds, np.ones(len(rows), bool), households)
    history = pd.DataFrame(
        {
            HOUSEHOLD: ids,
            "area": area,
            "listed_area": listed_area,
            "moved": area.notna() & listed_area.notna() & (area != listed_area),
            "rounds_listed": ever,
            "first_round": first_round,
            "last_round": _extreme(np.maximum, number, rounds, households),
            "rounds_met": _rounds(number, rounds, was_met, households),
            "state": np.select(
                [ever == 0, case.rounds == 0, is_overdue], [NONE, CLOSED, OVERDUE], OPEN
            ),
            "open_since": case.since.astype("datetime64[s]"),
            "rounds_open": case.rounds,
            "unanswered": np.bincount(number[unanswered], minlength=households),
            "last_contact": last.of(rows["contact_date"]),
            "last_channel": last.of(rows["channel"]),
            "last_result": last.of(rows["result"]),
            "last_reason": last.of(rows["reason"]),
            "last_verdict": verdict.of(rows["result"]),
            "verdict_date": verdict_date.astype("datetime64[s]"),
            "verdicts": np.bincount(number[has_verdict], minlength=households),
            "last_support": support.of(rows["support"]),
            "new_indicators": _new_indicators(records, ids, new_since, day),
            "new_since": new_since.astype("datetime64[s]"),
            "left": ended.of(rows["reason"].where(has_left(rows))),
            "in_system": ids.isin(_held(records, ids, day)),
            "other_address": _found_elsewhere(records, ids, number, rows, day)
            | _said_elsewhere(records, other_address, ids, day),
        }
    )
    return pd.concat([history, holding.columns(ids)], axis=1)


def _first_of(*days: Days) -> Days:
    """Return of several days of each household the first that there is."""
    found = days[0].astype("datetime64[D]")
    for other in days[1:]:
        found = np.where(np.isnat(found), other.astype("datetime64[D]"), found)
    return found


def _held(records: Records, ids: pd.Index, day: np.datetime64) -> set[str]:
    """Return which households stand in events, attributes or members."""
    held: set[str] = set()
    with scan_engine() as con:
        con.register("wanted", pa.table({HOUSEHOLD: pa.array(ids, pa.string())}))
        for table in ("events", "attributes", "members"):
            name_relation(con, table, records.relation(table))
            found = con.execute(_HELD.format(table=table), {"day": str(day)}).fetchall()
            held.update(household for (household,) in found)
    return held


def _said_elsewhere(
    records: Records, name: str | None, ids: pd.Index, day: np.datetime64
) -> NDArray[np.bool_]:
    """Tell of which households an attribute says that they live elsewhere."""
    if name is None:
        return np.zeros(len(ids), dtype=bool)
    (attribute,) = known.as_attributes(records, [name])
    history = known.read(records, attribute)
    values = history.as_of(ids, np.arange(len(ids)), np.full(len(ids), day))
    told = pd.Series(values, dtype="float64" if attribute.number else "str")
    says = told > 0 if attribute.number else told.str.lower().isin(_YES)
    return says.to_numpy(dtype=bool)


def _found_elsewhere(
    records: Records,
    ids: pd.Index,
    number: NDArray[np.intp],
    rows: pd.DataFrame,
    day: np.datetime64,
) -> NDArray[np.bool_]:
    """Tell which households an attempt did not find at home; until met, or registered anew."""
    on = as_days(rows["contact_date"].fillna(rows["known_date"]))
    is_gone = rows["reason"].isin(ELSEWHERE).to_numpy()
    met = is_met(rows)
    gone_on = _extreme(np.maximum, number[is_gone], on[is_gone], len(ids))
    met_on = _extreme(np.maximum, number[met], on[met], len(ids))
    table = query(records.relation("attributes"), _REGISTERED, area=records.area, day=str(day))
    registered = table.set_index(HOUSEHOLD)["day"].reindex(ids).to_numpy()
    return ~np.isnat(gone_on) & ~(met_on > gone_on) & ~(registered > gone_on)


def _last(
    number: NDArray[np.intp], order: NDArray[np.intp], is_one: NDArray[np.bool_], households: int
) -> _Last:
    """Return the row of each household that is last in an order, among some rows."""
    place = np.full(households, -1, dtype=np.intp)
    rows = np.flatnonzero(is_one)
    rows = rows[np.argsort(order[rows], kind="stable")]
    place[number[rows]] = rows
    return _Last(place)


def _order_of_verdicts(rows: pd.DataFrame) -> NDArray[np.intp]:
    """Return the place of each row in the order of verdicts; need comes last of what is alike."""
    confirms = (rows["result"] == VERDICTS[-1]).to_numpy()
    keys = [confirms, rows["contact_date"], rows["attempt"], rows["known_date"], rows["as_of_date"]]
    return _places(np.lexsort([pd.Series(key).to_numpy() for key in keys]))


def _places(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the place of each row in an order of rows."""
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    return place


class _Cases(NamedTuple):
    """The open case of each household.

    Attributes
    ----------
    since : ndarray of datetime64[D]
        Its first round; NaT where there is none.
    rounds : ndarray of int
        The number of its rounds.
    """

    since: Days
    rounds: NDArray[np.int64]


def _open_cases(number: NDArray[np.intp], rounds: Days, until: Days, households: int) -> _Cases:
    closes = ~np.isnat(until)
    closed = _extreme(np.maximum, number[closes], until[closes], households)
    is_open = ~(rounds <= closed.astype("datetime64[D]")[number])
    since = _extreme(np.minimum, number[is_open], rounds[is_open], households)
    return _Cases(as_days(since), _rounds(number, rounds, is_open, households))


def _extreme(
    ufunc: np.ufunc, number: NDArray[np.intp], days: Days, households: int
) -> NDArray[np.datetime64]:
    """Return the first or the last day of each household, NaT for one without any."""
    start = np.iinfo(np.int64).max if ufunc is np.minimum else np.iinfo(np.int64).min + 1
    found = np.full(households, start, dtype=np.int64)
    ufunc.at(found, number, days.astype("datetime64[D]").astype(np.int64))
    is_none = found == start
    found[is_none] = 0
    as_day = found.astype("datetime64[D]").astype("datetime64[s]")
    as_day[is_none] = np.datetime64("NaT")
    return as_day


def _rounds(
    number: NDArray[np.intp], rounds: Days, is_one: NDArray[np.bool_], households: int
) -> NDArray[np.int64]:
    """Return the number of different rounds of each household, among some rows."""
    pairs = pd.DataFrame({"number": number[is_one], "day": rounds[is_one].astype("datetime64[s]")})
    return np.bincount(pairs.drop_duplicates()["number"], minlength=households)


def _areas(records: Records, ids: pd.Index, day: np.datetime64) -> pd.Series:
    """Return the area where each household lives on a day, missing where it is not known."""
    if records.area is None:
        return pd.Series(np.full(len(ids), None, dtype=object), dtype=object)
    history = known.read(records, known.as_attributes(records, [records.area])[0])
    places = history.as_of(ids, np.arange(len(ids)), np.full(len(ids), day))
    return pd.Series(places, dtype=object)


def _new_indicators(
    records: Records, ids: pd.Index, new_since: Days, day: np.datetime64
) -> pd.Series:
    told = pd.DataFrame({HOUSEHOLD: ids, "day": new_since.astype("datetime64[s]")})
    told = told[told["day"].notna()].assign(
        since=LOOK_BACK.before(as_days(told["day"].dropna())).astype("datetime64[s]")
    )
    with scan_engine() as con:
        name_relation(con, "events", records.relation("events"))
        con.register("told", told)
        found = con.execute(_NEW, {"day": str(day)}).df()
    codes = dict(zip(found[HOUSEHOLD], map(tuple, found["codes"]), strict=True))
    return pd.Series([codes.get(household, ()) for household in ids], dtype=object)
