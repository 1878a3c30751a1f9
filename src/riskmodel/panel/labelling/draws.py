"""Which rows were drawn to be contacted, from which stratum, and by what chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import Days, as_days
from riskmodel.panel.filling import attributes as known
from riskmodel.panel.labelling.verdicts import day_of_row
from riskmodel.records import Records
from riskmodel.records.contact_rounds import is_month_end
from riskmodel.records.engine import query

Chances = NDArray[np.float64]

TEXTS = ("list", "stratum", "channel")
"""The columns that are categories."""
_ROWS = """
    SELECT household_id::VARCHAR AS household_id, as_of_date, {list} AS list, {drawn} AS drawn,
        probability, stratum, channel
    FROM source
    WHERE {stands} AND strftime(as_of_date, '%Y-%m') IN (SELECT unnest($months))
    ORDER BY household_id, as_of_date, {order}
"""
_OF_LISTS = _ROWS.format(list="list", drawn="drawn", stands="TRUE", order="list")
# who was drawn is told by the newest version of a contact
_OF_CONTACTS = _ROWS.format(
    list="NULL::VARCHAR",
    drawn="TRUE",
    stands="retracted_date IS NULL",
    order="attempt, contact_date, known_date",
)
# probabilities that differ by less are the same, written with other digits
_ALIKE = 1e-9


def draws(records: Records, index: pd.MultiIndex) -> pd.DataFrame | None:
    """Return for each row whether it was drawn, and by what chance; None where nothing tells it.

    The lists of a round tell it, else the probabilities of its contacts. A row that they do not
    name has chance 0 where a list holds those not drawn, too. Otherwise its chance is that of the
    arm in its area and round: of those drawn by chance there, if their probabilities are equal, and
    0 where there are none.

    Parameters
    ----------
    records : Records
    index : MultiIndex of (household_id, as_of_date)

    Returns
    -------
    DataFrame or None
        By row `list`, `probability` (NaN where it is unknown), `drawn`, `stratum` and `channel`.
        A household on several lists of a round has neither list nor chance.
    """
    listed = _once(_read(records, "lists", _OF_LISTS, index))
    contacted = _read(records, "contacts", _OF_CONTACTS, index)
    if listed.empty and contacted["probability"].isna().all():
        return None
    contacted = _once(contacted[~contacted["day"].isin(listed["day"])])
    told = pd.concat([part for part in (listed, contacted) if len(part)], ignore_index=True)

    day = as_days(index.levels[1])[index.codes[1]]
    chance = _chance_of_arm(records, told[told["drawn"]], index, day)
    is_whole = np.isin(day, as_days(told.loc[~told["drawn"], "day"]))
    rest = np.where(is_whole, 0.0, chance)

    own = told[told["row"] >= 0].set_index("row").reindex(np.arange(len(index)))
    is_named = own["drawn"].notna().to_numpy()
    table = {
        "list": own["list"],
        "probability": np.where(is_named, own["probability"], rest),
        "drawn": is_named & own["drawn"].to_numpy(bool, na_value=False),
        "stratum": own["stratum"],
        "channel": own["channel"],
    }
    return pd.DataFrame(table).astype(dict.fromkeys(TEXTS, "category")).set_axis(index)


def unplaced_lists(records: Records, drawn: pd.DataFrame | None) -> tuple[str, ...]:
    """Return a note where the records hold lists and a panel has no draws."""
    (rows,) = query(records.relation("lists"), "SELECT count(*) AS n FROM source")["n"]
    if drawn is not None or not rows:
        return ()
    told = f"none of the {rows:,} rows of lists is of a date of this panel, so that panel.draws is"
    return (f"{told} None. Is as_of_date the date of the round?",)


def _read(records: Records, table: str, sql: str, index: pd.MultiIndex) -> pd.DataFrame:
    """Return the rows of lists or contacts of a panel's dates, each with its day and its row.

    The row is -1 for a household that is not in the panel on that date.
    """
    dates = as_days(index.levels[1])
    months = np.unique(dates.astype("datetime64[M]")).astype(str).tolist()
    rows = query(records.relation(table), sql, months=months)
    household = pd.Index(index.levels[0]).get_indexer(pd.Index(rows["household_id"]))
    own = day_of_row(rows.assign(household=household), index)
    is_own = (household >= 0) & ~np.isnat(own)
    day = np.where(is_own, own, _of_dates(as_days(rows["as_of_date"]), dates))
    places = pd.MultiIndex.from_arrays([household, day.astype("datetime64[s]")])
    of_panel = pd.MultiIndex.from_arrays(
        [np.asarray(index.codes[0]), dates[index.codes[1]].astype("datetime64[s]")]
    )
    row = np.where(is_own, of_panel.get_indexer(places), -1)
    placed = rows.assign(day=day.astype("datetime64[s]"), row=row)
    return placed[~np.isnat(day)].reset_index(drop=True)


def _of_dates(days: Days, dates: Days) -> Days:
    """Return which date each day stands for: itself, or the one date in the month that it ends."""
    months, first, number = np.unique(
        dates.astype("datetime64[M]"), return_index=True, return_counts=True
    )
    month = days.astype("datetime64[M]")
    place = np.minimum(np.searchsorted(months, month), len(months) - 1)
    is_month = is_month_end(days) & (months[place] == month) & (number[place] == 1)
    in_month = np.where(is_month, dates[first[place]], np.datetime64("NaT", "D"))
    return np.where(np.isin(days, dates), days, in_month)


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per household and day.

    Of several attempts the first tells stratum and channel; their probability is unknown if they
    differ. Of several lists, none tells the chance to be on any of them.
    """
    keys = ["household_id", "day"]
    is_several = rows.duplicated(keys, keep=False)
    if not is_several.any():
        return rows
    several = rows[is_several].groupby(keys, sort=False)
    lowest, highest = several["probability"].min(), several["probability"].max()
    n_lists = several["list"].nunique()
    first = several[["as_of_date", "row", "stratum", "channel"]].first()
    one = first.assign(
        list=several["list"].first().where(n_lists == 1),
        drawn=several["drawn"].any(),
        probability=lowest.where((highest - lowest <= _ALIKE) & (n_lists <= 1)),
    )
    one.loc[n_lists > 1, ["stratum", "channel"]] = None
    return pd.concat([rows[~is_several], one.reset_index()], ignore_index=True)


