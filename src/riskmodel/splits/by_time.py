"""Train and test rows: by time, with an embargo that no label window crosses, or by household."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.doors import door
from riskmodel.errors import ConfigError, PanelError
from riskmodel.keys import Days, as_days
from riskmodel.panel import Label, Panel
from riskmodel.panel.keys_digest import keys_digest
from riskmodel.panel.labelling.missing_reasons import NOT_CONTACTED
from riskmodel.texts import counted

Mask = NDArray[np.bool_]

NOT_THE_FUTURE = (
    "split by household: no household on both sides, but this is not a test of the future"
)


@door
@dataclass(frozen=True)
class TemporalSplit:
    """Test on later rounds than were trained on.

    Training rows are those whose label was final before the first test round: as_of_date + window +
    maturity is at most that day. Only rounds with a mature label are test rounds.

    Parameters
    ----------
    test_rounds : int, default 1
        Rounds to test on.
    test_from : date-like, optional
        Instead: test on all mature rounds from this day.
    n_splits : int, default 1
        Cuts, each `test_rounds` earlier than the next.

    Examples
    --------
    >>> TemporalSplit(test_rounds=2)
    TemporalSplit(test_rounds=2, test_from=None, n_splits=1)
    """

    test_rounds: int = 1
    test_from: Any = None
    n_splits: int = 1

    def __post_init__(self) -> None:
        counts = (self.test_rounds, self.n_splits)
        are_counts = all(isinstance(count, int) and count >= 1 for count in counts)
        if not are_counts or (self.test_from is not None and self.n_splits > 1):
            raise ConfigError(
                "a temporal split needs at least one test round and one cut, and test_from gives "
                "one cut only",
                code="split.arguments",
                next_step="write TemporalSplit(test_rounds=1, n_splits=3)",
            )

    @door
    def last(self, panel: Panel) -> tuple[Panel, Panel]:
        """Return train and test rows of the newest cut."""
        return self._cut(panel, 0)

    @door
    def split(self, panel: Panel) -> Iterator[tuple[Panel, Panel]]:
        """Yield train and test rows of each cut, the newest last."""
        for back in reversed(range(self.n_splits)):
            yield self._cut(panel, back)

    def n_cuts(self, panel: Panel) -> int:  # noqa: ARG002  # another split needs it
        """Return how many cuts `split` makes."""
        return self.n_splits

    def _cut(self, panel: Panel, back: int) -> tuple[Panel, Panel]:
        train_rows, test_rows = self.rows(panel, back)
        return checked(panel[train_rows], panel[test_rows])

    def rows(self, panel: Panel, back: int = 0) -> tuple[Mask, Mask]:
        """Return which rows train and which test, at a cut so many before the newest."""
        label, y = _labelled(panel)
        as_of = as_days(panel.as_of)
        rounds: Days = np.unique(as_of[panel.is_mature & y.notna().to_numpy()])
        tests = self._tests(rounds, back, panel, label)
        train_rows, test_rows = label.matures_on(as_of) <= tests[0], np.isin(as_of, tests)
        if not train_rows.any():
            raise _too_few(rounds, len(tests), back * self.test_rounds, label)
        return np.asarray(train_rows), test_rows

    def _tests(self, rounds: Days, back: int, panel: Panel, label: Label) -> Days:
        if not len(rounds):
            raise _no_test_round(panel, label)
        if self.test_from is not None:
            first = as_days(self.test_from, "test_from")
            tests = rounds[rounds >= first]
            if not len(tests):
                raise _no_test_round(panel[as_days(panel.as_of) >= first], label)
            return tests
        end = len(rounds) - back * self.test_rounds
        if end - self.test_rounds < 1:
            raise _too_few(rounds, self.test_rounds, back * self.test_rounds, label)
        return rounds[end - self.test_rounds : end]


@door
@dataclass(frozen=True)
class HouseholdSplit:
    """Test on other households than were trained on; this is not a test of the future.

    Where the panel names clusters (``cluster="village"``), each of them is on one side.

    Parameters
    ----------
    test_share : float, default 0.2
        Share of the households, or of the clusters where the panel names them.
    random_state : int, default 0
    """

    test_share: float = 0.2
    random_state: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.test_share < 1:
            raise ConfigError(
                f"test_share={self.test_share} is no share",
                code="split.arguments",
                allowed="between 0 and 1",
                next_step="write HouseholdSplit(test_share=0.2)",
            )

    def n_cuts(self, panel: Panel) -> int:  # noqa: ARG002  # another split needs it
        """Return how many cuts `split` makes."""
        return 1

    @door
    def last(self, panel: Panel) -> tuple[Panel, Panel]:
        """Return train and test rows."""
        chosen = self._chosen(panel)
        train, test = (replace(panel[rows], note=NOT_THE_FUTURE) for rows in (~chosen, chosen))
        return checked(train, replace(test, apart_from=keys_digest(train.X.index)))

    @door
    def split(self, panel: Panel) -> Iterator[tuple[Panel, Panel]]:
        """Yield the one split."""
        yield self.last(panel)

    def _chosen(self, panel: Panel) -> NDArray[np.bool_]:
        units = panel.independent_units.unique().sort_values()
        size = max(1, round(self.test_share * len(units)))
        order = np.random.default_rng(self.random_state).permutation(len(units))
        return np.asarray(panel.independent_units.isin(units[order[:size]]))

    def __repr__(self) -> str:
        arguments = f"test_share={self.test_share}, random_state={self.random_state}"
        return f"HouseholdSplit({arguments}): {NOT_THE_FUTURE}"


def _labelled(panel: Panel) -> tuple[Label, pd.Series]:
    if panel.label is None or panel.y is None:
        raise PanelError(
            "the panel has no label, so that no embargo can be computed",
            code="split.no_label",
            next_step="build it with label=Label(outcome, window), or give y= and label= to "
            "Panel.from_frame",
        )
    return panel.label, panel.y


def _no_test_round(panel: Panel, label: Label) -> PanelError:
    """Return why none of a panel's rounds can be tested on."""
    if not len(panel):
        return PanelError(
            "no round of the panel lies on or after test_from",
            code="split.immature",
            next_step="test from an earlier day, or build more rounds",
        )
    is_mature = panel.is_mature
    return _unobserved(panel[is_mature], label) if is_mature.any() else _immature(panel, label)


