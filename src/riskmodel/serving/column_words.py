"""What each column of a model is, in the words of each language."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.serving.locales import LANGUAGES, indicator_name
from riskmodel.serving.reader_types import ColumnEntry, Part
from riskmodel.serving.window_days import ALWAYS
from riskmodel.serving.window_figures import FIGURES_OF_KIND

# what has no window, and what is in the unit of the indicator's values
_OF_NO_WINDOW = frozenset({"recency", "now", "spell"})
_IN_UNIT = frozenset(
    {
        *("now", "last", "mean", "max", "sum", "min", "first", "range", "std"),
        *("change", "change_of_state", "trend_of_values"),
    }
)


def column_words(column: ColumnEntry, indicators: Mapping[str, Part]) -> dict[str, str]:
    """Return what a column is, by code of a language.

    Parameters
    ----------
    column : ColumnEntry
    indicators : mapping of code to mapping
        As ``indicators.json`` holds them.

    Examples
    --------
    >>> rent = {"en": "rent arrears", "unit": "months"}
    >>> of_rent = {"indicator": "rent", "way": "amount", "aggregate": "max", "window": "12M"}
    >>> column_words({"name": "rent__max__12M", **of_rent}, {"rent": rent})["en"]
    'rent arrears: largest value in the 12 months before the date, in months'
    """
    return {code: _words(column, indicators, code) for code in LANGUAGES}


def _words(column: ColumnEntry, indicators: Mapping[str, Part], lang: str) -> str:
    language = LANGUAGES[lang]
    window = language.before_the_date(column["window"].removeprefix(ALWAYS))
    if column["way"] == "kinds":
        return language.column("kinds", language.kinds_name(column["family"]), window)
    aggregate, code = column["aggregate"], column["indicator"]
    if not aggregate:
        return language.column("given", column["name"])
    indicator = indicators.get(code, {})
    of_kind = FIGURES_OF_KIND.get((aggregate, indicator.get("kind", "event")))
    figure = aggregate if of_kind is None else of_kind.__name__
    name = indicator_name(code, indicators, lang)
    unit = indicator.get("unit", "") if figure in _IN_UNIT else ""
    return language.column(figure, name, "" if figure in _OF_NO_WINDOW else window, unit)
