"""Labels read from records, by the timing rule: each row's 1, 0 or missing, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import PanelError, did_you_mean
from riskmodel.keys import FAR_FUTURE, NO_DAY, Days, Span, as_days, outcome_counts, visible
from riskmodel.panel.labelling.doubtful_rounds import doubtful_rounds
from riskmodel.panel.labelling.label_fields import LabelFields
from riskmodel.panel.labelling.unobserved import UnobservedOutcomes
from riskmodel.panel.labelling.verdicts import (
    NO_VERDICT,
    Contacts,
    has_contacts,
    latest,
    verdict_words,
)
from riskmodel.panel.specs.labels import CONTACTS, Label
from riskmodel.records import Records
from riskmodel.records.engine import one_scan_engine, query
from riskmodel.records.quiet_ends import QuietEnd, quiet_end

IMMATURE, UNSEEN, NOT_CONTACTED, LATE = "immature", "not seen", "not contacted", "verdict too late"
NOT_DELIVERED, NOT_MATCHED = "outcome not delivered", "household not matched"
EARLIER, NO_EARLIER = "had one before", "had none before"
REASONS = (
    IMMATURE,
    EARLIER,
    NO_EARLIER,
    NOT_DELIVERED,
    NOT_MATCHED,
    UNSEEN,
    NOT_CONTACTED,
    *(word.replace("_", " ") for word in NO_VERDICT),
    LATE,
)

Counts = NDArray[np.int64]
Texts = NDArray[np.object_]


class _Outcomes(NamedTuple):
    """What is known about each household on one date.

    `outcomes` are those that count, `late` those known too late, and `before` those visible on the
    date. `observed` says whether an outcome would have been seen, and `why` for what reason not.
    `tied` says where a verdict that counts stands beside another one, and `first` the day of the
    first outcome that counts.
    """

    outcomes: Counts
    observed: Counts
    late: Counts
    before: Counts
    tied: Counts
    why: Texts
    first: Days

    def of(self, household: Counts) -> _Outcomes:
        """Return the same of some households."""
        return _Outcomes._make(of_all[household] for of_all in self)


@one_scan_engine()
def observe(records: Records, label: Label, index: pd.Index) -> LabelFields:
    """Return each row's label, why it is missing, and how many outcomes became known too late.

    Parameters
    ----------
    records : Records
    label : Label
    index : MultiIndex
        Of (household_id, as_of_date).

    Raises
    ------
    PanelError
        If no row's window is over before the records end, or the outcome is unknown.
    """
    assert isinstance(index, pd.MultiIndex)
    check_label(records, label)
    source = _source(records, label, index)
    household, number = (np.asarray(codes, np.int64) for codes in index.codes)
    y, late = np.full(len(index), np.nan), np.zeros(len(index), np.int64)
    tied, beyond = np.zeros(len(index), bool), np.zeros(len(index), bool)
    first = np.full(len(index), NO_DAY)
    why = np.full(len(index), IMMATURE, dtype=object)
    days = as_days(index.levels[1])
    for date in _mature(records, label, days, number):
        rows = np.flatnonzero(number == date)
        known = source.on(days[date]).of(household[rows])
        is_labelled, why[rows] = _labelled(label, known)
        is_positive = known.outcomes >= label.min_count
        y[rows] = np.where(is_labelled, is_positive.astype(np.float64), np.nan)
        late[rows] = known.late
        tied[rows] = is_labelled & (known.tied > 0)
        first[rows] = np.where(is_labelled & is_positive, known.first, NO_DAY)
        if label.observed_by is not None:
            beyond[rows] = is_labelled & is_positive & (known.observed == 0)
    why[~np.isnan(y)] = None
    read = pd.Series(y, index=index, name="y")
    quiet = source.quiet_end(records.complete_for(label.feeds))
    return LabelFields(
        y=read,
        unplaced_contacts={} if source.contacts is None else source.contacts.unplaced,
        doubtful=doubtful_rounds(read, label, quiet),
        under_support=has_contacts(records),
        _late=pd.Series(late, index=index, name="late"),
        _why=pd.Series(pd.Categorical(why, categories=REASONS), index=index, name="why"),
        _tied=pd.Series(tied, index=index, name="tied"),
        _beyond=pd.Series(beyond, index=index, name="beyond"),
        _day=pd.Series(first.astype("datetime64[s]"), index=index, name="day"),
    )


def _labelled(label: Label, known: _Outcomes) -> tuple[NDArray[np.bool_], Texts]:
    """Return which rows have a label, and why the others have none."""
    is_labelled = (known.outcomes >= label.min_count) | (known.observed > 0)
    if label.first is None:
        return is_labelled, known.why
    at_risk = (known.before == 0) == label.first
    why = np.where(at_risk, known.why, EARLIER if label.first else NO_EARLIER)
    return is_labelled & at_risk, why


@dataclass(frozen=True, eq=False)
class _Events:
    """Facts of the outcome and of what observes it, for households numbered 0 .. n - 1."""

    label: Label
    n: int
    household: NDArray[np.int64]
    code: Texts
    event: Days
    known: Days
    retracted: Days
    unobserved: UnobservedOutcomes
    contacts: None = None

    def on(self, as_of: np.datetime64) -> _Outcomes:
        """Return what is known about each household on a date."""
        window, maturity = Span.parse(self.label.window), Span.parse(self.label.maturity)
        counts = outcome_counts(self.event, self.known, as_of, window, maturity, self.retracted)
        # With its own day as known date a fact counts whenever it became known: the rest is late.
        inside = outcome_counts(self.event, self.event, as_of, window, maturity, self.retracted)
        is_outcome = np.isin(self.code, list(self.label.outcome))
        observed, why = self._observed(as_of, counts)
        return _Outcomes(
            self._count(counts & is_outcome),
            observed,
            self._count(inside & ~counts & is_outcome),
            self._count(visible(self.event, self.known, as_of, self.retracted) & is_outcome),
            np.zeros(self.n, np.int64),
            why,
            self._first(counts & is_outcome),
        )

    def quiet_end(self, complete: np.datetime64) -> QuietEnd | None:
        """Return since when facts of the outcome are few, if they are before a day."""
        is_outcome = np.isin(self.code, list(self.label.outcome))
        arrived = np.maximum(self.event, self.known)[is_outcome]
        return quiet_end(arrived, np.ones(len(arrived), np.int64), complete)

    def _observed(self, as_of: np.datetime64, counts: NDArray[np.bool_]) -> tuple[Counts, Texts]:
        """Return where no outcome is a 0: where another fact shows it, else where the feed came."""
        if self.label.observed_by not in (None, CONTACTS):
            observed = self._count(counts & (self.code == self.label.observed_by))
            return observed, np.full(self.n, UNSEEN, dtype=object)
        absent, blank = self.unobserved.not_delivered(as_of), self.unobserved.not_matched(as_of)
        why = np.where(absent, NOT_DELIVERED, NOT_MATCHED).astype(object)
        return (~(absent | blank)).astype(np.int64), why

    def _first(self, chosen: NDArray[np.bool_]) -> Days:
        """Return each household's first day among some facts."""
        first = np.full(self.n, FAR_FUTURE)
        np.minimum.at(first, self.household[chosen], self.event[chosen])
        return np.where(first == FAR_FUTURE, NO_DAY, first)

    def _count(self, chosen: NDArray[np.bool_]) -> Counts:
        return np.bincount(self.household[chosen], minlength=self.n)


