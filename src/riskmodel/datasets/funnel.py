"""The funnel of the Korean service, from an indicator on file to support, beside its sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.datasets.content import OUTCOME, content
from riskmodel.datasets.schedule import MONTHS
from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD, KEYS, Span, shift
from riskmodel.records import Records

PUBLIC = ("public_support", "basic_livelihood", "emergency_aid")
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
    table = pd.DataFrame(figures, index=["simulated", "cases"]).T.join(targets, how="right")
    table["published"] = table["published"].astype(float)
    table = table.assign(
        ratio=table["simulated"] / table["published"].where(table["published"] > 0)
    )
    return Funnel(table[["published", "simulated", "ratio", "cases", "source"]])


Figures = dict[str, tuple[float, float]]


def _stock(records: Records) -> Figures:
    """Return who is on file, and who of them is listed."""
    on_file, listed = _on_file(records, 1), _last_readings(records.contacts)
    among = listed[listed[AS_OF].isin(_rounds(records))]
    return {
        "on file": (len(on_file) / len(_truth(records)), len(on_file)),
        "listed, of those on file": (len(among) / len(on_file), len(among)),
    }


def _outcomes(records: Records) -> Figures:
    """Return how often a crisis follows: overall, for the listed, and without any indicator."""
    truth = _truth(records)
    crises = truth.index[truth["y"] == 1]
    listed = _last_readings(records.contacts).set_index(KEYS).index.intersection(truth.index)
    unseen = crises.difference(_on_file(records, 6))
    return {
        "crisis within six months": (len(crises) / len(truth), len(crises)),
        "crisis within six months, of the listed": (
            float(truth.loc[listed, "y"].mean()),
            len(listed),
        ),
        "no indicator, of those in crisis": (len(unseen) / len(crises), len(crises)),
    }


def _flow(records: Records) -> Figures:
    """Return what came of the contacts, overall and by year."""
    contacts = records.contacts
    last = _last_readings(contacts)
    first = contacts[
        contacts["reader"].eq("caseworker") & contacts["result"].isin(("need_confirmed", "no_need"))
    ]
    reached = ~last["result"].isin(("not_reached", "not_executed"))
    figures: Figures = {
        "not reached": (float(last["result"].eq("not_reached").mean()), len(last)),
        "need confirmed at first, of those reached": (
            float(first["result"].eq("need_confirmed").sum() / reached.sum()),
            int(reached.sum()),
        ),
    }
    for year, of_year in last.groupby(last[AS_OF].dt.year):
        result = of_year["result"]
        kinds = {
            "any support": [*PUBLIC, "private_support"],
            "public support": PUBLIC,
            "private support": ["private_support"],
            "basic livelihood": ["basic_livelihood"],
            "emergency aid": ["emergency_aid"],
        }
        figures |= {
            f"{kind}, {year}": (float(result.isin(words).mean()), len(result))
            for kind, words in kinds.items()
        }
    return figures


def _arrears(records: Records) -> Figures:
    """Return how insurance and pension arrears meet, and when power is cut."""
    events = records.events
    lasting = events[events["value"] >= LONG]
    of = {
        code: _deliveries(events[events["code"] == code]) for code in ("nhi_arrears", "nps_arrears")
    }
    long = {code: _deliveries(lasting[lasting["code"] == code]) for code in of}
    pension = len(long["nps_arrears"].difference(of["nhi_arrears"]))
    insurance = len(long["nhi_arrears"].difference(of["nps_arrears"]))
    cuts = pd.to_datetime(events.loc[events["code"] == "power_cut", "event_date"]).dt.month
    return {
        "pension arrears without insurance arrears, to the reverse": (
            pension / max(insurance, 1),
            insurance,
        ),
        "power cuts in suspended months": (float(cuts.isin(SUSPENDED).mean()), len(cuts)),
    }


def _deliveries(events: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(events[[HOUSEHOLD, "event_date"]])


def _truth(records: Records) -> pd.DataFrame:
    assert records.truth is not None
    return records.truth


def _rounds(records: Records) -> pd.DatetimeIndex:
    assert records.rounds is not None
    return records.rounds


def _on_file(records: Records, rounds: int) -> pd.MultiIndex:
    """Return who has an indicator on each as-of date, by what the rounds before it brought."""
    events = records.events
    events = events[events["code"] != OUTCOME]
    event, known = pd.to_datetime(events["event_date"]), pd.to_datetime(events["known_date"])
    of_rounds = []
    for day in _rounds(records):
        since = pd.Timestamp(shift(day, Span(rounds * MONTHS, "M"), sign=-1))
        ids = np.unique(events.loc[(event >= since) & (event < day) & (known < day), HOUSEHOLD])
        of_rounds.append(pd.MultiIndex.from_product([ids, [day]], names=KEYS))
    return of_rounds[0].append(of_rounds[1:])


def _last_readings(contacts: pd.DataFrame) -> pd.DataFrame:
    ordered = contacts.assign(as_of_date=pd.to_datetime(contacts[AS_OF])).sort_values(
        [*KEYS, "attempt", "known_date"]
    )
    return ordered.drop_duplicates(KEYS, keep="last")
