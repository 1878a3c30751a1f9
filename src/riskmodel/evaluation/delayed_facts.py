"""The known facts of an outcome, each with its delay and the longest that could be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, PanelError
from riskmodel.few import MIN_HOUSEHOLDS
from riskmodel.keys import Days, Span, as_days
from riskmodel.metrics import Ints
from riskmodel.metrics.truncated_delays import DelayCurve, delay_curve, delays_differ
from riskmodel.panel import Label
from riskmodel.panel.filling import attributes as known
from riskmodel.panel.labelling.outcomes import check_label
from riskmodel.panel.specs.labels import CONTACTS
from riskmodel.records.engine import query

if TYPE_CHECKING:
    from riskmodel.records import Records

Bools = NDArray[np.bool_]

ALL, OTHERS, AGENCY = "all", "others", "agency"
LEAST_FACTS = 100
SURELY_DIFFERENT = 0.01
_FACTS = """
    SELECT household_id::VARCHAR AS household_id, code, event_date, known_date
    FROM source
    WHERE list_contains($codes, code) AND event_date < $today AND known_date < $today
        AND ($since IS NULL OR event_date >= $since)
        AND (retracted_date IS NULL OR retracted_date >= $today)
"""


class KnownLabels(NamedTuple):
    """Labels of 1 in closed windows: days until known, the most that could be seen, households."""

    days: Ints
    limit: Ints
    household: Ints

    def curve(self, longest: int) -> DelayCurve:
        """Return the distribution of their delays."""
        curve = delay_curve(self.days, self.limit, longest)
        # windows overlap, so that a household's outcomes stand in several
        repeats = len(self.days) / len(np.unique(self.household))
        return replace(curve, se=curve.se * np.sqrt(repeats))


@dataclass(frozen=True, eq=False)
class DelayedFacts:
    """Facts of an outcome that are known before a day.

    Attributes
    ----------
    records : Records
    today : datetime64[D]
    household : Series of str
    code : Series of str
    event : ndarray of datetime64[D], shape (n_facts,)
    delay, limit : ndarray of int, shape (n_facts,)
        Days until a fact was known, and the most with which it would be known before `today`.
    longest : int
    """

    records: Records
    today: np.datetime64
    household: pd.Series
    code: pd.Series
    event: Days
    delay: Ints
    limit: Ints
    longest: int

    @classmethod
    def read(cls, records: Records, label: Label, longest: str | None) -> DelayedFacts:
        """Read the facts of a label's outcome.

        Raises
        ------
        PanelError
            For verdicts, an outcome that the records do not know, a label that counts several
            facts, and too few facts.
        ConfigError
            For a longest delay below the label's maturity.
        """
        if label.observed_by == CONTACTS:
            raise PanelError(
                "verdicts come when a service asks: their delay is no delay of reporting",
                code="reporting.verdicts",
                allowed="a label of events",
                next_step="name the outcome's own events: Label('crisis', window='6M')",
            )
        if label.min_count > 1:
            raise PanelError(
                f"a label that counts {label.min_count} facts has no single delay",
                code="reporting.min_count",
                allowed="a label of one fact (min_count=1)",
                next_step="look at the delay of one fact: the label without min_count",
            )
        check_label(records, label)
        today = records.complete_for(label.feeds)
        facts = query(
            records.relation("events"),
            _FACTS,
            codes=list(label.outcome),
            today=today,
            since=records.since,
        )
        event, known_on = (as_days(facts[f"{name}_date"]) for name in ("event", "known"))
        delay = np.maximum((known_on - event).astype(np.int64), 0)
        limit = (today - event).astype(np.int64) - 1
        if len(facts) < LEAST_FACTS:
            raise _few(" or ".join(label.outcome))
        could_be_seen = int(np.sort(limit)[-LEAST_FACTS])
        most = min(int(delay.max()), could_be_seen)
        if longest is not None:
            most = min(_days(label, longest, today), could_be_seen)
        return cls(records, today, facts["household_id"], facts["code"], event, delay, limit, most)

    def curve(self, rows: Bools | None = None) -> DelayCurve:
        """Return the distribution of delays of some facts; default: of all."""
        own = np.ones(len(self.delay), bool) if rows is None else rows
        return delay_curve(self.delay[own], self.limit[own], self.longest)

    def parts(self, by: str) -> dict[str, Bools]:
        """Return which facts have each value; values of few facts are others."""
        values = self._values(by)
        return {str(name): values == name for name in sorted(pd.unique(values))}

    def label_curves(
        self, label: Label, rounds: Days, parts: Mapping[str, Bools]
    ) -> dict[str, DelayCurve]:
        """Return by days of maturity the share of labels of 1 that are known to be 1 by then.

        Parameters
        ----------
        label : Label
        rounds : ndarray of datetime64[D]
            As-of dates; those whose window has not closed are left out.
        parts : mapping of str to ndarray of bool
            Some of the facts, by name. One with too few in closed windows has no curve.

        Raises
        ------
        PanelError
            Where too few outcomes at all lie in closed windows.
        """
        whole = self._labels(label, rounds, np.ones(len(self.delay), bool))
        if len(whole.days) < LEAST_FACTS:
            raise _few(
                f"{' or '.join(label.outcome)} in windows of {label.window} that have closed"
            )
        longest = min(int(np.sort(whole.limit)[-LEAST_FACTS]), self.longest)
        labels = {name: self._labels(label, rounds, rows) for name, rows in parts.items()}
        told = {name: own for name, own in labels.items() if len(own.days) >= LEAST_FACTS}
        return {name: own.curve(longest) for name, own in {ALL: whole, **told}.items()}

    def _labels(self, label: Label, rounds: Days, own: Bools) -> KnownLabels:
        household = pd.factorize(self.household)[0]
        late, limit, distinct = [], [], []
        for start in rounds:
            end = Span.parse(label.window).after(start)
            if end > self.today:
                continue
            inside = np.flatnonzero(own & (self.event >= start) & (self.event < end))
            # a label is 1 once the first of a household's outcomes is known
            since = (self.event[inside] - end).astype(np.int64) + self.delay[inside] + 1
            first = pd.Series(since).groupby(household[inside]).min()
            late.append(np.maximum(first.to_numpy(np.int64), 0))
            limit.append(np.full(len(first), int((self.today - end).astype(np.int64))))
            distinct.append(first.index.to_numpy())
        return KnownLabels(
            *(np.concatenate([[], *part]).astype(np.int64) for part in (late, limit, distinct))
        )

    def differing(self, groups: Sequence[str]) -> pd.DataFrame:
        """Return by which groups the delay differs, at 1 % over all that are looked at."""
        lines = []
        for by in groups:
            group = pd.factorize(self._values(by))[0]
            p_value = delays_differ(self.delay, self.limit, group, self.longest)
            lines.append((by, p_value, p_value < SURELY_DIFFERENT / len(groups)))
        return pd.DataFrame(lines, columns=["by", "p_value", "differs"])

    def _values(self, by: str) -> np.ndarray:
        """Return the value of each fact, as known on its day; those of few facts are others."""
        if by == AGENCY:
            catalogue = self.records.catalogue
            agency = {code: catalogue[code].agency or code for code in self.code.unique()}
            values = self.code.map(agency).to_numpy(dtype=object)
        else:
            (attribute,) = known.as_attributes(self.records, [by])
            number, ids = pd.factorize(self.household)
            history = known.read(self.records, attribute)
            values = history.as_of(pd.Index(ids), number, self.event).astype(object)
        table = pd.DataFrame({"value": values, "household": self.household.to_numpy()})
        counts = table.groupby("value")["household"].agg(["size", "nunique"])
        is_told = (counts["size"] >= LEAST_FACTS) & (counts["nunique"] >= MIN_HOUSEHOLDS)
        return np.where(
            np.isin(values, counts.index[is_told].to_numpy(dtype=object)), values, OTHERS
        )


def _days(label: Label, longest: str, today: np.datetime64) -> int:
    """Return how many days a longest delay is; one below the maturity would count every label."""
    asked = int((Span.parse(longest, "longest").after(today) - today).astype(int))
    matures = label.matures_on(today) - Span.parse(label.window).after(today)
    if asked < max(int(matures.astype(int)), 1):
        raise ConfigError(
            f"longest={longest!r} is shorter than the label's maturity ({label.maturity})",
            code="reporting.longest",
            allowed="a span of a day or more, and no shorter than the maturity",
            next_step="leave longest= out, or write a longer span",
        )
    return asked


def _few(what: str) -> PanelError:
    return PanelError(
        f"fewer than {LEAST_FACTS} known outcomes do not tell how late they become known",
        code="reporting.few_facts",
        allowed=f"at least {LEAST_FACTS} facts of {what}",
        next_step="take records of more households or of a longer time",
    )
