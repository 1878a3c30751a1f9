"""What lies outside the bounds of records, and where a source stops before `today`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import as_days
from riskmodel.records.engine import Relation, name_source, query, scan_engine
from riskmodel.records.quiet_ends import QuietEnd, quiet_end
from riskmodel.texts import counted

# The day on which what a row tells happens; it can hardly be known before.
HAPPENS = {
    "events": "event_date",
    "contacts": "coalesce(contact_date, as_of_date)",
    "deliveries": "event_date",
    "unmatched": "event_date",
    "requests": "received",
    "referrals": "received",
    "signs": "seen",
}
# The day of a row of the other tables, and whether one before `since` is out of bounds too: what is
# known of a household may be older than its first fact.
DATED = {
    "contacts": ("coalesce(contact_date, as_of_date)", True),
    "attributes": ("known_date", False),
    "members": ("from_date", False),
    "requests": ("received", False),
    "referrals": ("received", False),
    "signs": ("seen", False),
}
BOUNDS = ["first", "last", "before_since", "from_today", "stretch", "facts", "usual", "quiet_since"]


def check_bounds(since: np.datetime64 | None, today: np.datetime64) -> None:
    """Refuse records that begin on or after the day before which they are complete.

    Raises
    ------
    ConfigError
    """
    if since is not None and since >= today:
        raise ConfigError(
            f"since ({since}) is not before today ({today}), so that no fact lies between them",
            code="records.bounds",
            allowed="since before today",
            next_step="write since as the first day of the extract, and today as the day before "
            "which it is complete",
        )


def bounds_of_sources(
    con: duckdb.DuckDBPyConnection,
    rows: str,
    titles: Sequence[str],
    since: np.datetime64 | None,
    today: np.datetime64,
    complete_before: Mapping[str, np.datetime64],
) -> pd.DataFrame:
    """Return for each source its first and last date, what is out of bounds, and a quiet end.

    Parameters
    ----------
    con : DuckDBPyConnection
    rows : str
        A table of facts: ``source`` (a place in `titles`), ``code``, ``event_date`` and
        ``known_date``.
    titles : sequence of str
    since, today : numpy.datetime64
        The bounds.
    complete_before : mapping of str to numpy.datetime64
        The feeds that are complete up to an earlier day; a source is complete up to the latest day
        of its feeds.
    """
    spans = con.execute(
        f"""
        SELECT
            source,
            min(event_date),
            max(event_date),
            count(*) FILTER (event_date < $since),
            count(*) FILTER (event_date >= $today),
            list(DISTINCT code)
        FROM {rows}
        GROUP BY source
        ORDER BY source
        """,
        {"since": since, "today": today},
    ).fetchall()
    arrivals = con.execute(
        f"""
        SELECT source, greatest(event_date, known_date) AS day, count(*) AS facts
        FROM {rows}
        WHERE event_date < $today AND ($since IS NULL OR event_date >= $since)
        GROUP BY ALL
        """,
        {"since": since, "today": today},
    ).df()
    lines = []
    for source, *span, codes in spans:
        own = arrivals[arrivals["source"] == source]
        complete = max(complete_before.get(code, today) for code in codes)
        lines.append([titles[source], *span, *_end_cells(own, complete)])
    table = pd.DataFrame(lines, columns=["source", *BOUNDS], dtype=object)
    return _typed(table.set_index("source"))


def bounds_of_events(
    events: Relation,
    since: np.datetime64 | None,
    today: np.datetime64,
    complete_before: Mapping[str, np.datetime64],
) -> pd.DataFrame:
    """Return the same of a table of events, which is one source then."""
    with scan_engine() as con:
        name_source(con, events)
        con.execute("CREATE TEMP VIEW facts AS SELECT 0 AS source, * FROM source")
        return bounds_of_sources(con, "facts", ["events"], since, today, complete_before)


def notes_on_bounds(
    bounds: pd.DataFrame, since: np.datetime64 | None, today: np.datetime64
) -> list[str]:
    """Return in words what lies outside the bounds, and which sources are quiet before `today`."""
    notes = []
    for source, line in bounds.iterrows():
        outside = []
        if line["before_since"]:
            outside.append(f"{line['before_since']:,} before since ({since})")
        if line["from_today"]:
            outside.append(f"{line['from_today']:,} on or after today ({today})")
        if outside:
            span = f"dates from {line['first'].date()} to {line['last'].date()}"
            notes.append(f"{source}: not used {' and '.join(outside)}; {span}")
    return notes + quiet_notes(quiet_ends(bounds), today)


def outside_notes(
    tables: Mapping[str, Relation], since: np.datetime64 | None, today: np.datetime64
) -> Iterator[str]:
    """Yield a note for each table of `DATED` with rows that lie outside the bounds."""
    for name, (day, has_start) in DATED.items():
        found = query(
            tables[name],
            f"SELECT min({day})::DATE AS first, max({day})::DATE AS last, count(*) AS n, "
            f"count(*) FILTER ({day} < DATE '{since or today}') AS before_since, "
            f"count(*) FILTER ({day} >= DATE '{today}') AS from_today FROM source",
        )
        line = found.iloc[0]
        outside = []
        if has_start and since is not None and line["before_since"]:
            outside.append(f"{line['before_since']:,} before since ({since})")
        if line["from_today"]:
            outside.append(f"{line['from_today']:,} on or after today ({today})")
        if outside:
            span = f"dates from {as_days(line['first'])} to {as_days(line['last'])}"
            rows = counted(int(line["n"]), "row")
            yield f"{name}: {' and '.join(outside)}, of {rows}, belong to no round; {span}"


def early_notes(tables: Mapping[str, Relation]) -> Iterator[str]:
    """Yield a note for each table with rows whose known_date lies before what they tell of.

    Parameters
    ----------
    tables : mapping of str to Relation
        Of the names of `HAPPENS`.
    """
    for name, day in HAPPENS.items():
        found = query(
            tables[name],
            f"SELECT count(*) FILTER (known_date < {day}) AS early, count(*) AS n FROM source",
        )
        early, rows = (int(number) for number in found.iloc[0])
        if early:
            yield (
                f"{name}: {early:,} of {counted(rows, 'row')} have a known_date before the day "
                "that they tell of, from which alone they count; are the two columns swapped, or "
                "are these plans or notices?"
            )


def quiet_ends(bounds: pd.DataFrame) -> dict[str, QuietEnd]:
    """Return the sources that are quiet before `today`."""
    quiet = bounds[bounds["quiet_since"].notna()]
    return {
        str(source): QuietEnd(
            str(line["stretch"]),
            int(line["facts"]),
            int(line["usual"]),
            as_days(line["quiet_since"]),
        )
        for source, line in quiet.iterrows()
    }


def quiet_notes(quiet: Mapping[str, QuietEnd], today: np.datetime64) -> list[str]:
    """Return in words which sources are quiet before `today`."""
    return [
        f"{source}: {end.facts:,} facts in the last {end.stretch} before today ({today}), usually "
        f"{end.usual:,}; few since {end.since}: is today right, and was all delivered?"
        for source, end in quiet.items()
    ]


def _end_cells(arrivals: pd.DataFrame, complete: np.datetime64) -> list[Any]:
    days, facts = as_days(arrivals["day"]), arrivals["facts"].to_numpy(np.int64)
    found = quiet_end(days, facts, complete)
    return [None] * len(QuietEnd._fields) if found is None else list(found)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    days = {name: pd.to_datetime(table[name]).astype("datetime64[s]") for name in BOUNDS[:2]}
    days["quiet_since"] = pd.to_datetime(table["quiet_since"]).astype("datetime64[s]")
    whole = dict.fromkeys(["before_since", "from_today", "facts", "usual"], "Int64")
    return table.assign(**days).astype({**whole, "stretch": "str"})
