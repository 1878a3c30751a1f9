"""A baseline: how many risk-raising indicators a household has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.forests import MAX_TESTS, Arrays, Background, starts
from riskmodel.models.cross_fit import by_folds
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.kind import TREES, Core, Kind, method_of_counts, refuse_not_applicable
from riskmodel.models.risk_columns import risk_columns

PRESENT = ("count", "ever", "now")
# a column above 0 has the code 2
ABOVE_ZERO = 2
# no code passes this test
NEVER = (0, 65535, 0)


@dataclass(frozen=True)
class IndicatorCount(Core):
    """How many risk-raising indicators a household has.

    It has an indicator if any of the indicator's columns is above 0.

    Attributes
    ----------
    groups : tuple of tuple of int
        The columns of each indicator.
    n_features : int
    """

    groups: tuple[tuple[int, ...], ...]
    n_features: int

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return the number of indicators present."""
        total = np.zeros(len(matrix))
        for positions in self.groups:
            total += (matrix[:, positions] > 0).any(axis=1)
        return total

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return a forest with one group of tests per indicator.

        A pattern in which any column is above 0 counts one.
        """
        self._check_width()
        n_tests = np.array([len(group) for group in self.groups])
        size = 1 << n_tests
        pattern = np.concatenate([np.arange(n) for n in size])
        return {
            **_groups_without_integrals(len(self.groups)),
            **_cuts_at_zero(self.n_features),
            "n_outputs": np.array(self.n_features),
            "base": np.array(0.0),
            "background_rows": np.array(0),
            "tests": np.array([_tests(group) for group in self.groups], dtype=np.int32),
            "n_tests": n_tests,
            "slot_start": starts(n_tests),
            "slot_output": np.concatenate(self.groups),
            "table_start": starts(np.repeat(size, n_tests)),
            "table": np.concatenate([_shares(len(group)) for group in self.groups]),
            "leaf_start": starts(size),
            "leaf": (pattern > 0).astype(np.float64),
        }

    def _check_width(self) -> None:
        width = max(map(len, self.groups))
        if width > MAX_TESTS:
            raise ModelError(
                f"an indicator has {width} columns that show whether it is present",
                code="explanation.columns",
                allowed=f"up to {MAX_TESTS}",
                next_step="count it over fewer windows",
            )


def _tests(group: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Return one test per column, which a value above 0 passes; the rest is never passed."""
    tests = [(feature, ABOVE_ZERO, 0) for feature in group]
    return tests + [NEVER] * (MAX_TESTS - len(group))


def _shares(width: int) -> Floats:
    """Return each column's contribution under each pattern; columns above 0 share one equally."""
    patterns = np.arange(1 << width)
    above = np.maximum(np.bitwise_count(patterns), 1)
    return np.concatenate([(patterns >> j & 1) / above for j in range(width)])


def _groups_without_integrals(n_groups: int) -> Arrays:
    """Return the arrays of one booster whose groups are tables only."""
    return {
        "booster_start": np.array([0, n_groups]),
        "group_start": np.arange(n_groups + 1),
        "steps": np.zeros(n_groups, np.int64),
        "whole_start": np.zeros(n_groups + 1, np.int64),
        "whole": np.zeros(0),
        "shared_start": np.zeros(n_groups + 1, np.int64),
        "shared_tests": np.zeros((0, 3), np.int32),
        "shared_share": np.zeros(0),
        "shared_output": np.zeros(0, np.int64),
    }


def _cuts_at_zero(n_features: int) -> Arrays:
    """Return the codes of features with one cut at 0 each, and no categories."""
    return {
        "cut": np.zeros(n_features),
        "cut_start": np.arange(n_features + 1),
        "category": np.zeros(0, np.int64),
        "category_start": np.zeros(n_features + 1, np.int64),
        "set_feature": np.zeros(0, np.int64),
        "set_start": np.zeros(1, np.int64),
        "set_member": np.zeros(0, np.uint16),
    }


def fit_indicator_count(rows: Rows, settings: FitSettings) -> IndicatorCount:  # noqa: ARG001
    """Find the columns that show whether a risk-raising indicator is present; y is not used."""
    columns = risk_columns(settings, PRESENT)
    if not columns:
        _refuse()
    groups: dict[str, list[int]] = {}
    for column in columns:
        groups.setdefault(column.indicator, []).append(column.position)
    return IndicatorCount(tuple(map(tuple, groups.values())), len(settings.names))


def _refuse() -> NoReturn:
    refuse_not_applicable(
        INDICATOR_COUNT.name,
        f"no column counts an indicator ({', '.join(PRESENT)})",
        allowed="a panel built from records with such a column",
        next_step="use kind='logistic'",
    )


INDICATOR_COUNT = Kind(
    name="indicator_count",
    fit=by_folds(fit_indicator_count),
    evaluator=TREES,
    method=method_of_counts,
    baseline=True,
    complexity=0,
)
