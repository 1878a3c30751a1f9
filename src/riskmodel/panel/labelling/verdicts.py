"""Contacts as outcomes: which row a contact belongs to, and which results are verdicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import PanelError, did_you_mean
from riskmodel.few import is_small, named
from riskmodel.keys import Days, as_days
from riskmodel.panel.specs.labels import Label
from riskmodel.records import Records
from riskmodel.records.contact_rounds import is_month_end, of_a_round
from riskmodel.records.contact_words import NO_VERDICT, RESULTS, SUPPORTS
from riskmodel.records.engine import query

OTHER_DAY = "day is no round of this panel"
OTHER_COHORT = "household not in the cohort of that round"
LAST = ("known_date", "attempt", "contact_date")
# what was said first is told by the day of the contact: a correction becomes known later
FIRST = ("contact_date", "attempt", "known_date")


@dataclass(frozen=True, eq=False)
class Contacts:
    """Contacts of households numbered 0 .. n - 1, in the order in which they became known.

    Attributes
    ----------
    table : DataFrame
        household, as_of_date (of the row; NaT for none), round, result, known_date, attempt,
        contact_date, reader, retracted_date, is_verdict.
    unplaced : dict of str to int
        Contacts between the first and the last date that belong to no row: by reason, how many.
    """

    table: pd.DataFrame
    unplaced: dict[str, int]

    @classmethod
    def read(cls, records: Records, index: pd.MultiIndex) -> Contacts:
        """Read the contacts of the households of a panel's rows."""
        table = query(
            records.relation("contacts"),
            """
            SELECT household_id::VARCHAR AS household_id, as_of_date, as_of_date AS round, result,
                known_date, attempt, contact_date, coalesce(reader, '') AS reader, retracted_date
            FROM source
            ORDER BY household_id, as_of_date, known_date, attempt, contact_date, result, reader
            """,
        )
        table["household"] = pd.Index(index.levels[0]).get_indexer(pd.Index(table["household_id"]))
        table["is_verdict"] = table["result"].notna() & ~table["result"].isin(NO_VERDICT)
        own = table[table["household"] >= 0].reset_index(drop=True)
        placed = day_of_row(own, index)
        days_of_unplaced = as_days(own["as_of_date"])[np.isnat(placed)]
        unplaced = _unplaced(days_of_unplaced, as_days(index.levels[1]))
        return cls(own.assign(as_of_date=placed), unplaced)

    def of(self, as_of: np.datetime64, until: np.datetime64) -> pd.DataFrame:
        """Return the contacts of the rows of a date that no correction known by a day replaces."""
        rows = self.table[as_days(self.table["as_of_date"]) == as_of]
        return rows[~(as_days(rows["retracted_date"]) < until)]

    def before(self, as_of: np.datetime64) -> pd.DataFrame:
        """Return the verdicts of earlier rounds that were known by a date, and stand on it."""
        rows = self.table[self.table["is_verdict"]]
        rows = rows[~(as_days(rows["retracted_date"]) < as_of)]
        return rows[(as_days(rows["known_date"]) < as_of) & ~(as_days(rows["as_of_date"]) >= as_of)]


def has_contacts(records: Records) -> bool:
    """Tell whether records hold contacts, whose support prevents outcomes."""
    return bool(len(query(records.relation("contacts"), "SELECT 1 AS one FROM source LIMIT 1")))


def verdict_words(records: Records) -> tuple[str, ...]:
    """Return the results that are a verdict: the package's words, and others of the records.

    Raises
    ------
    PanelError
        If the records hold no contacts.
    """
    of_records = query(
        records.relation("contacts"), "SELECT DISTINCT result FROM source ORDER BY result"
    )["result"]
    if of_records.empty:
        raise PanelError(
            "observed_by='contacts', and the records hold no contacts",
            code="label.no_contacts",
            next_step="name their file under contacts: in the manifest, or leave observed_by out",
        )
    results = dict.fromkeys([*RESULTS, *of_records.dropna()])
    return tuple(str(result) for result in results if result not in NO_VERDICT)


