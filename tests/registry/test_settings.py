"""A version keeps capacity, one-line rules and language; score, trace and promote take them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.mended import Note
from wide_gates import WIDE

import riskmodel as rm
from riskmodel.cli import main
from riskmodel.errors import ConfigError
from riskmodel.evaluation import Backtest
from riskmodel.models import Settings

RULE = "loan_overdue__count__6M"


@pytest.fixture(scope="module")
def backtest(study: SimpleNamespace) -> Backtest:
    return rm.backtest(
        rm.make_classifier(study.panel, kind="logistic"),
        study.panel,
        capacity=0.05,
        baselines=(),
        rules=[RULE],
    )


@pytest.fixture
def published(study: SimpleNamespace, backtest: Backtest, registry: Path) -> rm.Version:
    """A version evaluated at 5 %, with one rule, whose lists are Korean."""
    return rm.publish(
        study.model, study.evaluation, "household-crisis", backtest=backtest, lang="ko"
    )


def test_score_and_trace_take_what_the_version_keeps(
    study: SimpleNamespace, published: rm.Version, mended: Note
) -> None:
    as_of = str(study.records.rounds[-1].date())
    listed = rm.score("household-crisis@challenger", study.records, as_of)
    asked = rm.score(published, study.records, as_of, capacity=0.1, lang="en")
    assert listed.capacity == study.evaluation.capacity
    assert "순위" in listed.titled().columns
    assert asked.capacity.value == 0.1
    assert "순위" not in asked.titled().columns
    opened = rm.load(published)
    assert opened.settings == Settings(study.evaluation.capacity, rules=(RULE,), lang="ko")
    traced = rm.trace(opened, study.records, as_of, str(listed.table["household_id"].iloc[0]))
    assert traced.lang == "ko"
    mended(
        "version's settings",
        tried="score without capacity and language",
        before="2 % of each round, en",
        now=f"{listed.capacity}, {traced.lang}",
    )


def test_promote_compares_at_the_versions_capacity_and_with_its_rules(
    study: SimpleNamespace, published: rm.Version, mended: Note
) -> None:
    promotion = rm.promote(published, on=study.records, by="kim", why="better", gates=WIDE)
    assert promotion.capacity == study.evaluation.capacity
    assert RULE in set(promotion.table["against"])
    mended(
        "version's settings",
        tried="promote without capacity and rules",
        before="2 % of each round, no rule",
        now=f"{promotion.capacity}, against {', '.join(sorted(set(promotion.table['against'])))}",
    )
    another = rm.publish(study.model, study.evaluation, "household-crisis")
    none = rm.promote(
        another, study.records, by="kim", why="again", rules=[], capacity=9, gates=WIDE
    )
    assert RULE not in set(none.table["against"])
    assert none.capacity.value == 9


def test_the_shell_takes_them_too(
    study: SimpleNamespace, published: rm.Version, tmp_path: Path, mended: Note
) -> None:
    words = ["data.n=1500", "data.random_state=1", "model=household-crisis@challenger"]
    file = tmp_path / "list.csv"
    assert main(["score", *words, f"output={file}", "whole=true"]) == 0
    text = file.read_text(encoding="utf-8-sig")
    listed = text.count(",True,")
    share = listed / (len(text.splitlines()) - 1)
    assert share == pytest.approx(0.05, abs=0.002)
    mended(
        "version's settings",
        tried="riskmodel score without capacity",
        before="2 % of each round",
        now=f"{100 * share:.0f} % of the round",
    )


def test_a_model_that_is_not_published_has_the_defaults(study: SimpleNamespace) -> None:
    assert study.model.settings == Settings()
    assert (str(Settings().capacity), Settings().lang) == ("2 % of each round", "en")


def test_an_unknown_language_is_refused_before_anything_is_published(
    study: SimpleNamespace,
) -> None:
    with pytest.raises(ConfigError, match="unknown language"):
        rm.publish(study.model, study.evaluation, "household-crisis", lang="xx")
