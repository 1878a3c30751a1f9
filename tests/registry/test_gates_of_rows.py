"""Gates that read scored rows, two fits, or how a version came to be judged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from riskmodel import Panel
from riskmodel.metrics import Capacity, ScoredRows, select
from riskmodel.metrics.selective import SelectiveRows
from riskmodel.registry.gates.agreement_gates import LISTS, REASONS
from riskmodel.registry.gates.calibration_gate import CALIBRATION
from riskmodel.registry.gates.conduct_gates import ASKED, PEOPLE, QUESTIONS
from riskmodel.registry.gates.gate import (
    Agreement,
    Conduct,
    Evidence,
    Gate,
    GateResult,
    NamedRows,
    Verdict,
)
from riskmodel.registry.gates.gate_evidence import evidence_of
from riskmodel.registry.gates.group_gate import GROUPS
from riskmodel.registry.gates.holdout import NamedScores, Opponents

N, LISTED = 8_000, 800
RNG = np.random.default_rng(0)
TYPE = np.array(["single", "family"])[(np.arange(N) % 4 == 0).astype(int)]
CHANCE = expit(RNG.normal(-2.5, 1.2, N))
Y = (RNG.random(N) < CHANCE).astype(float)
NOTHING = pd.DataFrame()


def rows_of(log_odds: np.ndarray, *, probability: bool = True) -> ScoredRows:
    selection = select(log_odds, Capacity.parse(LISTED), np.zeros(N, dtype=int), None)
    scores = expit(log_odds) if probability else None
    return ScoredRows.of(Y, np.ones(N), scores, np.arange(N), selection)


def judged(
    gate: Gate,
    log_odds: np.ndarray,
    before: np.ndarray | None = None,
    *,
    groups: pd.DataFrame | None = None,
    probability: bool = True,
) -> GateResult:
    reference = None if before is None else NamedRows("champion, version 2", rows_of(before))
    rows = rows_of(log_odds, probability=probability)
    return gate.result(Evidence(NOTHING, rows, reference, groups))


ODDS = logit(CHANCE)


@pytest.mark.parametrize(
    ("log_odds", "verdict", "off"),
    [
        (ODDS, Verdict.PASS, "slope"),
        (2 * ODDS + 2, Verdict.REFUSE, "slope"),
        (ODDS / 3, Verdict.REFUSE, "slope"),
        (ODDS - 0.8, Verdict.REFUSE, "intercept"),
        (ODDS + 0.8, Verdict.REFUSE, "intercept"),
        (-ODDS, Verdict.REFUSE, "slope"),
    ],
    ids=["right", "too far apart", "too near", "too low", "too high", "upside down"],
)
def test_probabilities_that_are_shown_to_be_off_are_refused(
    log_odds: np.ndarray, verdict: Verdict, off: str
) -> None:
    found = judged(CALIBRATION, log_odds)
    assert found.verdict == verdict
    assert len(found.measured) == 2
    if verdict == Verdict.REFUSE:
        assert any(f"calibration {off}" in reason for reason in found.reasons)
        assert all("the threshold is 0.5" in reason for reason in found.reasons)


def test_the_figure_of_calibration_is_by_how_much_the_worse_of_the_two_is_off() -> None:
    found = judged(CALIBRATION, ODDS - np.log(1.25))
    assert found.figure == pytest.approx(0.25, abs=0.1)
    assert found.verdict == Verdict.PASS


def test_scores_that_are_no_probabilities_are_too_few_for_the_gate_of_calibration() -> None:
    found = judged(CALIBRATION, ODDS, probability=False)
    assert found.verdict == Verdict.TOO_FEW
    assert found.reasons == ("its scores are no probabilities",)


def test_few_crises_say_nothing_of_calibration() -> None:
    few = np.flatnonzero(np.cumsum(Y) <= 6)
    rows = rows_of(ODDS).take(few)
    found = CALIBRATION.result(Evidence(NOTHING, rows))
    assert found.verdict == Verdict.TOO_FEW


BY_TYPE = pd.DataFrame({"type": TYPE})
LOWER = ODDS - 1.0 * (TYPE == "family")


def test_a_group_that_is_reached_less_than_before_is_refused_by_name() -> None:
    found = judged(GROUPS, LOWER, ODDS, groups=BY_TYPE)
    assert found.verdict == Verdict.REFUSE
    assert found.figure < -0.3
    (reason,) = found.reasons
    assert reason.startswith("recall of type family is ")
    assert ", by champion, version 2 " in reason
    assert reason.endswith("and the margin is 30% of it")
    assert judged(GROUPS, ODDS, LOWER, groups=BY_TYPE).verdict == Verdict.PASS


def test_the_same_list_is_no_drop_and_a_small_drop_passes() -> None:
    same = judged(GROUPS, ODDS, ODDS, groups=BY_TYPE)
    assert (same.figure, same.verdict) == (0.0, Verdict.PASS)
    small = judged(GROUPS, ODDS - 0.1 * (TYPE == "family"), ODDS, groups=BY_TYPE)
    assert -0.3 < small.figure < 0
    assert small.verdict == Verdict.PASS


def test_the_drop_of_a_group_is_the_difference_of_two_recalls() -> None:
    found = judged(GROUPS, LOWER, ODDS, groups=BY_TYPE)
    is_family = TYPE == "family"
    recalls = [
        (Y * rows_of(odds).inclusion)[is_family].sum() / Y[is_family].sum()
        for odds in (LOWER, ODDS)
    ]
    assert found.figure == pytest.approx(recalls[0] / recalls[1] - 1)


def test_groups_of_few_crises_are_counted_and_not_judged() -> None:
    small = pd.DataFrame({"type": np.where(np.arange(N) < 30, "rare", "common")})
    found = judged(GROUPS, ODDS - 9.0 * (np.arange(N) < 30), ODDS, groups=small)
    assert found.verdict == Verdict.PASS
    assert found.measured[-1] == "1 of 2 groups have too few crises to be judged"
    assert "rare" not in str(found)
    tiny = pd.DataFrame({"type": np.arange(N) // 40})
    unknown = judged(GROUPS, ODDS, ODDS, groups=tiny)
    assert unknown.verdict == Verdict.TOO_FEW
    assert unknown.reasons == ("200 of 200 groups have too few crises to be judged",)
    nobody = judged(GROUPS, ODDS, ODDS, groups=small.iloc[:, :0])
    assert nobody.measured == ("no groups to compare",)


def test_a_level_without_an_interval_is_too_few_or_not_identified() -> None:
    none = rows_of(ODDS).take(np.flatnonzero(Y == 0))
    few = CALIBRATION.result(Evidence(NOTHING, none))
    assert few.verdict == Verdict.TOO_FEW
    assert few.reasons
    assert all(reason.startswith("calibration ") for reason in few.reasons)
    unknown = CALIBRATION.result(Evidence(NOTHING, contacted_rows(ODDS, 0.001, expit(ODDS))))
    assert unknown.verdict == Verdict.NOT_IDENTIFIED
    assert len(unknown.reasons) == 2


def contacted_rows(
    log_odds: np.ndarray, chance: float, probability: np.ndarray | None = None
) -> ScoredRows:
    """Return rows of which some have a verdict, each drawn by one chance."""
    selection = select(log_odds, Capacity.parse(LISTED), np.zeros(N, dtype=int), None)
    everyone, known = np.ones(N), np.random.default_rng(1).random(N) < chance
    selective = SelectiveRows(
        verdict=np.where(known, Y, np.nan),
        known=known,
        drawn=known,
        drawn_chance=chance * everyone,
        reach_chance=everyone,
        expected=CHANCE,
        known_chance=chance * everyone,
        weight=everyone,
        score=log_odds,
        probability=probability,
        household=np.arange(N),
        area_round=np.arange(N) % 50,
        listed=selection.inclusion,
        share_listed=selection.share_listed(everyone),
        near_cut=selection.near_cut,
        last_rate=float(Y[known].mean()),
    )
    found = np.where(known, Y, 0.0)
    return ScoredRows.of(found, everyone, probability, np.arange(N), selection, selective)


def test_a_group_of_which_verdicts_could_not_even_show_a_whole_loss_is_counted() -> None:
    def judged_by(chance: float) -> GateResult:
        rows, before = contacted_rows(LOWER, chance), contacted_rows(ODDS, chance)
        reference = NamedRows("champion, version 2", before)
        return GROUPS.result(Evidence(NOTHING, rows, reference, BY_TYPE))

    everyone = judged_by(1.0)
    assert everyone.verdict == Verdict.REFUSE
    assert everyone.figure == pytest.approx(judged(GROUPS, LOWER, ODDS, groups=BY_TYPE).figure)
    few = judged_by(0.02)
    assert few.verdict == Verdict.TOO_FEW
    assert few.reasons == ("2 of 2 groups have too few crises to be judged",)


def test_two_fits_that_agree_less_than_the_threshold_are_refused() -> None:
    agreement = Agreement(lists=0.6, reasons=0.8)
    evidence = Evidence(NOTHING, agreement=agreement)
    for gate, share in ((LISTS, 0.6), (REASONS, 0.8)):
        for threshold, verdict in ((share, Verdict.PASS), (share + 0.01, Verdict.REFUSE)):
            found = GateResult(gate, *gate.check(evidence, threshold))
            assert (found.figure, found.verdict) == (share, verdict)
        nothing = gate.check(Evidence(NOTHING), 0.5)
        assert nothing.verdict == Verdict.TOO_FEW
    none_given = Evidence(NOTHING, agreement=Agreement(1.0, np.nan))
    assert REASONS.check(none_given, 0.7).verdict == Verdict.PASS


@pytest.mark.parametrize(
    ("gate", "threshold", "conduct", "verdict", "said"),
    [
        (QUESTIONS, 0, Conduct(questions=0), Verdict.PASS, "0 questions about leaks on the card"),
        (QUESTIONS, 0, Conduct(questions=1), Verdict.REFUSE, "1 question about leaks on the card"),
        (QUESTIONS, 0, Conduct(), Verdict.TOO_FEW, "the card holds no questions"),
        (PEOPLE, 2, Conduct("kim", "lee"), Verdict.PASS, "published by kim, promoted by lee"),
        (PEOPLE, 2, Conduct("Kim", "kim"), Verdict.REFUSE, "published by Kim, promoted by kim"),
        (PEOPLE, 2, Conduct("lee", " \uff2cee "), Verdict.REFUSE, "published by lee"),
        (PEOPLE, 2, Conduct("ops", "kim", "ops"), Verdict.REFUSE, "published by ops"),
        (PEOPLE, 2, Conduct("", "kim"), Verdict.TOO_FEW, "was not written down"),
        (PEOPLE, 1, Conduct("kim", "kim"), Verdict.PASS, "promoted by kim"),
        (
            *(PEOPLE, 2, Conduct("kim", "lee", "ops", "ops", "ops"), Verdict.REFUSE),
            "published by kim (user ops), promoted by lee (user ops)",
        ),
        (
            *(PEOPLE, 2, Conduct("kim", "lee", "b", "a", "b"), Verdict.PASS),
            "published by kim (user a), promoted by lee (user b)",
        ),
        (PEOPLE, 2, Conduct("kim", "Kim", "b", "a", "b"), Verdict.REFUSE, "by kim (user a)"),
        (PEOPLE, 2, Conduct("kim", "lee", "lee", "kim", "lee"), Verdict.PASS, "by kim, promoted"),
        (PEOPLE, 2, Conduct("kim", "lee", "b", "", "b"), Verdict.PASS, "by lee (user b)"),
        (ASKED, 1, Conduct(asked_before=0), Verdict.PASS, "no other version was judged on these"),
        (ASKED, 1, Conduct(asked_before=1), Verdict.PASS, "1 other version was judged on these"),
        (ASKED, 1, Conduct(asked_before=2), Verdict.REFUSE, "2 other versions were judged on"),
    ],
)
def test_how_a_version_came_to_be_judged_is_a_gate_too(
    gate: Gate, threshold: float, conduct: Conduct, verdict: Verdict, said: str
) -> None:
    found = gate.check(Evidence(NOTHING, conduct=conduct), threshold)
    assert found.verdict == verdict
    assert said in (found.reasons or found.measured)[0]


def test_evidence_holds_the_champion_or_the_best_baseline_as_what_groups_are_compared_with() -> (
    None
):
    frame = pd.DataFrame({"id": range(N), "x": 1.0, "type": TYPE, "y": Y})
    panel = Panel.from_frame(
        frame, household_id="id", as_of_date="2024-05-01", y="y", features=["x"], groups=["type"]
    )

    def named(log_odds: np.ndarray, name: str) -> NamedScores:
        table = {"margin": log_odds, "score": expit(log_odds)}
        return NamedScores(pd.DataFrame(table, index=panel.X.index), name)

    own, best, bad = named(ODDS, "own"), named(ODDS, "best"), named(-ODDS, "bad")
    capacity = Capacity.parse(LISTED)
    found = evidence_of(own, Opponents((best, bad), (), has_champion=True), panel, capacity)
    assert found.champion is not None
    assert found.champion.name == "bad"
    assert found.groups is not None
    assert list(found.groups) == ["type"]
    assert GROUPS.result(found).verdict == Verdict.PASS
    assert evidence_of(own, Opponents((best, bad), ()), panel, capacity).champion is None
