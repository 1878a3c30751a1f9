"""A panel of contacts is judged for everyone, by recorded chances, or says that it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.card.evidence import write_card
from riskmodel.errors import ConfigError, PanelError, RiskmodelError
from riskmodel.evaluation import (
    capacity_tables,
    decision_curve,
    group_gaps,
    scores_of,
    side_by_side,
)
from riskmodel.evaluation.choice import chosen_of, standings_of
from riskmodel.evaluation.estimates import Estimate
from riskmodel.evaluation.known_verdicts import KnownVerdicts
from riskmodel.evaluation.large_steps import curve_in_large_steps
from riskmodel.evaluation.panel_rows import scored_rows
from riskmodel.evaluation.selective_report import SelectiveReport
from riskmodel.metrics import METRICS, Capacity, net_benefit
from riskmodel.metrics.selective import VERDICT_FIGURES

LABEL = rm.Label("need_confirmed", "1M", "1M", observed_by="contacts")
FEATURES = rm.Features([rm.Agg.count("*", ["2M", "12M"])])
CAPACITY = 0.1


@pytest.fixture(scope="module")
def records():
    return rm.make_households(
        2_500,
        n_rounds=6,
        random_state=7,
        capacity=0.2,
        random_share=0.5,
        reader=(0.8, 0.95),
        reach={"ai_call": 0.5, "mail_carrier": 0.3, "visit": 0.6},
    )


@pytest.fixture(scope="module")
def panel(records):
    return rm.build_panel(records, features=FEATURES, label=LABEL)


@pytest.fixture(scope="module")
def without_arm(panel):
    """Return the panel as if nobody had been drawn at random."""
    certain = panel.draws["probability"] == 1
    draws = panel.draws.assign(
        probability=certain.astype(float), drawn=panel.draws["drawn"] & certain
    )
    return replace(panel, draws=draws)


@pytest.fixture(scope="module")
def truth(records, panel):
    return records.truth["verdict"].reindex(panel.X.index)


@pytest.fixture(scope="module")
def score(panel):
    """Return the sum of what the columns count, without ties."""
    rng = np.random.default_rng(0)
    counts = panel.X.select_dtypes("number").fillna(0).clip(0, 12).sum(axis=1)
    return (counts + 0.01 * rng.random(len(counts))).rename("counts")


@pytest.fixture(scope="module")
def evaluation(score, panel):
    return rm.evaluate(score, panel, CAPACITY)


@pytest.fixture(scope="module")
def known(score, panel, truth):
    """Return the evaluation by everybody's verdict, which no contact limits."""
    return rm.evaluate(score, replace(panel, y=truth, label=None, draws=None), CAPACITY)


def test_the_list_is_drawn_among_all_rows_and_the_unlabelled_share_is_said(evaluation, panel):
    assert evaluation.rows == len(panel)
    assert evaluation.listed == pytest.approx(CAPACITY * len(panel), abs=6)
    unknown = panel.y.isna().mean()
    assert evaluation.selective.unknown == pytest.approx(unknown)
    assert f"{100 * unknown:.1f} % of the rows have no verdict" in repr(evaluation)
    assert len(evaluation.drawn().rows) == len(panel)


def test_figures_hold_the_truth_that_the_contacted_miss(evaluation, known, score, panel):
    contacted = rm.evaluate(score, panel, CAPACITY, among="contacted").frame().set_index("metric")
    truth = known.frame().set_index("metric")["value"]
    table = evaluation.frame().set_index("metric")
    for name in ("base_rate", "precision", "recall", "auc", "average_precision", "lift"):
        assert table.loc[name, "low"] <= truth[name] <= table.loc[name, "high"], name
    rate = contacted.loc["base_rate"]
    assert not rate["low"] <= truth["base_rate"] <= rate["high"]


def test_each_figure_says_under_which_labels_it_stands(evaluation, known, score, panel):
    contacted = rm.evaluate(score, panel, CAPACITY, among="contacted")
    said = [set(one.frame()["labels"]) for one in (evaluation, contacted, known)]
    assert [len(each) for each in said] == [1, 1, 1]
    assert "assumes reach independent of need" in min(said[0])
    assert "those contacted" in min(said[1])
    assert said[2] == {"every labelled row"}
    assert "nothing of another list" in repr(contacted)
    assert "confirmed by the reader if contacted, not in need" in repr(evaluation)


