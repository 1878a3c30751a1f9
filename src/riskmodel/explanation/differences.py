"""why: what sets two scores apart, indicator by indicator, closing exactly."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd
from scipy.special import expit

from riskmodel.doors import door
from riskmodel.explanation.contents import contents_of, name_of_row
from riskmodel.explanation.explanation import Explanation
from riskmodel.models import language_of
from riskmodel.serving import LANGUAGES


@dataclass(frozen=True, eq=False, repr=False)
class Difference:
    """Two scores side by side. The differences by indicator add up to that of the log-odds.

    Attributes
    ----------
    table : DataFrame
        One row per indicator, the largest difference first: its name, its content in both records
        (``a``, ``b``), its contributions to both and their ``difference`` (a - b, log-odds). Where
        the two have different references, one row shows the difference that these make.
    a, b : str
        The households and dates, or the rows.
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
        table = self._shown().to_string(index=False, float_format="{:.3f}".format)
        return "\n".join([*self._head(), "", table])

    def _repr_html_(self) -> str:
        head = "<br>".join(map(escape, self._head()))
        return f"<p>{head}</p>{self._shown().to_html(index=False, float_format='{:.3f}'.format)}"


@door
def why(
    a: Explanation, b: Explanation, lang: str | None = None, *, masked: bool = True
) -> Difference:
    """Explain the difference of two scores by indicator.

    They may belong to two households, to one household on two dates, or to two models.

    Parameters
    ----------
    a, b : Explanation
        Of one row each: ``explanation[0]``, or ``explanation.household("H1", as_of="2024-05-01")``.
    lang : str, optional
        A key of `riskmodel.serving.LANGUAGES`, such as ``"en"`` or ``"ko"``. Default: that of `a`.
    masked : bool, default True
        Whether sensitive indicators are summed as "sensitive information".

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
    lang = language_of(lang, a.lang)
    one, other = (contents_of(side, lang, masked=masked) for side in (a, b))
    table = _by_indicator(one, other, lang)
    if a.base != b.base:
        table = pd.concat([table, _bases(a, b, lang)], ignore_index=True)

    order = table["difference"].abs().sort_values(ascending=False, kind="stable").index
    log_odds = float(a.log_odds.iloc[0]), float(b.log_odds.iloc[0])
    return Difference(
        table.loc[order].reset_index(drop=True), name_of_row(a), name_of_row(b), log_odds
    )


def _by_indicator(a: pd.DataFrame, b: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return both sides of each indicator; a side without it contributes nothing."""
    names = list(dict.fromkeys([*a.index, *b.index]))
    a, b = a.reindex(names), b.reindex(names)
    absent = LANGUAGES[lang].words["absent"]
    table = pd.DataFrame(
        {
            "indicator": list(map(str, names)),
            "a": a["content"].fillna(absent).tolist(),
            "b": b["content"].fillna(absent).tolist(),
            "contribution_a": a["contribution"].fillna(0.0).to_numpy(),
            "contribution_b": b["contribution"].fillna(0.0).to_numpy(),
        }
    )
    return table.assign(difference=table["contribution_a"] - table["contribution_b"])


def _bases(a: Explanation, b: Explanation, lang: str) -> pd.DataFrame:
    """Return the row that shows the difference of the references."""
    row = {
        "indicator": LANGUAGES[lang].words["reference"],
        "a": a.reference_in(lang),
        "b": b.reference_in(lang),
        "contribution_a": a.base,
        "contribution_b": b.base,
        "difference": a.base - b.base,
    }
    return pd.DataFrame([row])
