"""The gates: one result each; the thresholds in conf are those of the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import norm

from mended import Note
from riskmodel.cli.configs import compose, conf_folder
from riskmodel.errors import ConfigError, RegistryError
from riskmodel.evaluation.non_inferiority import with_verdicts
from riskmodel.metrics import METRICS, auc, auc_influence, clustered_interval
from riskmodel.registry import Version
from riskmodel.registry.gates.comparison_gates import not_worse_gate
from riskmodel.registry.gates.gate import ANY, Evidence, Gate, GateResult, Verdict
from riskmodel.registry.gates.gate_sets import (
    GATES,
    default_thresholds,
    gates_with,
    refusal_of,
    sets_of_gates,
    stopping,
)

VERSION = Version("household-crisis", "3", None, "digest")


def compared(metric: str, low: float, high: float, against: str = "logistic") -> dict[str, Any]:
    return {
        "against": against,
        "metric": metric,
        "version": 0.8,
        "other": 0.7,
        "difference": 0.1,
        "low": low,
        "high": high,
        "note": "",
    }


def result(*rows: dict[str, Any], metric: str = "auc", threshold: float = 0.0) -> GateResult:
    # these gates read nothing of the evidence but its table
    evidence = Evidence(with_verdicts(pd.DataFrame(rows)))
    return not_worse_gate(METRICS[metric], threshold).result(evidence)


def refusal(*results: GateResult, strict: bool = False) -> RegistryError | None:
    return refusal_of(VERSION, stopping(results, refuses_too_few=strict))


@pytest.mark.parametrize(
    ("low", "high", "threshold", "verdict"),
    [
        (0.1, 0.2, 0.0, Verdict.PASS),
        (0.0, 0.1, 0.0, Verdict.PASS),
        (-0.1, 0.1, 0.0, Verdict.NOT_IDENTIFIED),
        (-0.1, 0.1, -0.1, Verdict.PASS),
        (-0.1, 0.0, -0.05, Verdict.NOT_IDENTIFIED),
        (-0.2, -0.1, 0.0, Verdict.REFUSE),
        (-0.2, -0.1, -0.15, Verdict.REFUSE),
        (-0.2, -0.1, -0.2, Verdict.PASS),
        (-0.1, 0.1, 0.2, Verdict.REFUSE),
        (np.nan, np.nan, 0.0, Verdict.NOT_IDENTIFIED),
    ],
)
def test_a_metric_passes_if_its_interval_rules_out_worse_than_the_threshold(
    low: float, high: float, threshold: float, verdict: Verdict
) -> None:
    assert result(compared("auc", low, high), threshold=threshold).verdict == verdict


def test_a_metric_that_chances_do_not_identify_passes_no_gate_and_says_what_is_missing() -> None:
    note = "not identified: nobody is on the list; about 561 more random contacts would identify it"
    row = compared("auc", np.nan, np.nan) | {"version": np.nan, "other": np.nan, "note": note}
    found = result(row, threshold=-1.0)
    assert found.verdict == Verdict.NOT_IDENTIFIED
    assert found.reasons == (f"AUC against logistic is {note}",)
    assert "561 more random contacts" in str(refusal(found))


def test_gates_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(RegistryError, match="gates is a list.*a mapping of gates"):
        gates_with(["auc"])  # type: ignore[arg-type]


def test_the_strongest_opponent_counts() -> None:
    weak, strong = compared("auc", 0.1, 0.3), compared("auc", -0.3, -0.1, "champion, version 2")
    found = result(weak, strong)
    assert (found.figure, found.verdict) == (-0.3, Verdict.REFUSE)
    assert len(found.measured) == 2
    assert found.reasons == (found.measured[1],)
    assert "champion, version 2" in found.reasons[0]


def test_a_comparison_is_worded_with_its_interval_from_low_to_high() -> None:
    (line,) = result(compared("auc", -0.25, 0.125)).measured
    assert line == (
        "AUC 0.800 is not told apart from logistic (0.100 [-0.250, 0.125]), could be as much as "
        "0.250 worse"
    )
    (line,) = result(compared("auc", -0.03, 0.125)).measured
    assert line == (
        "AUC 0.800 is level with logistic (0.100 [-0.0300, 0.125]), could be as much as 0.0300 "
        "worse"
    )
    (line,) = result(compared("auc", 0.03, 0.125)).measured
    assert line == "AUC 0.800 is better than logistic (0.100 [0.0300, 0.125])"


def test_of_a_loss_less_is_better() -> None:
    assert result(compared("brier", 0.01, 0.02), metric="brier").verdict == Verdict.REFUSE
    assert result(compared("brier", -0.02, -0.01), metric="brier").verdict == Verdict.PASS


def test_nothing_to_compare_with_identifies_nothing() -> None:
    found = result(compared("brier", -0.1, 0.1))
    assert found.verdict == Verdict.NOT_IDENTIFIED
    assert found.reasons == ("AUC has nothing to be compared with",)
    assert found.to_dict()["figure"] is None


def test_what_is_refused_counts_before_what_is_not_identified() -> None:
    refused = result(compared("auc", -0.2, -0.1))
    unclear = result(compared("auc", np.nan, np.nan))
    passed = result(compared("auc", 0.1, 0.2))
    assert refusal(passed, passed) is None
    assert refusal(unclear, refused, passed).code == "promote.worse"
    assert refusal(passed, unclear).code == "promote.too_few"


def test_a_list_whose_interval_is_wider_than_the_margin_is_too_few_and_passes_by_default() -> None:
    wide = result(compared("precision", -0.07, 0.08), metric="precision", threshold=-0.02)
    assert wide.verdict == Verdict.TOO_FEW
    assert refusal(wide) is None
    assert refusal(wide, strict=True).code == "promote.too_few"
    assert str(wide) == (
        "gate precision: too few, intervals reach 0.0750 to a side where the margin is 0.02, "
        "against logistic"
    )
    narrow = result(compared("precision", -0.03, 0.009), metric="precision", threshold=-0.02)
    assert narrow.verdict == Verdict.NOT_IDENTIFIED
    assert refusal(narrow).code == "promote.too_few"
    worse = result(compared("precision", -0.2, -0.1), metric="precision", threshold=-0.02)
    assert worse.verdict == Verdict.REFUSE
    unclear = compared("precision", np.nan, np.nan) | {"note": "not identified: nobody is listed"}
    found = result(unclear, metric="precision", threshold=-0.02)
    assert found.verdict == Verdict.NOT_IDENTIFIED


def thresholds_of(given: Any) -> dict[str, Any]:
    return {gate.name: gate.threshold for gate in gates_with(given).gates}


def test_thresholds_replace_those_of_the_gates_by_name() -> None:
    default = {k: v for k, v in default_thresholds().items() if isinstance(v, float)}
    assert thresholds_of(None) == thresholds_of("default") == default
    assert thresholds_of({"auc": -0.01}) == {**default, "auc": -0.01}
    assert thresholds_of({"people": 2}) == {**default, "people": 2.0}
    assert not gates_with(None).refuses_too_few
    assert gates_with({"too_few": "refuse"}).refuses_too_few


def test_the_set_of_korea_asks_everything_and_refuses_what_too_few_tell() -> None:
    korea = gates_with("korea")
    assert korea.refuses_too_few
    assert korea.needs_second_fit
    assert [gate.name for gate in korea.gates] == [gate.name for gate in GATES]
    default = gates_with(None)
    assert not default.needs_second_fit
    for gate in default.gates:
        assert gate.threshold is not None
        narrower = {one.name: one.threshold for one in korea.gates}[gate.name]
        assert abs(narrower) <= abs(gate.threshold)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("korae", "unknown set of gates 'korae'.*did you mean 'korea'"),
        ({"too_few": "maybe"}, "too_few is neither pass nor refuse"),
        ({"peple": 2}, "did you mean 'people'"),
    ],
)
def test_a_set_or_a_gate_that_is_none_is_refused(given: Any, said: str) -> None:
    with pytest.raises(RegistryError, match=said):
        gates_with(given)


@pytest.mark.parametrize("wrong", ["0.1", None, float("nan"), float("inf"), True, np.True_, [1]])
def test_a_threshold_that_is_no_number_is_refused(wrong: Any) -> None:
    with pytest.raises(RegistryError, match="threshold of gate auc is not a number") as refusal:
        gates_with({"auc": wrong})
    assert refusal.value.place == "gates.auc"
    assert refusal.value.allowed == "a number from -1 to 1"
    assert refusal.value.next_step is not None
    assert refusal.value.next_step.startswith("write auc=-0.04, the default")


@pytest.mark.parametrize(
    ("name", "wrong", "allowed", "nearest"),
    [
        ("auc", -1.5, "a number from -1 to 1", "-1"),
        ("precision", 2, "a number from -1 to 1", "1"),
        ("calibration", -0.25, "a number from 0 to 1", "0"),
        ("calibration", 25, "a number from 0 to 1", "1"),
        ("group_recall", 0.3, "a number from -1 to 0", "0"),
        ("list_overlap", 2, "a number from 0 to 1, or none", "1"),
        ("reason_overlap", -0.7, "a number from 0 to 1, or none", "0"),
        ("leak_questions", -1, "a whole number of 0 or more, or none", "0"),
        ("people", 1.5, "a whole number from 1 to 2, or none", "2"),
        ("people", 0, "a whole number from 1 to 2, or none", "1"),
        ("people", 3, "a whole number from 1 to 2, or none", "2"),
        ("asked_before", 4.6, "a whole number of 0 or more", "5"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused_with_the_nearest_that_does(
    name: str, wrong: float, allowed: str, nearest: str
) -> None:
    with pytest.raises(RegistryError, match=rf"threshold of gate {name} is {wrong:g}\.") as refusal:
        gates_with({name: wrong})
    assert refusal.value.code == "promote.threshold"
    assert refusal.value.allowed == allowed
    assert f"write {name}={nearest}, the nearest that is allowed" in str(refusal.value)
    assert gates_with({name: float(nearest)})


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_the_thresholds_of_every_set_make_sense(gate: Gate) -> None:
    assert gate.allowed != ANY
    for thresholds in sets_of_gates().values():
        threshold = thresholds[gate.name]
        assert threshold is None or gate.allowed.holds(float(threshold))


@pytest.mark.parametrize("word", ["people=1.5", "list_overlap=2", "calibration=-1"])
def test_the_shell_and_a_file_refuse_a_threshold_as_python_does(word: str, tmp_path: Path) -> None:
    name, value = word.split("=")
    given = compose("promote", ["by=kim", "why=better", f"gates.{word}"])["gates"]
    folder = tmp_path / "gates"
    folder.mkdir()
    (folder / "ours.yaml").write_text(f"{name}: {value}\n", encoding="utf-8")
    filed = compose("promote", ["by=kim", "why=better", "gates=ours"], tmp_path)
    refused = []
    for thresholds in (given, filed["gates"], {name: yaml.safe_load(value)}):
        with pytest.raises(RegistryError, match=f"gates.{name}: the threshold of gate") as refusal:
            gates_with(thresholds)
        refused.append(str(refusal.value))
    assert len(set(refused)) == 1


@pytest.mark.parametrize("word", ["people=true", "auc=.nan", "calibration=wide"])
def test_the_shell_names_a_threshold_that_is_no_number(word: str) -> None:
    name, _ = word.split("=")
    with pytest.raises(ConfigError, match=f"gates: {name} is not a number"):
        compose("promote", ["by=kim", "why=better", f"gates.{word}"])


@pytest.mark.parametrize("name", sets_of_gates())
def test_the_configuration_holds_the_thresholds_of_the_code(name: str) -> None:
    path = conf_folder() / "gates" / f"{name}.yaml"
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == sets_of_gates()[name]
    composed = compose("promote", ["by=kim", "why=better", f"gates={name}"])["gates"]
    assert composed == sets_of_gates()[name]


def test_the_shell_replaces_a_threshold_and_refuses_an_unknown_gate() -> None:
    signed = ["by=kim", "why=better"]
    assert compose("promote", signed)["gates"] == default_thresholds()
    replaced = compose("promote", [*signed, "gates.auc=-0.01"])["gates"]
    assert replaced == {**default_thresholds(), "auc": -0.01}
    with pytest.raises(ConfigError, match="did you mean 'auc'"):
        compose("promote", [*signed, "gates.acu=0"])


def differences(n: int, lost: float, samples: int) -> list[GateResult]:
    """Return the AUC gate on samples of a version that is truly so much worse than another.

    Of n households, one in ten is in need, and both scores are normal with half of the noise in
    common.
    """
    rng = np.random.default_rng(0)
    gap = {value: np.sqrt(2) * norm.ppf(value) for value in (0.78, 0.78 - lost)}
    found = []
    for _ in range(samples):
        y = (rng.random(n) < 0.1).astype(float)
        common = rng.normal(size=n)
        better, worse = (
            y * shift + np.sqrt(0.5) * (common + rng.normal(size=n))
            for shift in (gap[0.78], gap[0.78 - lost])
        )
        change = auc_influence(y, worse) - auc_influence(y, better)
        difference = auc(y, worse) - auc(y, better)
        interval = clustered_interval(difference, change, np.arange(n))
        row = compared("auc", interval.low, interval.high) | {"difference": difference}
        found.append(result(row, threshold=default_thresholds()["auc"]))
    return found


@pytest.mark.parametrize(("n", "passing", "before"), [(500, 0.1, "16 %"), (5_000, 0.8, "94 %")])
def test_a_version_that_is_worse_by_the_margin_is_not_promoted(
    n: int, passing: float, before: str, mended: Note
) -> None:
    stopped = np.mean([r.verdict != Verdict.PASS for r in differences(n, 0.04, 100)])
    assert stopped >= 0.91
    passed = np.mean([r.verdict == Verdict.PASS for r in differences(n, 0.0, 30)])
    assert passed >= passing
    mended(
        "figures",
        tried=f"a version truly .04 of AUC worse, {n:,} households",
        before=f"refused in {before}",
        now=f"not promoted in {100 * stopped:.0f} %; one that is as good passes in "
        f"{100 * passed:.0f} %",
    )
