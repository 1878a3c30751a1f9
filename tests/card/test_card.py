"""The card: every fact, none by hand, no blank, nobody in it."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sklearn.base import clone

import riskmodel as rm
from mended import Note
from riskmodel.card import ModelCard, write_card
from riskmodel.errors import ConfigError, RegistryError
from riskmodel.evaluation import LeakQuestion, Leaks
from riskmodel.evaluation.estimates import BY_CHANCES, EVERY_ROW, OBSERVED, OF_CONTACTED
from riskmodel.indicators import Catalogue
from riskmodel.recipes import rounds_mature_before
from riskmodel.serving import ENGLISH, LANGUAGES

EXPLANATION = {"method": "path-dependent", "compared_with": "the households of the fit"}


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(900, random_state=5)
    features = rm.Features(
        [
            rm.Agg.count(["crisis", "loan_overdue"], ["6M", "ever"]),
            rm.Agg.now("nhi_arrears"),
            rm.Attribute("household_type"),
        ]
    )
    panel = rm.build_panel(
        records,
        rounds=records.rounds,
        label=rm.Label("crisis", window="6M", maturity="2M"),
        features=features,
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    return SimpleNamespace(
        panel=panel, train=train, test=test, model=model, evaluation=rm.evaluate(model, test)
    )


@pytest.fixture(scope="module")
def card(study: SimpleNamespace) -> ModelCard:
    return write_card(study.model, study.evaluation, "household-crisis", explanation=EXPLANATION)


def test_it_says_what_it_is_never_for(card: ModelCard) -> None:
    page = card.markdown()
    assert "**Never for:** finding fraud; refusing, cutting or delaying a benefit" in page
    assert "by its risk of crisis within 6M" in page


def test_its_figures_are_the_evaluations(card: ModelCard, study: SimpleNamespace) -> None:
    told = next(row for row in card.metrics if row["metric"] == "AUC")
    found = study.evaluation.frame().set_index("metric").loc["auc"]
    assert all(told[key] == found[key] for key in ("value", "low", "high"))
    assert (
        f"| AUC | {found['value']:.4g} [{found['low']:.4g}, {found['high']:.4g}] |"
        in card.markdown()
    )


@pytest.mark.parametrize(
    ("lang", "rows", "lists"),
    [
        ("en", "households like these", "lists like this"),
        ("ko", "이와 비슷한 가구", "이와 같이 뽑은 명단"),
    ],
)
def test_each_figure_names_what_its_interval_is_for(
    card: ModelCard, lang: str, rows: str, lists: str
) -> None:
    lines = card.markdown(lang).splitlines()
    for figure, estimand in (("AUC", rows), ("recall at capacity", lists)):
        told = next(
            line for line in lines if line.startswith(f"| {LANGUAGES[lang].phrase(figure)} |")
        )
        assert f"| {estimand} |" in told


@pytest.mark.parametrize(("lang", "labels"), [("en", EVERY_ROW), ("ko", "라벨이 있는 모든 행")])
def test_each_figure_names_under_which_labels_it_stands(
    card: ModelCard, lang: str, labels: str
) -> None:
    lines = card.markdown(lang).splitlines()
    told = next(line for line in lines if line.startswith("| AUC |"))
    assert f"| {labels} |" in told


@pytest.mark.parametrize("labels", [EVERY_ROW, OBSERVED, OF_CONTACTED, BY_CHANCES])
def test_labels_are_said_in_each_language(labels: str) -> None:
    assert labels in ENGLISH.phrases.values()


def test_it_names_label_windows_data_and_groups(card: ModelCard, study: SimpleNamespace) -> None:
    assert card.label["window"] == "6M"
    assert card.training["last_as_of"] == study.model.training_["last_as_of"]
    assert card.evaluated["by"] == "this very model"
    assert card.data["digest"] == study.panel.recipe.data
    assert card.groups_as_features == "yes: household_type"
    arrears = next(row for row in card.features if row["code"] == "nhi_arrears")
    assert (arrears["agency"], arrears["direction"], arrears["computed"]) == (
        "NHIS",
        "more is riskier",
        "now",
    )


def test_it_is_plain_data_and_comes_back(card: ModelCard) -> None:
    data = json.loads(json.dumps(card.to_dict(), allow_nan=False))
    assert ModelCard.from_dict(data).to_dict() == card.to_dict()
    assert ModelCard.from_dict(data).markdown() == card.markdown()
    assert repr(card) == card.markdown()
    assert {"purpose", "limits", "metrics"} <= set(card.frame()["section"])


def test_its_page_can_be_written_in_korean(card: ModelCard) -> None:
    page, english = card.markdown("ko"), card.markdown()
    assert "**쓰지 않는 곳:** 부정수급 적발; 급여의 거절, 삭감, 지연" in page
    assert "## 점수 산출 대상" in page
    assert "- 첫 기준일: 2022-01-01" in page
    assert len(page.splitlines()) == len(english.splitlines())
    assert not {line for line in page.splitlines() if line.startswith("#")} & {
        line for line in english.splitlines() if line.startswith("##")
    }
    with pytest.raises(ConfigError, match="Allowed: en, ko"):
        card.markdown("kr")


@pytest.mark.parametrize("field", [f for f in ModelCard.__dataclass_fields__ if f != "name"])
def test_each_blank_is_refused_by_name(card: ModelCard, field: str) -> None:
    empty: Any = {str: "", tuple: (), dict: {}}[type(getattr(card, field))]
    with pytest.raises(RegistryError, match=rf"has 1 blanks: {field}\..*\[card.blank\]"):
        replace(card, **{field: empty})


def test_a_blank_within_a_section_is_named_too(card: ModelCard) -> None:
    with pytest.raises(RegistryError, match="has 1 blanks: training.first_as_of"):
        replace(card, training={**card.training, "first_as_of": None})


def test_given_facts_fill_and_misspelled_ones_are_refused(study: SimpleNamespace) -> None:
    given = write_card(
        study.model,
        study.evaluation,
        "x",
        explanation=EXPLANATION,
        facts={"data": {"digest": "kept by the office"}},
        purpose="Find who needs a visit.",
        limits=["Only one city."],
    )
    assert given.data == {"digest": "kept by the office"}
    assert given.purpose == "Find who needs a visit."
    assert given.limits[-1] == "Only one city."
    with pytest.raises(RegistryError, match="no section 'dat'.*did you mean 'data'"):
        write_card(study.model, study.evaluation, "x", explanation=EXPLANATION, facts={"dat": {}})


WRONG_SHAPES: dict[str, dict[str, Any]] = {
    "a number for the purpose": {"purpose": 5},
    "a list as a fact of the purpose": {"facts": {"purpose": ["Lee Whereman"]}},
    "numbers among the limits": {"limits": [1, "Lee Whereman"]},
    "a text for limits among the facts": {"facts": {"limits": "Lee Whereman"}},
    "a text for a section": {"facts": {"population": "Lee Whereman"}},
    "a list for a section": {"facts": {"population": ["Lee Whereman"]}},
    "an object for a fact": {"facts": {"population": {"who": object()}}},
    "a figure that is none": {"facts": {"population": {"share": float("nan")}}},
    "a number for a table": {"facts": {"metrics": 5}},
    "texts for rows of a table": {"facts": {"metrics": ["Lee Whereman"]}},
}


@pytest.mark.parametrize("shape", WRONG_SHAPES)
def test_what_the_card_cannot_hold_is_refused_by_section(
    study: SimpleNamespace, shape: str, mended: Note
) -> None:
    with pytest.raises(RegistryError, match="of the model card is not what") as refusal:
        write_card(
            study.model, study.evaluation, "x", explanation=EXPLANATION, **WRONG_SHAPES[shape]
        )
    assert refusal.value.code == "card.shape"
    assert "Whereman" not in str(refusal.value)
    mended(
        "errors",
        tried=f"{shape} of a version",
        before="a raw AttributeError or TypeError, or taken as it was",
        now=f"{refusal.value.code}: {refusal.value.allowed}",
    )


def test_facts_may_nest_and_be_empty_of_nothing_but_blanks(study: SimpleNamespace) -> None:
    facts = {"population": {"who": "households", "by": {"north": 3}, "years": [2023, 2024]}}
    card = write_card(study.model, study.evaluation, "x", explanation=EXPLANATION, facts=facts)
    assert card.population == facts["population"]


def test_the_backtests_baselines_stand_on_it(study: SimpleNamespace) -> None:
    trial = rm.backtest(study.model, study.train, baselines=["indicator_count"])
    card = write_card(study.model, study.evaluation, "x", explanation=EXPLANATION, backtest=trial)
    assert {"logistic", "indicator_count"} <= {row["model"] for row in card.baselines}


def test_questions_about_leaks_are_counted_on_it_and_name_no_column(
    study: SimpleNamespace, card: ModelCard
) -> None:
    none = "nothing that was looked at seems to know the outcome"
    assert card.leaks == ({"note": none},)
    assert none in card.markdown()
    column = study.test.X.columns[0]
    asked = tuple(LeakQuestion("leaks.alone", name, 0.97) for name in (column, "another"))
    evaluation = replace(study.evaluation, leaks=Leaks(asked, 9))
    trial = rm.backtest(study.model, study.train, baselines=[])
    of_trial = replace(trial, leaks=Leaks((asked[0], LeakQuestion("leaks.name", column)), 9))
    told = write_card(study.model, evaluation, "x", explanation=EXPLANATION, backtest=of_trial)
    assert [(row["code"], row["questions"]) for row in told.leaks] == [
        ("leaks.alone", 2),
        ("leaks.name", 1),
    ]
    section = told.markdown().partition("## Questions about leaks")[2].partition("## ")[0]
    assert (
        "| leaks.alone | 2 | few honest columns rank an outcome so well by themselves |" in section
    )
    assert column not in section
    assert "정당한 열 하나가" in told.markdown("ko")
    older = {key: part for key, part in told.to_dict().items() if key != "leaks"}
    assert ModelCard.from_dict(older).leaks == ({"note": "not asked"},)


def test_figures_of_a_list_of_a_few_are_not_told(card: ModelCard, study: SimpleNamespace) -> None:
    for rows, found in (
        (card.by_area, study.evaluation.by_area),
        (card.by_group, study.evaluation.by_group),
    ):
        for row, selected in zip(rows, found["selected"], strict=True):
            if not selected >= 10:
                assert [row[k] for k in ("selected", "precision", "recall", "lift")] == [None] * 4
    assert any(row["note"].startswith("no figures of the list") for row in card.by_area)


def test_an_evaluation_that_shows_small_cells_is_not_put_on_a_card(study: SimpleNamespace) -> None:
    for few in (1, 9):
        shown = replace(study.evaluation, min_cell=few)
        with pytest.raises(RegistryError, match="cells of fewer than 10 households") as refused:
            write_card(study.model, shown, "x", explanation=EXPLANATION)
        assert refused.value.code == "card.small_cells"


def test_figures_on_rows_of_the_fit_are_refused_though_earlier_rounds_were_mature(
    study: SimpleNamespace, mended: Note
) -> None:
    refit = rm.refit(study.model, study.panel)
    of_a_refit_on_all = rm.evaluate(
        refit, study.panel[study.test.X.index[0][1] <= study.panel.as_of]
    )
    with pytest.raises(RegistryError, match="judged rounds on which the model") as refusal:
        write_card(refit, of_a_refit_on_all, "x", explanation=EXPLANATION)
    assert refusal.value.code == "card.in_sample"
    card = write_card(refit, study.evaluation, "x", explanation=EXPLANATION)
    assert card.evaluated["by"].startswith("its backtest refit")
    mended(
        "friction",
        tried="publish a refit with its own figures on the rounds of the refit",
        before="published as figures of a backtest refit",
        now=refusal.value.code,
    )


def test_a_backtest_refit_was_fitted_before_what_it_is_judged_on() -> None:
    label = rm.Label("crisis", window="6M", maturity="2M")
    training = [f"2023-{month:02d}-01" for month in (1, 3, 5, 7, 9)]
    assert rounds_mature_before(training, label, ["2024-06-01"]) == tuple(training)
    assert rounds_mature_before(training, label, ["2023-12-01"]) == ("2023-01-01", "2023-03-01")
    assert rounds_mature_before(training, label, ["2023-01-01"]) == ()
    assert rounds_mature_before([], label, ["2024-06-01"]) == ()
    assert rounds_mature_before(training, None, ["2024-06-01"]) == ()


def test_a_definition_that_changed_is_flagged(study: SimpleNamespace) -> None:
    recipe = study.model.recipe_
    changed = recipe.catalogue.to_dict()
    changed["loan_overdue"]["redefined"] = [
        {"from": study.train.as_of[0].date(), "note": "the very first day"}
    ]
    changed["loan_overdue"]["redefined"] += [
        {"from": study.test.as_of[-1].date(), "note": "the cap is 20 million won"}
    ]
    catalogue = Catalogue.read(changed)
    told = replace(recipe, catalogue=catalogue)
    model = clone(study.model).set_params(recipe=told).fit(study.train)
    found = write_card(model, study.evaluation, "household-crisis", explanation=EXPLANATION)
    flagged = [limit for limit in found.limits if "was redefined on" in limit]
    assert flagged == [
        f"loan_overdue was redefined on {study.test.as_of[-1].date()} (the cap is 20 million won): "
        "rounds before and after hold different things under its name."
    ]
    trial = rm.backtest(model, replace(study.panel, recipe=told), baselines=[], capacity=0.1)
    assert trial.redefined == (
        f"loan_overdue was redefined on {study.test.as_of[-1].date()} "
        "(the cap is 20 million won), within cut 1",
    )
    assert f"flagged: {trial.redefined[0]}" in repr(trial)
    assert Catalogue.read(catalogue.to_dict()) == catalogue
    with pytest.raises(ConfigError, match="redefined of indicator 'x'"):
        Catalogue.read({"x": {"redefined": [{"form": "2023-01-01"}]}})


HOSTILE = {
    "a script": "<script>alert('MARK')</script>",
    "an image": "<img src=x onerror=alert(1)>",
    "a link": "[MARK](javascript:alert(1))",
    "an image by address": "![MARK](http://host/x)",
    "a bare address": "see http://host/x and www.host.org",
    "a cell": "north | south",
    "a second line": "north\n\n# MARK\n\n| a | b |",
    "a heading": "# MARK",
    "code": "``MARK``",
    "a long name": "MARK" * 1250,
}


def table_cells(page: str) -> list[int]:
    """Return how many bars end a cell in each line of a table."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return [line.replace("\\|", "").count("|") for line in lines]


@pytest.mark.parametrize("what", HOSTILE)
def test_text_from_data_is_text_on_its_page(card: ModelCard, what: str, mended: Note) -> None:
    text = HOSTILE[what]
    row = {**card.by_group[0], "value": text}
    changed = replace(
        card,
        name=text,
        purpose=text,
        training={**card.training, "site": text, "areas": [text, text], text: "a fact's name"},
        population={"who": text},
        groups_as_features=text,
        by_area=(row,),
        limits=(text,),
    )
    page = changed.markdown()
    plain = replace(card, by_area=(card.by_group[0],)).markdown()
    marks = ("<script", "<img", "](", "http://", "www.", "``", "\n# MARK")
    assert [mark for mark in marks if mark in page] == []
    lines = page.splitlines()
    assert max(map(len, lines)) < 2_500
    assert sum(line.startswith("#") for line in lines) == plain.count("\n#") + 1
    assert table_cells(page) == table_cells(plain)
    mended(
        "html",
        tried=f"{what} as a site, an area, a fact and a purpose of the card",
        before="card.md held it as written",
        now=next(line for line in lines if line.startswith("- site:"))[:60],
    )