@dataclass(frozen=True, eq=False)
class _Verdicts:
    """Verdicts of contacts, and where the outcome is an event, its facts."""

    label: Label
    n: int
    contacts: Contacts
    events: _Events | None

    def on(self, as_of: np.datetime64) -> _Outcomes:
        """Return the same as for events; of several verdicts the last one known in time counts.

        Where several are the last, the outcome counts if one of them is it.
        """
        table = self.contacts.of(as_of)
        in_time = as_days(table["known_date"]) < self.label.matures_on(as_of)
        verdicts, attempts = (
            table[in_time & (table["is_verdict"] == kind)] for kind in (True, False)
        )
        late = table[~in_time & table["is_verdict"]]
        standing = latest(verdicts)
        observed = np.bincount(standing["household"].unique(), minlength=self.n)
        why = np.full(self.n, NOT_CONTACTED, dtype=object)
        why[late["household"]] = LATE
        why[attempts["household"]] = (
            attempts["result"].fillna(NO_VERDICT[-1]).str.replace("_", " ").to_numpy(dtype=object)
        )
        if self.events is not None:
            known = self.events.on(as_of)
            return known._replace(
                outcomes=known.outcomes * observed,
                observed=known.observed * observed,
                why=np.where(observed > 0, known.why, why),
            )
        confirmed = self._confirmed(standing)
        others = np.bincount(standing["household"], minlength=self.n) - confirmed
        return _Outcomes(
            # min_count counts facts of an event code; a verdict that counts is enough
            outcomes=(confirmed > 0) * self.label.min_count,
            observed=observed,
            late=self._confirmed(late),
            before=self._confirmed(self.contacts.before(as_of)),
            tied=confirmed * others,
            why=why,
            first=np.full(self.n, NO_DAY),
        )

    def quiet_end(self, complete: np.datetime64) -> QuietEnd | None:
        """Return the same as for events; verdicts come when a service asks, not by themselves."""
        return None if self.events is None else self.events.quiet_end(complete)

    def _confirmed(self, verdicts: pd.DataFrame) -> Counts:
        chosen = verdicts["household"][verdicts["result"].isin(self.label.outcome)]
        return np.bincount(chosen, minlength=self.n)


