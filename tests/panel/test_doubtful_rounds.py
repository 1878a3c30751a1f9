"""Rounds whose outcomes look incomplete are told everywhere, and a fit refuses them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import riskmodel as rm
from riskmodel.card.evidence import write_card
from riskmodel.errors import ConfigError, ModelError
from riskmodel.keys import as_days
from riskmodel.metrics import low_rounds

TRUE_END, WRONG = np.datetime64("2024-11-01"), np.datetime64("2026-09-01")
GRID = rm.rounds("2022-01-01", "2026-07-01", every="6M")
REACHING, EMPTY = "2024-07-01", ["2025-01-01", "2025-07-01", "2026-01-01"]


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(n=2_000, random_state=5)
    assert records.today == TRUE_END
    wrong = records.replace(today=WRONG)
    panel = rm.build_panel(wrong, rounds=GRID, label=records.label)
    return SimpleNamespace(records=records, wrong=wrong, panel=panel)


def test_rounds_after_the_true_end_are_doubtful_and_no_others(
    study: SimpleNamespace, mended: Callable[..., None]
) -> None:
    assert list(study.panel.doubtful) == [REACHING, *EMPTY]
    right = rm.build_panel(study.records, rounds=GRID[GRID < "2024-11-01"], label=study.panel.label)
    assert right.doubtful == {}

    table = study.panel.frame()
    rates = (table["positive"] / (table["positive"] + table["negative"])).round(3)
    mended(
        "today",
        tried="the panel prints the rounds that reach past the true end",
        before=f"rates {rates.tolist()}, all mature, no word",
        now=", ".join(study.panel.doubtful),
    )


def test_the_panel_says_why(study: SimpleNamespace) -> None:
    shown = repr(study.panel)
    assert f"round {REACHING}: few outcomes since 2024-11-01" in shown
    assert "round 2025-01-01: few outcomes since 2024-11-01; 1 in 0.0% of its rows, and in" in shown
    assert "events: 0 facts in the last 1M before today (2026-09-01), usually" in shown


def test_what_is_doubtful_survives_slices_files_and_other_labels(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    panel = study.panel
    panel.to_parquet(tmp_path / "panel.parquet")
    again = rm.Panel.read_parquet(tmp_path / "panel.parquet")
    assert (again.doubtful, again.record_notes) == (panel.doubtful, panel.record_notes)
    last = panel[np.asarray(panel.as_of == EMPTY[-1])]
    assert [text for text in last.doubts if text.startswith("round")] == [
        f"round {EMPTY[-1]}: {panel.doubtful[EMPTY[-1]]}"
    ]
    assert panel.with_label(None).doubtful == {}
    assert panel.with_label(panel.label).doubtful == panel.doubtful


def test_a_fit_refuses_doubtful_rounds_until_they_are_named(
    study: SimpleNamespace, mended: Callable[..., None]
) -> None:
    model = rm.make_classifier(study.panel, kind="logistic")
    with pytest.raises(ModelError, match=f"{REACHING}.*few outcomes since") as refusal:
        model.fit(study.panel)
    assert refusal.value.code == "models.doubtful_rounds"
    assert f"accept_rounds={[REACHING, *EMPTY]}" in str(refusal.value)
    mended("today", tried="fit on a Panel", before="fitted on zeros", now=refusal.value.code)

    some = rm.make_classifier(study.panel, kind="logistic", accept_rounds=EMPTY)
    with pytest.raises(ModelError, match="the outcomes of 1 rounds look incomplete"):
        some.fit(study.panel)


def test_one_list_of_accepted_rounds_serves_every_cut_the_test_and_the_refit(
    study: SimpleNamespace, mended: Callable[..., None]
) -> None:
    # a judgement needs some outcomes in each round
    X, y = study.panel.X, study.panel.y
    burden = X.select_dtypes("number").fillna(0).sum(axis=1)
    panel = replace(study.panel, y=y.where(burden < burden.quantile(0.95), 1.0))
    kind = "indicator_count"
    split = rm.TemporalSplit(n_splits=2)
    with pytest.raises(ModelError) as refusal:
        rm.backtest(rm.make_classifier(panel, kind), panel, split, baselines=())
    everyone = [REACHING, *EMPTY]
    assert f"accept_rounds={everyone} (in the shell" in str(refusal.value)

    train, _ = split.last(panel)
    for rows in (train, panel):
        model = rm.make_classifier(rows, kind, accept_rounds=everyone)
        trial = rm.backtest(model, panel, split, baselines=())
        assert len(trial.cuts) == 2
    refit = rm.refit(rm.make_classifier(train, kind, accept_rounds=everyone).fit(train), panel)
    assert refit.training_["doubtful"] == everyone

    some = rm.make_classifier(train, kind, accept_rounds=EMPTY)
    with pytest.raises(ModelError, match="1 rounds look incomplete.*2024-07-01") as again:
        some.fit(train)
    assert f"accept_rounds={everyone}" in str(again.value)
    mended(
        "today",
        tried="accept rounds for a backtest of two cuts, its test round and a refit",
        before="one cut's rounds were named at a time, and the test round was refused as no round",
        now=refusal.value.next_step,
    )


def test_the_name_of_no_round_is_refused_with_the_nearest(study: SimpleNamespace) -> None:
    with pytest.raises(ConfigError, match="did you mean '2025-01-01'") as refusal:
        rm.make_classifier(study.panel, accept_rounds=["2025-01-02"])
    assert refusal.value.code == "models.accept_rounds"


def test_a_frame_with_the_same_rows_is_refused_by_its_rates(
    study: SimpleNamespace, mended: Callable[..., None]
) -> None:
    panel = study.panel
    with pytest.raises(ModelError, match=r"2025-01-01 \(1 in 0\.0% of its rows") as refusal:
        rm.RiskClassifier(kind="logistic").fit(panel.X, panel.y)
    assert REACHING not in str(refusal.value)
    mended("today", tried="fit on X and y", before="fitted on zeros", now=refusal.value.code)

    own = panel.X.iloc[:, :3].assign(y=panel.y).reset_index()
    made = rm.Panel.from_frame(own, household_id="household_id", as_of_date="as_of_date", y="y")
    assert list(made.doubtful) == EMPTY


def test_accepted_rounds_are_told_on_lists_evaluations_and_cards(
    study: SimpleNamespace, mended: Callable[..., None]
) -> None:
    panel = study.panel
    train = panel[panel.label.matures_on(as_days(panel.as_of)) <= as_days(EMPTY[-1])]
    accepted = [REACHING, EMPTY[0]]
    test = panel[np.asarray(panel.as_of == EMPTY[-1])]
    model = rm.make_classifier(panel, kind="logistic", accept_rounds=accepted).fit(train)
    assert model.training_["doubtful"] == accepted

    # the test round holds no outcome, and a judgement needs some
    judged = replace(test, y=test.y.where(np.arange(len(test)) >= 30, 1.0))
    evaluation = rm.evaluate(model, judged)
    assert any(note.startswith("round 2026-01-01: few outcomes since") for note in evaluation.notes)
    card = write_card(model, evaluation, "demo", explanation={"method": "m"})
    assert any(text.startswith("fitted on rounds whose outcomes") for text in card.limits)
    assert any(text.startswith("round 2026-01-01: few outcomes") for text in card.limits)

    listed = rm.score(model, study.wrong, "2024-09-01")
    assert (
        f"fitted on rounds whose outcomes look incomplete, by name: {', '.join(accepted)}"
    ) in listed.notes
    (quiet,) = (note for note in listed.notes if note.startswith("events: 0 facts"))
    korean = rm.score(model, study.wrong, "2024-09-01", lang="ko")
    assert any("2024-11-01부터 거의 없음" in note for note in korean.notes)
    mended("today", tried="notes of a list", before="no note", now=quiet)


def test_low_rounds_need_as_many_rows_as_make_chance_unlikely() -> None:
    def found(n: int) -> list[str]:
        y = np.concatenate([np.repeat([1.0, 0.0], [100, 900]), np.zeros(n)])
        return list(low_rounds(np.repeat(["a", "b"], [1_000, n]), y))

    assert (found(199), found(200)) == ([], ["b"])


def test_a_low_round_is_below_a_fifth_of_the_others() -> None:
    def found(positives: int) -> list[str]:
        y = np.concatenate(
            [
                np.repeat([1.0, 0.0], [100, 900]),
                np.repeat([1.0, 0.0], [positives, 1_000 - positives]),
            ]
        )
        return list(low_rounds(np.repeat(["a", "b"], 1_000), y))

    assert (found(20), found(19)) == ([], ["b"])
