"""What a notebook shows is text: names out of records are no markup."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.explanation.reason_stability import stability_of
from riskmodel.metrics import Capacity
from riskmodel.scoring import ScoreList

MARKUP = "<img src=x onerror=alert(1)>"
TAG, N = "<img", 120


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    frame = pd.DataFrame(
        {
            "id": [f"{MARKUP}{k}" for k in range(N)],
            "day": "2024-05-01",
            "a": np.arange(N) % 7.0,
            "b": np.arange(N) % 5.0,
            "g": [MARKUP, "y"] * (N // 2),
            "y": np.arange(N) % 2,
        }
    ).rename(columns={"g": f"g {MARKUP}", "b": f"b {MARKUP}"})
    group = f"g {MARKUP}"
    panel = rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="day",
        y="y",
        categories=[group],
        groups=[group],
        area=group,
        label=rm.Label("crisis", window="6M"),
    )
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    facts = pd.DataFrame(
        {"household_id": frame["id"], "code": MARKUP, "event_date": "2024-05-01", "value": 1.0}
    )
    records = rm.Records.from_frames(
        facts, today="2025-01-01", catalogue={MARKUP: None}, name=MARKUP
    )
    return SimpleNamespace(panel=panel, model=model, records=records)


def list_of(study: SimpleNamespace) -> ScoreList:
    table = rm.score(*_round(), capacity=5).table
    marked = table.assign(household_id=MARKUP, reason_1=MARKUP)
    return ScoreList(marked, MARKUP, "2024-05-01", Capacity.parse(5), (MARKUP,))


def _round() -> tuple[Any, Any, str]:
    records = rm.make_households(300, random_state=3)
    features = rm.Features([rm.Agg.count("crisis", ["6M", "ever"])])
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(records, rounds=records.rounds, label=label, features=features)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    return model, records, str(records.rounds[-1].date())


def scores(study: SimpleNamespace) -> pd.Series:
    return pd.Series(np.linspace(0, 1, N), study.panel.X.index, name=MARKUP)


SHOWN: dict[str, Callable[[SimpleNamespace], Any]] = {
    "a panel": lambda s: s.panel,
    "the summary of records": lambda s: s.records.summary(),
    "a list": list_of,
    "an evaluation": lambda s: rm.evaluate(scores(s), s.panel),
    "a comparison": lambda s: rm.compare(scores(s), scores(s), s.panel),
    "an explanation": lambda s: rm.explain(s.model, s.panel),
    "a difference": lambda s: rm.why(
        rm.explain(s.model, s.panel)[0], rm.explain(s.model, s.panel)[1]
    ),
    "the stability of reasons": lambda s: stability_of(
        rm.explain(s.model, s.panel), rm.explain(s.model, s.panel)
    ),
}
# an explanation names columns as the panel does, and counts of stability stand without names
WITHOUT_NAMES = ("an explanation", "a difference", "the stability of reasons")
BEFORE = {"a panel": "markup that runs", "the summary of records": "markup that runs"}


@pytest.mark.parametrize("name", SHOWN)
def test_names_are_no_markup(name: str, study: SimpleNamespace, mended: Note) -> None:
    html = SHOWN[name](study)._repr_html_()
    assert TAG not in html
    assert name in WITHOUT_NAMES or "&lt;img" in html
    mended(
        "html",
        tried=name,
        before=BEFORE.get(name, "escaped"),
        now=f"{html.count('&lt;img')} names escaped, none as markup",
    )
