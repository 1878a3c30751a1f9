"""What is known of an outcome on a date: by its events, or by verdicts of contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.keys import FAR_FUTURE, NO_DAY, Days, Span, as_days, outcome_counts, visible
from riskmodel.panel.labelling.missing_reasons import (
    LATE,
    NOT_CONTACTED,
    NOT_DELIVERED,
    NOT_MATCHED,
    OTHER_READER,
    UNSEEN,
    WORDS,
)
from riskmodel.panel.labelling.unobserved import UnobservedOutcomes
from riskmodel.panel.labelling.verdicts import Contacts, latest, of_reader
from riskmodel.panel.specs.labels import CONTACTS, Label
from riskmodel.records import Records
from riskmodel.records.contact_words import NOT_TOLD
from riskmodel.records.engine import query
from riskmodel.records.quiet_ends import QuietEnd, quiet_end

Counts = NDArray[np.int64]
Texts = NDArray[np.object_]


class KnownOutcomes(NamedTuple):
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

    def of(self, household: Counts) -> KnownOutcomes:
        """Return the same of some households."""
        return KnownOutcomes._make(of_all[household] for of_all in self)


@dataclass(frozen=True, eq=False)
class Events:
    """Facts of the outcome and of what observes it, for households numbered 0 .. n - 1."""

    label: Label
    n: int
    household: NDArray[np.int64]
    code: Texts
    event: Days
    known: Days
    retracted: Days
    unobserved: UnobservedOutcomes

    def on(self, as_of: np.datetime64) -> KnownOutcomes:
        """Return what is known about each household on a date."""
        window, maturity = Span.parse(self.label.window), Span.parse(self.label.maturity)
        counts = outcome_counts(self.event, self.known, as_of, window, maturity, self.retracted)
        # With its own day as known date a fact counts whenever it became known: the rest is late.
        inside = outcome_counts(self.event, self.event, as_of, window, maturity, self.retracted)
        is_visible = visible(self.event, self.known, as_of, self.retracted)
        is_outcome = np.isin(self.code, list(self.label.outcome))
        observed, why = self._observed(as_of, counts)
        return KnownOutcomes(
            outcomes=self._count(counts & is_outcome),
            observed=observed,
            late=self._count(inside & ~counts & is_outcome),
            before=self._count(is_visible & is_outcome),
            tied=np.zeros(self.n, np.int64),
            why=why,
            first=self._first(counts & is_outcome),
        )

    @property
    def unplaced(self) -> dict[str, int]:
        """Contacts that belong to no row: none, since no contact is looked at."""
        return {}

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
class Verdicts:
    """Verdicts of contacts, and where the outcome is an event, its facts."""

    label: Label
    n: int
    contacts: Contacts
    events: Events | None

    def on(self, as_of: np.datetime64) -> KnownOutcomes:
        """Return the same as for events; of a reader's verdicts the last one known in time counts.

        Where several are the last, the outcome counts if one of them is it.
        """
        mature, reader = self.label.matures_on(as_of), self.label.reader
        table = self.contacts.of(as_of, mature)
        in_time = as_days(table["known_date"]) < mature
        verdicts, attempts = (
            table[in_time & (table["is_verdict"] == kind)] for kind in (True, False)
        )
        late = table[~in_time & table["is_verdict"]]
        if reader is not None:
            late = of_reader(late, reader)
        standing = latest(of_reader(verdicts, reader))
        observed = np.bincount(standing["household"].unique(), minlength=self.n)
        why = np.full(self.n, NOT_CONTACTED, dtype=object)
        why[verdicts["household"]] = OTHER_READER
        why[late["household"]] = LATE
        why[attempts["household"]] = (
            attempts["result"].fillna(NOT_TOLD).map(WORDS).to_numpy(dtype=object)
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
        return KnownOutcomes(
            # min_count counts facts of an event code; a verdict that counts is enough
            outcomes=(confirmed > 0) * self.label.min_count,
            observed=observed,
            late=self._confirmed(late),
            before=self._confirmed(of_reader(self.contacts.before(as_of), reader)),
            tied=confirmed * others,
            why=why,
            first=np.full(self.n, NO_DAY),
        )

    @property
    def unplaced(self) -> dict[str, int]:
        """Contacts that belong to no row: by reason, how many."""
        return self.contacts.unplaced

    def quiet_end(self, complete: np.datetime64) -> QuietEnd | None:
        """Return the same as for events; verdicts come when a service asks, not by themselves."""
        return None if self.events is None else self.events.quiet_end(complete)

    def _confirmed(self, verdicts: pd.DataFrame) -> Counts:
        chosen = verdicts["household"][verdicts["result"].isin(self.label.outcome)]
        return np.bincount(chosen, minlength=self.n)


def outcome_source(records: Records, label: Label, index: pd.MultiIndex) -> Events | Verdicts:
    """Read what an outcome is known by, for the households of rows (household_id, as_of_date)."""
    ids = pd.Index(index.levels[0])
    if label.observed_by != CONTACTS:
        return _events(records, label, ids)
    contacts = Contacts.read(records, index)
    if any(outcome in records.catalogue for outcome in label.outcome):
        return Verdicts(label, len(ids), contacts, _events(records, label, ids))
    return Verdicts(label, len(ids), contacts, None)


def _events(records: Records, label: Label, ids: pd.Index) -> Events:
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
    return Events(
        label,
        len(ids),
        household[household >= 0].astype(np.int64),
        code,
        event,
        known,
        retracted,
        unobserved,
    )
