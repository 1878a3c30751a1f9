"""Train and test rows by area or site, crossed with time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError, PanelError, did_you_mean
from riskmodel.metrics import UNKNOWN
from riskmodel.panel import Panel
from riskmodel.panel.filling.attributes import named_values
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS
from riskmodel.records import Records
from riskmodel.serving import OTHER
from riskmodel.splits.by_time import Mask, TemporalSplit, checked

AREA = "area"
LEFT_OUT_GROUPS = (
    "split by {by} and time: no row and no household of the tested {by} is in training; each is "
    "scored by a model that was fitted without it"
)


@door
@dataclass(frozen=True)
class GroupSplit:
    """Test on areas or sites that were left out, on later rounds than were trained on.

    Test rows are those of the left-out groups in the test rounds. Training rows are those of the
    other groups whose label was final before the first test round, without the households that are
    tested, wherever they lived before, and without the clusters that are tested where the panel
    names them.

    Parameters
    ----------
    by : str, default "area"
        ``"area"`` is the panel's area; else a column of ``panel.groups``, such as a site.
    leave_out : str or list of str, optional
        The groups that are tested, in one cut. Default: each is left out in a cut of its own, but
        for rows without a group and groups of few households.
    n_splits : int, optional
        So many cuts, for which the groups are dealt out by their number of rows.
    test_rounds : int, default 1
        Rounds to test on.
    test_from : date-like, optional
        Instead: test on all mature rounds from this day.

    Examples
    --------
    >>> GroupSplit(leave_out="north")
    GroupSplit(by='area', leave_out=('north',), n_splits=None, test_rounds=1, test_from=None)
    """

    by: str = AREA
    leave_out: str | Iterable[str] | None = None
    n_splits: int | None = None
    test_rounds: int = 1
    test_from: Any = None

    def __post_init__(self) -> None:
        if self.leave_out is not None:
            names = (self.leave_out,) if isinstance(self.leave_out, str) else self.leave_out
            object.__setattr__(self, "leave_out", tuple(map(str, names)))
        is_count = self.n_splits is None or (isinstance(self.n_splits, int) and self.n_splits > 1)
        if not is_count or self.leave_out == () or (self.leave_out and self.n_splits):
            raise ConfigError(
                "a split by group leaves out the groups of leave_out, in one cut, or deals all "
                "groups into n_splits cuts",
                code="split.arguments",
                allowed="at least one group, or at least two cuts",
                next_step="write GroupSplit('area', leave_out=['north']) or GroupSplit('area', "
                "n_splits=5)",
            )
        self._in_time()

    def _in_time(self) -> TemporalSplit:
        return TemporalSplit(test_rounds=self.test_rounds, test_from=self.test_from)

    @door
    def last(self, panel: Panel) -> tuple[Panel, Panel]:
        """Return train and test rows of the last cut."""
        return self._cut(panel, self._parts(panel)[-1])

    @door
    def split(self, panel: Panel) -> Iterator[tuple[Panel, Panel]]:
        """Yield train and test rows of each cut."""
        for part in self._parts(panel):
            yield self._cut(panel, part)

    def n_cuts(self, panel: Panel) -> int:
        """Return how many cuts `split` makes."""
        return len(self._parts(panel))

    def _cut(self, panel: Panel, left_out: tuple[str, ...]) -> tuple[Panel, Panel]:
        early, late = self._in_time().rows(panel)
        is_left_out = np.isin(_names(panel, self._column(panel)), left_out)
        test_rows = late & is_left_out
        units = panel.independent_units
        tested = units.isin(units[test_rows].unique())
        train_rows: Mask = early & ~is_left_out & ~np.asarray(tested)
        _require_rows(train_rows, test_rows, left_out)

        note = LEFT_OUT_GROUPS.format(by=self.by)
        return checked(*(replace(panel[rows], note=note) for rows in (train_rows, test_rows)))

    @door
    def check(self, records: Records) -> None:
        """Refuse groups that the records do not know, before a panel is built of them.

        Parameters
        ----------
        records : Records

        Raises
        ------
        ConfigError
            For an attribute that is neither area nor group, and a name that it never has.
        """
        area = [] if records.area is None else [records.area]
        column = self._column_of([*records.groups, *area], records.area)
        known = named_values(records, column)
        if known:
            wanted = [name for name in self.leave_out or () if name not in (OTHER, UNKNOWN)]
            _refuse_unknown(wanted, known, named_values(records, column, MIN_HOUSEHOLDS))

    def _column(self, panel: Panel) -> str:
        """Return the column of groups that is split by, or refuse one that the panel lacks."""
        known = [] if panel.groups is None else [str(name) for name in panel.groups]
        return self._column_of(known, panel.area_name)

    def _column_of(self, known: list[str], area: str | None) -> str:
        by = area if self.by == AREA and area else self.by
        if by in known:
            return by
        raise ConfigError(
            f"the panel has no group {self.by!r} to split by",
            code="split.group",
            allowed=known or "none: the records name no groups",
            next_step=did_you_mean(self.by, known)
            if known
            else "name area: or groups: in the manifest, or groups= in Panel.from_frame",
        )

    def _parts(self, panel: Panel) -> list[tuple[str, ...]]:
        names = _names(panel, self._column(panel))
        known, rows = np.unique(names[~np.isin(names, (OTHER, UNKNOWN))], return_counts=True)
        if self.leave_out is not None:
            present = np.unique(names).tolist()
            _refuse_unknown(self.leave_out, present, present)
            return [tuple(self.leave_out)]
        if len(known) < 2:
            raise PanelError(
                f"the panel has {len(known)} groups of {self.by!r} that tables name",
                code="split.group",
                allowed="at least two: one to test on, and one to train on",
                next_step="split by time or by household, or by another group",
            )
        largest_first = known[np.argsort(-rows, kind="stable")].tolist()
        return _dealt(largest_first, min(self.n_splits or len(known), len(known)))


def _names(panel: Panel, column: str) -> NDArray[np.str_]:
    return panel.reported_group(column)


def _dealt(groups: list[str], parts: int) -> list[tuple[str, ...]]:
    return [tuple(groups[part::parts]) for part in range(parts)]


def _refuse_unknown(leave_out: Iterable[str], known: list[str], shown: list[str]) -> None:
    """Refuse a group that is not known; `shown` are those that a message may name."""
    for name in leave_out:
        if name not in known:
            raise ConfigError(
                f"leave_out names {name!r}, which is no group of the panel",
                code="split.group",
                allowed=sorted(shown)
                or f"none by name: each group is of fewer than {MIN_HOUSEHOLDS} households",
                next_step=did_you_mean(name, shown),
            )


def _require_rows(train: Mask, test: Mask, left_out: tuple[str, ...]) -> None:
    for side, rows in (("train", train), ("test", test)):
        if not rows.any():
            raise PanelError(
                f"{side} holds no row where {', '.join(left_out)} is left out",
                code="split.empty",
                place=side,
                allowed="rows on both sides",
                next_step="leave out fewer groups, or test on more rounds",
            )
