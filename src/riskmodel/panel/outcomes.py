"""Labels read from records, by the timing rule: each row's 1, 0 or missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import PanelError, did_you_mean
from riskmodel.keys import Days, Span, as_days, outcome_counts
from riskmodel.panel.labels import CONTACTS, Label
from riskmodel.panel.scan import literal, query
from riskmodel.records import Records

NO_VERDICT = ("not_reached", "refused", "not_executed")

Figures = NDArray[np.int64]


def observe(records: Records, label: Label, index: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Return each row's label, and how many outcomes became known too late to count.

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
    source = _source(records, label, pd.Index(index.levels[0]))
    household, number = (np.asarray(codes, np.int64) for codes in index.codes)
    y, late = np.full(len(index), np.nan), np.zeros(len(index), np.int64)
    for place in _mature(records, label, as_days(index.levels[1]), number):
        as_of = as_days(index.levels[1])[place]
        rows = np.flatnonzero(number == place)
        outcomes, observed, too_late = (figures[household[rows]] for figures in source.figures(as_of))
        y[rows] = np.where(outcomes >= label.min_count, 1.0, np.where(observed > 0, 0.0, np.nan))
        late[rows] = too_late
    return pd.Series(y, index=index, name="y"), pd.Series(late, index=index, name="late")


@dataclass(frozen=True, eq=False)
class _Events:
    """Facts of the outcome and of what observes it, for households numbered 0 .. n - 1."""

    label: Label
    n: int
    household: NDArray[np.int64]
    code: NDArray[np.object_]
    event: Days
    known: Days
    retracted: Days

    def figures(self, as_of: np.datetime64) -> tuple[Figures, Figures, Figures]:
        """Return for each household the outcomes that count, the facts that observe, and the late outcomes."""
        window, maturity = Span.parse(self.label.window), Span.parse(self.label.maturity)
        counts = outcome_counts(self.event, self.known, as_of, window, maturity, self.retracted)
        # Told as known on its day, a fact counts whenever it is known: what is left is late.
        inside = outcome_counts(self.event, self.event, as_of, window, maturity, self.retracted)
        is_outcome = np.isin(self.code, self.label.outcome)
        observed = np.ones(self.n, np.int64)
        if self.label.observed_by is not None:
            observed = self._count(counts & (self.code == self.label.observed_by))
        return self._count(counts & is_outcome), observed, self._count(inside & ~counts & is_outcome)

    def _count(self, chosen: NDArray[np.bool_]) -> Figures:
        return np.bincount(self.household[chosen], minlength=self.n)


@dataclass(frozen=True, eq=False)
class _Contacts:
    """Verdicts of contacts, and where the outcome is an event, its facts."""

    label: Label
    n: int
    verdicts: pd.DataFrame
    events: _Events | None

    def figures(self, as_of: np.datetime64) -> tuple[Figures, Figures, Figures]:
        """Return the same three as for events; of several verdicts the last known in time stands."""
        table = self.verdicts[as_days(self.verdicts["as_of_date"]) == as_of]
        in_time = table[as_days(table["known_date"]) < self.label.matures_on(as_of)]
        standing = in_time.drop_duplicates("household", keep="last")
        observed = np.bincount(standing["household"], minlength=self.n)
        if self.events is not None:
            outcomes, _, late = self.events.figures(as_of)
            return outcomes * observed, observed, late
        # min_count counts facts of an event code; a verdict stands or does not.
        outcomes = self._confirmed(standing) * self.label.min_count
        return outcomes, observed, self._confirmed(table.drop(in_time.index))

    def _confirmed(self, verdicts: pd.DataFrame) -> Figures:
        chosen = verdicts["household"][verdicts["result"].isin(self.label.outcome)]
        return np.bincount(chosen, minlength=self.n)


def _source(records: Records, label: Label, ids: pd.Index) -> _Events | _Contacts:
    if label.observed_by != CONTACTS:
        return _events(records, label, ids)
    verdicts = _verdicts(records, ids)
    results = sorted(map(str, verdicts["result"].unique()))
    if any(outcome in records.catalogue for outcome in label.outcome):
        return _Contacts(label, len(ids), verdicts, _events(records, label, ids))
    _check_known(label.outcome, [*results, *records.catalogue])
    return _Contacts(label, len(ids), verdicts, None)


def _events(records: Records, label: Label, ids: pd.Index) -> _Events:
    watched = (label.observed_by,) if label.observed_by not in (None, CONTACTS) else ()
    codes = [*label.outcome, *(str(code) for code in watched)]
    _check_known(codes, records.catalogue)
    facts = query(
        records,
        "events",
        f"""SELECT household_id::VARCHAR AS household_id, code, event_date, known_date, retracted_date FROM source
            WHERE list_contains({literal(codes)}, code)""",
    )
    household = ids.get_indexer(pd.Index(facts["household_id"]))
    facts = facts[household >= 0]
    event, known, retracted = (as_days(facts[f"{name}_date"]) for name in ("event", "known", "retracted"))
    code = facts["code"].to_numpy(dtype=object)
    return _Events(label, len(ids), household[household >= 0].astype(np.int64), code, event, known, retracted)


def _verdicts(records: Records, ids: pd.Index) -> pd.DataFrame:
    if query(records, "contacts", "SELECT count(*) AS n FROM source")["n"].item() == 0:
        raise PanelError(
            "observed_by='contacts', and the records hold no contacts",
            code="label.no_contacts",
            next_step="name their file under contacts: in the manifest, or leave observed_by out",
        )
    table = query(
        records,
        "contacts",
        f"""SELECT household_id::VARCHAR AS household_id, as_of_date, result, known_date FROM source
            WHERE result IS NOT NULL AND NOT list_contains({literal(NO_VERDICT)}, result)
            ORDER BY household_id, as_of_date, known_date, attempt, contact_date, result""",
    )
    table["household"] = ids.get_indexer(pd.Index(table["household_id"]))
    return table[table["household"] >= 0].reset_index(drop=True)


def _check_known(codes: Iterable[str], known: Iterable[str]) -> None:
    allowed = list(known)
    for code in codes:
        if code not in allowed:
            raise PanelError(
                f"unknown outcome {code!r}",
                code="label.unknown",
                allowed=allowed,
                next_step=did_you_mean(code, allowed),
            )


def _mature(records: Records, label: Label, days: Days, number: Figures) -> Figures:
    present = np.unique(number)
    mature = present[label.matures_on(days[present]) <= records.today]
    if not len(mature):
        first = days[present].min()
        raise PanelError(
            f"the label window reaches past today ({records.today}) in every round: the first, {first}, matures on "
            f"{label.matures_on(first)} (window {label.window} + maturity {label.maturity})",
            code="label.immature",
            next_step="use earlier rounds, a shorter window, or label=None",
        )
    return mature
