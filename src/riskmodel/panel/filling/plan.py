"""Which rows a panel has and how their features are made, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from riskmodel.errors import PanelError
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, Days, as_days
from riskmodel.panel.filling import attributes as known
from riskmodel.panel.filling import kernel
from riskmodel.panel.filling.candidates import (
    Candidates,
    Positions,
    Rows,
    given_candidates,
    listed_candidates,
)
from riskmodel.panel.filling.counted_kinds import Counted, needed_counts
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.panel.filling.gaps import Unmatched, cut_short, facts_seen
from riskmodel.panel.filling.given_rows import RoundsLike, check_rounds, days_of, given_rows
from riskmodel.panel.filling.histories import Histories, histories
from riskmodel.panel.filling.one_feed import NO_AREA
from riskmodel.panel.filling.program import NO_WINDOW, compile_program, window_before
from riskmodel.panel.specs.aggregates import AGGREGATES
from riskmodel.panel.specs.cohort import Cohort
from riskmodel.panel.specs.feature_columns import EVER, Attribute, Column
from riskmodel.panel.specs.features import MISSING, Features
from riskmodel.records import Records
from riskmodel.texts import plural

ROWS = 20_000


class Block(NamedTuple):
    """Features of some rows, whose households are positions in `ids`."""

    ids: NDArray[np.object_]
    household: Positions
    date: Positions
    X: NDArray[np.float32]
    outside: int


@dataclass(frozen=True, eq=False)
class Plan:
    """What to build: resolved features, the dates, and who may be in the panel.

    `columns` are what is computed: the features, then the aggregates that only the cohort's
    condition or the number of kinds needs. `checked` says whether each row must have a visible
    fact, and `rows` are those that the caller chose.
    """

    records: Records
    features: Features
    cohort: Cohort
    columns: tuple[Column, ...]
    dates: Days
    feeds: Feeds
    candidates: Candidates | None
    checked: bool
    rows: pd.DataFrame | None = None

    @classmethod
    def of(
        cls,
        records: Records,
        rounds: RoundsLike | None,
        cohort: Cohort | None,
        features: Features | None,
        attributes: Iterable[str | Attribute] = (),
    ) -> Plan:
        """Resolve what the arguments of `build_panel` leave open."""
        dates, rows = _dates(records, rounds)
        given = None if rows is None else given_candidates(rows, dates)
        feeds, catalogue = Feeds.of(records), records.catalogue
        resolved = _features(records, feeds, dates[0], features, attributes)
        members = cohort or Cohort()
        for code in (*(members.codes or ()), *(code for code, _ in members.exclude or ())):
            catalogue.require(code)

        own = [column for column in resolved.columns(catalogue) if column.aggregate]
        needed = [
            *members.features(catalogue).columns(catalogue),
            *Features(needed_counts(own)).columns(catalogue),
        ]
        columns = tuple(dict.fromkeys([*own, *needed]))
        codes = {column.indicator for column in columns if column.indicator}
        states = {code for code in codes if catalogue[code].kind == "state"}
        return cls(
            records,
            resolved,
            members,
            columns,
            dates,
            feeds.with_deliveries(records, sorted(states)),
            listed_candidates(records, dates, given) if members.listed else given,
            checked=members.needs_fact and (given is None or cohort is not None),
            rows=rows,
        )

    @cached_property
    def panel_columns(self) -> tuple[Column, ...]:
        """The columns of the panel: aggregates, kinds, then attributes."""
        return self.features.columns(self.records.catalogue)

    @cached_property
    def n_features(self) -> int:
        """How many of the computed columns are features; others only serve to compute them."""
        return sum(1 for column in self.panel_columns if column.aggregate)

    @cached_property
    def codes(self) -> list[str]:
        """The codes whose facts must be read, in order."""
        if self.checked and self.cohort.codes is None:
            return sorted(self.records.catalogue)
        banned = [code for code, _ in self.cohort.exclude or ()]
        own = (column.indicator for column in self.columns if column.indicator)
        return sorted({*own, *(self.cohort.codes or ()), *banned})

    def blocks(self, rows: int = ROWS) -> Iterator[Block]:
        """Make the features of the cohort, some households at a time, in the order of the scan."""
        program = compile_program(self.columns, self.codes, self.feeds, self.dates, self.areas)
        unmatched = Unmatched.of(self.records, self.codes, self.feeds, self.dates, self.areas)
        area_history, counted = self._area_history(), Counted.of(self.columns)
        whole = self.features.partly_covered == MISSING
        for part, household, date in self._parts(rows):
            is_member = self._members(part, household, date, program)
            chosen = Rows(household[is_member], date[is_member])
            date_area = self._date_area(part, chosen, area_history)
            X = np.empty((len(chosen.household), len(self.columns)), np.float32)
            history = _history(part, chosen.household)
            outside = kernel.fill(X, history, chosen.date, date_area, part.facts, program)
            outside += self._blank_unmatched(X, part, chosen, date_area, program, unmatched)
            if whole:
                X[self._cut_short[date_area]] = np.nan
            counted.fill(X, whole=whole)
            yield self._block(part, chosen, X, int(outside))

    def _area_history(self) -> known.History | None:
        """Return where households live, if some feed differs between areas."""
        if len(self.areas) == 1:
            return None
        return known.read(self.records, Attribute(str(self.records.area)))

    def _date_area(
        self, part: Histories, rows: Rows, area_history: known.History | None
    ) -> Positions:
        """Return each row's date-area: its date's position times the areas, and its area's."""
        first = rows.date * len(self.areas)
        if area_history is None:
            return first
        area = area_history.as_of(pd.Index(part.ids), rows.household, self.dates[rows.date])
        return first + np.maximum(pd.Index(self.areas).get_indexer(pd.Index(area)), 0)

    def _blank_unmatched(
        self,
        X: NDArray[np.float32],
        part: Histories,
        rows: Rows,
        date_area: Positions,
        program: kernel.Program,
        unmatched: Unmatched,
    ) -> int:
        """Blank the cells of households that a delivery did not match; count the unused facts."""
        ids, history, n_hidden = pd.Index(part.ids), _history(part, rows.household), 0
        for code in unmatched.blanks:
            days = self.dates[rows.date]
            blank = unmatched.rows(code, ids, rows.household, date_area, days)
            of_code = np.array([column.indicator == code for column in self.columns])
            X[np.ix_(blank, of_code)] = np.nan
            number = self.codes.index(code)
            hidden = blank & program.live[date_area, number] & (history >= 0)
            as_of = program.as_of[rows.date[hidden]]
            n_hidden += facts_seen(part.facts, number, history[hidden], as_of)
        return n_hidden

    def _block(self, part: Histories, rows: Rows, X: NDArray[np.float32], outside: int) -> Block:
        """Return the rows for which the cohort's condition holds, without its columns."""
        household, date = rows
        if self.cohort.where is not None:
            by_name = {column.name: X[:, i] for i, column in enumerate(self.columns)}
            holds = self.cohort.holds(by_name)
            household, date, X = household[holds], date[holds], X[holds]
        features = np.ascontiguousarray(X[:, : self.n_features])
        return Block(part.ids, household, date, features, outside)

    def partly_covered(self) -> dict[str, tuple[str, ...]]:
        """Return the features whose window is covered only in part, and the dates of that."""
        shape = (len(self.dates), len(self.areas), len(self.columns))
        cut: NDArray[np.bool_] = np.logical_or.reduce(self._cut_short.reshape(shape), axis=1)
        return {
            column.name: tuple(str(day) for day in self.dates[cut[:, number]])
            for number, column in enumerate(self.columns[: self.n_features])
            if cut[:, number].any()
        }

    @cached_property
    def areas(self) -> list[str]:
        """The areas between which some feed differs, after the one of all other households."""
        return [NO_AREA] if self.records.area is None else self.feeds.areas

    @cached_property
    def _cut_short(self) -> NDArray[np.bool_]:
        return cut_short(self.columns, self.feeds, self.dates, self.areas)

    def _parts(self, rows: int) -> Iterator[tuple[Histories, Positions, Positions]]:
        for part in self._histories():
            household, date = self._rows(part)
            cuts = np.unique(np.searchsorted(household, household[rows::rows]))
            for first, end in zip([0, *cuts], [*cuts, len(household)], strict=True):
                if end > first:
                    yield part, household[first:end], date[first:end]

    def _histories(self) -> Iterator[Histories]:
        """Stream the facts, then the candidates without facts."""
        bar = tqdm(
            desc="features", unit=f" {plural(self.records.household)}", delay=2, disable=None
        )
        visited = np.zeros(0 if self.candidates is None else len(self.candidates.ids), bool)
        scan = histories(
            self.records,
            self.codes,
            self.dates.max(),
            retractions=self.feeds.retractions,
            states=[i.code for i in self.records.catalogue.values() if i.kind == "state"],
            details=sorted(
                {
                    c.indicator
                    for c in self.columns
                    if c.indicator and AGGREGATES[c.aggregate].reads_detail
                }
            ),
        )
        with bar:
            for part in scan:
                if self.candidates is not None:
                    positions = self.candidates.ids.get_indexer(pd.Index(part.ids))
                    visited[positions[positions >= 0]] = True
                yield part
                bar.update(len(part.ids))
        if self.candidates is not None and not visited.all():
            yield Histories(self.candidates.ids[~visited].to_numpy(dtype=object), kernel.NO_FACTS)

    def _rows(self, part: Histories) -> tuple[Positions, Positions]:
        if self.candidates is not None:
            return self.candidates.rows(
                self.candidates.ids.get_indexer(pd.Index(part.ids)).astype(np.int64)
            )
        n, d = len(part.ids), len(self.dates)
        return np.repeat(np.arange(n), d), np.tile(np.arange(d), n)

    def _members(
        self, part: Histories, household: Positions, date: Positions, program: kernel.Program
    ) -> NDArray[np.bool_]:
        if not self.checked and not self.cohort.exclude:
            return np.ones(len(household), bool)
        history = _history(part, household)
        seen = dict.fromkeys(self.cohort.codes or self.codes, self.cohort.seen_within or EVER)
        seen_from = self._first_days(seen)
        banned_from = self._first_days(dict(self.cohort.exclude or ()))
        return np.asarray(
            kernel.members(
                history, date, program.as_of, seen_from, banned_from, part.facts, self.checked
            ),
            bool,
        )

    def _first_days(self, windows: dict[str, str]) -> NDArray[np.int32]:
        days = np.full((len(self.dates), len(self.codes)), kernel.NOT_AT_ALL, np.int32)
        for number, code in enumerate(self.codes):
            if code in windows:
                days[:, number] = [_opens(windows[code], day) for day in self.dates]
        return days


