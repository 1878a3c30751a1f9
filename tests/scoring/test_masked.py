"""A masked list, trace or table of reasons names no sensitive indicator, in any of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.scoring import ScoreList, Trace, score_round
from riskmodel.serving import ReasonWriter

DAY, LEFT_OUT = "2024-01-01", "H0000"
NAMES: dict[str, dict[str, Any]] = {
    "phq": {"en": "depression score", "ko": "우울 점수", "kind": "reading"},
    "harm": {"en": "self-harm", "ko": "자해", "direction": 1},
    "cut": {"en": "power cut", "ko": "단전", "direction": 1},
    "call": {"en": "call", "ko": "전화", "direction": 1},
}
NAMES["phq"]["sensitivity"] = NAMES["harm"]["sensitivity"] = "suicide"
NAMES["harm"]["agency"], NAMES["cut"]["agency"] = "crisis line", "grid"
SECRETS = ("phq", "depression", "우울", "harm", "자해", "crisis line", "ward 9")
SENSITIVE = {"en": "sensitive information", "ko": "민감 정보"}


def facts() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    days = pd.date_range("2022-01-01", "2023-12-01", freq="MS")
    rows = [(f"H{i:04d}", "call", day) for i in range(200) for day in days[i % 4 :: 4]]
    often = np.where(np.arange(200) % 2, 0.03, 0.3)
    rows += [
        (f"H{i:04d}", "cut", day) for day in days for i in np.flatnonzero(rng.random(200) < often)
    ]
    rows += [(f"H{i:04d}", "harm", days[20 + i % 3]) for i in range(1, 200, 20)]
    rows += [(LEFT_OUT, "harm", days[-2])]
    table = pd.DataFrame(rows, columns=["household_id", "code", "event_date"])
    return table.assign(known_date=table["event_date"] + pd.Timedelta(days=1))


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    """No household has a depression score; recent self-harm leaves a household out."""
    covered = {"phq": ("2022-01-01", "2025-01-01"), "harm": ("2023-09-01", "2025-01-01")}
    coverage = pd.DataFrame(
        [(code, *days) for code, days in covered.items()], columns=["feed", "from_date", "to_date"]
    )
    # an attribute may be named as an indicator, and its text tells as much
    noted = pd.DataFrame({"household_id": [LEFT_OUT], "name": ["harm"], "text": ["ward 9"]})
    records = rm.Records.from_frames(
        facts(), today="2024-06-01", catalogue=NAMES, coverage=coverage, attributes=noted
    )
    features = rm.Features(
        [rm.Agg.last(["phq"]), rm.Agg.count(["harm", "cut", "call"], ["6M", "12M"])]
    )
    rounds = ["2023-01-01", "2023-04-01", "2023-07-01"]
    label = rm.Label("cut", window="3M", maturity="1M")
    cohort = rm.Cohort(exclude={"harm": "6M"})
    panel = rm.build_panel(records, rounds=rounds, label=label, features=features, cohort=cohort)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    return SimpleNamespace(records=records, model=model)


def listed(study: SimpleNamespace, lang: str, *, masked: bool = True) -> ScoreList:
    return score_round(
        study.model,
        study.records,
        DAY,
        capacity=20,
        lang=lang,
        masked=masked,
        accept_feeds=["harm", "phq"],
    )


def traced(study: SimpleNamespace, household: str, lang: str, *, masked: bool = True) -> Trace:
    return rm.trace(study.model, study.records, DAY, household, lang=lang, masked=masked)


def said_by(result: Any) -> Iterator[tuple[str, str]]:
    """Yield each field of a result as a text, and how the result prints itself."""
    for one in fields(result):
        value = getattr(result, one.name)
        yield one.name, value.to_csv() if isinstance(value, pd.DataFrame) else str(value)
    yield "print", repr(result)
    yield "page", result._repr_html_()


def leaks(said: Iterator[tuple[str, str]]) -> list[str]:
    return [place for place, text in said if any(secret in text for secret in SECRETS)]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_no_field_of_a_masked_list_names_what_is_sensitive(
    study: SimpleNamespace, lang: str, tmp_path: Path, mended: Note
) -> None:
    found = listed(study, lang)
    assert leaks(said_by(found)) == []
    assert any(SENSITIVE[lang] in note for note in found.notes)
    assert "notes" in leaks(said_by(listed(study, lang, masked=False)))

    book = pd.read_excel(found.to_excel(tmp_path / "list.xlsx", whole=True)).to_csv()
    text = found.to_csv(tmp_path / "list.csv", whole=True).read_text(encoding="utf-8")
    titled = found.titled().to_csv()
    files = {"workbook": book, "csv": text, "titled": titled}
    assert leaks(iter(files.items())) == []
    mended(
        "no value",
        tried=f"a masked list whose round lacks a sensitive feed, lang={lang}",
        before="notes name it: no household has a value on record: phq",
        now=f"fields that name it: {leaks(said_by(found))}",
    )


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("household", [LEFT_OUT, "H0002"])
def test_no_field_of_a_masked_trace_names_what_is_sensitive(
    study: SimpleNamespace, household: str, lang: str, mended: Note
) -> None:
    found = traced(study, household, lang)
    assert leaks(said_by(found)) == []
    assert SENSITIVE[lang] in found.no_value

    told = traced(study, household, lang, masked=False)
    assert (
        ("crisis line" in told.facts.to_csv())
        == ("ward 9" in told.facts.to_csv())
        == (household == LEFT_OUT)
    )
    assert "grid" in set(found.facts["agency"])
    unmasked = leaks(said_by(told))
    expected = {"no_value", "notes", "contributions", "print", "page"}
    assert expected | ({"because", "facts"} if household == LEFT_OUT else set()) <= set(unmasked)
    mended(
        "no value",
        tried=f"the masked trace of {household}, lang={lang}",
        before="no_value, notes and because name it: left out for harm within 6M",
        now=f"because: {'; '.join(found.because)}; fields that name it: {leaks(said_by(found))}",
    )


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_masked_reasons_name_what_is_sensitive_once_and_not_by_name(
    study: SimpleNamespace, lang: str
) -> None:
    own = study.records
    recipe = study.model.recipe_
    row = rm.build_panel(own, [DAY], None, features=recipe.features).X.head(3)
    told = rm.explain(study.model, row).reasons(lang=lang)
    assert told["no_value"].eq(SENSITIVE[lang]).all()
    asked = rm.explain(study.model, row).reasons(lang=lang, masked=False)
    assert asked["no_value"].eq(NAMES["phq"][lang]).all()


def test_several_sensitive_indicators_without_a_figure_are_named_once() -> None:
    shared = {"categories": None, "window": "ever", "way": "figure", "rank": 0}
    columns: Any = [
        {"name": code, "indicator": code, "evidence": "present", "blank": "undelivered", **shared}
        for code in ("phq", "harm", "cut")
    ]
    writer = ReasonWriter(columns, NAMES)
    blank = np.full((1, 3), np.nan)
    seen = np.zeros((1, len(writer.keys)), bool)
    masked, told = (writer.gaps(blank, seen, "en", masked=masked) for masked in (True, False))
    assert masked.missing == [["sensitive information", "power cut"]]
    assert told.missing[0][:2] == ["depression score", "self-harm"]
