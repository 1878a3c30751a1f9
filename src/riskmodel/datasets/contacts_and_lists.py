"""What an open service writes down: its contacts and its lists, as tables of records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.datasets.carrying_out import Attempts, Customs
from riskmodel.datasets.contacts import READERS
from riskmodel.datasets.course import Block, Flags, Ints
from riskmodel.datasets.planned_steps import CERTAIN, PlanLike, PlanOfAll, frame_of
from riskmodel.datasets.record_tables import MANAGER_AFTER, REPORTED_AFTER, names_of
from riskmodel.datasets.schedule import Schedule
from riskmodel.keys import HOUSEHOLD
from riskmodel.records.contact_words import CHANNELS, RESULTS, SUPPORTS
from riskmodel.records.table_schemas import SCHEMAS, conform
from riskmodel.texts import as_ids

LIST = "service"
# days: all that a round does is known on the morning of the next
FIRST_WITHIN, ATTEMPT_EVERY, LAST_ATTEMPT = 10, 5, 45


def contact_rows(
    attempts: Attempts, period: int, schedule: Schedule, customs: Customs, area: Ints
) -> pa.Table:
    """Return the attempts of a round; `area`, shape (n,), is where each household is registered."""
    block, first = customs.people.block, customs.draws.uniform("contact days", period)
    start = schedule.starts[period]
    first_day = np.floor(FIRST_WITHIN * first[attempts.household])
    wait = np.minimum(first_day + ATTEMPT_EVERY * (attempts.attempt - 1), LAST_ATTEMPT)
    wait = wait + MANAGER_AFTER * (attempts.reader > 0)
    day = start + wait.astype("timedelta64[D]")
    rows = {
        HOUSEHOLD: names_of(block.ids, attempts.household),
        "as_of_date": pa.array(np.full(len(attempts), start)),
        "channel": names_of(CHANNELS, attempts.channel),
        "attempt": pa.array(attempts.attempt),
        "contact_date": pa.array(day),
        "probability": pa.array(attempts.probability),
        "stratum": pa.array(attempts.stratum, pa.string()),
        "reader": names_of(READERS, attempts.reader),
        "result": names_of(RESULTS, attempts.result),
        "known_date": pa.array(day + np.timedelta64(REPORTED_AFTER, "D")),
        "support": names_of((*SUPPORTS, None), attempts.support % (len(SUPPORTS) + 1)),
        "reason": pa.array(attempts.reason, pa.string()),
    }
    if customs.layers.workers_differ:
        who = attempts.household
        names = np.char.mod("W%d-", area[who] + 1)
        by = np.char.add(names, np.char.mod("%d", customs.workers(period)[who] + 1))
        # the second reader is somebody else
        rows["by"] = pa.array(by, mask=attempts.reader > 0)
    return conform("contacts", pa.table(rows))


def list_rows(
    plans: Sequence[PlanLike], period: int, schedule: Schedule, block: Block, area: Ints
) -> pa.Table:
    """Return who was in a round's plans, and who was not, as far as the plans tell.

    Parameters
    ----------
    plans : list of DataFrame or objects with ``.table``
        Those of the round, which were read before. ``left_out``, where one has it, are households
        that were not drawn: ``household_id, probability``.
    period : int
    schedule : Schedule
    block : Block
    area : ndarray of int, shape (n,)
        Where each household is registered in the round.
    """
    ids = pd.Index(block.ids)
    frames = [*(_planned(plan, ids) for plan in plans), *(_left_out(plan, ids) for plan in plans)]
    rows = pd.concat(frames, ignore_index=True).drop_duplicates("number").sort_values("number")
    number = rows["number"].to_numpy(dtype=np.int64)
    told = rows.columns.intersection(SCHEMAS["lists"].names)
    places = block.geography.levels["area"][block.areas]
    written = rows[told].assign(
        household_id=ids[number],
        as_of_date=schedule.starts[period],
        list=LIST,
        area=places[area[number]],
        drawn=rows["drawn"].astype(bool),
    )
    return conform("lists", written)


def _planned(plan: PlanLike, ids: pd.Index) -> pd.DataFrame:
    frame = frame_of(plan)
    if "step" in frame:
        frame = frame.sort_values("step", kind="stable")
    rows = frame.assign(number=ids.get_indexer(pd.Index(as_ids(frame[HOUSEHOLD]))), drawn=True)
    return _with_defaults(rows.drop_duplicates("number"), stratum=CERTAIN, probability=1.0)


def _left_out(plan: PlanLike, ids: pd.Index) -> pd.DataFrame:
    frame = plan.left_out if isinstance(plan, PlanOfAll) else pd.DataFrame()
    if "probability" not in frame:
        return pd.DataFrame({"number": [], "drawn": []})
    number = ids.get_indexer(pd.Index(as_ids(frame[HOUSEHOLD])))
    rows = frame.assign(number=number, drawn=False)
    return rows[(number >= 0) & rows["probability"].notna()]


def _with_defaults(frame: pd.DataFrame, **values: Any) -> pd.DataFrame:
    return frame.assign(**{name: value for name, value in values.items() if name not in frame})


def phone_rows(block: Block, has_number: Flags, since: np.datetime64) -> pa.Table:
    """Return the attribute ``phone`` of the households whose number is on record."""
    ids = block.ids[has_number]
    return pa.table(
        {
            HOUSEHOLD: pa.array(ids),
            "name": pa.array(["phone"] * len(ids), pa.string()),
            "known_date": pa.array(np.full(len(ids), since)),
            "text": pa.array(["known"] * len(ids), pa.string()),
        }
    )


def known_by(table: pa.Table, today: np.datetime64) -> pa.Table:
    """Return the rows that are known before a day, without the end of what has not ended."""
    known = table.filter(pc.less(table["known_date"], today.item()))
    if "to_date" not in known.column_names:
        return known
    is_over = pc.less(known["to_date"], today.item())
    ended = pc.if_else(is_over, known["to_date"], pa.scalar(None, known["to_date"].type))
    return known.set_column(known.column_names.index("to_date"), "to_date", ended)


def coverage_by(coverage: pd.DataFrame, today: np.datetime64) -> pd.DataFrame:
    """Return the spans of feeds as they are known on a day: the future end of none.

    The day on which a feed starts is announced, so it stands there before.
    """
    is_again = coverage.duplicated("feed")
    rows = coverage[~(is_again & (coverage["from_date"] >= today))]
    is_ahead = rows["to_date"] >= today
    return rows.assign(to_date=rows["to_date"].mask(is_ahead)).reset_index(drop=True)
