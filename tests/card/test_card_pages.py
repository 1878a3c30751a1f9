"""The card's pages: HTML that stands alone, the plans on it, and what it says of two laws."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

import riskmodel as rm
from riskmodel.card import ModelCard, write_card
from riskmodel.card.plans import CROSSWALK, NOT_SAID
from riskmodel.errors import RegistryError
from riskmodel.serving import LANGUAGES

EXPLANATION = {"method": "path-dependent", "compared_with": "the households of the fit"}
VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(600, random_state=5)
    panel = rm.build_panel(
        records,
        rounds=records.rounds,
        label=rm.Label("crisis", window="6M", maturity="2M"),
        features=rm.Features([rm.Agg.count(["crisis", "loan_overdue"], ["6M"])]),
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    return SimpleNamespace(model=model, evaluation=rm.evaluate(model, test), panel=panel)


@pytest.fixture(scope="module")
def card(study: SimpleNamespace) -> ModelCard:
    return write_card(study.model, study.evaluation, "household-crisis", explanation=EXPLANATION)


class Page(HTMLParser):
    """Reads a page, and refuses tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_stands_alone_and_has_every_section(card: ModelCard, lang: str) -> None:
    text = card.html(lang)
    page = Page(text)
    assert text.startswith(f'<!doctype html>\n<html lang="{lang}">')
    assert {"script", "img", "link", "a", "iframe"}.isdisjoint(page.tags)
    assert set(page.attributes) <= {"lang", "charset"}
    for heading in LANGUAGES[lang].headings.values():
        assert heading in page.text
    rows = sum(tag == "tr" for tag in page.tags)
    lines = [line for line in card.markdown(lang).splitlines() if line.startswith("| ")]
    rules = sum(set(line) <= set("|- ") for line in lines)
    assert rows == len(lines) - rules


def test_text_from_data_is_text_in_html(card: ModelCard) -> None:
    said = "<script>alert(1)</script> & <b>x</b>"
    spoilt = replace(card, purpose=said, limits=(said,), population={said: said})
    page = Page(spoilt.html())
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "".join(page.text).count("<script>alert(1)</script>") == 4
    assert "<script>" not in spoilt._repr_html_()


def test_jupyter_gets_the_page_as_html_and_as_markdown(card: ModelCard) -> None:
    assert Page(card._repr_html_()).tags[0] == "h1"
    assert card._repr_markdown_() == card.markdown()
    assert "<strong>Never for:</strong> finding fraud" in card._repr_html_()


def test_it_says_what_is_watched_and_who_decides(card: ModelCard) -> None:
    page = card.markdown()
    assert "## What is watched" in page
    assert "A person decides on each contact and each support" in page
    korean = card.markdown("ko")
    assert "접촉과 지원은 하나하나 사람이 결정한다" in korean
    for sentence in (*card.monitoring, *card.oversight):
        assert sentence not in korean


def test_a_plan_of_ones_own_takes_the_place_and_a_blank_one_is_refused(
    study: SimpleNamespace,
) -> None:
    own = {"oversight": ("The council of the district decides.",)}
    written = write_card(study.model, study.evaluation, "a", explanation=EXPLANATION, facts=own)
    assert written.oversight == own["oversight"]
    with pytest.raises(RegistryError, match="1 blanks: monitoring") as refusal:
        write_card(
            study.model,
            study.evaluation,
            "a",
            explanation=EXPLANATION,
            facts={"monitoring": ()},
        )
    assert refusal.value.code == "card.blank"


def test_a_card_of_before_says_that_nothing_was_said_of_plans(card: ModelCard) -> None:
    before = {
        key: value
        for key, value in card.to_dict().items()
        if key not in ("monitoring", "oversight", "crosswalk")
    }
    read = ModelCard.from_dict(before)
    assert (read.monitoring, read.oversight) == (NOT_SAID, NOT_SAID)
    assert "## Who decides\n\n- not said" in read.markdown()


def test_each_duty_of_two_laws_names_sections_that_the_page_has(card: ModelCard) -> None:
    korea = [row for row in CROSSWALK if "article 34" in row["law"]]
    annex = [row for row in CROSSWALK if "Annex IV" in row["law"]]
    assert [row["point"] for row in korea] == list("12345")
    assert [row["point"] for row in annex] == list("123456789")
    sections = [one for row in CROSSWALK for one in row["stands_in"] if len(one) > 1]
    for row in CROSSWALK:
        if isinstance(row["stands_in"], list):
            assert set(row["stands_in"]) <= set(LANGUAGES["en"].headings)
    assert sections
    line = next(line for line in card.markdown("ko").splitlines() if "위험관리방안" in line)
    assert "한국 인공지능기본법 제34조" in line
    assert "한계와 알려진 오류; 결과를 미리 알았을 수 있는 것; 지켜보는 것" in line


def test_each_indicator_says_when_it_is_known(card: ModelCard, study: SimpleNamespace) -> None:
    lags = {row["code"]: row["known_after"] for row in card.features}
    catalogue = study.model.catalogue_
    assert lags == {code: catalogue[code].lag for code in ("crisis", "loan_overdue")}
