"""A version whose label comes from contacts: its card, its figures and its gates say so."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

import riskmodel as rm
from riskmodel.card.page import markdown
from riskmodel.errors import RegistryError
from riskmodel.registry.publishing import earlier_cards
from riskmodel.serving import LANGUAGES

LABEL = rm.Label("need_confirmed", "1M", "1M", observed_by="contacts")
FEATURES = rm.Features([rm.Agg.count("*", ["12M"])])


def made(random_share: float) -> SimpleNamespace:
    records = rm.make_households(
        1_500,
        n_rounds=8,
        random_state=7,
        capacity=0.6,
        random_share=random_share,
        reader=(0.8, 0.95),
        reach={"ai_call": 0.5, "mail_carrier": 0.3, "visit": 0.6},
    )
    panel = rm.build_panel(records, label=LABEL, features=FEATURES, rounds=records.rounds)
    train, test = rm.TemporalSplit(test_rounds=3).last(panel)
    model = rm.make_classifier(train, "logistic", l2=100.0).fit(train)
    evaluation = rm.evaluate(model, test, 0.1)
    return SimpleNamespace(records=records, model=model, evaluation=evaluation)


@pytest.fixture(scope="module")
def drawn():
    return made(random_share=0.8)


@pytest.fixture(scope="module")
def without_an_arm():
    return made(random_share=0.0)


def test_a_published_version_says_under_which_labels_each_figure_stands(drawn, registry):
    version = rm.publish(drawn.model, drawn.evaluation, "verdicts")
    card = rm.load(version).card.to_dict()
    labels = {line["metric"]: line["labels"] for line in card["metrics"]}
    assert labels.pop("crises expected at capacity").startswith("no labels")
    assert {re.split(";", said)[0] for said in labels.values()} == {
        "verdicts estimated for everyone"
    }
    assert card["evaluated"]["confirmed_of_contacted"] == drawn.evaluation.positives
    assert "positives" not in card["evaluated"]
    for table in ("by_area", "by_group", "reliability"):
        assert "confirmed_of_contacted" in card[table][0]
    assert set(drawn.evaluation.selective.lines()) <= set(card["limits"])


def test_gates_say_under_which_labels_they_judged(drawn, registry):
    version = rm.publish(drawn.model, drawn.evaluation, "verdicts")
    easy = {"auc": -0.9, "average_precision": -0.9}
    everyone = rm.promote(version, drawn.records, by="a", why="b", gates=easy)
    assert "verdicts estimated for everyone" in repr(everyone)
    again = rm.publish(drawn.model, drawn.evaluation, "verdicts")
    contacted = rm.promote(again, drawn.records, by="a", why="b", gates=easy, among="contacted")
    assert "verdicts of those contacted, as if nobody else were there" in repr(contacted)


def test_without_an_arm_a_version_is_refused_with_the_way_out(without_an_arm, registry):
    version = rm.publish(without_an_arm.model, without_an_arm.evaluation, "verdicts")
    with pytest.raises(RegistryError, match=r"promote\.not_identified") as refused:
        rm.promote(version, without_an_arm.records, by="a", why="b")
    said = str(refused.value)
    assert "explore=" in said
    assert "among='contacted'" in said
    assert said.count("AUC against") == 1
    notes = [line["note"] for line in rm.load(version).card.to_dict()["metrics"]]
    assert any("had no recorded chance to be contacted; no number" in note for note in notes)


def test_notes_of_a_card_stand_whole_on_its_page(without_an_arm, registry):
    version = rm.publish(without_an_arm.model, without_an_arm.evaluation, "verdicts")
    card = rm.load(version).card.to_dict()
    page = markdown(card, LANGUAGES["en"])
    notes = [line["note"] for line in card["metrics"] if line["note"]]
    assert max(map(len, notes)) > 120
    assert all(note in page for note in notes)


def test_a_card_of_verdicts_is_known_again_by_the_same_rows(drawn, registry):
    card = rm.load(rm.publish(drawn.model, drawn.evaluation, "verdicts")).card.to_dict()
    assert earlier_cards._is_of_rows(card, drawn.evaluation)
    for _, _, cells in earlier_cards._tables(drawn.evaluation):
        assert cells.counts.sum() == drawn.evaluation.rows