def refuse_supports(label: Label) -> None:
    """Refuse a label of support that a service gave, which is no verdict of a reader.

    Raises
    ------
    PanelError
    """
    supports = [outcome for outcome in label.outcome if outcome in SUPPORTS]
    if supports:
        raise PanelError(
            f"{' and '.join(supports)} is support that followed a verdict, and no verdict",
            place="label.outcome",
            code="label.support",
            allowed="no_need or need_confirmed, which no support unsays any more",
            next_step="write outcome='need_confirmed'; records.contacts holds support in a column "
            "of its own",
        )


def check_reader(records: Records, label: Label) -> None:
    """Refuse a reader of whom the records hold no contact.

    Readers of fewer than 10 households are counted in the refusal, and not named.

    Raises
    ------
    PanelError
    """
    if label.reader is None:
        return
    readers = query(
        records.relation("contacts"),
        """
        SELECT reader, count(DISTINCT household_id) AS households
        FROM source
        WHERE reader IS NOT NULL
        GROUP BY reader
        ORDER BY reader
        """,
    )
    if label.reader in set(readers["reader"]):
        return
    is_few = readers["households"].map(is_small)
    allowed = named(readers["reader"], set(readers["reader"][is_few]), "reader")
    raise PanelError(
        f"unknown reader {label.reader!r}",
        place="label.reader",
        code="label.reader",
        allowed=allowed or "the records name no reader",
        next_step=did_you_mean(label.reader, [*readers["reader"][~is_few]])
        if allowed
        else "leave reader out: then the first verdict counts",
    )


def of_reader(verdicts: pd.DataFrame, reader: str | None) -> pd.DataFrame:
    """Return the verdicts of a reader; without one, of whoever gave the first one in each round.

    Several readers are the first where the records do not say which came first.
    """
    if reader is not None:
        return verdicts[verdicts["reader"] == reader]
    firsts = verdicts
    for key in FIRST:
        first = firsts.groupby(["household", "round"])[key].transform("min")
        firsts = firsts[(firsts[key] == first) | firsts[key].isna()]
    own = pd.MultiIndex.from_frame(firsts[["household", "round", "reader"]])
    return verdicts[pd.MultiIndex.from_frame(verdicts[["household", "round", "reader"]]).isin(own)]


def latest(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts that none of the same household's is known to follow.

    These are several where the records do not say which came last: known on one day, of one
    attempt and one day of contact, or of one that is unknown.
    """
    for key in LAST:
        last = verdicts.groupby("household")[key].transform("max")
        verdicts = verdicts[(verdicts[key] == last) | verdicts[key].isna()]
    return verdicts


def day_of_row(contacts: pd.DataFrame, index: pd.MultiIndex) -> NDArray[np.datetime64]:
    """Return the date of the row that each contact belongs to; NaT for none.

    It is the row of the contact's round. A round written as a month is dated on the month's last
    day; then it is the household's one row in that month.
    """
    household, dates = np.asarray(index.codes[0]), as_days(index.levels[1])[index.codes[1]]
    days = as_days(contacts["as_of_date"])
    rows = pd.MultiIndex.from_arrays([household, dates.astype("datetime64[s]")])
    own = pd.MultiIndex.from_arrays([contacts["household"], days.astype("datetime64[s]")])
    exact = own.isin(rows)
    months = pd.DataFrame(
        {"household": household, "month": dates.astype("datetime64[M]").astype("datetime64[s]")}
    )
    single = months.assign(day=dates.astype("datetime64[s]"))[~months.duplicated(keep=False)]
    month = days.astype("datetime64[M]")
    wanted = pd.DataFrame(
        {"household": contacts["household"], "month": month.astype("datetime64[s]")}
    )
    in_month = as_days(wanted.merge(single, how="left", on=["household", "month"])["day"])
    by_month = np.where(is_month_end(days), in_month, np.datetime64("NaT", "D"))
    return np.where(exact, days, by_month)


def _unplaced(days: Days, dates: Days) -> dict[str, int]:
    """Count the contacts without a row between the first and the last date of a panel, by reason.

    Parameters
    ----------
    days : ndarray of datetime64[D], shape (n,)
        Of the contacts that belong to no row.
    dates : ndarray of datetime64[D]
        The panel's.
    """
    if not len(dates):
        return {}
    inside = days[(days >= dates.min()) & (days <= dates.max())]
    of_a_date = int(of_a_round(inside, dates).sum())
    counts = {OTHER_DAY: len(inside) - of_a_date, OTHER_COHORT: of_a_date}
    return {reason: n for reason, n in counts.items() if n}
