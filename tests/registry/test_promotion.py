"""A promotion: judged on what a version has not seen, written down, and gone back on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from wide_gates import WIDE

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, RegistryError, RiskmodelError
from riskmodel.evaluation.judged_before import digest_of_judged
from riskmodel.indicators import Catalogue
from riskmodel.records.table_schemas import conform
from riskmodel.registry import Promotion, Version
from riskmodel.registry.backend.connection import open_registry
from riskmodel.registry.events.chain import Chain, champions_before
from riskmodel.registry.events.event import BROKE_OFF, Event
from riskmodel.registry.events.ledger import deciding
from riskmodel.registry.gates import gate_sets
from riskmodel.registry.gates.gate import Evidence, Finding, Gate, Refusal, Verdict
from riskmodel.registry.gates.gate_evidence import conduct_of
from riskmodel.registry.gates.holdout import HoldoutComparison

NAME = "household-crisis"


def promoted(version: Any, study: SimpleNamespace, gates: Any = WIDE, **rest: Any) -> Promotion:
    return rm.promote(
        version,
        on=study.records,
        by="kim",
        why="beats the baselines",
        capacity=0.05,
        gates=gates,
        **rest,
    )


@pytest.mark.parametrize(
    ("by", "why"), [("", "better"), ("kim", "  "), (None, "better"), ("kim", None)]
)
def test_nobody_and_no_reason_promote_nothing(
    version: Version, study: SimpleNamespace, by: Any, why: Any
) -> None:
    with pytest.raises(ConfigError, match=r"(by|why) is empty.*it is kept with the version"):
        rm.promote(version, on=study.records, by=by, why=why)
    with pytest.raises(RegistryError, match="has no alias 'champion'"):
        rm.load(f"{NAME}@champion")


def test_a_capacity_is_refused_before_a_version_is_loaded(study: SimpleNamespace) -> None:
    for capacity in (1.0, {"nowhere": 3}):
        with pytest.raises(ConfigError, match=r"1\.0 can mean|'nowhere' is no area"):
            rm.promote("none@challenger", study.records, "kim", "better", capacity)


def test_a_promotion_is_measured_on_unseen_rounds_and_written_down(
    version: Version, study: SimpleNamespace
) -> None:
    promotion = promoted(version, study)
    assert promotion.rounds == study.evaluation.rounds
    assert promotion.judged == "this very version"
    assert set(promotion.table["against"]) == {
        "logistic",
        "indicator_count",
        "longest_arrears",
        "area_rate",
    }
    auc = promotion.table.set_index(["against", "metric"]).loc[("logistic", "auc")]
    assert auc["version"] == study.evaluation.metrics["auc"]
    assert rm.load(f"{NAME}@champion").version.version == "1"
    told = rm.history(NAME).frame()
    assert told["event"].tolist() == ["published", "promoted"]
    assert told.loc[1, ["by", "why", "alias_now"]].tolist() == [
        "kim",
        "beats the baselines",
        "challenger, champion",
    ]
    assert "AUC" in told.loc[1, "measured"]
    assert "is champion: beats the baselines (kim)" in repr(promotion)
    assert "promoted" in repr(rm.history(NAME))


def test_the_measurements_lie_beside_the_version(
    version: Version, study: SimpleNamespace, registry: Path
) -> None:
    promotion = promoted(f"{NAME}@challenger", study)
    written = json.loads(
        next(registry.rglob("promotion/promoted_1.json")).read_text(encoding="utf-8")
    )
    assert written["by"] == "kim"
    assert len(written["table"]) == len(promotion.table)
    assert [(gate["gate"], gate["verdict"]) for gate in written["gates"]] == [
        ("auc", "pass"),
        ("average_precision", "pass"),
        ("precision", "too few"),
        ("calibration", "pass"),
        ("group_recall", "pass"),
        ("asked_before", "pass"),
    ]
    assert written["overridden"] == {}


def test_the_set_of_korea_wants_two_people_and_refuses_what_too_few_tell(
    version: Version, study: SimpleNamespace
) -> None:
    with pytest.raises(RegistryError, match="promoted by kim") as refusal:
        promoted(version, study, gates="korea")
    assert refusal.value.code == "promote.same_person"
    reasons = {"people": "a small office"}
    with pytest.raises(RegistryError, match="the margin is 0.02"):
        promoted(version, study, gates="korea", override=reasons)
    reasons |= dict.fromkeys(("auc", "average_precision", "precision"), "asked by the council")
    promotion = promoted(version, study, gates="korea", override=reasons)
    results = {result.gate.name: result for result in promotion.gates}
    assert results["list_overlap"].figure >= 0.7
    assert results["reason_overlap"].figure >= 0.7
    assert results["asked_before"].figure == 0  # its own tries do not count
    assert "gate people overridden: a small office" in repr(promotion)
    last = rm.history(NAME).frame().iloc[-1]
    assert "gate precision overridden: asked by the council" in last["gates"]
    assert last["gates"].startswith("gates in place of the default ones: auc -0.02, ")
    assert "people 2" in last["gates"]
    assert "too few refused" in repr(promotion)
    assert "gate people overridden: a small office" in repr(rm.history(NAME))


def test_wider_gates_and_overrides_that_were_not_needed_are_told_and_kept(
    version: Version, study: SimpleNamespace
) -> None:
    promotion = promoted(version, study, override={"asked_before": "first time"})
    assert "the override of gate asked_before was not needed, and is not kept" in repr(promotion)
    assert promotion.overridden == {}
    told = "gates in place of the default ones: auc -1, average_precision -1"
    assert told in repr(promotion)
    assert rm.history(NAME).frame().iloc[-1]["gates"] == told
    assert told in repr(rm.history(NAME))


@pytest.mark.parametrize("unseen", ["\u200b", " \u2060\u3000", "\u00ad"])
def test_a_reason_that_nobody_sees_is_blank(
    version: Version, study: SimpleNamespace, unseen: str
) -> None:
    with pytest.raises(ConfigError, match="why is empty"):
        rm.promote(version, on=study.records, by="kim", why=unseen)
    with pytest.raises(RiskmodelError, match="override.auc is empty"):
        promoted(version, study, override={"auc": unseen})


@pytest.mark.parametrize(
    ("override", "said", "code"),
    [
        ({"auk": "so"}, "did you mean 'auc'", "promote.override"),
        ({"people": "so"}, "no gate that is asked", "promote.override"),
        ({"auc": " "}, "override.auc is empty", "promote.override"),
        ({"auc": "call 010-1234-5678"}, "holds a phone number", "registry.personal"),
        (["auc"], "override is a list", "promote.override"),
    ],
)
def test_an_override_is_of_a_gate_and_has_a_reason(
    version: Version, study: SimpleNamespace, override: Any, said: str, code: str
) -> None:
    with pytest.raises(RiskmodelError, match=said) as refusal:
        promoted(version, study, override=override)
    assert refusal.value.code == code


def test_what_is_worse_than_the_champion_is_refused_by_how_much(
    registry: Path, study: SimpleNamespace
) -> None:
    weak = rm.Features([rm.Agg.count("power_cut")])
    panel = rm.build_panel(
        study.records, rounds=study.records.rounds, label=study.panel.label, features=weak
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, seeds=1, n_estimators=20).fit(train)
    version = rm.publish(model, rm.evaluate(model, test), name=NAME)
    first = promoted(rm.publish(study.model, study.evaluation, name=NAME), study)
    assert first.left_out == ()
    expected = r"not promoted: AUC 0\.\d+ is worse than champion, version 2 \(-0\.\d+ \[-0"
    with pytest.raises(RegistryError, match=expected) as error:
        promoted(version, study, gates=None)
    assert error.value.code == "promote.worse"
    assert rm.load(f"{NAME}@champion").version.version == "2"
    assert rm.history(NAME).frame()["event"].tolist() == [
        "published",
        "published",
        "promoted",
        "refused",
    ]


def with_few_outcomes(records: rm.Records, kept: int = 3) -> rm.Records:
    """Return the records with so many crises after the last round."""
    events = records.events
    is_outcome = (events["code"] == "crisis") & (events["event_date"] >= records.rounds[-1])
    few = pd.concat([events[~is_outcome], events[is_outcome].head(kept)])
    return records.replace(tables={**records.tables, "events": conform("events", few)})


def test_too_few_outcomes_to_judge_by_promote_nothing(
    version: Version, study: SimpleNamespace
) -> None:
    few = SimpleNamespace(records=with_few_outcomes(study.records))
    with pytest.raises(RegistryError, match=r"wait for more rounds.*\[promote.too_few\]") as error:
        promoted(version, few)
    assert "not promoted: AUC" in str(error.value)
    assert "no interval" in str(error.value)
    assert rm.history(NAME).frame()["event"].tolist() == ["published", "refused"]


def test_an_unknown_gate_is_refused_before_any_work(study: SimpleNamespace) -> None:
    with pytest.raises(RegistryError, match="unknown gate 'acu'.*did you mean 'auc'"):
        promoted("no such version", study, gates={"acu": 0.0})


def test_a_threshold_given_by_the_caller_counts(version: Version, study: SimpleNamespace) -> None:
    with pytest.raises(RegistryError, match=r"AUC 0\.\d+ is .*, threshold 0\.5"):
        promoted(version, study, gates={"auc": 0.5})
    assert rm.history(NAME).frame()["event"].tolist() == ["published", "refused"]


def test_a_gate_is_added_by_one_object(
    version: Version, study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, registry: Path
) -> None:
    def enough_rows(evidence: Evidence, threshold: float) -> Finding:
        rows = float(len(evidence.table))
        verdict = Verdict.PASS if rows >= threshold else Verdict.REFUSE
        lines = (f"{rows:.0f} comparisons",)
        return Finding(rows, verdict, lines, lines)

    few = Refusal("promote.few_comparisons", "more comparisons", "publish with more baselines")
    gate = Gate("comparisons", "There are enough of them", 1.0, enough_rows, {Verdict.REFUSE: few})
    monkeypatch.setattr(gate_sets, "GATES", (*gate_sets.GATES, gate))

    with pytest.raises(RegistryError, match=r"\d+ comparisons.*\[promote.few_comparisons\]"):
        promoted(version, study, gates={"comparisons": 1e6})
    promotion = promoted(version, study)
    assert promotion.gates[-1].verdict == "pass"
    assert promotion.gates[-1].gate.checks == "There are enough of them"
    rows = len(promotion.table)
    assert f"gate comparisons: pass, {rows} comparisons" in repr(promotion)
    assert f"{rows} comparisons" in rm.history(NAME).frame().iloc[-1]["measured"]
    written = json.loads(next(registry.rglob("promoted_*.json")).read_text(encoding="utf-8"))
    assert written["gates"][-1] == {
        "gate": "comparisons",
        "checks": "There are enough of them",
        "figure": float(rows),
        "threshold": 1.0,
        "verdict": "pass",
        "measured": [f"{rows} comparisons"],
        "reasons": [f"{rows} comparisons"],
    }


def test_a_refit_is_judged_by_its_backtest_refit_on_rounds_after_it_was_fitted(
    registry: Path, study: SimpleNamespace
) -> None:
    again = rm.refit(study.model, study.panel)
    version = rm.publish(again, study.evaluation, name=NAME)
    holdout = HoldoutComparison.of(rm.load(version), study.records)
    assert holdout.is_refit
    assert np.array_equal(holdout.scores["margin"], study.margin)
    promotion = promoted(version, study)
    assert promotion.judged.startswith("its backtest refit")
    assert promotion.agreement["rank_correlation"] > 0.8
    assert "version and backtest refit agree: rank correlation 0." in repr(promotion)


def test_a_challenger_meets_the_champion_on_the_same_households(
    registry: Path, study: SimpleNamespace
) -> None:
    promoted(rm.publish(study.model, study.evaluation, name=NAME), study)
    features = rm.Features([rm.Agg.count("crisis"), rm.Agg.now("nhi_arrears")])
    records = study.records
    panel = rm.build_panel(
        records, rounds=records.rounds, label=study.panel.label, features=features
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    second = rm.publish(model, rm.evaluate(model, test), name=NAME)
    promotion = promoted(second, study)
    assert "stands for it" not in repr(promotion)
    table = promotion.table.set_index(["against", "metric"])
    assert table.loc[("champion, version 1", "auc"), "other"] == study.evaluation.metrics["auc"]
    assert (
        table.loc[("champion, version 1", "auc"), "version"]
        == rm.evaluate(model, test).metrics["auc"]
    )
    assert rm.load(f"{NAME}@champion").version.version == "2"

    back = rm.rollback(NAME, by="lee", why="the feed of version 2 stopped")
    assert (back.version, back.alias) == ("1", "champion")
    assert rm.load(f"{NAME}@champion").version.version == "1"
    last = rm.history(NAME).frame().iloc[-1]
    assert last[["event", "version", "by", "measured"]].tolist() == [
        "rolled back",
        "1",
        "lee",
        "version 2 steps back",
    ]
    with pytest.raises(RegistryError, match="no champion before the present one"):
        rm.rollback(NAME, by="lee", why="once more")


def test_a_champion_of_another_unit_is_named_as_not_compared(
    registry: Path, study: SimpleNamespace, mended: Note
) -> None:
    promoted(rm.publish(study.model, study.evaluation, name=NAME), study)
    records = study.records
    arrears = replace(records.catalogue["nhi_arrears"], unit="days")
    in_days = records.replace(
        catalogue=Catalogue(
            arrears if code == "nhi_arrears" else one for code, one in records.catalogue.items()
        )
    )
    panel = rm.build_panel(in_days, rounds=in_days.rounds, label=study.panel.label)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, seeds=1, n_estimators=50).fit(train)
    second = rm.publish(model, rm.evaluate(model, test), name=NAME)

    promotion = rm.promote(
        second, on=in_days, by="kim", why="rent arrears come in days", gates=WIDE
    )
    why = "champion, version 1: its values of an indicator have another unit"
    assert why in promotion.left_out
    assert f"not compared with {why}" in repr(promotion)
    mended("friction", tried="promote after a unit changed", before="refused for ever", now=why)


def test_a_champion_that_has_seen_the_rounds_is_judged_by_its_backtest_refit(
    registry: Path, study: SimpleNamespace
) -> None:
    again = rm.refit(study.model, study.panel)
    promoted(rm.publish(again, study.evaluation, name=NAME), study)
    second = rm.publish(study.model, study.evaluation, name=NAME)
    promotion = promoted(second, study)
    table = promotion.table.set_index(["against", "metric"])
    assert table.loc[("champion, version 1", "auc"), "difference"] == 0
    assert promotion.judged == "this very version"
    assert "champion, version 1: it has seen these rounds, so its backtest refit" in repr(promotion)


def test_records_without_an_unseen_round_promote_nothing(
    registry: Path, study: SimpleNamespace
) -> None:
    first = study.panel[study.panel.as_of == study.panel.as_of.min()]
    train, test = rm.HouseholdSplit().last(first)
    model = rm.make_classifier(study.panel, kind="logistic").fit(train)
    version = rm.publish(model, rm.evaluate(model, test), name=NAME)
    early = study.records.replace(today=np.datetime64("2022-01-15"), rounds=None)
    with pytest.raises(RegistryError, match="hold no round that the version has not seen"):
        promoted(version, SimpleNamespace(records=early))


def test_later_rounds_are_found_on_the_recipes_own_grid(
    registry: Path, study: SimpleNamespace
) -> None:
    early = study.panel[study.panel.as_of < "2023-01-01"]
    days = tuple(str(day.date()) for day in early.as_of.unique())
    recipe = replace(study.panel.recipe, rounds=days)
    model = rm.make_classifier(early, kind="logistic").set_params(recipe=recipe).fit(early)
    later = study.panel[study.panel.as_of >= "2023-09-01"]
    version = rm.publish(model, rm.evaluate(model, later), name=NAME)
    promotion = promoted(version, SimpleNamespace(records=study.records.replace(rounds=None)))
    assert promotion.rounds == (
        "2023-07-01",
        "2023-09-01",
        "2023-11-01",
        "2024-01-01",
        "2024-03-01",
    )
    same = promotion.table.set_index(["against", "metric"]).loc[("logistic", "auc")]
    assert same["difference"] == 0


def test_what_is_worse_than_a_baseline_is_no_first_champion(
    registry: Path, study: SimpleNamespace
) -> None:
    early = study.panel[study.panel.as_of < "2023-01-01"]
    model = rm.make_classifier(early, seeds=1, n_estimators=2).fit(early)
    version = rm.publish(model, rm.evaluate(model, study.test), name=NAME)
    with pytest.raises(
        RegistryError, match=r"average precision 0\.\d+ is worse than logistic \(-0\.\d+ \[-0"
    ):
        promoted(version, study, gates=None)
    with pytest.raises(RegistryError, match="has no alias 'champion'"):
        rm.load(f"{NAME}@champion")
    assert rm.history(NAME).frame()["event"].tolist() == ["published", "refused"]


def chain_of(*kinds_and_versions: tuple[str, str], broken: Iterable[int] = ()) -> Chain:
    """Return a chain of events that set the champion; those at some places broke off."""
    events: list[Event] = []

    def append(event: Event) -> Event:
        events.append(event.written([own.digest for own in events[-1:]]))
        return events[-1]

    for place, (kind, version) in enumerate(kinds_and_versions):
        state = "intended" if place in set(broken) else "done"
        own = append(Event(kind, version=version, alias="champion", state=state))
        if state == "intended":
            append(Event(BROKE_OFF, of=own.digest))
    return Chain(tuple(events))


@pytest.mark.parametrize(
    ("now", "before"),
    [("3", ["2", "1"]), ("2", ["1"]), ("1", []), ("9", ["3", "2", "1"]), (None, ["3", "2", "1"])],
)
def test_the_champions_before_follow_the_alias(now: str | None, before: list[str]) -> None:
    champions = chain_of(*(("promoted", version) for version in "123")).champions()
    assert champions_before(champions, now) == before


@pytest.mark.parametrize(
    ("promoted_in_turn", "before"),
    [("122", ["1"]), ("11", []), ("1221", ["2"]), ("1213", ["1", "2"])],
)
def test_the_champion_before_is_another_version(promoted_in_turn: str, before: list[str]) -> None:
    champions = chain_of(*(("promoted", version) for version in promoted_in_turn)).champions()
    assert champions_before(champions, promoted_in_turn[-1]) == before


def test_only_what_is_done_made_a_champion() -> None:
    promoted = [("promoted", version) for version in "123"]
    chain = chain_of(*promoted, broken=[1])
    assert chain.champions() == ["1", "3"]
    back = chain_of(*promoted, ("rolled back", "1"))
    assert back.champions() == ["1"]
    assert back.versions_with("champion") == ("1",)


def test_a_version_without_recipe_cannot_be_promoted(
    registry: Path, study: SimpleNamespace
) -> None:
    frame = (
        study.panel.X[["crisis__count__6M", "crisis__count__ever"]]
        .reset_index()
        .assign(y=study.panel.y.to_numpy())
    )
    panel = rm.Panel.from_frame(
        frame,
        household_id="household_id",
        as_of_date="as_of_date",
        y="y",
        label=study.panel.label,
        today="2024-11-01",
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    facts = {"population": {"entity": "household"}, "data": {"digest": "a frame"}}
    version = rm.publish(model, rm.evaluate(model, test), name=NAME, facts=facts)
    with pytest.raises(RegistryError, match="does not know how its rows are built"):
        promoted(version, study)


def test_the_same_promotion_again_is_one_event(
    version: Version, study: SimpleNamespace, registry: Path, mended: Note
) -> None:
    first, again = promoted(version, study), promoted(version, study)
    assert "version 1 is champion: beats the baselines (kim)" in repr(first)
    assert "version 1 is champion already, and nothing was written: beats" in repr(again)
    events = rm.history(NAME).frame()["event"].tolist()
    assert events == ["published", "promoted"]
    assert len(list(registry.rglob("promotion/*.json"))) == 1
    mended("operating", tried="promote, the same line twice", before="promoted, promoted",
           now=", ".join(events))  # fmt: skip


def test_the_present_champion_is_not_judged_again_whatever_is_asked(
    version: Version, study: SimpleNamespace
) -> None:
    promoted(version, study)
    before = rm.history(NAME)
    few = with_few_outcomes(study.records)
    again = rm.promote(f"{NAME}@champion", few, "lee", "another reason", gates="korea")
    assert repr(again) == (
        f"{NAME} version 1 is champion already, and nothing was written: beats the baselines "
        "(kim)\nnothing was judged: its history tells by what it passed"
    )
    assert (again.by, again.is_repeated, again.gates, len(again.frame())) == ("kim", True, (), 0)
    assert again.head == before.head == rm.history(NAME).head
    assert "<table" not in again._repr_html_()
    assert json.dumps(again.to_dict(), default=str)
    with pytest.raises(RegistryError, match="there is no other champion"):
        promoted(version, study, damaged_champion="its disk broke")


def test_the_same_refusal_again_is_one_event(version: Version, study: SimpleNamespace) -> None:
    few = SimpleNamespace(records=with_few_outcomes(study.records))
    for asked in (WIDE, WIDE, {**WIDE, "precision": -0.9}):
        with pytest.raises(RegistryError, match=r"promote\.too_few"):
            promoted(version, few, gates=asked)
    assert rm.history(NAME).frame()["event"].tolist() == ["published", "refused", "refused"]


def test_a_version_on_which_the_alias_was_set_by_hand_stands_against_the_champion_by_the_events(
    version: Version, study: SimpleNamespace
) -> None:
    promoted(version, study)
    second = rm.publish(study.model, study.evaluation, NAME)
    with open_registry() as opened:
        opened.client.set_registered_model_alias(NAME, "champion", "2")
    (doubt,) = rm.history(NAME).doubts
    assert doubt.startswith("alias champion is on version 2, and no event set it there; by the ")
    promotion = promoted(second, study)
    assert not promotion.is_repeated
    assert "champion, version 1" in set(promotion.table["against"])
    told = rm.history(NAME)
    assert told.doubts == ()
    assert told.frame()["event"].tolist() == ["published", "promoted", "published", "promoted"]


def test_other_versions_that_were_judged_on_the_same_outcomes_count_once_each(
    version: Version, study: SimpleNamespace
) -> None:
    """Not tries of the version itself, nor what a run of its own intended and was killed."""
    second = rm.publish(study.model, study.evaluation, NAME)

    def asked_before(number: str) -> int:
        with open_registry() as opened:
            judged = digest_of_judged(HoldoutComparison.of(rm.load(number), study.records).test)
            loaded = rm.load(number)
            return conduct_of(opened, loaded.version, loaded.card, "kim", judged).asked_before

    assert asked_before(f"{NAME}/1") == 0
    for why in ({"auc": 0.5}, {"auc": 0.6}):
        with pytest.raises(RegistryError, match="not promoted"):
            promoted(second, study, gates=why)
    assert (asked_before(f"{NAME}/1"), asked_before(f"{NAME}/2")) == (1, 0)
    promotion = promoted(version, study, gates={**WIDE, "asked_before": 1})
    assert "gate asked before: pass, 1 other version was judged on these" in repr(promotion)
    with open_registry() as opened, deciding(opened, NAME) as ledger:
        own = [act.event for act in ledger.chain.acts if act.event.event == "promoted"]
        ledger.append(replace(own[0], version="2", state="intended", when=""))
    assert rm.history(NAME).frame()["state"].tolist()[-1] == "broke off"
    assert (asked_before(f"{NAME}/1"), asked_before(f"{NAME}/2")) == (1, 1)
    promoted(second, study, gates={**WIDE, "asked_before": 1})


def test_who_published_is_read_from_the_event_and_not_from_a_tag(
    registry: Path, study: SimpleNamespace
) -> None:
    version = rm.publish(study.model, study.evaluation, NAME, by="kim")
    with open_registry() as opened:
        opened.client.set_model_version_tag(NAME, "1", "riskmodel.published_by", "lee")
    with pytest.raises(RegistryError, match=r"published by kim, promoted by kim.*same_person"):
        promoted(version, study, gates={**WIDE, "people": 2})


def test_a_promotion_counts_once_its_alias_has_moved(
    version: Version, study: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, mended: Note
) -> None:
    import mlflow

    def broken(*_: object) -> None:
        raise OSError("the wire is cut")

    with monkeypatch.context() as patch:
        patch.setattr(mlflow.MlflowClient, "set_registered_model_alias", broken)
        with pytest.raises(OSError, match="the wire is cut"):
            promoted(version, study)
    told = rm.history(NAME)
    assert told.frame()["state"].tolist() == ["done", "broke off"]
    assert told.frame()["alias_now"].tolist() == ["challenger", "challenger"]
    (repair,) = told.repairs
    assert repair.startswith("promoted version 1 by kim at ")
    assert repair.endswith("broke off; it changed nothing")
    assert not promoted(version, study).is_repeated
    again = rm.history(NAME)
    assert again.frame()["event"].tolist() == ["published", "promoted", "promoted"]
    assert again.frame()["state"].tolist() == ["done", "broke off", "done"]
    assert again.repairs == again.doubts == ()
    mended("operating", tried="history, a promotion killed before its alias moved",
           before="promoted", now="broke off")  # fmt: skip


def test_an_unknown_name_has_no_history(registry: Path) -> None:
    with pytest.raises(RegistryError, match="holds no model"):
        rm.history("nobody")
    with open_registry() as opened:
        assert opened.client.search_registered_models() == []
