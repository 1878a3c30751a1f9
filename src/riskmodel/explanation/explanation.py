"""Explanation: every row's log-odds as a base and its parts, with tables and reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from riskmodel.errors import ModelError
from riskmodel.explanation.contents import is_keyed
from riskmodel.explanation.masking import shown_parts
from riskmodel.explanation.parts import FAMILY, FEATURE, INDICATOR, parts_of
from riskmodel.explanation.printed import head_of, table_of
from riskmodel.explanation.reasons import reasons_table
from riskmodel.explanation.tidy import as_shap, family_totals, tidy_frame
from riskmodel.forests.forest import Floats
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, as_days
from riskmodel.models import check_language, language_of
from riskmodel.panel.row_choice import chosen_rows
from riskmodel.serving import LANGUAGES, ColumnEntry, ReasonWriter
from riskmodel.texts import as_ids

if TYPE_CHECKING:
    import shap

BY_HOUSEHOLD = "choose a household by its id: explanation.household(id)"


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Contributions to the calibrated log-odds.

    On every row base + contributions = log-odds, to 1e-6. Its tables sum sensitive indicators
    (suicide, violence) as "sensitive information" unless `masked` is False.

    Attributes
    ----------
    base : float
        Log-odds of the reference.
    unmasked : DataFrame
        One column per part (a feature, indicator or family), the sensitive ones too; one row per
        row explained.
    log_odds : Series
    matrix : ndarray
        The rows as the model sees them.
    columns : list of dict
        What each feature is made of.
    catalogue : Catalogue
    method : {"interventional", "path-dependent", "additive", "counted"}
    background_rows : int
        How many rows the rows are compared with; 0 where they are not compared with rows.
    by : {"feature", "indicator", "family"}
        What the parts are.
    unseen : ndarray of bool, shape of the matrix, optional
        Which cells hold a category that the model does not know.
    lang : str
        The language in which its texts are written unless another is asked for: the version's own.

    Notes
    -----
    A contribution says how a part moved the score, not what caused the crisis.
    """

    base: float
    unmasked: pd.DataFrame
    log_odds: pd.Series
    matrix: Floats
    columns: Sequence[ColumnEntry]
    catalogue: Catalogue
    method: str
    background_rows: int
    by: str = FEATURE
    unseen: NDArray[np.bool_] | None = None
    lang: str = "en"

    @property
    def reference(self) -> str:
        """What the rows are compared with, in English."""
        return self.reference_in("en")

    def reference_in(self, lang: str) -> str:
        """Return what the rows are compared with, in a language."""
        check_language(lang)
        return LANGUAGES[lang].reference(self.method, self.background_rows)

    def __len__(self) -> int:
        return len(self.log_odds)

    def __getitem__(self, rows: int | slice | ArrayLike) -> Explanation:
        """Return some of the rows, chosen by a position, positions, a mask or a slice.

        Raises
        ------
        ConfigError
            For what chooses no rows, such as an id.
        """
        chosen = chosen_rows(rows, len(self), BY_HOUSEHOLD)
        return replace(
            self,
            unmasked=self.unmasked.iloc[chosen],
            log_odds=self.log_odds.iloc[chosen],
            matrix=self.matrix[chosen],
            unseen=None if self.unseen is None else self.unseen[chosen],
        )

    def __iter__(self) -> Iterator[Explanation]:
        """Yield the rows, one by one."""
        return (self[row] for row in range(len(self)))

    def household(self, household_id: str, as_of: DateLike | None = None) -> Explanation:
        """Return the rows of one household, on one date if it is given.

        They print themselves with household and dates, signed contributions, their sum and the
        score.

        Raises
        ------
        ModelError
            If no row is of that household and date.
        """
        index = self.log_odds.index
        if not is_keyed(self):
            raise ModelError(
                "the rows explained have no household and date",
                code="explanation.no_keys",
                allowed="a Panel, or a frame with the index (household_id, as_of_date)",
                next_step="choose rows by their position: explanation[0]",
            )

        is_chosen = as_ids(index.get_level_values(HOUSEHOLD)) == as_ids([household_id])
        if as_of is not None:
            is_chosen &= as_days(index.get_level_values(AS_OF)) == as_days(as_of, "as_of")
        if not is_chosen.any():
            on_date = "" if as_of is None else " on this date"
            raise ModelError(
                f"no row explained is of this household{on_date}",
                code="explanation.no_household",
                next_step="explain a panel that holds it; rm.trace shows why it is not in a cohort",
            )
        return self[is_chosen]

    def title_of(self, feature: str) -> str:
        """Return what a frame's column is called in English, with its unit; else its own name."""
        described = self.catalogue.get(feature)
        if described is None:
            return feature
        unit = f" ({described.unit})" if described.unit else ""
        return f"{described.name('en')}{unit}"

    def columns_of_part(self, name: str) -> list[int]:
        """Return the positions of the columns that make up a part; none for a sum of parts."""
        parts = parts_of(self.columns, self.catalogue, self.by)
        return [j for j, part in enumerate(parts.part_of_column) if parts.names[part] == name]

    @property
    def scores(self) -> pd.Series:
        """Probabilities of the crisis class."""
        return expit(self.log_odds).rename("score")

    @property
    def reason_writer(self) -> ReasonWriter:
        """The writer that sums contributions by indicator and words reasons."""
        return ReasonWriter(self.columns, self.catalogue.to_dict())

    @property
    def contributions(self) -> pd.DataFrame:
        """One column per part and one row per row explained; sensitive parts are one column."""
        return shown_parts(self, self.unmasked, self.by, masked=True)

    def by_indicator(self, *, masked: bool = True) -> pd.DataFrame:
        """Return contributions summed by indicator.

        A column that belongs to no indicator is its own. Sensitive indicators are one column unless
        `masked` is False.
        """
        if self.by == FAMILY:
            raise ModelError(
                f"contributions by {self.by} are not given by indicator",
                code="explanation.by",
                allowed="by='feature' or by='indicator'",
                next_step="explain the rows again by indicator",
            )
        if self.by == INDICATOR:
            return shown_parts(self, self.unmasked, INDICATOR, masked=masked)
        writer = self.reason_writer
        totals = writer.totals(self.unmasked.to_numpy())
        names = pd.Index(writer.keys, name="indicator")
        table = pd.DataFrame(totals, index=self.unmasked.index, columns=names)
        return shown_parts(self, table, INDICATOR, masked=masked)

    def by_family(self, *, masked: bool = True) -> pd.DataFrame:
        """Return contributions summed by family of life; what belongs to none is ``"other"``.

        Families of sensitive indicators only are one column unless `masked` is False.
        """
        if self.by == FAMILY:
            return shown_parts(self, self.unmasked, FAMILY, masked=masked)
        table = family_totals(self.by_indicator(masked=False), self.columns, self.catalogue)
        return shown_parts(self, table, FAMILY, masked=masked)

    def unseen_keys(self) -> NDArray[np.bool_]:
        """Return of which indicators a row holds a category that the model does not know.

        Shape (n_rows, n_keys), in the order of the reason writer's keys.
        """
        writer = self.reason_writer
        if self.unseen is None:
            return np.zeros((len(self), len(writer.keys)), dtype=bool)
        return writer.any_of_key(self.unseen)

    def reasons(
        self, top: int = 3, lang: str | None = None, *, masked: bool = True
    ) -> pd.DataFrame:
        """Return one row per household: the indicators in its record that raised its risk most.

        Parameters
        ----------
        top : int, default 3
        lang : str, optional
            A key of `riskmodel.serving.LANGUAGES`, such as ``"en"`` or ``"ko"``. Default: the
            version's own; "en" for a model that is not published.
        masked : bool, default True
            Whether sensitive indicators (suicide, violence) are named as "sensitive information"
            only.

        Returns
        -------
        DataFrame
            ``reason_1``, ``contribution_1``, ...; ``weaker``, how many more indicators in the
            record raised the score; ``missing``, the indicators that were not delivered;
            ``no_value``, those of which no value is on record, delivered or not; and ``unseen``,
            those of which the record holds a category that the model does not know.

        Raises
        ------
        ModelError
            For contributions by indicator or family: a reason tells the window that carries most of
            its contribution, which only contributions by feature show.
        """
        if self.by != FEATURE:
            raise ModelError(
                f"contributions by {self.by} do not show which window a reason is of",
                code="explanation.by",
                allowed="by='feature'",
                next_step="explain the rows by feature: rm.explain(model, X).reasons()",
            )
        return reasons_table(
            self.reason_writer,
            self.matrix,
            self.unmasked,
            unseen=self.unseen_keys(),
            top=top,
            lang=language_of(lang, self.lang),
            masked=masked,
        )

    def frame(self, *, masked: bool = True) -> pd.DataFrame:
        """Return one row per household and part; for features with indicator and value.

        Sensitive parts are one row per household, without value, unless `masked` is False.
        """
        return tidy_frame(self, masked=masked)

    def to_shap(self, *, masked: bool = True) -> shap.Explanation:
        """Return a ``shap.Explanation``, for shap's own plots.

        Sensitive parts are one feature, without value, unless `masked` is False.
        """
        return as_shap(self, masked=masked)

    def summary(self, *, masked: bool = True) -> pd.DataFrame:
        """Return the mean absolute contribution of each indicator (or family), largest first.

        Sensitive indicators are one row unless `masked` is False.
        """
        by_family = self.by == FAMILY
        parts = self.by_family(masked=masked) if by_family else self.by_indicator(masked=masked)
        size = parts.abs().mean().sort_values(ascending=False, kind="stable")
        return size.rename("mean |contribution|").to_frame()

    def __repr__(self) -> str:
        return f"{head_of(self)}\n\n{table_of(self).to_string(float_format='{:.3f}'.format)}"

    def _repr_html_(self) -> str:
        head = escape(head_of(self)).replace("\n", "<br>")
        return f"<p>{head}</p>{table_of(self).to_html(float_format='{:.3f}'.format)}"