def _chance_of_arm(
    records: Records, drawn: pd.DataFrame, index: pd.MultiIndex, day: Days
) -> Chances:
    """Return for each row the chance of the arm in its area and round."""
    by_chance = drawn[drawn["probability"] != 1]
    if by_chance.empty:
        return np.zeros(len(index))
    days = np.concatenate([day, as_days(by_chance["day"])])
    cell = pd.MultiIndex.from_arrays(
        [days.astype("datetime64[s]"), _areas(records, index, day, by_chance)]
    ).factorize()[0]
    of_rows, of_drawn = cell[: len(index)], cell[len(index) :]
    chance = by_chance["probability"].to_numpy(np.float64)
    lowest, highest = np.full(cell.max() + 1, np.inf), np.full(cell.max() + 1, -np.inf)
    # a chance that is unknown makes both of its arm unknown
    with np.errstate(invalid="ignore"):
        np.minimum.at(lowest, of_drawn, chance)
        np.maximum.at(highest, of_drawn, chance)
    of_arm = np.where(highest - lowest <= _ALIKE, lowest, np.nan)
    return np.where(np.isinf(lowest), 0.0, of_arm)[of_rows]


def _areas(
    records: Records, index: pd.MultiIndex, day: Days, drawn: pd.DataFrame
) -> NDArray[np.int64]:
    """Return the number of the area of each row, and then of each that was drawn, as known then.

    The drawn may be households that are not in the panel.
    """
    if records.area is None:
        return np.zeros(len(index) + len(drawn), np.int64)
    history = known.read(records, known.as_attributes(records, [records.area])[0])
    of_rows = history.as_of(index.levels[0], np.asarray(index.codes[0]), day)
    number, ids = pd.factorize(drawn["household_id"])
    of_drawn = history.as_of(pd.Index(ids), number, as_days(drawn["day"]))
    return pd.factorize(np.concatenate([of_rows, of_drawn]))[0]
