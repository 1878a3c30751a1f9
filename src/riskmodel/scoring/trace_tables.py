"""The tables of a trace in one language: facts, features and contributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.explanation import Explanation, contents_of
from riskmodel.indicators import Catalogue
from riskmodel.panel.specs.feature_columns import clean
from riskmodel.serving import LANGUAGES, ColumnEntry, entry_key


@dataclass(frozen=True, eq=False)
class TraceTables:
    """It makes the tables that a trace shows of one explained row.

    Attributes
    ----------
    explanation : Explanation
        Of one row.
    catalogue : Catalogue
        What its indicators are called.
    lang : str
    masked : bool
        Whether sensitive indicators are named as "sensitive information" only.
    undelivered : frozenset of str
        Indicators of the model that were not delivered.
    """

    explanation: Explanation
    catalogue: Catalogue
    lang: str
    masked: bool
    undelivered: frozenset[str] = frozenset()

    def facts(self, facts: pd.DataFrame) -> pd.DataFrame:
        """Return the facts with indicator, agency, and whether the model used them."""
        codes = facts["code"].tolist()
        table = facts.assign(used=self._uses(facts) & facts["visible"])
        texts = {"": "", **LANGUAGES[self.lang].why_not}
        table["why_not"] = table["why_not"].map(texts)
        table.insert(0, "indicator", [self._name(code) for code in codes])
        table.insert(1, "agency", [self._agency(code) for code in codes])
        hidden = self._hidden(codes)
        table.loc[hidden, ["agency", "text"]] = ""
        table.loc[hidden, "value"] = np.nan
        return table.drop(columns=["code", "attribute"]).reset_index(drop=True)

    def _uses(self, facts: pd.DataFrame) -> pd.Series:
        """Return which facts are of an indicator, and attributes of a column, of the model."""
        columns = self.explanation.columns
        indicators = {c["indicator"] for c in columns if c["indicator"]}
        indicators.update(code for c in columns for code in c.get("codes", ()))
        own = {c["name"] for c in columns if not c["indicator"]}
        is_own = facts["code"].map(clean).isin(own)
        return is_own.where(facts["attribute"], facts["code"].isin(indicators))

    def features(self) -> pd.DataFrame:
        """Return value and contribution of each feature; hidden features are one row."""
        columns = self.explanation.columns
        table = pd.DataFrame(
            {
                "feature": [c["name"] for c in columns],
                "indicator": [self._name_of_part(c) for c in columns],
                "value": self.explanation.matrix[0],
                "contribution": self.explanation.unmasked.iloc[0].to_numpy(),
            }
        )
        hidden = self._hidden([entry_key(c) for c in columns])
        if not hidden.any():
            return table

        sensitive = {
            "feature": self._sensitive,
            "indicator": self._sensitive,
            "value": np.nan,
            "contribution": table.loc[hidden, "contribution"].sum(),
        }
        return pd.concat([table[~hidden], pd.DataFrame([sensitive])], ignore_index=True)

    def contributions(self) -> pd.DataFrame:
        """Return the content and contribution of each indicator, the strongest first."""
        contents = contents_of(
            self.explanation, self.lang, masked=self.masked, undelivered=self.undelivered
        )
        table = contents.rename_axis("indicator").rename(columns={"content": "held"})
        order = table["contribution"].abs().sort_values(ascending=False, kind="stable").index
        return table.loc[order, ["held", "contribution"]].reset_index()

    def _hidden(self, codes: list[str]) -> NDArray[np.bool_]:
        return np.array([self._hides(code) for code in codes], dtype=bool)

    def _hides(self, code: str) -> bool:
        return self.masked and code in self.catalogue and self.catalogue[code].masked

    def _name(self, code: str) -> str:
        if self._hides(code):
            return self._sensitive
        return self.catalogue[code].name(self.lang) if code in self.catalogue else code

    def _name_of_part(self, column: ColumnEntry) -> str:
        family = column.get("family")
        return LANGUAGES[self.lang].kinds_name(family) if family else self._name(entry_key(column))

    def _agency(self, code: str) -> str:
        return self.catalogue[code].agency if code in self.catalogue else ""

    @property
    def _sensitive(self) -> str:
        return LANGUAGES[self.lang].words["sensitive"]
