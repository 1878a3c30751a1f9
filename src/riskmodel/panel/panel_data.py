"""The fields of a panel, and what can be read from them without the records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.metrics import UNKNOWN, group_names
from riskmodel.panel.recipe import Recipe
from riskmodel.panel.specs.feature_columns import Column
from riskmodel.panel.specs.labels import Label
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS, Vocabulary
from riskmodel.records import Records
from riskmodel.records.spellings import SPELLINGS, as_written
from riskmodel.serving import OTHER


@dataclass(frozen=True, eq=False)
class PanelData:
    """The fields of a `Panel`, which describes them."""

    X: pd.DataFrame
    y: pd.Series | None = None
    groups: pd.DataFrame | None = None
    columns: tuple[Column, ...] = ()
    label: Label | None = None
    recipe: Recipe | None = None
    catalogue: Catalogue = field(default_factory=Catalogue)
    weight: pd.Series | None = None
    cluster: pd.Series | None = None
    round: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    truth: pd.DataFrame | None = None
    draws: pd.DataFrame | None = None
    area_name: str | None = None
    today: np.datetime64 | None = None
    outside_coverage: int = 0
    partly_covered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    group_vocabulary: dict[str, Vocabulary] = field(default_factory=dict)
    note: str = ""
    apart_from: str = ""
    unplaced_contacts: dict[str, int] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    under_support: bool = False
    record_notes: tuple[str, ...] = ()
    _late: pd.Series | None = field(default=None, repr=False)
    _why: pd.Series | None = field(default=None, repr=False)
    _tied: pd.Series | None = field(default=None, repr=False)
    _beyond: pd.Series | None = field(default=None, repr=False)
    _day: pd.Series | None = field(default=None, repr=False)
    _records: Records | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.X)

    @property
    def as_of(self) -> pd.DatetimeIndex:
        """The as_of_date of each row."""
        return pd.DatetimeIndex(self.X.index.get_level_values(AS_OF))

    @property
    def households(self) -> pd.Index:
        """The household_id of each row."""
        return self.X.index.get_level_values(HOUSEHOLD)

    def as_written(self, ids: pd.Series) -> pd.Series:
        """Return ids of households as they were first written, by which an office finds them."""
        return as_written(ids, pd.DataFrame(self.spellings.items(), columns=SPELLINGS, dtype="str"))

    @property
    def independent_units(self) -> pd.Index:
        """The cluster of each row, or its household where no clusters are named.

        Rows of two of them are independent; splits and folds keep each on one side.
        """
        return self.households if self.cluster is None else pd.Index(self.cluster)

    @property
    def area(self) -> pd.Series | None:
        """The area of each row, if the records name one."""
        if self.groups is None or self.area_name is None:
            return None
        return self.groups[self.area_name]

    def reported_group(self, name: str) -> NDArray[np.str_]:
        """Return a group of each row by the name under which tables report it.

        A group of few households is ``"other"``, and a blank is ``"unknown"``.
        """
        assert self.groups is not None
        names = group_names(self.groups[name])
        reported = [*self.vocabulary_of(name).names, UNKNOWN]
        return np.where(np.isin(names, reported), names, OTHER)

    @property
    def labelled_areas(self) -> tuple[str, ...]:
        """The areas of the labelled rows that tables name; none where the records name no area."""
        if self.area is None or self.area_name is None or self.y is None:
            return ()
        labelled = group_names(self.area[self.y.notna().to_numpy()].unique()).tolist()
        reported = {*self.vocabulary_of(self.area_name).names}
        return tuple(sorted(reported.intersection(labelled) - {OTHER, UNKNOWN}))

    def vocabulary_of(self, name: str) -> Vocabulary:
        """Return the names under which tables report a group."""
        if name in self.group_vocabulary:
            return self.group_vocabulary[name]
        assert self.groups is not None
        values = pd.Categorical(group_names(self.groups[name]))
        return Vocabulary.of(values, pd.factorize(self.households)[0], MIN_HOUSEHOLDS)

    @property
    def rare_columns(self) -> frozenset[str]:
        """The columns that may be named after one of the few households that they tell of."""
        return frozenset(
            column.name
            for column in self.columns
            if column.of_few or column.indicator in self.catalogue.rare
        )

    @property
    def directions(self) -> dict[str, int]:
        """The risk direction of each column: 1, -1, or 0 if it has none."""
        return {column.name: column.direction for column in self.columns}

    @property
    def is_mature(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """For each row, whether its label is final."""
        if self.label is None or self.today is None:
            return np.ones(len(self), bool)
        return np.asarray(self.label.matures_on(as_days(self.as_of)) <= self.today)

    @property
    def counts(self) -> dict[str, int]:
        """Rows, and how many are 1, 0, or missing because immature or not observed; they add up."""
        if self.y is None:
            return {"rows": len(self)}
        y = self.y.to_numpy()
        is_missing = np.isnan(y)
        is_mature = self.is_mature
        return {
            "rows": len(self),
            "positive": int((y == 1).sum()),
            "negative": int((y == 0).sum()),
            "immature": int((is_missing & ~is_mature).sum()),
            "not_observed": int((is_missing & is_mature).sum()),
        }

    @property
    def doubts(self) -> tuple[str, ...]:
        """What makes outcomes of these rows doubtful, in words: of rounds, and of the records."""
        present = set(as_days(self.as_of.unique()).astype(str))
        rounds = [f"round {day}: {why}" for day, why in self.doubtful.items() if day in present]
        return (*rounds, *self.record_notes)

    @property
    def missing(self) -> dict[str, int]:
        """How many labels are missing, by reason; labels from a frame of yours have no reasons."""
        if self._why is None:
            return {}
        counts = self._why.value_counts()
        reasons = [reason for reason in self._why.cat.categories if counts[reason]]
        return {str(reason): int(counts[reason]) for reason in reasons}

    @property
    def late_outcomes(self) -> int:
        """Outcomes that became known only after their window had matured, so they do not count."""
        return 0 if self._late is None else int(self._late.sum())

    @property
    def tied_verdicts(self) -> int:
        """Rows whose label is 1 although another verdict was given at the same time."""
        return 0 if self._tied is None else int(self._tied.sum())

    @property
    def unobserved_positives(self) -> int:
        """Rows whose label is 1 without the fact that should observe it (`observed_by`).

        Rows without that fact have no 0, so that these crises stand without their negatives.
        """
        return 0 if self._beyond is None else int(self._beyond.sum())

    @property
    def outcome_day(self) -> pd.Series | None:
        """The day of the first outcome in the window of each row whose label is 1, else NaT.

        None for a frame and for verdicts of contacts, which do not tell it.
        """
        is_told = self._day is not None and self._day.notna().any()
        return self._day if is_told else None

    @property
    def constant_columns(self) -> tuple[str, ...]:
        """Columns that hold one value in all rows.

        They stay in X, so that the columns of a panel do not depend on the data.
        """
        return tuple(name for name in self.X.columns if _is_constant(self.X[name]))


def _is_constant(column: pd.Series) -> bool:
    is_number = column.dtype.kind == "f"
    values = column.to_numpy() if is_number else column.cat.codes.to_numpy()
    if len(values) < 2 or (values == values[0]).all():
        return True
    return is_number and bool(np.isnan(values).all())