def test_with_probability_1_every_figure_is_that_of_all_labels(known, score, panel, truth):
    everyone = panel.draws.assign(probability=1.0, drawn=True)
    certain = rm.evaluate(score, replace(panel, y=truth, draws=everyone), CAPACITY)
    assert certain.metrics == pytest.approx(known.metrics, abs=1e-12)
    assert certain.selective.table["identified"].all()


def test_without_chances_a_panel_of_contacts_is_judged_only_if_that_is_said(score, panel):
    without = replace(panel, draws=None)
    with pytest.raises(PanelError) as refused:
        rm.evaluate(score, without, CAPACITY)
    assert refused.value.code == "evaluation.only_contacted"
    assert "among='contacted'" in str(refused.value)
    contacted = rm.evaluate(score, without, CAPACITY, among="contacted")
    assert contacted.rows == panel.y.notna().sum()
    assert contacted.selective is None


@pytest.mark.parametrize("among", ["contacted", "everyone"])
def test_among_is_of_labels_by_contacts_only(score, panel, truth, among):
    complete = replace(panel, y=truth, label=None)
    with pytest.raises(ConfigError) as refused:
        rm.evaluate(score, complete, among=among)
    assert refused.value.code == "evaluation.among"


def test_a_first_verdict_is_not_known_of_everyone(score, panel):
    first = replace(panel, label=replace(LABEL, first=True))
    with pytest.raises(PanelError, match="evaluation.first_of_contacts"):
        rm.evaluate(score, first, CAPACITY)


def test_an_arm_of_nobody_is_refused_figure_by_figure_with_bounds(score, without_arm, known):
    found = rm.evaluate(score, without_arm, CAPACITY)
    table = found.frame().set_index("metric")
    assert table.loc[list(set(VERDICT_FIGURES) & set(table.index)), "value"].isna().all()
    assert "no recorded chance" in table.loc["recall", "note"]
    assert "not identified" in repr(found)
    report = found.selective.table.set_index("metric")
    for name in ("base_rate", "precision", "recall"):
        assert report.loc[name, "least"] <= known.metrics[name] <= report.loc[name, "greatest"]
    assert np.isnan(report.loc["auc", "least"])


def test_bounds_widen_with_the_odds_and_tip_where_they_reach_a_value(evaluation):
    report = evaluation.selective
    assert isinstance(report, SelectiveReport)
    narrow, wide, none = (report.bounds("recall", ratio) for ratio in (1.0, 3.0, None))
    value = evaluation.metrics["recall"]
    assert none.low <= wide.low <= narrow.low <= value <= narrow.high <= wide.high <= none.high
    assert report.bounds("recall", 3.0, "lower").low <= narrow.low
    between = (wide.low + narrow.low) / 2
    tipping = report.tipping("recall", between)
    assert 1 < tipping < 3
    assert report.bounds("recall", tipping).low == pytest.approx(between, abs=1e-6)
    assert report.tipping("recall", 1.0) == np.inf
    with pytest.raises(ConfigError, match=r"selective\.no_bounds"):
        report.bounds("auc", 2.0)
    with pytest.raises(ConfigError, match=r"evaluation\.verdict_figure"):
        report.bounds("gini", 2.0)


@pytest.fixture(scope="module")
def chance(records, panel):
    probability = records.truth["probability"].reindex(panel.X.index)
    return (1.5 * probability).clip(upper=1).rename("chance")


@pytest.fixture(scope="module")
def of_chances(chance, panel):
    return rm.evaluate(chance, panel, CAPACITY, probability=True)


