"""Feeds that are late in two provinces, and ordinary rounds: what the check of arrivals says.

The check learns from the rounds of a panel and is asked before each of twelve rounds after it: in
ordinary worlds, under a recession, and where every feed in turn comes 40 days late in Seoul and
Gyeonggi before the last round.

    python benchmarks/late_feeds.py --households 5_000 --worlds 5
    python benchmarks/late_feeds.py --households 480_000 --worlds 1
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import riskmodel as rm
from riskmodel.panel.filling.feed_arrivals import arrivals_before, late_feeds
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.records.table_schemas import DAY

FITTED, ASKED = 12, 12
LATE_IN = ("서울특별시", "경기도")
DAYS = 40


def late_in(records: rm.Records, feed: str, places: tuple[str, ...], since: str) -> rm.Records:
    """Return the records with a feed's facts of some provinces known later, from a day on."""
    attributes = records.attributes
    provinces = attributes[attributes["name"] == "sido"]
    there = provinces[provinces["text"].isin(places)]["household_id"].unique()
    events = records.tables["events"]
    is_late = pc.and_(
        pc.and_(
            pc.equal(events["code"], feed),
            pc.is_in(events["household_id"], pa.array(there, events["household_id"].type)),
        ),
        pc.greater_equal(events["known_date"], pa.scalar(np.datetime64(since).item(), DAY)),
    )
    days = events["known_date"].cast(pa.int32())
    later = pc.if_else(is_late, pc.add(days, pa.scalar(DAYS, pa.int32())), days).cast(DAY)
    place = events.schema.get_field_index("known_date")
    return records.replace(
        tables={**records.tables, "events": events.set_column(place, "known_date", later)}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--households", type=int, default=5_000)
    parser.add_argument("--worlds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--recession", type=float, default=0.0)
    parser.add_argument("--feeds", type=int, default=47, help="how many feeds are late in turn")
    given = parser.parse_args()
    asked = alarms = 0
    planted = named = others = too_few = 0
    for world in range(given.first, given.first + given.worlds):
        records = rm.make_households(
            given.households,
            n_rounds=FITTED + ASKED,
            preset="korea",
            random_state=world,
            recession=given.recession,
            change_at=FITTED + 2 if given.recession else None,
        )
        days = np.array([str(day.date()) for day in records.rounds], "datetime64[D]")
        start = time.process_time()
        arrivals = arrivals_before(
            records, list(records.catalogue), days[:FITTED], "61D", Feeds.of(records)
        )
        learnt = time.process_time() - start
        start = time.process_time()
        for day in days[FITTED:]:
            found = late_feeds(arrivals, records, day)
            asked += 1
            alarms += len(found)
            for late in found:
                print(f"world {world} {day}: alarm {late}")
        check = (time.process_time() - start) / ASKED

        last = days[-1]
        largest = sorted(
            arrivals[0].levels["sido"].rates,
            key=lambda feed: -_brought(records, feed, last),
        )
        for feed in largest[: given.feeds]:
            since = str(last - np.timedelta64(DAYS, "D"))
            silent = late_in(records, feed, LATE_IN, since)
            found = late_feeds(arrivals, silent, last)
            expected = min(_brought(records, feed, last, (place,)) for place in LATE_IN)
            came = [_brought(silent, feed, last, (p,)) for p in LATE_IN]
            share = sum(came) / max(1, _brought(records, feed, last, LATE_IN))
            if expected < 60 or share > 0.4:
                too_few += 1
                continue
            planted += 1
            own = [late for late in found if late.feed == feed]
            named += bool(own) and set(own[0].places) == set(LATE_IN)
            others += len(found) - len(own)
            if not own or set(own[0].places) != set(LATE_IN):
                print(f"world {world} late {feed}: {own}, {expected} usual, {share:.0%} came")
        print(
            f"world {world}: learnt in {learnt:.2f} CPU s, a round checked in {check:.2f}",
            flush=True,
        )
    print(
        f"{given.households:,} households, recession {given.recession}: "
        f"{alarms} alarms in {asked} ordinary rounds; late in two provinces: "
        f"{named} of {planted} named exactly, {others} alarms on other feeds, "
        f"{too_few} feeds not asked: fewer than 60 households there, or more than 40 % came in time"
    )


def _brought(
    records: rm.Records, feed: str, day: np.datetime64, places: tuple[str, ...] = ()
) -> int:
    events = records.events
    own = events[events["code"] == feed]
    seen = own[["event_date", "known_date"]].max(axis=1)
    since = np.datetime64(day) - np.timedelta64(61, "D")
    own = own[(seen < np.datetime64(day)) & (seen >= since)]
    if places:
        attributes = records.attributes
        provinces = attributes[attributes["name"] == "sido"]
        there = provinces[provinces["text"].isin(places)]["household_id"]
        own = own[own["household_id"].isin(there)]
    return int(own["household_id"].nunique())


if __name__ == "__main__":
    main()
