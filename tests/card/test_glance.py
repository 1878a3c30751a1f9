"""What a card says in sentences: whom the list reached and missed, beside others, by group."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

import riskmodel as rm
from riskmodel.card import ModelCard, write_card
from riskmodel.card.plans import NOT_SAID
from riskmodel.evaluation.group_gaps import group_gaps
from riskmodel.metrics import METRICS
from riskmodel.serving import ENGLISH, LANGUAGES

EXPLANATION = {"method": "path-dependent", "compared_with": "the households of the fit"}
NUMBER = re.compile(r"[\d,.]*\d")


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(1_500, random_state=1)
    panel = rm.build_panel(
        records,
        rounds=records.rounds,
        label=rm.Label("crisis", window="6M", maturity="2M"),
        features=rm.Features(
            [rm.Agg.count(["crisis", "loan_overdue"], ["6M"]), rm.Attribute("household_type")]
        ),
    )
    classifier = rm.make_classifier(panel, kind="logistic")
    backtest = rm.backtest(classifier, panel, rm.TemporalSplit(test_rounds=2), capacity=0.1)
    train, _ = rm.TemporalSplit(test_rounds=2).last(panel)
    model = classifier.fit(train)
    evaluation = backtest.evaluations[backtest.chosen]
    card = write_card(model, evaluation, "own", backtest=backtest, explanation=EXPLANATION)
    return SimpleNamespace(model=model, backtest=backtest, evaluation=evaluation, card=card)


def numbers(line: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(line)]


def line_with(card: ModelCard, text: str) -> str:
    (found,) = [line for line in card.glance if text in line]
    return found


def test_its_numbers_are_those_of_the_evaluation(study: SimpleNamespace) -> None:
    metrics, evaluation = study.evaluation.metrics, study.evaluation
    listed, reached, at_random = numbers(line_with(study.card, "drawn at random"))[:3]
    assert listed == evaluation.listed
    assert reached == pytest.approx(metrics["crises_reached"], abs=0.5)
    assert at_random == pytest.approx(evaluation.listed * metrics["base_rate"], abs=0.5)
    (hundred, missed) = numbers(line_with(study.card, "were not on the list"))
    assert hundred == 100
    assert missed == pytest.approx(100 * (1 - metrics["recall"]), abs=0.05)
    _, judged, _, fitted = numbers(line_with(study.card, "of the fit"))
    training = study.model.training_
    assert judged == pytest.approx(100 * evaluation.positives / evaluation.rows, rel=1e-2)
    assert fitted == pytest.approx(100 * training["positives"] / training["rows"], rel=1e-2)


def test_the_best_of_the_others_is_named(study: SimpleNamespace) -> None:
    others = {
        name: other.metrics["crises_reached"]
        for name, other in study.backtest.evaluations.items()
        if name not in study.backtest.candidates
    }
    best = max(others, key=lambda name: others[name])
    line = line_with(study.card, "best of what it is compared with")
    assert f", {best}, reached" in line
    assert numbers(line)[-1] == pytest.approx(others[best], abs=0.5)


def test_groups_that_are_behind_are_named_and_no_others(study: SimpleNamespace) -> None:
    found = group_gaps(study.evaluation, "household_type").found["recall"]
    said = [line for line in study.card.glance if "behind the others in recall" in line]
    assert len(said) == 1
    assert [group for group in found if group not in said[0]] == []
    assert said[0].startswith("Found behind") == bool(found)


def test_without_a_backtest_nothing_is_compared(study: SimpleNamespace) -> None:
    card = write_card(study.model, study.evaluation, "own", explanation=EXPLANATION)
    assert not [line for line in card.glance if "compared with" in line]
    assert card.glance[-1] == ENGLISH.phrases["glance_intervals"]


def test_sentences_with_figures_are_told_in_every_language(study: SimpleNamespace) -> None:
    korean = study.card.markdown("ko")
    for line in (*study.card.glance, study.card.purpose, study.card.capacity):
        assert line not in korean
        assert LANGUAGES["ko"].phrase(line) in korean.replace("\\", "")
    assert numbers(LANGUAGES["ko"].phrase(study.card.glance[0])) == numbers(study.card.glance[0])


@pytest.mark.parametrize(
    "own", ["Only one city.", "three per round", "many % of each round", "by hand"]
)
def test_what_a_publisher_wrote_stays(own: str) -> None:
    assert LANGUAGES["ko"].phrase(own) == own


def test_each_metric_has_a_name_in_every_language() -> None:
    same = {metric.heading for metric in METRICS.values()} - {"AUC"}
    assert same <= set(ENGLISH.phrases.values())


def test_a_card_from_before_says_nothing_at_a_glance(study: SimpleNamespace) -> None:
    old = {key: part for key, part in study.card.to_dict().items() if key != "glance"}
    assert ModelCard.from_dict(old).glance == NOT_SAID


@pytest.mark.parametrize("longest", [400, 1_500, 5_000, 100_000])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_summary_is_of_whole_sections_and_names_the_others(
    study: SimpleNamespace, lang: str, longest: int
) -> None:
    text, language = study.card.summary(lang, longest), LANGUAGES[lang]
    assert len(text) <= longest
    whole = study.card.markdown(lang)
    told = re.findall(r"^## (.+)$", text, flags=re.M)
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        lines = [line for line in section.splitlines() if line]
        if longest >= 1_500:
            assert all(line in whole for line in lines[:-1])
    last = text.splitlines()[-1]
    left_out = [title for title in language.headings.values() if title not in told]
    if longest >= 1_500:
        assert all(title in last for title in left_out)
    if longest == 100_000:
        assert left_out == []
