"""A version that accepted a doubtful round is promoted: its baselines accept what it accepted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from wide_gates import WIDE

import riskmodel as rm
from mended import Note
from riskmodel.errors import ModelError
from riskmodel.records.table_schemas import conform

LABEL = rm.Label("crisis", window="6M", maturity="2M")
FEATURES = rm.Features(
    [rm.Agg.count(["loan_overdue", "power_cut"], ["6M", "ever"]), rm.Agg.now("nhi_arrears")]
)


@pytest.fixture(scope="module")
def lost() -> SimpleNamespace:
    """Records whose outcomes of one training round were lost, and the panel of them."""
    records = rm.make_households(1_500, random_state=1)
    events, day = records.events, records.rounds[2]
    end = day + pd.DateOffset(months=7)
    is_lost = events["code"].eq("crisis") & events["event_date"].between(day, end)
    kept = conform("events", events[~is_lost])
    records = records.replace(tables={**records.tables, "events": kept})
    panel = rm.build_panel(records, rounds=records.rounds, label=LABEL, features=FEATURES)
    return SimpleNamespace(records=records, panel=panel)


def test_it_is_compared_with_baselines_that_accept_the_same_rounds(
    lost: SimpleNamespace, registry: Path, mended: Note
) -> None:
    panel, accepted = lost.panel, list(lost.panel.doubtful)
    assert accepted
    train, test = rm.TemporalSplit().last(panel)
    with pytest.raises(ModelError, match="look incomplete"):
        rm.make_classifier(panel, "logistic").fit(train)

    model = rm.make_classifier(panel, "logistic", accept_rounds=accepted).fit(train)
    version = rm.publish(model, rm.evaluate(model, test, capacity=0.1), "lost")
    promotion = rm.promote(version, on=lost.records, by="kim", why="first", gates=WIDE)
    assert {"indicator_count", "logistic"} <= set(promotion.table["against"])
    loaded = rm.load("lost@champion")
    assert loaded.training_["doubtful"] == accepted
    assert loaded.params["accept_rounds"] == accepted
    mended(
        "today",
        tried="promote a version that accepted a round",
        before="models.doubtful_rounds of its baselines",
        now=f"champion; {len(accepted)} rounds accepted in version and baselines",
    )


def test_a_version_judged_on_a_doubtful_round_says_so_up_to_its_promotion(
    registry: Path, mended: Note
) -> None:
    records = rm.make_households(1_500, random_state=1)
    reaching = "2024-07-01"
    grid = rm.rounds("2022-01-01", reaching, every="6M")
    wrong = records.replace(today=np.datetime64("2025-05-01"))
    panel = rm.build_panel(wrong, rounds=grid, label=LABEL, features=FEATURES)
    assert list(panel.doubtful) == [reaching]

    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train.X, train.y)
    said = f"round {reaching}: few outcomes since"
    evaluation = rm.evaluate(model, test, capacity=0.1)
    assert said in str(evaluation)

    version = rm.publish(model, evaluation, "judged")
    assert said in str(rm.load("judged@challenger").card)
    assert said in str(rm.compare(model, model, test, capacity=0.1))
    promotion = rm.promote(version, on=wrong, by="kim", why="first", gates=WIDE)
    assert said in str(promotion)
    assert said in promotion._repr_html_()

    listed = str(rm.score(rm.load("judged@champion"), wrong, as_of="2024-11-01"))
    assert "facts in the last 1M before today (2025-05-01)" in listed
    mended(
        "today",
        tried="evaluate, publish, compare and promote a version judged on a doubtful round",
        before="told by evaluation and card; comparison and promotion were silent",
        now=next(line for line in str(promotion).splitlines() if line.startswith("round")),
    )
