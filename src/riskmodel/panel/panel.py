"""X, y and groups by household and date, and the recipe that made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from html import escape
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.doors import FrameLike, door
from riskmodel.errors import PanelError
from riskmodel.keys import AS_OF, DateLike
from riskmodel.panel import panel_file
from riskmodel.panel.frame import CatalogueLike, data_of_frame
from riskmodel.panel.labelling.label_fields import LabelFields
from riskmodel.panel.labelling.label_table import LabelCounts, LabelTable
from riskmodel.panel.labelling.outcomes import observe
from riskmodel.panel.panel_data import PanelData
from riskmodel.panel.panel_lines import panel_lines
from riskmodel.panel.recipe import Recipe
from riskmodel.panel.row_choice import chosen_rows
from riskmodel.panel.specs.labels import Label
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS

BY_HOUSEHOLD = "choose rows of households by a mask: panel[panel.households.isin(ids)]"


@dataclass(frozen=True, eq=False)
class Panel(PanelData):
    """Features, label and groups of households on dates, in one order.

    Attributes
    ----------
    X : DataFrame
        Indexed by (household_id, as_of_date), sorted; float32 columns, and categories for texts.
    y : Series or None
        1, 0, or missing: not mature, or not observed.
    groups : DataFrame or None
        Categories by which figures are reported; they are features only if they also stand in X.
    columns : tuple of Column
    label : Label or None
    recipe : Recipe or None
    catalogue : Catalogue
        The indicators that its columns are made of, or what a frame's columns are called.
    weight : Series or None
    cluster : Series or None
        What intervals take for independent of each other, and what splits and the folds of a
        calibration keep whole; the households where it is None.
    round : Series
        The rows of one round share a capacity; by default those of one as_of_date.
    spellings : dict of str to str
        By household_id how it was first written, where that is another form; see `as_written`.
    truth : DataFrame or None
        The hidden truth of simulated records.
    draws : DataFrame or None
        Who was drawn to be contacted: ``list``, ``probability`` (the chance to be drawn; NaN where
        it is unknown), ``drawn``, ``stratum`` and ``channel`` of each row. None where the records
        hold neither lists nor contacts with probabilities.
    area_name : str or None
        The group that is the area of capacity.
    today : datetime64[D] or None
        The day before which outcomes are complete.
    outside_coverage : int
        Visible facts that are not used, because their feed was not delivered for the household on
        the row's date.
    partly_covered : dict of str to tuple of str
        The columns whose window the feed was delivered for only in part, each with the dates of
        that. What was delivered is counted, unless the features declare it as missing.
    renamed : dict
        Names of a frame's columns that had to be changed, old to new.
    group_vocabulary : dict of str to Vocabulary
        By group, the names that tables may report. Groups of few households are ``"other"`` there.
    note : str
        A caveat about these rows; it is printed with the panel.
    apart_from : str
        Of test rows of a split by household: the digest of the households and dates of the
        training rows, which share no household with them; else empty.
    unplaced_contacts : dict of str to int
        Contacts of these households, between the first and the last date, that belong to no row:
        by reason, how many.
    doubtful : dict of str to str
        The rounds whose outcomes look incomplete although they are mature, and why. A fit refuses
        them unless they are named: ``make_classifier(panel, accept_rounds=[...])``.
    under_support : bool
        Whether the records hold contacts, whose support prevents outcomes.
    record_notes : tuple of str
        The sources of the records whose facts are few before `today`, and contacts of no round.
    """

    def __getitem__(self, rows: Any) -> Panel:
        """Return some of the rows, chosen by a position, positions, a mask or a slice.

        X, y, groups and all other columns of rows stay aligned.

        Raises
        ------
        ConfigError
            For what chooses no rows.
        """
        chosen = chosen_rows(rows, len(self), BY_HOUSEHOLD)
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        aligned: dict[str, Any] = {
            name: value.iloc[chosen]
            for name, value in values.items()
            if isinstance(value, (pd.DataFrame, pd.Series))
        }
        return replace(self, **aligned)

    def __iter__(self) -> Iterator[Panel]:
        """Yield the rows, one by one."""
        return (self[row] for row in range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_records": None}

    @door
    def with_label(self, label: Label | None) -> Panel:
        """Return the panel with another label on the same rows; X is reused.

        Raises
        ------
        PanelError
            If the panel no longer holds its records: it was read from a file or made from a frame.
        """
        if label is None:
            unlabelled = PanelData(self.X)
            empty = {name: getattr(unlabelled, name) for name in LabelFields.__annotations__}
            recipe = _relabelled(self.recipe, None)
            return replace(self, label=None, recipe=recipe, **empty)
        if self._records is None:
            raise PanelError(
                "this panel does not hold the records that a label is read from",
                code="panel.no_records",
                next_step="build it from records with build_panel(records, ..., label=label)",
            )
        return replace(
            self,
            label=label,
            today=self._records.complete_for(label.feeds),
            recipe=_relabelled(self.recipe, label),
            **observe(self._records, label, self.X.index),
        )

    def labels(self, labels: Mapping[str, Label] | Iterable[Label]) -> LabelTable:
        """Return several labels of the same rows side by side.

        For each label the table counts how often it is 1, 0 or missing, and for what reason.

        Parameters
        ----------
        labels : mapping of name to Label, or list of Label
        """
        named = labels if isinstance(labels, Mapping) else {label.name: label for label in labels}
        return LabelTable.of({name: self._label_counts(label) for name, label in named.items()})

    def _label_counts(self, label: Label) -> LabelCounts:
        labelled = self.with_label(label)
        counts = labelled.counts
        return LabelCounts(
            counts["rows"],
            counts["positive"],
            counts["negative"],
            counts["immature"],
            labelled.missing,
            labelled.tied_verdicts,
        )

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write everything but the records to one Parquet file."""
        panel_file.write(self, path)

    @classmethod
    @door
    def read_parquet(cls, path: str | PathLike[str]) -> Panel:
        """Read what `to_parquet` wrote."""
        return cls(**vars(panel_file.read(path)))

    @classmethod
    @door
    def from_frame(
        cls,
        df: pd.DataFrame | FrameLike,
        *,
        household_id: str,
        as_of_date: DateLike,
        y: str | None = None,
        features: Iterable[str] | None = None,
        categories: Iterable[str] = (),
        groups: Iterable[str] = (),
        weight: str | None = None,
        cluster: str | None = None,
        round: str | None = None,  # noqa: A002  # the word of the design
        label: Label | None = None,
        directions: Mapping[str, int] | None = None,
        area: str | None = None,
        today: DateLike | None = None,
        min_households: int = MIN_HOUSEHOLDS,
        catalogue: CatalogueLike = None,
        allow_personal_numbers: Iterable[str] = (),
    ) -> Panel:
        """Make a panel from a frame with one row per household and date.

        Parameters
        ----------
        df : DataFrame
            Of pandas, or whatever offers a stream of Arrow, such as a table of Arrow or polars.
        household_id : str
            Column of the household; read as text.
        as_of_date : str or date-like
            Column of dates, or one date for all rows.
        y : str, optional
            Column of 1, 0 and blanks.
        features : list of str, optional
            Columns of X; default: every column that is not named otherwise.
        categories : list of str
            Columns of X that are categories, texts or numbers.
        groups : list of str
            Columns by which figures are reported; they are features only if `features` or
            `categories` lists them too.
        weight, round : str, optional
            Columns.
        cluster : str, optional
            Column of what households have in common, such as their village: intervals take rows of
            different clusters as independent, and splits and the folds of a calibration keep each
            cluster whole. By default each household is a cluster.
        label : Label, optional
            What y is: a temporal split needs its window and maturity.
        directions : mapping of column to {-1, 0, 1}, optional
        area : str, optional
            The group that is the area of capacity.
        today : date-like, optional
            The day before which y is complete. With a label, y is missing in rows whose window is
            not over by then.
        min_households : int, default 10
            Categories and groups of fewer households are ``"other"`` in the model's vocabulary and
            in all tables; X and groups keep them as written. 1 names every one.
        catalogue : mapping, Catalogue or path of a YAML file, optional
            What columns are called in reasons, displays and cards: ``{column: {field: value}}``
            with the fields of an `Indicator`, such as ``en``, ``ko``, ``unit``, ``direction``,
            ``sensitivity``. `directions` overrides its directions.
        allow_personal_numbers : list of str
            Columns that look like registration or phone numbers or e-mail addresses but are
            something else.

        Returns
        -------
        Panel

        Raises
        ------
        PanelError
            For a column that is missing, that holds texts where numbers are expected, or that looks
            like personal numbers or addresses.

        Examples
        --------
        >>> df = pd.DataFrame({"id": [1, 2], "income now": [900.0, 300.0], "poor": [0, 1]})
        >>> panel = Panel.from_frame(df, household_id="id", as_of_date="2024-01-01", y="poor")
        >>> list(panel.X), panel.renamed
        (['income_now'], {'income now': 'income_now'})
        >>> named = {"income now": {"en": "income", "unit": "KRW", "direction": -1}}
        >>> panel = Panel.from_frame(
        ...     df, household_id="id", as_of_date="2024-01-01", y="poor", catalogue=named
        ... )
        >>> panel.catalogue["income_now"].name("en"), panel.directions["income_now"]
        ('income', -1)
        """
        data = data_of_frame(
            df,
            household_id=household_id,
            as_of_date=as_of_date,
            y=y,
            features=features,
            categories=categories,
            groups=groups,
            weight=weight,
            cluster=cluster,
            round=round,
            label=label,
            directions=directions,
            area=area,
            today=today,
            min_households=min_households,
            catalogue=catalogue,
            allow_personal_numbers=allow_personal_numbers,
        )
        return cls(**vars(data))

    def frame(self) -> pd.DataFrame:
        """Return one row per round: rows, positives, negatives, missing."""
        y = pd.Series(np.nan, index=self.X.index) if self.y is None else self.y
        by_date = y.groupby(self.as_of)
        rows, labelled, positive = by_date.size(), by_date.count(), by_date.sum()
        table = pd.DataFrame(
            {
                "rows": rows,
                "positive": positive.astype(int),
                "negative": (labelled - positive).astype(int),
                "missing": rows - labelled,
            }
        )
        return table.rename_axis(AS_OF)

    def __repr__(self) -> str:
        return "\n".join(panel_lines(self))

    def _repr_html_(self) -> str:
        return "<br>".join(map(escape, panel_lines(self))) + str(self.frame().to_html())


def _relabelled(recipe: Recipe | None, label: Label | None) -> Recipe | None:
    return None if recipe is None else replace(recipe, label=label)
