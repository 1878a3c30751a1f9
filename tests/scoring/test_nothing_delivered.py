"""A household of which nothing was delivered has the same band in lists, traces and answers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.serving import LANGUAGES

DAY, GONE = "2024-01-01", "north"
CATALOGUE = {
    "cut": {"en": "power cut", "ko": "단전", "direction": 1},
    "call": {"en": "call", "ko": "전화", "direction": 1},
}
WORDS = {"en": "not delivered", "ko": "자료 미입수"}


def records() -> rm.Records:
    """Four hundred households in two areas, one of which delivers nothing from December on."""
    rng = np.random.default_rng(0)
    ids = [f"H{i:04d}" for i in range(400)]
    area = {household: GONE if i % 4 == 0 else "south" for i, household in enumerate(ids)}
    days = pd.date_range("2022-01-01", "2023-11-01", freq="MS")
    often = np.where(np.arange(400) % 2, 0.05, 0.3)
    rows = [
        (household, code, day)
        for day in days
        for code in CATALOGUE
        for household in np.array(ids)[rng.random(400) < often]
    ]
    events = pd.DataFrame(rows, columns=["household_id", "code", "event_date"])
    events["known_date"] = events["event_date"] + pd.Timedelta(days=1)
    until = {GONE: "2023-11-30", "south": "2025-01-01"}
    covered = [
        (code, name, "2022-01-01", last) for code in CATALOGUE for name, last in until.items()
    ]
    coverage = pd.DataFrame(covered, columns=["feed", "area", "from_date", "to_date"])
    attributes = pd.DataFrame(
        {"household_id": ids, "name": "area", "text": [area[one] for one in ids]}
    )
    return rm.Records.from_frames(
        events,
        attributes=attributes,
        coverage=coverage,
        area="area",
        today="2024-06-01",
        catalogue=CATALOGUE,
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    own = records()
    features = rm.Features([rm.Agg.count(["cut", "call"], "12M"), rm.Attribute("area")])
    label = rm.Label("cut", window="3M", maturity="1M")
    rounds = ["2023-01-01", "2023-04-01", "2023-07-01"]
    panel = rm.build_panel(own, rounds=rounds, label=label, features=features)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    folder = tmp_path_factory.mktemp("saved") / "artefact"
    rm.save(model, rm.evaluate(model, test, capacity=0.1), folder)
    return SimpleNamespace(records=own, model=rm.open(Path(folder)))


def test_its_band_is_the_answers(study: SimpleNamespace) -> None:
    listed = rm.score(study.model, study.records, as_of=DAY, capacity=400).frame()
    is_gone = listed["area"] == GONE
    assert is_gone.sum() == 100
    assert (listed["band"] == "undelivered").tolist() == is_gone.tolist()

    panel = rm.build_panel(study.records, [DAY], None, features=study.model.recipe_.features)
    answer = pd.Series(study.model.scorer.score(panel.X)["band"], panel.households)
    assert answer[listed["household_id"]].tolist() == listed["band"].tolist()
    assert study.model.score_rows(panel)["band"].tolist() == answer.tolist()


@pytest.mark.parametrize("lang", WORDS)
def test_its_trace_and_the_caseworkers_table_say_it(study: SimpleNamespace, lang: str) -> None:
    listed = rm.score(study.model, study.records, as_of=DAY, capacity=400, lang=lang)
    frame = listed.frame()
    gone = frame.loc[frame["area"] == GONE, "household_id"].iloc[0]
    trace = rm.trace(study.model, study.records, DAY, gone, capacity=400, lang=lang)
    assert trace.standing.band == "undelivered"
    assert WORDS[lang] in repr(trace).splitlines()[1]
    bands = listed.titled()[LANGUAGES[lang].title("band")]
    assert bands.eq(WORDS[lang]).sum() == 100