def test_a_net_benefit_is_that_of_everyones_verdict_within_its_interval_and_bounds(
    of_chances, chance, truth
):
    report, y = of_chances.selective, truth.to_numpy()
    table = report.net_benefit([0.05, 0.2]).set_index("threshold")
    for threshold, line in table.iterrows():
        contacted = (chance >= threshold).to_numpy(float)
        known = net_benefit(y.astype(float), contacted, np.ones(len(y)), threshold)
        assert line["contacted"] == pytest.approx(contacted.mean())
        assert line["low"] <= known <= line["high"]
        assert line["least"] <= line["low_by_odds"] <= known <= line["high_by_odds"]
        assert line["high_by_odds"] <= line["greatest"]
        found = report.bounds("net_benefit", 3.0, threshold=threshold)
        assert (found.low, found.high) == (line["low_by_odds"], line["high_by_odds"])
    assert report.tipping("net_benefit", 0.0, threshold=0.05) > 3


def test_with_every_chance_1_a_net_benefit_is_that_of_all_labels(chance, panel, truth):
    everyone = panel.draws.assign(probability=1.0, drawn=True)
    certain = rm.evaluate(
        chance, replace(panel, y=truth, draws=everyone), CAPACITY, probability=True
    )
    y, contacted = truth.to_numpy(float), (chance >= 0.1).to_numpy(float)
    (value,) = certain.selective.net_benefit([0.1])["value"]
    assert value == pytest.approx(net_benefit(y, contacted, np.ones(len(y)), 0.1), abs=1e-12)


def test_a_net_benefit_without_probabilities_or_a_threshold_is_refused(evaluation, of_chances):
    with pytest.raises(RiskmodelError, match=r"selective\.no_probabilities"):
        evaluation.selective.net_benefit()
    for threshold in (0.0, 1.0, float("nan")):
        with pytest.raises(RiskmodelError, match=r"selective\.threshold"):
            of_chances.selective.net_benefit([threshold])
    with pytest.raises(ConfigError, match=r"selective\.threshold"):
        of_chances.selective.bounds("net_benefit", 2.0)


def test_areas_of_few_verdicts_have_figures_drawn_towards_the_others(of_chances, panel, truth):
    areas = of_chances.by_area.set_index("area")
    shown = areas[areas["note"].eq("")]
    assert shown["drawn_together"].eq("base rate, precision, recall").any()
    assert shown[["precision", "recall", "precision_low", "recall_high"]].notna().all(axis=None)
    drawn = of_chances.drawn()
    of_area = panel.area.to_numpy()[panel.X.index.get_indexer(drawn.rows.index)]
    hits = drawn.selection.inclusion * truth.reindex(drawn.rows.index).to_numpy()
    known = pd.Series(hits).groupby(of_area).sum() / shown["selected"]
    known = known[shown.index]
    assert (shown["precision_low"].le(known) & shown["precision_high"].ge(known)).mean() >= 0.8
    assert shown["precision"].std() < known.std()
    places = shown["crises_reached"] / shown["selected"]
    assert places.to_numpy() == pytest.approx(shown["precision"].to_numpy())


def test_an_area_that_nobody_could_draw_from_has_no_figure(chance, panel):
    area = panel.area.value_counts().index[0]
    never = (panel.area == area).to_numpy() & (panel.draws["probability"] < 1).to_numpy()
    draws = panel.draws.assign(
        probability=panel.draws["probability"].where(~never, 0.0),
        drawn=panel.draws["drawn"] & ~never,
    )
    found = rm.evaluate(chance, replace(panel, draws=draws), CAPACITY, probability=True)
    areas = found.by_area.set_index("area")
    assert areas[["precision", "recall"]].isna().all(axis=None)
    assert np.isnan(areas.loc[area, "base_rate"])


def test_tables_call_the_confirmed_of_those_contacted_what_they_are(of_chances, known):
    tables = [of_chances.by_round, of_chances.by_area, of_chances.reliability]
    for table in [*tables, capacity_tables(of_chances).frame()]:
        assert "positives" not in table
        assert "confirmed_of_contacted" in table
    assert "positives" in known.by_round


def test_crises_expected_are_no_estimate_from_verdicts_and_have_no_interval(of_chances):
    line = of_chances.frame().set_index("metric").loc["crises_expected"]
    assert np.isfinite(line["value"])
    assert np.isnan(line["low"])
    assert "what the scores say" in line["note"]
    assert line["labels"] == "no labels: the sum of the probabilities on the list"


