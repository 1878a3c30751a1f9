"""The funnel of the Korean service, from an indicator on file to support, beside its sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodel.datasets.content import OUTCOME, content
from riskmodel.datasets.schedule import MONTHS
from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD, KEYS, Span, shift
from riskmodel.records import Records

PUBLIC = ("public_support", "basic_livelihood", "emergency_aid")
SUPPORT = {
    "any support": (*PUBLIC, "private_support"),
    "public support": PUBLIC,
    "private support": ("private_support",),
    "basic livelihood": ("basic_livelihood",),
    "emergency aid": ("emergency_aid",),
}
# months in which the power company suspends cuts
SUSPENDED = (12, 1, 2, 7, 8, 9)
LONG = 6


@dataclass(frozen=True, eq=False)
class Funnel:
    """Each figure of the funnel, as published and as simulated.

    Attributes
    ----------
    table : DataFrame
        One row per figure: `published`, `simulated`, `ratio`, `cases` (how many the simulated
        figure rests on) and `source` (``design`` where no published figure is known and the target
        is ours).
    """

    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row per figure."""
        return self.table.copy()

    def __repr__(self) -> str:
        return str(self.table.to_string(float_format="{:.4g}".format, na_rep=""))

    def _repr_html_(self) -> str:
        return str(self.table.to_html(float_format="{:.4g}".format, na_rep=""))


def funnel(records: Records) -> Funnel:
    """Return the funnel of records made by ``make_households(preset="korea")``.

    Parameters
    ----------
    records : Records
        In memory, with `truth` and contacts.

    Returns
    -------
    Funnel

    Raises
    ------
    ConfigError
        If the records hold no truth or no contacts.

    Notes
    -----
    *On file* is an indicator in the deliveries of the round just past. *No indicator* is none
    visible in the twelve months before. A contact counts by its last reading; *reached* are those
    with a verdict or a refusal.

    Examples
    --------
    >>> from riskmodel.datasets import make_households
    >>> table = funnel(make_households(1_000, n_rounds=6, preset="korea")).frame()
    >>> float(table.loc["on file", "published"])
    0.175
    """
    if records.truth is None or not len(records.contacts):
        raise ConfigError(
            "these records have no funnel: they hold no truth, or no contacts",
            code="datasets.funnel",
            next_step='make them by make_households(preset="korea"), without folder=',
        )
    figures = {**_stock(records), **_outcomes(records), **_flow(records), **_arrears(records)}
    targets = pd.DataFrame(content("korea")["funnel"]).T
    simulated = pd.DataFrame(figures, index=list(Figure._fields)).T
    table = simulated.join(targets, how="right")
    published = table["published"].astype(float)
    ratio = table["simulated"] / published.where(published > 0)
    table = table.assign(published=published, ratio=ratio)
    return Funnel(table[["published", "simulated", "ratio", "cases", "source"]])


class Figure(NamedTuple):
    """A simulated figure, and how many cases it rests on."""

    simulated: float
    cases: int


Figures = dict[str, Figure]


def _stock(records: Records) -> Figures:
    """Return who is on file, and who of them is listed."""
    on_file = _on_file(records, 1)
    readings = _last_readings(records.contacts)
    listed = readings[readings[AS_OF].isin(_rounds(records))]
    return {
        "on file": Figure(len(on_file) / len(_truth(records)), len(on_file)),
        "listed, of those on file": Figure(len(listed) / len(on_file), len(listed)),
    }


def _outcomes(records: Records) -> Figures:
    """Return how often a crisis follows: overall, for the listed, and without any indicator."""
    truth = _truth(records)
    crises = truth.index[truth["y"] == 1]
    readings = _last_readings(records.contacts).set_index(KEYS)
    listed = readings.index.intersection(truth.index)
    without_indicator = crises.difference(_on_file(records, 6))
    n, of_listed = len(crises), float(truth.loc[listed, "y"].mean())
    return {
        "crisis within six months": Figure(n / len(truth), n),
        "crisis within six months, of the listed": Figure(of_listed, len(listed)),
        "no indicator, of those in crisis": Figure(len(without_indicator) / n, n),
    }


def _flow(records: Records) -> Figures:
    """Return how contacts ended, overall and by year."""
    contacts = records.contacts
    last = _last_readings(contacts)
    not_reached = last["result"].eq("not_reached")
    n_reached = int((~last["result"].isin(("not_reached", "not_executed"))).sum())
    by_caseworker = contacts.loc[contacts["reader"].eq("caseworker"), "result"]
    confirmed = by_caseworker.eq("need_confirmed").sum()
    figures: Figures = {
        "not reached": Figure(float(not_reached.mean()), len(last)),
        "need confirmed at first, of those reached": Figure(
            float(confirmed / n_reached), n_reached
        ),
    }
    for year, of_year in last.groupby(last[AS_OF].dt.year):
        for name, kinds in SUPPORT.items():
            share = float(of_year["support"].isin(kinds).mean())
            figures[f"{name}, {year}"] = Figure(share, len(of_year))
    return figures


def _arrears(records: Records) -> Figures:
    """Return how insurance and pension arrears meet, and when power is cut."""
    events = records.events
    lasting = events[events["value"] >= LONG]
    insurance, pension = "nhi_arrears", "nps_arrears"
    pension_alone = _deliveries(lasting, pension).difference(_deliveries(events, insurance))
    insurance_alone = _deliveries(lasting, insurance).difference(_deliveries(events, pension))
    ratio = len(pension_alone) / max(len(insurance_alone), 1)
    cuts = pd.to_datetime(events.loc[events["code"] == "power_cut", "event_date"]).dt.month
    suspended = float(cuts.isin(SUSPENDED).mean())
    return {
        "pension arrears without insurance arrears, to the reverse": Figure(
            ratio, len(insurance_alone)
        ),
        "power cuts in suspended months": Figure(suspended, len(cuts)),
    }


def _deliveries(events: pd.DataFrame, code: str) -> pd.MultiIndex:
    """Return the household and the day of each delivery of an indicator."""
    return pd.MultiIndex.from_frame(events.loc[events["code"] == code, [HOUSEHOLD, "event_date"]])


def _truth(records: Records) -> pd.DataFrame:
    assert records.truth is not None
    return records.truth


def _rounds(records: Records) -> pd.DatetimeIndex:
    assert records.rounds is not None
    return records.rounds


def _on_file(records: Records, rounds: int) -> pd.MultiIndex:
    """Return who has an indicator on each as-of date from so many rounds before it."""
    events = records.events
    events = events[events["code"] != OUTCOME]
    event, known = pd.to_datetime(events["event_date"]), pd.to_datetime(events["known_date"])
    of_rounds = []
    for day in _rounds(records):
        since = pd.Timestamp(shift(day, Span(rounds * MONTHS, "M"), sign=-1))
        is_visible = (event >= since) & (event < day) & (known < day)
        ids = np.unique(events.loc[is_visible, HOUSEHOLD])
        of_rounds.append(pd.MultiIndex.from_product([ids, [day]], names=KEYS))
    return of_rounds[0].append(of_rounds[1:])


def _last_readings(contacts: pd.DataFrame) -> pd.DataFrame:
    dated = contacts.assign(as_of_date=pd.to_datetime(contacts[AS_OF]))
    ordered = dated.sort_values([*KEYS, "attempt", "known_date"])
    return ordered.drop_duplicates(KEYS, keep="last")