def _unobserved(mature: Panel, label: Label) -> PanelError:
    reasons = ", ".join(f"{rows:,} {reason}" for reason, rows in mature.missing.items())
    fault = f"none of {counted(len(mature), 'row')} whose window has matured has a label"
    if list(mature.missing) == [NOT_CONTACTED]:
        fault += ": no contact is of one of these rows, in household and round"
    elif reasons:
        fault += f" ({reasons})"
    watched = "the outcome's feed" if label.observed_by is None else repr(label.observed_by)
    return PanelError(
        fault,
        code="split.unobserved",
        allowed=f"rows whose outcome {watched} shows, yes or no",
        next_step="compare household ids and as-of dates of the panel with those of the records: "
        "records.summary() tells how many households of each table and source stand in another",
    )


def _immature(panel: Panel, label: Label) -> PanelError:
    newest = as_days(panel.as_of).max()
    return PanelError(
        f"no test round has a mature label: the newest, {newest}, matures on "
        f"{label.matures_on(newest)}, and the outcomes are complete before {panel.today}",
        code="split.immature",
        next_step="test on earlier rounds, or read newer records",
    )


def _too_few(rounds: Days, tests: int, skipped: int, label: Label) -> PanelError:
    first_test = rounds[max(len(rounds) - skipped - tests, 0)]
    step = int(np.median(np.diff(rounds).astype(int))) if len(rounds) > 1 else 0
    wait = (label.matures_on(first_test) - first_test).astype(int)
    # Months differ in days: three rounds two months apart span six months.
    apart = int(np.ceil(wait / step - 0.1)) if step else 0
    needed = f"; at this distance of rounds {apart + tests + skipped} are needed" if step else ""
    return PanelError(
        f"no round's label was final before the first test round {first_test}: the embargo "
        f"(window + maturity) is {label.embargo}, and there are {len(rounds)} mature "
        f"rounds{needed}",
        code="split.too_few_rounds",
        next_step="build more rounds, test on fewer (test_rounds), at fewer cuts (n_splits, in the "
        "shell split.backtest_cuts), or shorten window or maturity; with rounds of one date, test "
        "on other households: HouseholdSplit().last(panel)",
    )


def checked(train: Panel, test: Panel) -> tuple[Panel, Panel]:
    """Return both sides, or refuse one that holds one class only."""
    _check_classes(train, "train")
    _check_classes(test, "test")
    return train, test


def _check_classes(panel: Panel, side: str) -> None:
    counts = panel.counts
    for name in ("positive", "negative"):
        if counts.get(name, 1) == 0:
            raise PanelError(
                f"{side} holds no {name} among {counts['rows']:,} rows",
                code="split.one_class",
                place=side,
                allowed="both classes on both sides",
                next_step="use more rounds, a longer window or a wider cohort",
            )