def test_more_contacts_make_a_narrower_interval(evaluation):
    report = evaluation.selective
    wide, narrow = (report.contacts_for("precision", width) for width in (0.10, 0.05))
    assert 0 < wide < narrow


def test_as_many_contacts_as_there_are_make_the_interval_that_there_is(evaluation, panel):
    report = evaluation.selective
    table = report.frame().set_index("metric")
    arm = int((panel.draws["drawn"] & (panel.draws["probability"] < 1)).sum())
    for metric in ("precision", "recall", "base_rate"):
        half = (table.loc[metric, "high_here"] - table.loc[metric, "low_here"]) / 2
        assert report.contacts_for(metric, half) == pytest.approx(arm, rel=0.4), metric


def test_figures_do_not_hang_on_the_order_of_the_rows(evaluation, score, panel):
    order = np.random.default_rng(3).permutation(len(panel))
    again = rm.evaluate(score, panel[order], CAPACITY)
    figures = ["value", "low", "high", "low_here", "high_here", "least", "greatest"]
    ours, theirs = (each.selective.frame()[figures] for each in (evaluation, again))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9)


def test_a_panel_of_shuffled_columns_is_fitted_on_its_own(panel):
    order = np.random.default_rng(5).permutation(len(panel))
    shuffled = panel.X.apply(lambda column: column.to_numpy()[order])
    other = replace(panel, X=shuffled.astype(panel.X.dtypes).set_axis(panel.X.index))
    one, another = KnownVerdicts.of(panel), KnownVerdicts.of(other)
    assert another is not one
    assert (another.expected != one.expected).any()


def test_labels_of_another_kind_are_told_side_by_side_and_in_a_comparison(evaluation, score, panel):
    contacted = rm.evaluate(score.rename("of contacts"), panel, CAPACITY, among="contacted")
    assert (evaluation.among, contacted.among) == ("all", "contacted")
    table = side_by_side({"everyone": evaluation, "contacted": contacted})
    assert table.loc["labels", ["everyone", "contacted"]].tolist() == [
        evaluation.labels,
        contacted.labels,
    ]
    assert "labels" not in side_by_side({"a": evaluation, "b": evaluation}).index
    found = rm.compare(evaluation, contacted, panel, CAPACITY)
    assert "of contacts: evaluated under other labels (verdicts of those contacted" in repr(found)


def test_a_comparison_is_for_everyone_too(score, panel, known):
    other = panel.X.select_dtypes("number").iloc[:, 0].fillna(0).rename("one column")
    found = rm.compare(score, other, panel, CAPACITY)
    assert "assumes reach independent of need" in repr(found)
    table = found.frame().set_index("metric")
    assert np.isfinite(table.loc["precision", ["low", "high"]].astype(float)).all()
    assert found.tipping is None
    same = rm.compare(score, score.rename("again"), panel, CAPACITY).frame()
    assert (same["difference"].abs() < 1e-12).all()
    among = rm.compare(score, other, panel, CAPACITY, among="contacted")
    assert among.rows == panel.y.notna().sum()


def test_a_difference_of_figures_that_are_not_identified_has_no_interval(score, without_arm):
    found = rm.compare(score, (-score).rename("fewest first"), without_arm, CAPACITY)
    table = found.frame().set_index("metric").loc[["precision", "recall", "auc"]]
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["note"].str.contains("no recorded chance").all()
    assert set(table["verdict"]) == {"not told apart from"}


def test_a_backtest_is_for_everyone_too(panel):
    counts = rm.make_classifier(panel, "indicator_count")
    split = rm.TemporalSplit(test_rounds=3)
    found = rm.backtest(counts, panel, split, CAPACITY, baselines=())
    (evaluation,) = found.evaluations.values()
    assert evaluation.selective is not None
    assert evaluation.rows > 4_000
    assert found.chosen == "indicator_count"
    assert set(found.table["labels"]) == set(evaluation.frame()["labels"])
    among = rm.backtest(counts, panel, split, CAPACITY, baselines=(), among="contacted")
    assert "those contacted" in among.table["labels"].iloc[0]
    without = replace(panel, draws=None)
    with pytest.raises(PanelError, match=r"evaluation\.only_contacted"):
        rm.backtest(counts, without, split, CAPACITY, baselines=())