def _history(part: Histories, household: Positions) -> Positions:
    """Return the position of each row's household among the facts: -1 where there is no fact."""
    return household if len(part.facts.code) else np.full(len(household), -1)


def _opens(window: str, as_of: np.datetime64) -> int:
    return NO_WINDOW if window == EVER else int(window_before(window, as_of).astype(np.int64))


def _dates(records: Records, rounds: RoundsLike | None) -> tuple[Days, pd.DataFrame | None]:
    """Return the dates of the rounds, and the rows where a frame lists them."""
    rounds = records.rounds if rounds is None else rounds
    if rounds is not None:
        check_rounds(rounds)
    if rounds is None or len(rounds) == 0:  # type: ignore[arg-type]  # frames have a length
        raise PanelError(
            "no rounds are given, and the records name none",
            code="panel.rounds",
            next_step="give rounds=riskmodel.rounds('2024-01-01', '2024-11-01', every='2M'), or "
            "write rounds: in the manifest (in the shell also "
            "split.rounds={start: 2024-01-01, end: 2024-11-01, every: 2M})",
        )
    rows = given_rows(records, rounds)
    dates: Days = np.unique(days_of(rounds) if rows is None else as_days(rows[AS_OF]))
    if np.isnat(dates).any():
        raise PanelError(
            "a round is not a date",
            code="panel.rounds",
            allowed="days such as 2024-05-01",
            next_step="write the rounds as YYYY-MM-DD",
        )
    if dates[-1] > records.today:
        raise PanelError(
            f"the round {dates[-1]} lies after {records.today}, from which day on the records are "
            "not complete",
            code="panel.rounds",
            next_step="use earlier rounds, or read newer records and set their `today`",
        )
    return dates, rows


def _features(
    records: Records,
    feeds: Feeds,
    first: np.datetime64,
    features: Features | None,
    attributes: Iterable[str | Attribute],
) -> Features:
    """Return the features with every code named: the catalogue's, but none seen only later."""
    catalogue, seen = records.catalogue, feeds.visible_codes(first)
    undeclared = catalogue.undeclared
    declared = [code for code in catalogue if code not in undeclared]
    codes = [*declared, *sorted(code for code in undeclared if code in seen)]
    named = known.as_attributes(records, attributes)
    if features is None:
        return Features.default(Catalogue(tuple(catalogue[code] for code in codes)), named)
    resolved = features.resolve(catalogue, codes)
    return Features([*resolved.items, *named], features.partly_covered)
