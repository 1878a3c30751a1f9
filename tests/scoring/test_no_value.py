"""A household without a value is not one whose feed was not delivered; each is told as such."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.scoring import score_round

DAY, HOLDER = "2024-01-01", "H0001"
NAMES = {
    "rent": {"en": "rent", "ko": "월세", "kind": "reading", "unit": "KRW"},
    "heat": {"en": "heating", "ko": "난방비", "kind": "reading", "unit": "KRW"},
    "cut": {"en": "power cut", "ko": "단전", "direction": 1},
    "call": {"en": "call", "ko": "전화", "direction": 1},
}
SAID = {"en": ("no value on record", "not delivered"), "ko": ("기록된 값 없음", "자료 미입수")}


def facts() -> pd.DataFrame:
    """Three hundred households that call; a third have a rent; half of them have power cuts."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2022-01-01", "2023-12-01", freq="MS")
    rows = [(f"H{i:04d}", "call", day, np.nan) for i in range(300) for day in days[i % 4 :: 4]]
    rows += [(f"H{i:04d}", "rent", days[3], 500.0 + i) for i in range(1, 300, 3)]
    often = np.where(np.arange(300) % 2, 0.03, 0.3)
    rows += [
        (f"H{i:04d}", "cut", day, np.nan)
        for day in days
        for i in np.flatnonzero(rng.random(300) < often)
    ]
    table = pd.DataFrame(rows, columns=["household_id", "code", "event_date", "value"])
    return table.assign(known_date=table["event_date"] + pd.Timedelta(days=1))


def records(**coverage: Any) -> rm.Records:
    covered = pd.DataFrame(
        [(code, first, last) for code, (first, last) in coverage.items()],
        columns=["feed", "from_date", "to_date"],
    )
    return rm.Records.from_frames(facts(), today="2024-06-01", catalogue=NAMES, coverage=covered)


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    """A model whose readings have value columns only, and events that every household may have."""
    own = records(heat=("2022-01-01", "2025-01-01"))
    features = rm.Features([rm.Agg.last(["rent", "heat"]), rm.Agg.count(["cut", "call"], "12M")])
    rounds = ["2023-01-01", "2023-04-01", "2023-07-01"]
    label = rm.Label("cut", window="3M", maturity="1M")
    panel = rm.build_panel(own, rounds=rounds, label=label, features=features)
    return SimpleNamespace(records=own, model=rm.make_classifier(panel, kind="logistic").fit(panel))


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_household_without_a_reading_has_no_value_on_record(
    study: SimpleNamespace, lang: str, mended: Note
) -> None:
    name, (no_value, _) = NAMES["rent"][lang], SAID[lang]
    trace = rm.trace(study.model, study.records, DAY, "H0000", lang=lang)
    assert name in trace.no_value
    assert trace.missing == ()
    held = trace.contributions.set_index("indicator")["held"]
    assert held[name] == no_value
    assert f"{no_value}: " in repr(trace)

    row = rm.build_panel(study.records, [DAY], None, features=study.model.recipe_.features).X
    table = rm.explain(study.model, row).reasons(lang=lang)
    assert name in table.loc["H0000", "no_value"].item()
    assert name not in table.loc[HOLDER, "no_value"].item()
    assert table["missing"].eq("").all()
    mended(
        "no value",
        tried=f"a reading that two of three households lack, lang={lang}",
        before=f"{SAID[lang][1]}: {name}",
        now=f"{held[name]}: {name}",
    )


@pytest.mark.parametrize(
    ("coverage", "key"),
    [
        ({"heat": ("2022-01-01", "2025-01-01")}, "no household has a value on record"),
        ({"heat": ("2022-01-01", "2023-06-01")}, "not delivered on this day"),
    ],
)
def test_a_list_says_not_delivered_only_where_the_feed_was_not(
    study: SimpleNamespace, coverage: dict[str, Any], key: str, mended: Note
) -> None:
    own = records(**coverage)
    notes = score_round(study.model, own, DAY, capacity=5, accept_feeds=["heat"]).notes
    (told,) = [note for note in notes if note.endswith(": heat") and "by the call" not in note]
    assert told.startswith(key)
    trace = rm.trace(study.model, own, DAY, HOLDER)
    is_delivered = key.startswith("no household")
    assert ("heating" in trace.no_value) == is_delivered
    assert ("heating" in trace.missing) == (not is_delivered)
    held = trace.contributions.set_index("indicator")["held"]["heating"]
    assert held == SAID["en"][0 if is_delivered else 1]
    mended(
        "no value",
        tried=f"a reading that no household has, covered {coverage['heat']}",
        before="not delivered on this day, whether it was or not",
        now=told,
    )


def test_an_event_that_is_missing_was_not_delivered(study: SimpleNamespace) -> None:
    own = records(cut=("2022-01-01", "2023-06-01"))
    trace = rm.trace(study.model, own, DAY, HOLDER)
    assert "power cut" in trace.missing
    assert "power cut" not in trace.no_value


def test_a_log_of_visits_read_as_a_wide_table_names_what_it_leaves_empty(mended: Note) -> None:
    rng = np.random.default_rng(0)
    visits = pd.DataFrame(
        {
            "id": [f"H{i % 120:04d}" for i in range(600)],
            "day": rng.choice(pd.date_range("2022-01-01", "2024-06-30"), 600),
            "falls": np.where(rng.random(600) < 0.05, 1, np.nan),
            "need": rng.integers(0, 2, 600),
        }
    )
    entry = {
        "frame": visits,
        "household_id": "id",
        "event_date": "day",
        "known_date": {"lag": "1D"},
        "values": {"falls": "falls", "need": "need"},
    }
    log = rm.read_records(
        {"name": "log", "since": "2022-01-01", "today": "2024-07-01", "events": [entry]}
    )
    blank = log.summary().blank
    assert list(blank.index) == ["falls"]
    assert blank.loc["falls", "not_delivered"] > 0.8 * blank.loc["falls", "dates"]
    assert "In a log of visits give each column an entry with `code`" in repr(log.summary())

    panel = rm.build_panel(log, rounds=["2023-06-01", "2023-09-01"], label=None)
    assert "without a figure in any row: falls" in repr(panel).splitlines()
    dates = blank.loc["falls"].to_dict()
    mended(
        "no value",
        tried="a wide table over a log of visits",
        before="all columns of falls missing, among the 'constant' ones",
        now=f"summary: falls {dates}; panel: without a figure in any row: falls",
    )