def _source(records: Records, label: Label, index: pd.MultiIndex) -> _Events | _Verdicts:
    ids = pd.Index(index.levels[0])
    if label.observed_by != CONTACTS:
        return _events(records, label, ids)
    contacts = Contacts.read(records, index)
    if any(outcome in records.catalogue for outcome in label.outcome):
        return _Verdicts(label, len(ids), contacts, _events(records, label, ids))
    return _Verdicts(label, len(ids), contacts, None)


def _events(records: Records, label: Label, ids: pd.Index) -> _Events:
    watched = (label.observed_by,) if label.observed_by not in (None, CONTACTS) else ()
    codes = [*label.outcome, *(str(code) for code in watched)]
    facts = query(
        records.relation("events"),
        """
        SELECT household_id::VARCHAR AS household_id, code, event_date, known_date, retracted_date
        FROM source
        WHERE list_contains($codes, code)
        """,
        codes=codes,
    )
    household = ids.get_indexer(pd.Index(facts["household_id"]))
    facts = facts[household >= 0]
    event, known, retracted = (
        as_days(facts[f"{name}_date"]) for name in ("event", "known", "retracted")
    )
    code = facts["code"].to_numpy(dtype=object)
    unobserved = UnobservedOutcomes.of(
        records, label, [code for code in label.outcome if code in records.catalogue], ids
    )
    return _Events(
        label,
        len(ids),
        household[household >= 0].astype(np.int64),
        code,
        event,
        known,
        retracted,
        unobserved,
    )


def check_label(records: Records, label: Label) -> None:
    """Refuse a label of an outcome that the records do not know, before anything is built.

    Raises
    ------
    PanelError
    """
    codes = list(records.catalogue)
    if label.observed_by is not None:
        _check_known("observed_by", [label.observed_by], [CONTACTS, *codes])

    by_contacts = label.observed_by == CONTACTS
    words = verdict_words(records) if by_contacts else ()
    are_codes = any(outcome in codes for outcome in label.outcome)
    _check_known("outcome", label.outcome, codes if are_codes else [*words, *codes])


def _check_known(what: str, names: Iterable[str], allowed: list[str]) -> None:
    for name in names:
        if name not in allowed:
            raise PanelError(
                f"unknown {what} {name!r}",
                code="label.unknown",
                allowed=allowed,
                next_step=did_you_mean(name, allowed),
            )


def _mature(records: Records, label: Label, days: Days, number: Counts) -> Counts:
    present, complete = np.unique(number), records.complete_for(label.feeds)
    mature = present[label.matures_on(days[present]) <= complete]
    if not len(mature):
        first = days[present].min()
        raise PanelError(
            f"the label window reaches past today ({complete}) in every round: the first, {first}, "
            f"matures on {label.matures_on(first)} (window {label.window} + maturity "
            f"{label.maturity})",
            code="label.immature",
            next_step="use earlier rounds, a shorter window, or label=None",
        )
    return mature