def test_candidates_of_which_verdicts_tell_nothing_are_level(score, without_arm):
    """The simplest is chosen, whatever it scores."""
    scores = {"trees": scores_of(score, without_arm), "rule": scores_of(-score, without_arm)}
    cuts = [(without_arm, scores)]
    found = standings_of(cuts, {"trees": 3, "rule": 0}, Capacity.parse(CAPACITY))
    assert {(each.behind, each.se) for each in found.values()} == {(0.0, 0.0)}
    assert [each.complexity for each in found.values()] == [3, 0]
    assert np.isnan([each.mean for each in found.values()]).all()
    assert chosen_of(found) == "rule"


def test_a_metric_without_an_estimate_has_no_value(score, panel):
    rows = scored_rows(scores_of(score, panel), panel, Capacity.parse(CAPACITY))
    own = Estimate.of(replace(METRICS["auc"], name="own"), rows)
    assert np.isnan(own.value)
    assert "no estimate" in own.interval(rows).note
    assert np.isfinite(Estimate.of(METRICS["auc"], rows).value)


def test_what_needs_everyones_labels_is_refused(evaluation):
    for call in (
        evaluation.capacity_curve,
        lambda: curve_in_large_steps(evaluation),
        lambda: decision_curve(evaluation),
        lambda: group_gaps(evaluation, "area"),
    ):
        with pytest.raises(RiskmodelError) as refused:
            call()
        assert refused.value.code == "evaluation.of_verdicts"
    assert len(capacity_tables(evaluation).frame())


def test_a_panel_keeps_its_draws_in_a_file_and_in_its_parts(panel, tmp_path):
    panel.to_parquet(tmp_path / "panel.parquet")
    read = rm.Panel.read_parquet(tmp_path / "panel.parquet")
    pd.testing.assert_frame_equal(read.draws, panel.draws, check_dtype=False)
    assert panel[:10].draws.index.equals(panel.X.index[:10])


def test_chances_that_are_none_are_refused(score, panel):
    for probability, code in ((1.5, "selective.chance"), (0.0, "selective.no_chance")):
        draws = panel.draws.assign(probability=probability)
        with pytest.raises(RiskmodelError) as refused:
            rm.evaluate(score, replace(panel, draws=draws), CAPACITY)
        assert refused.value.code == code
    unknown = panel.draws.assign(probability=np.nan)
    with pytest.raises(PanelError, match=r"evaluation\.no_label"):
        rm.evaluate(score, replace(panel, draws=unknown), CAPACITY)


def test_a_chance_that_is_not_on_record_refuses_the_figures_that_rest_on_it(score, panel):
    one = score.groupby(level=1).idxmax().iloc[0]
    draws = panel.draws.copy()
    draws.loc[one, "probability"] = np.nan
    found = rm.evaluate(score, replace(panel, draws=draws), CAPACITY)
    table = found.frame().set_index("metric")
    assert "places had no recorded chance" in table.loc["precision", "note"]
    assert np.isfinite(table.loc["auc", "value"])
    assert "without a chance on record" in repr(found)


def test_bounds_of_a_share_end_at_nothing_and_all(evaluation):
    wide = [evaluation.selective.bounds(name, 1_000.0) for name in ("recall", "base_rate")]
    assert all(0 <= found.low < found.high <= 1 for found in wide)
    ends = evaluation.selective.frame()[["low_by_odds", "high_by_odds", "least", "greatest"]]
    assert ends.dropna().stack().between(0, 1).all()


def test_a_card_says_on_what_figures_of_verdicts_rest(panel):
    train, test = rm.TemporalSplit(test_rounds=3).last(panel)
    model = rm.make_classifier(train, kind="indicator_count").fit(train)
    judged = rm.evaluate(model, test, CAPACITY)
    told = write_card(model, judged, "x", explanation={"method": "exact"}).limits
    assert set(judged.selective.lines()) <= set(told)
    assert any("confirmed by the reader if contacted, not in need" in line for line in told)
    assert "confirmed among those contacted" in repr(judged)
