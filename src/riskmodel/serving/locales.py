"""A language: its texts, and how names, numbers and units are put into them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

from riskmodel.serving.language_texts import TEXTS
from riskmodel.serving.reader_types import Part

NAMED = 8
FIGURE_FIELDS = ("number", "share")
"""What fields of a phrase end with that hold figures."""


@dataclass(frozen=True)
class Language:
    """One language, read from its file in ``languages/``.

    Attributes
    ----------
    words : mapping
        Fixed texts by key.
    reasons : mapping
        Templates of reasons.
    columns : mapping
        Templates of what a column is.
    units, spans : mapping
        How a unit of the catalogue, and the unit of a window, is written.
    plural : mapping
        ``ending``: what a unit loses where the amount is exactly 1.
    families : mapping
        What trouble of each family of life is called.
    bands, strata, titles : mapping
        Of a round's list: how bands, strata and columns are called.
    notes, references : mapping
        Of a list or a trace: what its reader must know, and what contributions compare with.
    trace, why_not, heads : mapping
        Of the page of one household's trace: its lines, why a fact was not visible, its columns.
    contacts : mapping
        Channels, results, reasons and supports of contacts.
    signs, sheets : mapping
        What was seen or told without a verdict; titles and texts of the books handed out.
    urgent_words : mapping
        By which words urgent signs are found, with semicolons between.
    also : mapping
        What offices write for titles and answers of books beside these, with semicolons between.
    matters : mapping
        Requests, referrals and other services' cases, and what became of these and of signs.
    review : mapping
        The lines of one household's rounds after the fact.
    rules : mapping
        Why a household is not turned to in a round, or stands at the head of the queue.
    lifts : mapping
        Why a household is turned to although a verdict was told lately.
    card, headings, facts, phrases : mapping
        Of the model card: its templates, sections, facts and standing sentences.
    """

    words: Mapping[str, str]
    reasons: Mapping[str, str]
    columns: Mapping[str, str]
    units: Mapping[str, str]
    plural: Mapping[str, str]
    families: Mapping[str, str]
    spans: Mapping[str, str]
    bands: Mapping[str, str]
    strata: Mapping[str, str]
    titles: Mapping[str, str]
    notes: Mapping[str, str]
    references: Mapping[str, str]
    trace: Mapping[str, str]
    why_not: Mapping[str, str]
    heads: Mapping[str, str]
    contacts: Mapping[str, str]
    signs: Mapping[str, str]
    urgent_words: Mapping[str, str]
    sheets: Mapping[str, str]
    also: Mapping[str, str]
    matters: Mapping[str, str]
    review: Mapping[str, str]
    rules: Mapping[str, str]
    lifts: Mapping[str, str]
    card: Mapping[str, str]
    headings: Mapping[str, str]
    facts: Mapping[str, str]
    phrases: Mapping[str, str]

    def amount(self, name: str, number: float, unit: str, *, is_total: bool = False) -> str:
        """Write how much there is of an indicator, or how much several facts add up to.

        Examples
        --------
        >>> LANGUAGES["en"].amount("health insurance arrears", 22.0, "months")
        '22 months of health insurance arrears'
        >>> LANGUAGES["ko"].amount("건강보험료 체납", 22.0, "months")
        '건강보험료 22개월 체납'
        >>> LANGUAGES["en"].amount("health insurance arrears", 55.0, "months", is_total=True)
        '55 months of health insurance arrears added up'

        A name of another script, where a catalogue has no name in the language, stays whole:

        >>> LANGUAGES["ko"].amount("power arrears", 22.0, "months")
        'power arrears 22개월'
        """
        written = self._counted(self.units.get(unit, unit), number)
        head, _, tail = (name, "", "") if name.isascii() else name.rpartition(" ")
        template = "total" if is_total else "amount"
        return self._fill(template, name=name, head=head, tail=tail, number=number, unit=written)

    def value(self, name: str, number: float, unit: str) -> str:
        """Write the value of a reading, also where it is 0 or below.

        Examples
        --------
        >>> LANGUAGES["ko"].value("소득", 1_250_000.0, "KRW")
        '소득 1,250,000원'
        >>> LANGUAGES["en"].value("married", 0.0, "")
        'married 0'
        """
        return self._with_figure("value", name, number, unit)

    def spread(self, name: str, number: float, unit: str, window: str = "") -> str:
        """Write how far the values of an indicator vary, within a window where there is one.

        Examples
        --------
        >>> LANGUAGES["en"].spread("income", 250_000.0, "KRW")
        'income varies by 250,000 KRW'
        >>> LANGUAGES["en"].spread("income", 250_000.0, "KRW", "6M")
        'income varies by 250,000 KRW within 6 months'
        """
        text = self._with_figure("spread", name, number, unit)
        return self._fill("spread_within", text=text, **self._span(window)) if window else text

    def times(self, text: str, number: float, window: str = "") -> str:
        """Add how often something happened, within a window where there is one.

        Examples
        --------
        >>> LANGUAGES["en"].times("power cut", 12.0, "12M"), LANGUAGES["ko"].times("단전", 3.0)
        ('power cut, 12 times within 12 months', '단전 3회')
        """
        if not window:
            return self._fill("times", text=text, times=number)
        return self._fill("times_within", text=text, times=number, **self._span(window))

    def kinds(self, family: str, number: float, window: str = "") -> str:
        """Write how many different indicators of a family of life there are.

        Examples
        --------
        >>> LANGUAGES["en"].kinds("finance", 1.0, "12M")
        '1 kind of financial trouble in 12 months'
        >>> LANGUAGES["ko"].kinds("housing", 5.0, "6M")
        '최근 6개월 주거 위기정보 5종'
        """
        template = "kind" if number == 1 else "kinds"
        text = self._fill(template, name=self.families[family], kinds=number)
        return self._fill("kinds_within", text=text, **self._span(window)) if window else text

    def only(self, text: str, name: str) -> str:
        """Add the name of the only indicator that a number of kinds counts."""
        return self._fill("kinds_only", text=text, name=name)

    def kinds_name(self, family: str) -> str:
        """Write what the number of different indicators of a family of life is called."""
        return self._fill("kinds_name", name=self.families[family])

    def qualified(self, text: str, window: str = "", days: int | None = None) -> str:
        """Add the window that a figure is of, and how many days ago the last of it was.

        Examples
        --------
        >>> LANGUAGES["en"].qualified("power cut", "6M"), LANGUAGES["ko"].qualified("단전", "60D")
        ('power cut, recorded within 6 months', '단전 (최근 60일 안)')
        >>> LANGUAGES["ko"].qualified("임대료 3개월 체납", "6M", 1)
        '임대료 3개월 체납 (최근 6개월 안, 1일 전)'
        """
        parts = [self._fill("within", **self._span(window))] if window else []
        if days is not None:
            parts.append(self._fill("days_ago", **self._span(f"{days}D")))
        return self._fill("qualified", text=text, parts=", ".join(parts)) if parts else text

    def column(self, figure: str, name: str, window: str = "", unit: str = "") -> str:
        """Write what a column is: a figure of something that has a name, and its unit.

        Examples
        --------
        >>> window = LANGUAGES["en"].before_the_date("6M")
        >>> LANGUAGES["en"].column("sum", "fines", window, "KRW")
        'fines: all values in the 6 months before the date added up, in KRW'
        >>> LANGUAGES["ko"].column("count", "단전", LANGUAGES["ko"].before_the_date())
        '단전: 기준일 전 전체 기간의 기록 횟수'
        """
        text = self.columns[figure].format(name=name, window=window)
        if not unit:
            return text
        return self.columns["in_unit"].format(text=text, unit=self.units.get(unit, unit))

    def before_the_date(self, window: str = "") -> str:
        """Write the time before a date that a column looks at: a window, or all of it."""
        key = "in_window" if window else "at_any_time"
        return self.columns[key].format(**(self._span(window) if window else {}))

    def _span(self, window: str) -> dict[str, object]:
        """Return number and unit of a span such as 6M."""
        number = int(window[:-1])
        return {"number": number, "unit": self._counted(self.spans[window[-1]], number)}

    def _counted(self, unit: str, number: float) -> str:
        """Return a unit as it stands beside a number: of exactly 1 without the plural's ending."""
        return unit.removesuffix(self.plural["ending"]) if number == 1 else unit

    def figure(self, name: str, value: str) -> str:
        """Write a column of no indicator, and its number or category."""
        return self._fill("figure", name=name, value=value)

    def band(self, name: str) -> str:
        """Return what a band is called; a name that a publisher chose stays.

        Examples
        --------
        >>> LANGUAGES["ko"].band("very high"), LANGUAGES["ko"].band("first call")
        ('매우 높음', 'first call')
        """
        return self.bands.get(name, name)

    def stratum(self, name: str) -> str:
        """Return what a stratum is called; another one is written as it is."""
        return self.strata.get(name, name)

    def rule(self, name: str) -> str:
        """Return what a rule of outreach says; a local rule's own name is written as it is.

        Examples
        --------
        >>> LANGUAGES["ko"].rule("public_care"), LANGUAGES["ko"].rule("rent and power")
        ('공적 돌봄 이용 중', 'rent and power')
        """
        return self.rules.get(name, name)

    def title(self, column: str) -> str:
        """Return what a column of the list is called.

        Examples
        --------
        >>> LANGUAGES["ko"].title("rank"), LANGUAGES["ko"].title("reason_2")
        ('순위', '사유 2')
        """
        stem, _, number = column.rpartition("_")
        template = f"{stem}_{{i}}" if number.isdigit() else column
        return self.titles.get(template, column).format(i=number)

    def note(self, key: str, **values: object) -> str:
        """Write a note; of a list of names the first eight are written.

        Examples
        --------
        >>> LANGUAGES["en"].note("partly_covered", names=["rent__count__6M"])
        'windows only partly covered by deliveries: rent__count__6M'
        """
        fields = {
            name: self._some(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return self.notes[key].format(**fields)

    def _some(self, names: list[str]) -> str:
        first = ", ".join(names[:NAMED])
        if len(names) <= NAMED:
            return first
        return self.notes["and_more"].format(names=first, number=len(names) - NAMED)

    def reference(self, method: str, rows: int) -> str:
        """Return what the contributions of a method compare with."""
        return self.references[method].format(rows=rows)

    def fact(self, key: str) -> str:
        """Return what a fact of the card is called."""
        return self.facts.get(key, key.replace("_", " "))

    def phrase(self, text: str) -> str:
        """Return a sentence of the card in this language; a sentence of its own stays.

        Examples
        --------
        >>> LANGUAGES["ko"].phrase("finding fraud"), LANGUAGES["ko"].phrase("Only one city.")
        ('부정수급 적발', 'Only one city.')
        >>> LANGUAGES["ko"].phrase("2 % of each round")
        '차수마다 2 %'
        """
        key = KEY_OF_PHRASE.get(text)
        if key is not None:
            return self.phrases[key]
        for key, pattern in PHRASES_WITH_FIELDS.items():
            found = pattern.fullmatch(text)
            if found is not None:
                fields = {name: self.phrase(part) for name, part in found.groupdict().items()}
                return self.phrases[key].format(**fields)
        return text

    def _with_figure(self, template: str, name: str, number: float, unit: str) -> str:
        is_whole = abs(number) >= 100 or number == round(number)
        written = f"{number:,.0f}" if is_whole else f"{number:.3g}"
        counted = self._counted(self.units.get(unit, unit), number)
        return self._fill(template, name=name, number=written, unit=counted)

    def _fill(self, template: str, **fields: object) -> str:
        return self.reasons[template].format(**fields).strip()


def _phrase_pattern(template: str) -> re.Pattern[str]:
    """Return what a phrase looks like once its fields are filled, some of them with figures."""
    literals = re.split(r"\{(\w+)\}", template)
    texts, names = map(re.escape, literals[::2]), literals[1::2]
    kinds = [r"[\d.,]+" if name.endswith(FIGURE_FIELDS) else r".+" for name in names]
    fields = [f"(?P<{name}>{kind})" for name, kind in zip(names, kinds, strict=True)]
    return re.compile("".join(chain.from_iterable(zip_longest(texts, fields, fillvalue=""))))


LANGUAGES: dict[str, Language] = {code: Language(**texts) for code, texts in TEXTS.items()}
# the card is stored in English
ENGLISH = LANGUAGES["en"]
PHRASES_WITH_FIELDS = {
    key: _phrase_pattern(text) for key, text in ENGLISH.phrases.items() if "{" in text
}
KEY_OF_PHRASE = {phrase: name for name, phrase in ENGLISH.phrases.items()}


def indicator_name(code: str, indicators: Mapping[str, Part], lang: str) -> str:
    """Return what an indicator is called, in another language where this one has no name.

    Examples
    --------
    >>> indicator_name("debt", {"debt": {"ko": "부채"}}, "en"), indicator_name("debt", {}, "ko")
    ('부채', 'debt')
    """
    entry = indicators.get(code, {})
    names = {**entry, **entry.get("label", {})}
    named = (names.get(language) for language in (lang, *LANGUAGES))
    return str(next(filter(None, named), code))
