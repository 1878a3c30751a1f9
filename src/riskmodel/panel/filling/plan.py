"""Which rows a panel has and how their features are made: settled before the pass, carried out in blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from riskmodel.errors import PanelError
from riskmodel.indicators import Catalogue, Indicator
from riskmodel.keys import AS_OF, HOUSEHOLD, Days, as_days, check_unique_keys
from riskmodel.panel.filling import attributes as known
from riskmodel.panel.filling import kernel
from riskmodel.panel.filling.feeds import NO_AREA, Feeds
from riskmodel.panel.filling.gaps import Unmatched, cut_short, facts_seen
from riskmodel.panel.filling.histories import Histories, histories
from riskmodel.panel.filling.program import NO_WINDOW, compile_program, window_before
from riskmodel.panel.frame import text_ids
from riskmodel.panel.specs.aggregates import AGGREGATES
from riskmodel.panel.specs.cohort import Cohort
from riskmodel.panel.specs.feature_columns import EVER, Attribute, Column
from riskmodel.panel.specs.features import MISSING, Features
from riskmodel.records import Records

ROWS = 20_000

Places = NDArray[np.int64]


class Block(NamedTuple):
    """Rows of some households: each row's place in `ids` and among the plan's dates, and its features."""

    ids: NDArray[np.object_]
    household: Places
    date: Places
    X: NDArray[np.float32]
    outside: int


class Candidates(NamedTuple):
    """Rows to consider where they do not follow from the facts: ``start[i]:start[i + 1]`` are those of household i."""

    ids: pd.Index
    start: Places
    date: Places

    @classmethod
    def of(cls, ids: pd.Index, household: Places, date: Places) -> Candidates:
        """Gather rows given in any order."""
        order = np.lexsort((date, household))
        return cls(
            ids,
            np.searchsorted(household[order], range(len(ids) + 1)).astype(np.int64),
            date[order],
        )

    def rows(self, places: Places) -> tuple[Places, Places]:
        """Return for each row of the households at `places` its index in `places` and its date."""
        size = np.where(places >= 0, self.start[places + 1] - self.start[places], 0)
        which = np.repeat(np.arange(len(places)), size)
        within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        return which, self.date[self.start[places[which]] + within]


@dataclass(frozen=True, eq=False)
class Plan:
    """What to build: resolved features, dates, who may be in, and the program of the kernel."""

    records: Records
    features: Features
    cohort: Cohort
    columns: tuple[Column, ...]
    dates: Days
    feeds: Feeds
    candidates: Candidates | None
    checked: bool

    @classmethod
    def of(
        cls,
        records: Records,
        rounds: Any,
        cohort: Cohort | None,
        features: Features | None,
        attributes: Iterable[str | Attribute] = (),
    ) -> Plan:
        """Settle what the arguments of `build_panel` leave open."""
        dates, given = _dates(records, rounds)
        feeds = Feeds.of(records)
        settled = _features(records, feeds, dates[0], features, attributes)
        who = cohort or Cohort()
        aggregates = [column for column in settled.columns(records.catalogue) if column.indicator]
        asked = [
            c
            for c in who.features(records.catalogue).columns(records.catalogue)
            if c not in aggregates
        ]
        columns = (*aggregates, *asked)
        states = sorted(
            {c.indicator for c in columns if records.catalogue[c.indicator].kind == "state"}
        )
        for code in (*(who.codes or ()), *(code for code, _ in who.exclude or ())):
            records.catalogue.require(code)
        return cls(
            records,
            settled,
            who,
            columns,
            dates,
            feeds.with_deliveries(records, states),
            _listed(records, dates, given) if who.listed else given,
            checked=who.needs_fact and (given is None or cohort is not None),
        )

    @cached_property
    def told(self) -> tuple[Column, ...]:
        """The columns of the panel: aggregates, then attributes."""
        return self.features.columns(self.records.catalogue)

    @cached_property
    def n_features(self) -> int:
        """How many of the kernel's columns are features; the others serve the cohort's condition."""
        return sum(1 for column in self.told if column.indicator)

    @cached_property
    def codes(self) -> list[str]:
        """The codes whose facts must be read, in order."""
        if self.checked and self.cohort.codes is None:
            return sorted(self.records.catalogue)
        banned = [code for code, _ in self.cohort.exclude or ()]
        return sorted(
            {*(column.indicator for column in self.columns), *(self.cohort.codes or ()), *banned}
        )

    def blocks(self, rows: int = ROWS) -> Iterator[Block]:
        """Make the features of the cohort, some households at a time, in the order of the scan."""
        areas, columns = self.areas, self.columns
        program = compile_program(columns, self.codes, self.feeds, self.dates, areas)
        unmatched = Unmatched.of(self.records, self.codes, self.feeds, self.dates, areas)
        where_is = (
            known.read(self.records, Attribute(str(self.records.area))) if len(areas) > 1 else None
        )
        for part, household, date in self._parts(rows):
            inside = self._members(part, household, date, program)
            household, date = household[inside], date[inside]
            ids, date_area = pd.Index(part.ids), date * len(areas)
            if where_is is not None:
                here = where_is.as_of(ids, household, self.dates[date])
                date_area += np.maximum(pd.Index(areas).get_indexer(pd.Index(here)), 0)
            X = np.empty((len(household), len(columns)), np.float32)
            history = household if len(part.facts.code) else np.full(len(household), -1)
            outside = kernel.fill(X, history, date, date_area, part.facts, program)
            for code in unmatched.blanks:
                blank = unmatched.rows(code, ids, household, date_area, self.dates[date])
                X[np.ix_(blank, np.array([column.indicator == code for column in columns]))] = (
                    np.nan
                )
                place = self.codes.index(code)
                hidden = blank & program.live[date_area, place] & (history >= 0)
                outside += facts_seen(
                    part.facts, place, history[hidden], program.as_of[date[hidden]]
                )
            if self.features.partly_covered == MISSING:
                X[self._cut_short[date_area]] = np.nan
            if self.cohort.where is not None:
                named = {column.name: X[:, i] for i, column in enumerate(columns)}
                holds = self.cohort.holds(named)
                household, date, X = household[holds], date[holds], X[holds]
            yield Block(
                part.ids,
                household,
                date,
                np.ascontiguousarray(X[:, : self.n_features]),
                int(outside),
            )

    def partly_covered(self) -> dict[str, tuple[str, ...]]:
        """Return the features whose window is covered in part only, and the dates on which it is."""
        shape = (len(self.dates), len(self.areas), len(self.columns))
        cut: NDArray[np.bool_] = np.logical_or.reduce(self._cut_short.reshape(shape), axis=1)
        return {
            column.name: tuple(str(day) for day in self.dates[cut[:, number]])
            for number, column in enumerate(self.columns[: self.n_features])
            if cut[:, number].any()
        }

    @cached_property
    def areas(self) -> list[str]:
        """The areas that feeds tell apart, after that of all other households."""
        return [NO_AREA] if self.records.area is None else self.feeds.areas

    @cached_property
    def _cut_short(self) -> NDArray[np.bool_]:
        return cut_short(self.columns, self.codes, self.feeds, self.dates, self.areas)

    def _parts(self, rows: int) -> Iterator[tuple[Histories, Places, Places]]:
        for part in self._histories():
            household, date = self._rows(part)
            cuts = np.unique(np.searchsorted(household, household[rows::rows]))
            for first, end in zip([0, *cuts], [*cuts, len(household)], strict=True):
                if end > first:
                    yield part, household[first:end], date[first:end]

    def _histories(self) -> Iterator[Histories]:
        """Stream the facts, then the candidates of whom there is none."""
        bar = tqdm(desc="features", unit=f" {self.records.household}s", delay=2, disable=None)
        visited = np.zeros(0 if self.candidates is None else len(self.candidates.ids), bool)
        scan = histories(
            self.records,
            self.codes,
            self.dates.max(),
            retractions=self.feeds.retractions,
            states=[i.code for i in self.records.catalogue.values() if i.kind == "state"],
            details=sorted(
                {c.indicator for c in self.columns if AGGREGATES[c.aggregate].reads_detail}
            ),
        )
        with bar:
            for part in scan:
                if self.candidates is not None:
                    places = self.candidates.ids.get_indexer(pd.Index(part.ids))
                    visited[places[places >= 0]] = True
                yield part
                bar.update(len(part.ids))
        if self.candidates is not None and not visited.all():
            yield Histories(self.candidates.ids[~visited].to_numpy(dtype=object), kernel.NO_FACTS)

    def _rows(self, part: Histories) -> tuple[Places, Places]:
        if self.candidates is not None:
            return self.candidates.rows(
                self.candidates.ids.get_indexer(pd.Index(part.ids)).astype(np.int64)
            )
        n, d = len(part.ids), len(self.dates)
        return np.repeat(np.arange(n), d), np.tile(np.arange(d), n)

    def _members(
        self, part: Histories, household: Places, date: Places, program: kernel.Program
    ) -> NDArray[np.bool_]:
        if not self.checked and not self.cohort.exclude:
            return np.ones(len(household), bool)
        history = household if len(part.facts.code) else np.full(len(household), -1)
        seen = dict.fromkeys(self.cohort.codes or self.codes, self.cohort.seen_within or EVER)
        seen_from, banned_from = (
            self._first_days(seen),
            self._first_days(dict(self.cohort.exclude or ())),
        )
        return np.asarray(
            kernel.members(
                history, date, program.as_of, seen_from, banned_from, part.facts, self.checked
            ),
            bool,
        )

    def _first_days(self, windows: dict[str, str]) -> NDArray[np.int32]:
        days = np.full((len(self.dates), len(self.codes)), kernel.NOT_AT_ALL, np.int32)
        for place, code in enumerate(self.codes):
            if code in windows:
                days[:, place] = [_opens(windows[code], day) for day in self.dates]
        return days


def _opens(window: str, as_of: np.datetime64) -> int:
    return NO_WINDOW if window == EVER else int(window_before(window, as_of).astype(np.int64))


def _dates(records: Records, rounds: Any) -> tuple[Days, Candidates | None]:
    rounds = records.rounds if rounds is None else rounds
    if rounds is None or len(rounds) == 0:
        raise PanelError(
            "no rounds are given, and the records name none",
            code="panel.rounds",
            next_step="give rounds=riskmodel.rounds('2024-01-01', '2024-11-01', every='2M'), or write rounds: in the "
            "manifest (in the shell also split.rounds={start: 2024-01-01, end: 2024-11-01, every: 2M})",
        )
    days = as_days(rounds[AS_OF] if isinstance(rounds, pd.DataFrame) else pd.DatetimeIndex(rounds))
    dates: Days = np.unique(days)
    if np.isnat(days).any() or dates[-1] > records.today:
        raise PanelError(
            f"a round is no date, or lies after {records.today}, from which day on the records are not complete",
            code="panel.rounds",
            next_step="use earlier rounds, or read newer records and set their `today`",
        )
    if not isinstance(rounds, pd.DataFrame):
        return dates, None
    ids = text_ids(rounds[HOUSEHOLD])
    check_unique_keys(pd.MultiIndex.from_arrays([ids, days.astype("datetime64[s]")]))
    household, households = pd.factorize(ids, sort=True)
    return dates, Candidates.of(
        pd.Index(households), household.astype(np.int64), np.searchsorted(dates, days)
    )


def _listed(records: Records, dates: Days, given: Candidates | None) -> Candidates:
    """Return those whose attributes are known by then: of the rows given, or of all households and dates."""
    first = known.first_listed(records)
    ids = pd.Index(first.index) if given is None else given.ids
    if given is None:
        household, date = np.divmod(np.arange(len(ids) * len(dates)), len(dates))
    else:
        household, date = given.rows(np.arange(len(ids)))
    since = first.reindex(ids).to_numpy().astype("datetime64[D]")
    listed = since[household] < dates[date]
    return Candidates.of(ids, household[listed], date[listed])


def _features(
    records: Records,
    feeds: Feeds,
    first: np.datetime64,
    features: Features | None,
    attributes: Iterable[str | Attribute],
) -> Features:
    """Return the features with every code named: those of the catalogue, never codes that only the future holds."""
    seen = feeds.visible_codes(first)
    declared = [
        code for code, indicator in records.catalogue.items() if indicator != Indicator(code)
    ]
    codes = [
        *declared,
        *sorted(code for code in seen if code in records.catalogue and code not in declared),
    ]
    named = known.as_attributes(records, attributes)
    if features is None:
        return Features.default(Catalogue(tuple(records.catalogue[code] for code in codes)), named)
    return Features(
        [*features.resolve(records.catalogue, codes).items, *named], features.partly_covered
    )
