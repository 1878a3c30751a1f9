"""Figures are called what they are: chances only if said so, means, chance, and support."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError
from riskmodel.metrics import Capacity, select

LABEL = rm.Label("crisis", window="6M", maturity="2M")
ONE = rm.Features([rm.Agg.count("crisis", "6M")])
OF_CHANCES = {"brier", "log_loss", "calibration_slope", "calibration_intercept"}


def test_every_figure_names_what_its_interval_is_for(panel: rm.Panel, truth: pd.Series) -> None:
    found = rm.evaluate(truth, panel, probability=True)
    compared = rm.compare(truth, panel.X["arrears"], panel)
    for table in (found.frame(), compared.frame()):
        estimand = table.set_index("metric")["estimand"]
        lists = estimand.index.isin(
            ["precision", "recall", "lift", "crises_reached", "crises_expected"]
        )
        assert set(estimand[lists]) == {"lists like this"}
        assert set(estimand[~lists]) == {"households like these"}
    said = "values are of these rows and this list; intervals are for households and lists like"
    assert all(said in shown for shown in (repr(found), found._repr_html_(), repr(compared)))


def test_a_series_between_0_and_1_is_no_probability_unless_it_is_said(
    panel: rm.Panel, truth: pd.Series, mended: Note
) -> None:
    rank = truth.rank(pct=True)
    silent, said = rm.evaluate(rank, panel), rm.evaluate(truth, panel, probability=True)
    assert not OF_CHANCES & {*silent.metrics}
    assert {*said.metrics} >= OF_CHANCES
    note = next(note for note in silent.notes if "probabilities" in note)
    assert note.startswith("not said to be probabilities: no Brier score")
    mended(
        "figures",
        tried="ranks between 0 and 1, as a Series",
        before="a calibration slope of ranks",
        now=note,
    )
    assert "brier" not in set(rm.compare(rank, truth, panel).table["metric"])
    both = rm.compare(rank, truth, panel, probability=True)
    assert "brier" in set(both.table["metric"])


def test_probabilities_outside_0_and_1_are_refused(panel: rm.Panel, truth: pd.Series) -> None:
    for wrong in (truth * 3, -truth):
        outside = int((~wrong.between(0, 1)).sum())
        with pytest.raises(ConfigError, match=f"{outside:,} of 3,200 scores lie outside") as error:
            rm.evaluate(wrong, panel, probability=True)
        assert error.value.code == "evaluation.probability"


def test_weighted_ties_are_ratios_of_means(panel: rm.Panel) -> None:
    weight = pd.Series(np.where(np.arange(len(panel)) % 2, 9.0, 1.0), panel.X.index)
    plain, weighted = (
        rm.evaluate(panel.X["arrears"], rows) for rows in (panel, replace(panel, weight=weight))
    )
    assert any("figures of the list are means over their" in note for note in plain.notes)
    assert any("figures of the list are ratios of means over" in note for note in weighted.notes)


def test_the_precision_near_the_cut_does_not_depend_on_the_order_of_ids(mended: Note) -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.2).astype(float)
    weight, rounds = rng.uniform(0.5, 2, 400), rng.integers(0, 2, 400)
    score = rng.integers(0, 4, 400).astype(float)

    def marginal(order: np.ndarray) -> float:
        selection = select(score[order], Capacity.parse(30), rounds[order])
        return selection.mean_near_cut(y[order], weight[order])

    found = [marginal(rng.permutation(400)) for _ in range(10)]
    assert np.ptp(found) < 1e-12
    now = f"{min(found):.3f} to {max(found):.3f}"
    mended(
        "figures", tried="ten orders of tied rows", before="marginal precision .10 to .23", now=now
    )


def test_without_ties_the_precision_near_the_cut_is_that_of_the_ranks_around_it() -> None:
    y = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 0.0])
    near = select(np.arange(10, 0, -1), Capacity.parse(4), ["may"] * 10)
    assert near.mean_near_cut(y, np.ones(10)) == pytest.approx(y[2:6].mean())


def test_a_backtest_of_several_cuts_ranks_by_calibrated_scores(panel: rm.Panel) -> None:
    model = rm.make_classifier(panel, "logistic")
    several = rm.backtest(model, panel, rm.TemporalSplit(n_splits=2), baselines=())
    scores = several.evaluations["logistic"].scores
    assert np.allclose(scores["margin"], logit(scores["score"]), atol=1e-9)
    assert list(scores)[:2] == ["margin", "score"]
    assert "log_odds" not in scores

    one = rm.backtest(model, panel, baselines=())
    fitted = rm.make_classifier(panel, "logistic").fit(rm.TemporalSplit().last(panel)[0])
    alone = one.evaluations["logistic"].scores["margin"]
    assert np.array_equal(alone, fitted.margin(one.test))


def test_a_constant_score_is_random_by_construction(panel: rm.Panel, mended: Note) -> None:
    same = pd.Series(0.5, panel.X.index, name="same")
    table = rm.evaluate(same, panel).table.set_index("metric")
    says = "random by construction: all scores are one value"
    of_order = ["auc", "average_precision", "precision", "recall", "lift", "crises_reached"]
    assert (table.loc[of_order, "note"] == says).all()
    assert table.loc[of_order, ["low", "high"]].isna().all(axis=None)
    assert table.loc["base_rate", "low"] < table.loc["base_rate", "value"]
    assert table.loc["auc", "value"] == 0.5

    differences = rm.compare(same, same + 1, panel).table
    assert (differences["note"] == says).all()
    assert rm.compare(same, panel.X["arrears"], panel).table["low"].notna().all()
    mended("figures", tried="a constant score", before="AUC [0.500, 0.500]", now=says)


def test_crises_in_rows_that_nobody_observed_are_counted(mended: Note) -> None:
    records = rm.make_households(400, random_state=3)
    observed = rm.Label("crisis", window="6M", maturity="2M", observed_by="power_cut")
    plain = replace(observed, observed_by=None)
    panel = rm.build_panel(records, rounds=records.rounds, label=observed, features=ONE)
    wholly = panel.with_label(replace(observed, outcome="power_cut", observed_by=None))
    is_seen = wholly.y.reindex(panel.X.index).eq(1)
    expected = int((panel.y.eq(1) & ~is_seen).sum())
    assert 0 < expected < panel.counts["positive"]

    says = f"{expected:,} of {panel.counts['positive']:,} positives lie in rows not observed by"
    notes = rm.evaluate(panel.X.iloc[:, 0].fillna(0), panel).notes
    assert says in repr(panel)
    assert any(note.startswith(says) for note in notes)
    assert "not observed by" not in repr(panel.with_label(plain))
    part = panel[panel.y.eq(1).to_numpy()]
    assert part.unobserved_positives == expected
    mended("figures", tried="observed_by=CODE", before="not told", now=says)


def test_figures_of_records_with_contacts_are_under_the_support_given() -> None:
    helped = with_and_without_contacts(rm.make_households(200, random_state=3))
    notes = [
        rm.evaluate(panel.X.iloc[:, 0].fillna(0), panel).notes
        for panel in (
            rm.build_panel(one, rounds=one.rounds, label=LABEL, features=ONE) for one in helped
        )
    ]
    assert not any("under the support given" in note for note in notes[0])
    assert any(note.startswith("under the support given") for note in notes[1])


def with_and_without_contacts(records: rm.Records) -> tuple[rm.Records, rm.Records]:
    """Return records without contacts, and the same with one."""
    contact = pd.DataFrame(
        {
            "household_id": records.events["household_id"].iloc[:1],
            "as_of_date": [records.rounds[0]],
            "result": ["need_confirmed"],
            "known_date": [records.rounds[1]],
        }
    )
    tables = {"events": records.events, "attributes": records.attributes}
    same = {"catalogue": records.catalogue, "today": records.today, "rounds": records.rounds}
    return (
        rm.Records.from_frames(**tables, **same),
        rm.Records.from_frames(**tables, contacts=contact, **same),
    )
