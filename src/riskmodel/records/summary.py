"""A summary of records: rows by source and reason, and each indicator's amount, span and lag."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from html import escape

import pandas as pd

from riskmodel.few import FEW, MIN_HOUSEHOLDS, named
from riskmodel.indicators import Catalogue
from riskmodel.records.engine import Relation, query

INDICATORS = [
    "rows",
    "households",
    "first",
    "last",
    "lag_median",
    "lag_p90",
    "live_from",
    "covered_from",
    "covered_to",
]
BLANK_CAPTION = (
    "Not delivered on most dates. Each date of a wide table is a delivery, and a column blank\n"
    "throughout it was not delivered. In a log of visits give each column an entry with `code`"
)

HIDDEN = f"(named as a code of {FEW} households)"


@dataclass(frozen=True, repr=False)
class RecordsSummary:
    """A printable summary of records.

    Attributes
    ----------
    title : str
    counts : DataFrame
        Per source: rows read = used + excluded + out_of_bounds + quarantined + repeated.
    reasons : DataFrame
        Bad rows by source, column and reason.
    indicators : DataFrame
        Per indicator: rows, households, first and last event, median and 90 % quantile of days
        until it was known, the day from which its feed is live, and its declared coverage. The
        table is exact and names every code; what is printed of it tells no figure of fewer than 10
        households, and counts the codes of so few that no catalogue names.
    links : DataFrame
        Per source of people's facts, how well people were linked to households.
    look_alikes : DataFrame
        Per source and column, how many cells are read in another form than they are written in.
    bounds : DataFrame
        Per source of events: first and last date, and rows before `since` and from `today` on.
    rare : frozenset of str
        The codes that no catalogue names and that fewer than 10 households have.
    notes : tuple of str
        What lies outside the bounds, which sources' facts are few before `today`, how many contacts
        are of no round, which tables have rows known before they happened, and whose ids stand in
        no other table.
    matches : DataFrame
        Per table: its households, and how many of them stand in another table.
    blank : DataFrame
        Per feed that was not delivered on most of its dates, how many dates there are, and on how
        many it was not. A wide table over a log of visits leaves such columns empty.
    """

    title: str
    counts: pd.DataFrame
    reasons: pd.DataFrame
    indicators: pd.DataFrame
    links: pd.DataFrame
    look_alikes: pd.DataFrame
    bounds: pd.DataFrame
    matches: pd.DataFrame
    blank: pd.DataFrame
    notes: tuple[str, ...] = ()
    rare: frozenset[str] = frozenset()

    def frame(self) -> pd.DataFrame:
        """Return one row per indicator."""
        return self.indicators

    def __repr__(self) -> str:
        parts = [self.title, *self.notes]
        for caption, table in self._parts():
            parts += ["", caption, table.to_string(na_rep="")]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        parts = [f"<p>{escape(text)}</p>" for text in (self.title, *self.notes)]
        for caption, table in self._parts():
            parts += [f"<p>{escape(caption)}</p>", table.to_html(na_rep="", border=0)]
        return "\n".join(parts)

    def _parts(self) -> list[tuple[str, pd.DataFrame]]:
        parts = []
        if len(self.counts):
            sum_of_rows = "used + excluded + out_of_bounds + quarantined + repeated"
            parts.append((f"Rows read = {sum_of_rows} (wide tables: filled cells)", self.counts))
        if len(self.bounds):
            parts.append(("Dates of events, and rows outside since and today", self.bounds))
        if len(self.reasons):
            parts.append(("Quarantined, by reason", self._hidden(self.reasons)))
        if len(self.links):
            sum_of_facts = "matched + matched_later + gap + stranger"
            several = "several: in several households at once"
            parts.append((f"People's facts = {sum_of_facts}; {several}", self.links))
        if len(self.matches):
            parts.append(("Households of each table, and those in another table", self.matches))
        if len(self.look_alikes):
            form = "Cells read composed, and without characters that are not seen"
            parts.append((form, self._hidden(self.look_alikes)))
        if len(self.blank):
            parts.append((BLANK_CAPTION, without_few(self.blank, self.rare)))
        return [*parts, ("Indicators", without_few(told_indicators(self.indicators), self.rare))]

    def _hidden(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table by source, in which no column is named as a rare code."""
        is_rare = table["column"].isin(self.rare)
        return table.assign(column=table["column"].mask(is_rare, HIDDEN)).set_index("source")


