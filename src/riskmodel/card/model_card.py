"""The model card: a model's purpose, its data and its figures; no field may be blank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from riskmodel.card.page import html, markdown, purpose_of, summary
from riskmodel.card.page_syntax import whole_page
from riskmodel.card.plans import CROSSWALK, NOT_SAID
from riskmodel.card.shapes import check_shape
from riskmodel.errors import RegistryError
from riskmodel.models import check_language
from riskmodel.serving import ENGLISH, LANGUAGES

Facts = Mapping[str, Any]
Table = tuple[Facts, ...]
# of a card that was written before there were questions
NOT_ASKED: Table = ({"note": ENGLISH.phrases["leaks_not_asked"]},)
# of a card that was written before columns were told in words
NOT_TOLD: Table = ({"note": ENGLISH.phrases["columns_not_told"]},)


@dataclass(frozen=True, repr=False)
class ModelCard:
    """The card that is published with every version; every field is mandatory.

    Attributes
    ----------
    name : str
    purpose : str
    not_for : tuple of str
    population, label, training, evaluated, data, model : mapping
    calibration, explanation, libraries : mapping
        Facts by name.
    features : tuple of mapping
        One entry per indicator or attribute: code, names, agency, family, direction and aggregates.
    groups_as_features : str
        Which groups of the fairness tables are features, too.
    capacity : str
    metrics, external, baselines, reliability, by_group, by_area : tuple of mapping
        Rows of the evaluation's tables; one row with a note where the table is empty.
    limits : tuple of str
    leaks : tuple of mapping
        How many questions about leaks there are, by code, and why they are asked; a row with a note
        where there is none.
    monitoring, oversight : tuple of str
        What is watched after publishing, and who decides.
    crosswalk : tuple of mapping
        What two laws ask of such a system, and the sections in which it stands.
    glance : tuple of str
        What the figures say, in sentences.
    columns : tuple of mapping
        Each column of the model, and what it is in the words of each language.
    """

    name: str
    purpose: str
    not_for: tuple[str, ...]
    population: Facts
    label: Facts
    training: Facts
    evaluated: Facts
    data: Facts
    model: Facts
    features: Table
    groups_as_features: str
    capacity: str
    metrics: Table
    external: Table
    baselines: Table
    calibration: Facts
    reliability: Table
    by_group: Table
    by_area: Table
    explanation: Facts
    libraries: Facts
    limits: tuple[str, ...]
    leaks: Table = NOT_ASKED
    monitoring: tuple[str, ...] = NOT_SAID
    oversight: tuple[str, ...] = NOT_SAID
    crosswalk: Table = CROSSWALK
    glance: tuple[str, ...] = NOT_SAID
    columns: Table = NOT_TOLD

    def __post_init__(self) -> None:
        for field in fields(self):
            check_shape(field.name, str(field.type), getattr(self, field.name))
        blanks = list(_blanks(self.to_dict()))
        if blanks:
            raise RegistryError(
                f"the model card has {len(blanks)} blanks: {', '.join(blanks)}",
                code="card.blank",
                allowed="a card in which every fact is given",
                next_step=f"fit on a Panel built from records, or pass {_fill(blanks)}",
            )

    @property
    def leak_questions(self) -> int | None:
        """How many questions about leaks there are; None where none were asked."""
        if self.leaks == NOT_ASKED:
            return None
        return sum(int(row.get("questions", 0)) for row in self.leaks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_dict(cls, data: Facts) -> ModelCard:
        """Read what `to_dict` wrote."""
        values: dict[str, Any] = {
            key: tuple(part) if isinstance(part, list) else part for key, part in data.items()
        }
        return cls(**values)

    def markdown(self, lang: str = "en") -> str:
        """Return the card as a page to read.

        Parameters
        ----------
        lang : str
            The language of headings, facts and fixed sentences. What the publisher wrote is not
            translated.
        """
        check_language(lang)
        return markdown(self.to_dict(), LANGUAGES[lang])

    def html(self, lang: str = "en") -> str:
        """Return the card as a page of HTML that stands alone.

        It holds no script and loads nothing.

        Parameters
        ----------
        lang : str
            See `markdown`.
        """
        check_language(lang)
        return whole_page(html(self.to_dict(), LANGUAGES[lang]), self.name, lang)

    def summary(self, lang: str = "en", longest: int = 5_000) -> str:
        """Return the beginning of the card as Markdown, for a place that holds so much and no more.

        Parameters
        ----------
        lang : str
            See `markdown`.
        longest : int, default 5000
            Characters. What an auditor asks first stands first; a section that does not fit is left
            out whole, and the last line names it. Only what opens the card is ever cut.
        """
        check_language(lang)
        return summary(self.to_dict(), LANGUAGES[lang], longest)

    def of_any_version(self, lang: str = "en") -> str:
        """Return what holds for every version of the name: purpose, population, label, oversight.

        Parameters
        ----------
        lang : str
            See `markdown`.
        """
        check_language(lang)
        return purpose_of(self.to_dict(), LANGUAGES[lang])

    def pages(self) -> dict[str, str]:
        """Return the card as Markdown and as HTML in each language, by the name of its file.

        The page in English has no language in its name: ``card.md`` and ``card.ko.md``.
        """
        named = {lang: "card" if lang == "en" else f"card.{lang}" for lang in LANGUAGES}
        texts = {f"{name}.md": self.markdown(lang) for lang, name in named.items()}
        return texts | {f"{name}.html": self.html(lang) for lang, name in named.items()}

    def frame(self) -> pd.DataFrame:
        """Return one row per fact; a table counts as one, its number of rows."""
        rows = [
            (section, fact, value)
            for section, part in self.to_dict().items()
            for fact, value in _rows(part)
        ]
        return pd.DataFrame(rows, columns=["section", "fact", "value"])

    def __repr__(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str:
        return html(self.to_dict(), ENGLISH)

    def _repr_markdown_(self) -> str:
        return self.markdown()


def _blanks(card: Facts) -> Iterator[str]:
    """Yield the names of blank facts; a figure that a table cannot give has its note instead."""
    for section, part in card.items():
        if _is_blank(part):
            yield section
        elif isinstance(part, dict):
            yield from (f"{section}.{fact}" for fact, value in part.items() if _is_blank(value))


def _fill(blanks: list[str]) -> str:
    """Return the arguments that fill blanks, all of them at once."""
    sections = dict.fromkeys(blank.partition(".")[0] for blank in blanks)
    facts = ", ".join(f"{section!r}: {{...}}" for section in sections if section != "purpose")
    arguments = ['purpose="..."'] if "purpose" in sections else []
    arguments += [f"facts={{{facts}}}"] if facts else []
    if "label" in sections:
        arguments.append("label=Label(...) to Panel.from_frame in place of the fact")
    return ", ".join(arguments)


def _is_blank(value: Any) -> bool:
    is_empty = isinstance(value, (str, list, dict)) and len(value) == 0
    return value is None or is_empty


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


def _rows(part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        yield from part.items()
    elif isinstance(part, list) and part and isinstance(part[0], dict):
        yield "rows", len(part)
    else:
        yield "", "; ".join(part) if isinstance(part, list) else part
