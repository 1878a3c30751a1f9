"""why: what sets two scores apart, indicator by indicator, closing exactly."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
from scipy.special import expit

from riskmodel.errors import ModelError
from riskmodel.explanation.explanation import Explanation
from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.models import check_language
from riskmodel.serving import LANGUAGES

COLUMNS = ("indicator", "a", "b", "contribution_a", "contribution_b", "difference")


@dataclass(frozen=True, eq=False, repr=False)
class Difference:
    """Two scores side by side; the differences add up to that of the log-odds.

    Attributes
    ----------
    table : DataFrame
        One row per indicator, the largest difference first: its name, what either record holds of
        it (``a``, ``b``), its contributions to either and their ``difference`` (a - b, log-odds).
        Where the two are compared with different references, one row says what that adds.
    a, b : str
        Who they are.
    log_odds : tuple of float
        Of a and of b.
    """

    table: pd.DataFrame
    a: str
    b: str
    log_odds: tuple[float, float]

    @property
    def difference(self) -> float:
        """How far apart the two are, in log-odds."""
        return self.log_odds[0] - self.log_odds[1]

    @property
    def scores(self) -> tuple[float, float]:
        """The two probabilities of the crisis class."""
        one, other = map(float, expit(self.log_odds))
        return one, other

    def frame(self) -> pd.DataFrame:
        """Return one row per indicator."""
        return self.table.copy()

    def _head(self) -> list[str]:
        (p, q), word = self.scores, "above" if self.difference >= 0 else "below"
        return [
            f"a: {self.a}, score {p:.3f}",
            f"b: {self.b}, score {q:.3f}",
            f"a lies {abs(self.difference):.3f} log-odds {word} b; the differences add up to it",
        ]

    def _shown(self) -> pd.DataFrame:
        return self.table[self.table["difference"].abs() >= 0.0005]

    def __repr__(self) -> str:
        return "\n".join(
            [*self._head(), "", self._shown().to_string(index=False, float_format="{:.3f}".format)]
        )

    def _repr_html_(self) -> str:
        head = "<br>".join(map(escape, self._head()))
        return f"<p>{head}</p>{self._shown().to_html(index=False, float_format='{:.3f}'.format)}"


def why(a: Explanation, b: Explanation, lang: str = "en", *, masked: bool = True) -> Difference:
    """Say why one score is not another: two households, one household on two dates, or under two models.

    Parameters
    ----------
    a, b : Explanation
        Of one row each: ``explanation[0]``, or ``explanation.household("H1", as_of="2024-05-01")``.
    lang : {"en", "ko"}
    masked : bool, default True
        Whether sensitive indicators are summed up as "sensitive information".

    Returns
    -------
    Difference

    Raises
    ------
    ModelError
        For explanations of no or several rows.

    Examples
    --------
    >>> from riskmodel.explanation import explain
    >>> from riskmodel.models import RiskClassifier
    >>> import numpy as np
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"arrears": rng.poisson(2.0, 2_000), "visits": rng.poisson(1.0, 2_000)})
    >>> model = RiskClassifier(kind="logistic").fit(X, rng.random(2_000) < 0.1 * X["arrears"])
    >>> explanation = explain(model, pd.DataFrame({"arrears": [22, 17], "visits": [0, 0]}))
    >>> difference = why(explanation[0], explanation[1])
    >>> bool(np.isclose(difference.table["difference"].sum(), difference.difference))
    True
    >>> difference.table["indicator"].iloc[0]
    'arrears'
    """
    check_language(lang)
    sides = [_side(one, lang, masked=masked) for one in (a, b)]
    names = list(dict.fromkeys([*sides[0].index, *sides[1].index]))
    contents = [
        side["held"].reindex(names).fillna(LANGUAGES[lang].words["absent"]).tolist()
        for side in sides
    ]
    given = [side["contribution"].reindex(names).fillna(0.0).to_numpy() for side in sides]
    values = [list(map(str, names)), *contents, *given, given[0] - given[1]]
    table = pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))
    bases = [
        LANGUAGES[lang].words["reference"],
        a.reference_in(lang),
        b.reference_in(lang),
        a.base,
        b.base,
        a.base - b.base,
    ]
    if a.base != b.base:
        table = pd.concat(
            [table, pd.DataFrame([dict(zip(COLUMNS, bases, strict=True))])], ignore_index=True
        )
    order = table["difference"].abs().sort_values(ascending=False, kind="stable").index
    log_odds = float(a.log_odds.iloc[0]), float(b.log_odds.iloc[0])
    return Difference(table.loc[order].reset_index(drop=True), _name(a), _name(b), log_odds)


def _side(one: Explanation, lang: str, *, masked: bool) -> pd.DataFrame:
    """Return what one record holds of each indicator, and its contribution; hidden ones are one row."""
    if len(one) != 1:
        raise ModelError(
            f"an explanation of {len(one)} rows is not one score",
            code="explanation.one_row",
            allowed="explanations of one row each",
            next_step="choose it: explanation[0], or explanation.household(household_id, as_of)",
        )
    writer, x = one.reason_writer, one.matrix[0]
    hidden = [masked and writer.hides(k) for k in range(len(writer.keys))]
    sensitive = LANGUAGES[lang].words["sensitive"]
    table = pd.DataFrame(
        {
            "name": [sensitive if hide else writer.name(k, lang) for k, hide in enumerate(hidden)],
            "held": ["" if hide else writer.content(k, x, lang) for k, hide in enumerate(hidden)],
            "contribution": one.by_indicator().iloc[0].to_numpy(),
        }
    )
    return table.groupby("name", sort=False).agg({"held": "first", "contribution": "sum"})


def _name(one: Explanation) -> str:
    index: Any = one.log_odds.index
    if list(index.names) == [HOUSEHOLD, AS_OF]:
        household, day = index[0]
        return f"{household} on {pd.Timestamp(day).date()}"
    return f"row {index[0]}"