def told_indicators(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of indicators without figures and dates of fewer than 10 households."""
    is_few = table["households"].between(1, MIN_HOUSEHOLDS - 1)
    days = {name: table[name].mask(is_few) for name in ("first", "last", "lag_median", "lag_p90")}
    live_from = table["live_from"].mask(is_few & table["covered_from"].isna())
    households = table["households"].astype(object).mask(is_few, FEW)
    rows = table["rows"].astype(object).mask(is_few, "")
    return table.assign(rows=rows, households=households, live_from=live_from, **days)


def without_few(table: pd.DataFrame, rare: Collection[str]) -> pd.DataFrame:
    """Return a table by code with a line that counts the rare ones in their place."""
    kept = [code for code in table.index if code not in rare]
    if len(kept) == len(table):
        return table
    label = named(table.index, rare, "code")[-1].removeprefix("and ")
    counts = table.select_dtypes(["number", "object"]).columns.difference(["lag_median", "lag_p90"])
    whole = table.astype(dict.fromkeys(counts, object)).reindex([*kept, label])
    blank = {name: whole[name].where(whole[name].notna(), "") for name in counts}
    return whole.assign(**blank).rename_axis(index="indicator")


def summarise(
    title: str,
    counts: pd.DataFrame,
    quarantine: pd.DataFrame,
    catalogue: Catalogue,
    events: Relation,
    coverage: Relation,
    links: pd.DataFrame,
    look_alikes: pd.DataFrame,
    bounds: pd.DataFrame,
    matches: pd.DataFrame,
    notes: tuple[str, ...],
    deliveries: Relation,
) -> RecordsSummary:
    """Return the summary of records: the counts of their rows, and the content of their tables."""
    reasons = quarantine.groupby(["source", "column", "reason"], dropna=False, sort=True).size()
    indicators = _indicators(events, coverage, catalogue)
    by_reason = reasons.rename("rows").reset_index()
    return RecordsSummary(
        title,
        counts,
        by_reason,
        indicators,
        links,
        look_alikes,
        bounds,
        matches,
        _mostly_blank(deliveries),
        notes,
        catalogue.rare,
    )


def _mostly_blank(deliveries: Relation) -> pd.DataFrame:
    """Return the feeds that were delivered nowhere on most of their dates."""
    return query(
        deliveries,
        """
        WITH dates AS (
            SELECT feed, event_date, bool_or(delivered) AS came
            FROM source
            GROUP BY feed, event_date
        )
        SELECT feed AS indicator, count(*) AS dates, count(*) FILTER (NOT came) AS not_delivered
        FROM dates
        GROUP BY feed
        HAVING 2 * count(*) FILTER (NOT came) > count(*)
        ORDER BY feed
        """,
    ).set_index("indicator")


def _indicators(events: Relation, coverage: Relation, catalogue: Catalogue) -> pd.DataFrame:
    seen = query(
        events,
        """
        SELECT
            code,
            count(*) AS rows,
            count(DISTINCT household_id) AS households,
            min(event_date) AS first,
            max(event_date) AS last,
            quantile_cont(known_date - event_date, 0.5) AS lag_median,
            quantile_cont(known_date - event_date, 0.9) AS lag_p90,
            min(known_date) AS live_from
        FROM source
        GROUP BY code
        """,
    ).set_index("code")
    covered = query(
        coverage,
        """
        SELECT feed, min(from_date) AS covered_from, max(to_date) AS covered_to
        FROM source
        GROUP BY feed
        """,
    ).set_index("feed")
    codes = pd.Index([*catalogue, *sorted(set(seen.index) - set(catalogue))], name="indicator")
    table = seen.join(covered, how="left").reindex(codes)[INDICATORS]
    table["live_from"] = _live_from(
        table["live_from"], covered["covered_from"].reindex(codes), catalogue
    )
    return table.astype({"rows": "Int64", "households": "Int64"}).fillna(
        {"rows": 0, "households": 0}
    )


def _live_from(seen: pd.Series, covered: pd.Series, catalogue: Catalogue) -> pd.Series:
    stated = {code: catalogue[code].live_from for code in seen.index if code in catalogue}
    stated_days = pd.Series(stated, dtype=object).reindex(seen.index)
    written = pd.to_datetime(stated_days).astype(seen.dtype)
    return covered.astype(seen.dtype).fillna(written).fillna(seen)
