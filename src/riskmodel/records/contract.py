"""Records: the tables of one service behind one contract, in memory or in Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from riskmodel.doors import FrameLike, door
from riskmodel.indicators import Catalogue
from riskmodel.keys import DateLike
from riskmodel.records.blank_results import blank_result_notes, blank_results
from riskmodel.records.bounds import (
    BOUNDS,
    DATED,
    HAPPENS,
    bounds_of_events,
    check_bounds,
    early_notes,
    notes_on_bounds,
    outside_notes,
    quiet_ends,
    quiet_notes,
)
from riskmodel.records.contact_rounds import (
    OffRounds,
    a_day_early,
    early_round_notes,
    off_round_notes,
    off_rounds,
)
from riskmodel.records.digest import fingerprint
from riskmodel.records.engine import one_scan_engine
from riskmodel.records.given_frames import manifest_of
from riskmodel.records.held_tables import HeldTables
from riskmodel.records.list_notes import contradiction_notes, list_round_notes
from riskmodel.records.matches import HOUSEHOLD_TABLES, match_notes, matches, matches_by_code
from riskmodel.records.open_ends import open_end_notes, open_ends
from riskmodel.records.quiet_ends import QuietEnd
from riskmodel.records.settled_sources import loaded
from riskmodel.records.sources.manifest import MAX_QUARANTINED
from riskmodel.records.spellings import as_written, no_spellings
from riskmodel.records.summary import RecordsSummary, summarise
from riskmodel.records.table_schemas import (
    ADDED,
    ADDED_COLUMNS,
    COUNTS,
    LINKS,
    LOOK_ALIKES,
    SCHEMAS,
)
from riskmodel.texts import counted


@dataclass(frozen=True, eq=False, repr=False)
class Records(HeldTables):
    """Administrative records behind one contract.

    Attributes
    ----------
    name : str
    catalogue : Catalogue
    today : numpy.datetime64
        The extract is complete before this day.
    tables : mapping of str to pyarrow.Table or Path
        ``events``, ``attributes``, ``members``, ``contacts``, ``lists``, ``requests``,
        ``referrals``, ``cases``, ``signs``, ``coverage``, ``deliveries``, ``unmatched``; a path is
        a Parquet file or folder, a table left out is empty.
    since : numpy.datetime64, optional
        First day of the extract.
    complete_before : mapping of str to numpy.datetime64
        The feeds (or ``contacts``) that are complete up to an earlier day than the rest.
    accept_feeds : mapping of str to str
        The feeds whose volume is accepted although it is not that of a model's training rounds, and
        the reason of each.
    household : str
        What to call a household in texts.
    groups : tuple of str
        Attributes for fairness; never features unless named.
    area : str, optional
        Which of the groups is the area of capacity.
    quarantine : pandas.DataFrame
        ``source, row, column, reason`` of every bad row or cell; never its value.
    counts : pandas.DataFrame
        Per source: rows read = used + excluded + out_of_bounds + quarantined + repeated.
    links : pandas.DataFrame
        Per source of people's or dwellings' facts: facts = matched + matched_later + gap +
        stranger, and how many of the matched lay in several households at once.
    look_alikes : pandas.DataFrame
        ``source, column, cells``: how many cells are read in another form than they are written in,
        because they look the same.
    spellings : pandas.DataFrame
        ``household_id, written``: the households whose id is first written in another form.
    bounds : pandas.DataFrame, optional
        Per source of events: first and last date, rows before `since` and from `today` on, and
        whether facts are few before `today`. Read from the events where it is not given.
    matches : pandas.DataFrame, optional
        Per source: how many households it has, and how many of them another source has. Read from
        the tables where it is not given, and the events of each code are a source then.
    open_ends : pandas.DataFrame
        ``source, file``: the CSV files without a line break at their end.
    blank_results : pandas.DataFrame
        ``source, contacts``: how many contacts have no result and are left out.
    rounds : pandas.DatetimeIndex, optional
        The records' own grid of as-of dates.
    site : str
        The service or region whose households these are; default: the name.
    label, truth : optional
        The label whose truth is exact, and that truth, where the records are simulated.
    """

    name: str
    catalogue: Catalogue
    today: np.datetime64
    tables: Mapping[str, pa.Table | Path]
    since: np.datetime64 | None = None
    complete_before: Mapping[str, np.datetime64] = field(default_factory=dict)
    accept_feeds: Mapping[str, str] = field(default_factory=dict)
    household: str = "household"
    groups: tuple[str, ...] = ()
    area: str | None = None
    quarantine: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["source", "row", "column", "reason"])
    )
    counts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COUNTS))
    links: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=LINKS, dtype="int64"))
    look_alikes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=LOOK_ALIKES))
    spellings: pd.DataFrame = field(default_factory=no_spellings)
    bounds: pd.DataFrame | None = None
    matches: pd.DataFrame | None = None
    open_ends: pd.DataFrame = field(default_factory=open_ends)
    blank_results: pd.DataFrame = field(default_factory=blank_results)
    rounds: pd.DatetimeIndex | None = None
    label: Any = None
    truth: pd.DataFrame | None = None
    site: str = ""

    def __post_init__(self) -> None:
        check_bounds(self.since, self.today)
        if not self.site:
            object.__setattr__(self, "site", self.name)

    @classmethod
    @door
    def from_frames(
        cls,
        events: pd.DataFrame | FrameLike,
        *,
        today: DateLike,
        catalogue: Catalogue | Mapping[str, object] | str | Path | None = None,
        attributes: pd.DataFrame | FrameLike | None = None,
        members: pd.DataFrame | FrameLike | None = None,
        contacts: pd.DataFrame | FrameLike | None = None,
        lists: pd.DataFrame | FrameLike | None = None,
        requests: pd.DataFrame | FrameLike | None = None,
        referrals: pd.DataFrame | FrameLike | None = None,
        cases: pd.DataFrame | FrameLike | None = None,
        signs: pd.DataFrame | FrameLike | None = None,
        coverage: pd.DataFrame | FrameLike | None = None,
        deliveries: pd.DataFrame | FrameLike | None = None,
        unmatched: pd.DataFrame | FrameLike | None = None,
        name: str = "frames",
        household: str = "household",
        groups: Iterable[str] = (),
        area: str | None = None,
        since: DateLike | None = None,
        complete_before: Mapping[str, DateLike] | None = None,
        rounds: Iterable[DateLike] | pd.DatetimeIndex | None = None,
        label: object = None,
        truth: pd.DataFrame | None = None,
        site: str = "",
        max_quarantined: float = MAX_QUARANTINED,
        allow_personal_numbers: Iterable[str] = (),
    ) -> Records:
        """Make records from frames that keep the contract already.

        Each table is a source, whose rows are checked and counted as those of a manifest are.

        Parameters
        ----------
        events : pandas.DataFrame
            ``household_id, code, event_date`` and, if there are any, ``known_date, value, detail,
            retracted_date``. A fact without a known date is known on its day.
        today : date-like
            The records are complete before this day.
        catalogue : Catalogue, mapping or path, optional
            Default: each code an event without direction.
        attributes, members, contacts, lists, coverage : pandas.DataFrame, optional
            The other tables, in their schemas.
        requests, referrals, cases, signs : pandas.DataFrame, optional
            What comes with a service beside contacts and lists; see ``docs/manifest.md``. A request
            needs ``household_id, kind, received``, a referral ``household_id, referred_by,
            received``, another service's case ``household_id, kind, from_date``, a sign
            ``household_id, sign, seen``. None of them becomes a feature.
        deliveries : pandas.DataFrame, optional
            ``feed, event_date`` of each delivery and, if there are any, ``area, known_date`` and
            ``delivered`` (False: it was due and did not come). Needed for deliveries without any
            fact; see the guide.
        unmatched : pandas.DataFrame, optional
            ``household_id, feed, event_date[, known_date, matched_date]``: the households that a
            delivery did not match.
        name, household, groups, area, since, complete_before, rounds, label, truth, site : optional
            As the attributes of these names.
        max_quarantined : float, default 0.05
            Share of bad rows of a table above which it is refused. Bad are rows without a usable
            id or day, of a code that the given catalogue does not hold, with a value outside its
            range or an unknown result, and rows that equal another one.
        allow_personal_numbers : list of str
            Columns that look like personal numbers but are something else.

        Raises
        ------
        ConfigError
            For what is no frame, a value of another type than its argument's, and a feed of
            `complete_before` that the records do not have.
        RecordsError
            For a column that a table does not have or lacks, a column of personal numbers, or too
            many bad rows.

        Examples
        --------
        >>> fact = {"household_id": "a", "code": "fire", "event_date": "2024-01-05"}
        >>> Records.from_frames(pd.DataFrame([fact]), today="2024-02-01")
        frames: 1 event of 1 household, complete before 2024-02-01
        """
        frames = {
            "events": events,
            "attributes": attributes,
            "members": members,
            "contacts": contacts,
            "lists": lists,
            "requests": requests,
            "referrals": referrals,
            "cases": cases,
            "signs": signs,
            "coverage": coverage,
            "deliveries": deliveries,
            "unmatched": unmatched,
        }
        manifest = manifest_of(
            frames,
            catalogue,
            today=today,
            since=since,
            complete_before=complete_before,
            name=name,
            site=site,
            household=household,
            groups=groups,
            area=area,
            rounds=rounds,
            max_quarantined=max_quarantined,
            allow_personal_numbers=allow_personal_numbers,
        )
        fields = loaded(manifest)
        # in frames each code is a source, whose households the summary compares
        fields["matches"] = None
        return cls(**fields, label=label, truth=truth)

    def replace(self, **changes: Any) -> Records:
        """Return a copy with some attributes changed."""
        if not {"since", "today", "complete_before", "tables"}.isdisjoint(changes):
            changes = {"bounds": None, "matches": None, **changes}
        return replace(self, **changes)

    @property
    def quiet(self) -> dict[str, QuietEnd]:
        """The sources whose facts are few before `today`, and since when."""
        return quiet_ends(self._bounds())

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: sources that are few before `today`, what is of no round."""
        return (*quiet_notes(self.quiet, self.today), *self._round_notes())

    @property
    def off_rounds(self) -> OffRounds:
        """The contacts between the first and the last of `rounds` on days that are none."""
        return off_rounds(self.relation("contacts"), self.rounds, self.since, self.today)

    @property
    def contacts_a_day_early(self) -> int:
        """How many contacts there are if each is dated one day before one of `rounds`, else 0."""
        return a_day_early(self.relation("contacts"), self.rounds, self.since, self.today)

    def _round_notes(self) -> tuple[str, ...]:
        early = early_round_notes(self.contacts_a_day_early)
        lists = list_round_notes(self.relation("lists"), self.rounds, self.since, self.today)
        return (*off_round_notes(self.off_rounds), *early, *lists)

    def _bounds(self) -> pd.DataFrame:
        if self.bounds is not None:
            return self.bounds
        return bounds_of_events(
            self.relation("events"), self.since, self.today, self.complete_before
        )

    def complete_for(self, feeds: Iterable[str]) -> np.datetime64:
        """Return the day before which all of some feeds are complete."""
        earlier = [self.complete_before[feed] for feed in feeds if feed in self.complete_before]
        return min([self.today, *earlier])

    def as_written(self, ids: pd.Series) -> pd.Series:
        """Return ids of households as they were first written, by which an office finds them."""
        return as_written(ids, self.spellings)

    @one_scan_engine()
    def summary(self) -> RecordsSummary:
        """Return a summary by source, reason and indicator."""
        bounds = self._bounds()
        events, coverage = self.relation("events"), self.relation("coverage")
        tables = {name: self.relation(name) for name in HOUSEHOLD_TABLES}
        rare = self.catalogue.rare
        by_source = matches_by_code(tables, rare) if self.matches is None else self.matches
        notes = [
            *notes_on_bounds(bounds, self.since, self.today),
            *outside_notes({name: self.relation(name) for name in DATED}, self.since, self.today),
            *self._round_notes(),
            *contradiction_notes(self.relation("contacts"), self.relation("lists")),
            *blank_result_notes(self.blank_results),
            *early_notes({name: self.relation(name) for name in HAPPENS}),
            *match_notes(by_source, self.household),
            *open_end_notes(self.open_ends),
        ]
        return summarise(
            repr(self),
            self.counts,
            self.quarantine,
            self.catalogue,
            events,
            coverage,
            self.links,
            self.look_alikes,
            bounds[BOUNDS[:4]],
            matches(tables)[["households", "matched", "share"]],
            tuple(notes),
            self.relation("deliveries"),
        )

    @property
    def digest(self) -> str:
        """Return the sha256 of catalogue, bounds and all rows."""
        sha = hashlib.sha256(f"{self.catalogue.digest} {self.since} {self.today}".encode())
        for feed, day in sorted(self.complete_before.items()):
            sha.update(f" {feed} {day}".encode())
        for name, schema in SCHEMAS.items():
            rows = fingerprint(self._batches(name), schema, ADDED_COLUMNS.get(name, ()))
            if name not in ADDED or rows != fingerprint((), schema):
                sha.update(f"{name} {rows}".encode())
        return sha.hexdigest()

    def __repr__(self) -> str:
        events = self.tables["events"]
        if isinstance(events, Path):
            rows = pa.dataset.dataset(events).count_rows()
            return f"{self.name}: {counted(rows, 'event')} in Parquet, complete before {self.today}"
        facts = counted(len(events), "event")
        households = counted(pc.count_distinct(events["household_id"]).as_py(), self.household)
        return f"{self.name}: {facts} of {households}, complete before {self.today}"
