"""What may name a person reaches no artefact, card or evaluation; refusals name none of it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import RegistryError
from riskmodel.registry.artefacts.personal_data import refuse_personal_data

PERSON = "김철수, 역삼동 1-2"
LABEL = rm.Label("poor", window="12M", maturity="2M")
FACTS = {"population": {"who": "households of a survey"}, "data": {"source": "a survey"}}


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 600
    income = rng.normal(size=2 * n)
    town = rng.choice(["north", "south"], 2 * n).astype(object)
    town[[5, n + 5]] = PERSON
    return pd.DataFrame(
        {
            "id": [f"h{i:04d}" for i in range(n)] * 2,
            "year": np.repeat(["2020-01-01", "2022-01-01"], n),
            "income": income,
            "town": town,
            "poor": (rng.random(2 * n) < 1 / (1 + np.exp(2 + income))).astype(int),
        }
    )


def studied(**more: Any) -> SimpleNamespace:
    panel = rm.Panel.from_frame(
        frame(),
        household_id="id",
        as_of_date="year",
        y="poor",
        label=LABEL,
        categories=["town"],
        groups=["town"],
        area="town",
        **more,
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train)
    return SimpleNamespace(model=model, evaluation=rm.evaluate(model, test, groups=["town"]))


def test_a_rare_category_reaches_neither_artefact_nor_card_nor_evaluation(
    tmp_path: Path, mended: Note
) -> None:
    study = studied()
    folder = rm.save(study.model, study.evaluation, tmp_path / "model", facts=FACTS)
    texts = {path.name: path.read_bytes() for path in folder.iterdir()}
    card = rm.open(folder).card
    shown = {
        "evaluation": repr(study.evaluation) + study.evaluation.by_group.to_string(),
        "areas": study.evaluation.by_area.to_string(),
        "card": card.markdown() + str(card.to_dict()),
    }
    leaks = [name for name, text in texts.items() if "김철수".encode() in text]
    leaks += [name for name, text in shown.items() if "김철수" in text]
    assert leaks == []
    assert "other" in set(study.evaluation.by_group["value"])
    assert "other" in set(study.evaluation.by_area["area"])
    mended(
        "personal data",
        tried="a category, group and area of one household, published",
        before="features.json, card.json, card.md and the evaluation named it",
        now=f"{len(leaks)} of {len(texts) + len(shown)} files and tables name it",
    )


@pytest.mark.parametrize("what", ["panel", "frame"])
def test_publishing_refuses_rare_categories_by_column_and_count(
    tmp_path: Path, what: str, mended: Note
) -> None:
    study = studied(min_households=1)
    if what == "frame":
        X = frame()[["income", "town"]].astype({"town": "category"})
        study.model = rm.RiskClassifier(kind="logistic", label=LABEL).fit(X, frame()["poor"])
    with pytest.raises(RegistryError, match="1 of 'town'") as error:
        rm.save(study.model, study.evaluation, tmp_path / "model", facts=FACTS)
    assert error.value.code == "registry.rare_categories"
    assert "김철수" not in str(error.value)
    assert not (tmp_path / "model").exists()
    mended(
        "personal data",
        tried=f"publish a model of a {what} that names a category of one household",
        before="published",
        now=f"refused: {error.value.code}, 1 of 'town'",
    )


def test_publishing_refuses_rare_groups_that_are_no_features(tmp_path: Path) -> None:
    panel = rm.Panel.from_frame(
        frame(),
        household_id="id",
        as_of_date="year",
        y="poor",
        label=LABEL,
        groups=["town"],
        min_households=1,
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train)
    with pytest.raises(RegistryError, match="1 of 'town'"):
        rm.save(model, rm.evaluate(model, test), tmp_path / "model", facts=FACTS)


PERSONAL = {
    "kim.cs@welfare.go.kr": "an e-mail address",
    "mail:kim+home@a-b.example": "an e-mail address",
    "02-555-1234": "a phone number",
    "(02) 555-1234": "a phone number",
    "031)555-1234": "a phone number",
    "0507-1234-5678": "a phone number",
    "010 1234 5678": "a phone number",
    "010–1234–5678": "a phone number",
    "０１０-１２３４-５６７８": "a phone number",
    "김철수010-1234-5678": "a phone number",
    "+82-10-1234-5678": "a phone number",
    "+82 10 1234 5678": "a phone number",
    "01012345678": "a phone number",
    "880101-1******": "a registration number",
    "8801011******": "a registration number",
    "880101 1234567": "a registration number",
    "주민번호880101-1234567번": "a registration number",
    "H0000017의 집": "a household_id",
    "가구H0000017": "a household_id",
    "visit_H0000017": "a household_id",
    "(H0000017)": "a household_id",
    "see H0000017.": "a household_id",
    "h0000017": "a household_id",
    "h0000017은": "a household_id",
    "Ｈ０００００１７": "a household_id",
    "H0000\u200b017": "a household_id",
    "mildred  VANTERPOOL": "a household_id",
    "straße\u00a07의": "a household_id",
    "강남-00417은": "a household_id",
    "010-12\u200b34-5678": "a phone number",
    "/ｈｏｍｅ/kim/list.csv": "an absolute path",
}
IDS = ["H0000017", "H0000018", "Mildred Vanterpool", "STRASSE 7", "강남-00417"]
HARMLESS = (
    "rounds 2023-01-01 to 2024-05-01",
    "H00000171",
    "xH0000017",
    "1,012,345 rows; seed 1700000000",
    "0.010 1234 rows",
    "3f9aH0000017",
    "champion@2 of model nyc@champion",
    "version 2.02.555.1234",
    "Mildred Vanterpoole and Mildreds Vanterpool",
    "강남-004170 of 강남-0041.",
)


@pytest.mark.parametrize("text", PERSONAL)
def test_what_names_a_person_is_found_inside_a_longer_text(
    tmp_path: Path, text: str, mended: Note
) -> None:
    (tmp_path / "card.md").write_text(f"# Card\n\nask {text} first\n", encoding="utf-8")
    with pytest.raises(RegistryError, match=f"card.md, line 3: holds {PERSONAL[text]}") as error:
        refuse_personal_data(tmp_path, IDS)
    assert text not in str(error.value)
    mended(
        "personal data",
        tried=f"{PERSONAL[text]} in another writing in a text of the card",
        before="published, where it was not written 010-1234-5678 or as a word of its own",
        now="refused",
    )


@pytest.mark.parametrize("text", HARMLESS)
def test_what_names_nobody_passes(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.md").write_text(f"{text}\n", encoding="utf-8")
    refuse_personal_data(tmp_path, IDS)


def test_an_id_of_digits_is_found_in_texts_and_not_in_digests_or_figures(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    for harmless in ("a1b2c3" * 10 + "9912345d", "share 0.12345", "112345", "AUC .12345"):
        file.write_text(f'{{"text": "{harmless}"}}', encoding="utf-8")
        refuse_personal_data(tmp_path, ["12345"])
    file.write_text('{"text": "가구 12345번"}', encoding="utf-8")
    with pytest.raises(RegistryError, match="a household_id"):
        refuse_personal_data(tmp_path, ["12345"])


def test_figures_of_a_boosters_text_are_nobodys_numbers(tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_text("internal_count=880101 1234567 1012345678\n")
    refuse_personal_data(tmp_path)


def test_an_id_that_only_the_fit_saw_is_found_and_not_kept_in_the_model(
    tmp_path: Path, mended: Note
) -> None:
    panel = rm.Panel.from_frame(
        frame().drop(columns="town").head(600),
        household_id="id",
        as_of_date="year",
        y="poor",
        label=LABEL,
    )
    train, test = rm.HouseholdSplit().last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train)
    (id_, *_) = train.X.index.get_level_values(0).map(str)
    assert id_.encode() not in pickle.dumps(model)
    with pytest.raises(RegistryError, match="a household_id") as error:
        rm.save(
            model,
            rm.evaluate(model, test),
            tmp_path / "model",
            facts=FACTS,
            purpose=f"made for household {id_} only",
        )
    assert id_ not in str(error.value)
    mended(
        "personal data",
        tried="the id of a household of the fit in purpose=",
        before="published",
        now=f"refused: {error.value.code}",
    )


# H0017 in other forms, at each place where a publisher writes.
PLACED = [
    *[(place, "h0017") for place in ("purpose", "limits", "facts", "name", "bands")],
    ("configuration", "h0017"),
    *[("purpose", form) for form in ("H0017은", "Ｈ００１７", "H00\u200b17")],
]


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    return studied()


@pytest.mark.parametrize(("where", "written"), PLACED)
def test_every_text_of_a_publication_is_searched_for_every_form_of_an_id(
    tmp_path: Path, study: SimpleNamespace, where: str, written: str, mended: Note
) -> None:
    texts: dict[str, Any] = {
        "purpose": f"asked by {written}",
        "limits": ["none", f"of {written}"],
        "facts": {**FACTS, "population": {"who": f"not {written}"}},
        "name": written,
        "bands": {"low": 0, f"as {written}": 0.5},
        "configuration": {"name": written},
    }
    given = {"facts": FACTS, where: texts[where]}
    with pytest.raises(RegistryError, match="holds a household_id") as error:
        rm.save(study.model, study.evaluation, tmp_path / "model", **given)
    assert written not in str(error.value)
    mended(
        "personal data",
        tried=f"{where}= with an id in another form, {written!r}",
        before="published, but for a particle",
        now=f"refused: {error.value.code}",
    )


NAMED = {
    "purpose": {"purpose": f"asked by {PERSON}"},
    "limits[1]": {"limits": ["none", f"without {PERSON.upper()}"]},
    "facts.population.who": {"facts": {**FACTS, "population": {"who": f"all but {PERSON}의 집"}}},
    "name": {"name": PERSON},
    "a key of bands": {"bands": {"low": 0, PERSON: 0.5}},
}


@pytest.mark.parametrize("place", NAMED)
def test_no_text_of_a_publication_names_a_rare_area_or_category(
    tmp_path: Path, study: SimpleNamespace, place: str, mended: Note
) -> None:
    given = {"facts": FACTS, **NAMED[place]}
    with pytest.raises(RegistryError, match="a name of fewer than 10 households") as error:
        rm.save(study.model, study.evaluation, tmp_path / "model", **given)
    assert (error.value.code, error.value.place) == ("registry.personal", place)
    assert "김철수" not in str(error.value)
    mended("personal data", tried=f"{place} names an area of one household",
           before="published", now=error.value)  # fmt: skip


@pytest.mark.parametrize("where", ["area", "category", "group"])
def test_a_rare_name_is_found_whatever_it_is_a_name_of(tmp_path: Path, where: str) -> None:
    keys: dict[str, Any] = {
        "area": {"groups": ["town"], "area": "town"},
        "category": {"categories": ["town"]},
        "group": {"groups": ["town"]},
    }
    columns = {"household_id": "id", "as_of_date": "year", "y": "poor", "label": LABEL}
    panel = rm.Panel.from_frame(frame(), **columns, **keys[where])
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train)
    evaluation = rm.evaluate(model, test)
    with pytest.raises(RegistryError, match="purpose: holds a name of fewer than 10"):
        rm.save(model, evaluation, tmp_path / "model", facts=FACTS, purpose=f"for {PERSON}")
    assert rm.save(model, evaluation, tmp_path / "model", facts=FACTS, purpose="for the north")


def test_an_id_of_fewer_than_five_characters_is_not_searched_for(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("household 1417 and A417\n", encoding="utf-8")
    refuse_personal_data(tmp_path, ["1417", "A417"])


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"purpose": "ask H0000017"}, "purpose"),
        ({"limits": ["a", "see H0000017"]}, r"limits\[1\]"),
        ({"population": {"H0000017": "who"}}, "a key of population"),
    ],
)
def test_the_refusal_names_the_field(tmp_path: Path, content: Any, field: str) -> None:
    (tmp_path / "card.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RegistryError, match=f"card.json, {field}: holds a household_id"):
        refuse_personal_data(tmp_path, ["H0000017"])
