"""What is published is judged at home and for its own label; other sites stand beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from wide_gates import WIDE

import riskmodel as rm
from riskmodel.errors import ConfigError, RecordsError, RegistryError
from riskmodel.indicators import Catalogue
from riskmodel.recipes import Origin
from riskmodel.records.table_schemas import conform
from riskmodel.registry import Version
from riskmodel.registry.gates.holdout import HoldoutComparison

NAME = "household-crisis"
STATED = "another city, with ids of its own"


@pytest.fixture(scope="module")
def elsewhere() -> rm.Records:
    return rm.make_households(1_500, random_state=2).replace(site="the other city")


@pytest.fixture(scope="module")
def external(study: SimpleNamespace, elsewhere: rm.Records) -> Any:
    return rm.evaluate(study.model, elsewhere, capacity=0.05, external=STATED)


def promoted(version: Version, records: rm.Records, **rest: Any) -> Any:
    return rm.promote(
        version, on=records, by="kim", why="stands there too", capacity=0.05, gates=WIDE, **rest
    )


def refused(model: Any, evaluation: Any, folder: Path, **rest: Any) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        rm.save(model, evaluation, folder / "model", **rest)
    return caught.value


def test_figures_of_another_label_are_refused(study: SimpleNamespace, tmp_path: Path) -> None:
    rent = study.test.with_label(rm.Label("public_rent_arrears", window="6M", maturity="2M"))
    error = refused(study.model, rm.evaluate(study.model, rent), tmp_path)
    assert error.code == "card.other_label"
    assert "'public_rent_arrears within 6M' (maturity 2M)" in str(error)
    assert "'crisis within 6M' (maturity 2M)" in str(error)


@pytest.mark.parametrize(
    "label",
    [
        rm.Label("crisis", window="3M", maturity="2M"),
        rm.Label("crisis", window="6M", maturity="1M"),
        rm.Label(["crisis", "fire_victim"], window="6M", maturity="2M"),
        rm.Label("crisis", window="6M", maturity="2M", first=True),
    ],
)
def test_a_label_is_another_by_any_of_its_parts(
    study: SimpleNamespace, tmp_path: Path, label: rm.Label
) -> None:
    evaluation = rm.evaluate(study.model, study.test.with_label(label))
    assert refused(study.model, evaluation, tmp_path).code == "card.other_label"


def test_a_backtest_of_another_label_is_refused(study: SimpleNamespace, tmp_path: Path) -> None:
    other = study.panel.with_label(rm.Label("crisis", window="3M", maturity="2M"))
    model = rm.make_classifier(other, kind="longest_arrears")
    backtest = rm.backtest(model, other, baselines=())
    error = refused(study.model, study.evaluation, tmp_path, backtest=backtest)
    assert (error.code, "the backtest is of the label" in str(error)) == ("card.other_label", True)


def test_figures_of_another_site_are_no_own_ones(
    study: SimpleNamespace, external: Any, elsewhere: rm.Records, tmp_path: Path
) -> None:
    error = refused(study.model, external, tmp_path)
    assert error.code == "card.other_site"
    assert "rows of the other city" in str(error)
    panel = rm.build_panel(
        elsewhere, elsewhere.rounds, study.panel.label, features=study.panel.recipe.features
    )
    assert refused(study.model, rm.evaluate(study.model, panel), tmp_path).code == "card.other_site"


def test_they_stand_beside_the_own_ones(
    study: SimpleNamespace, external: Any, tmp_path: Path
) -> None:
    folder = rm.save(study.model, study.evaluation, tmp_path / "model", external=[external])
    opened = rm.open(folder)
    (auc,) = (row for row in opened.card.external if row["metric"] == "AUC")
    assert auc["value"] == external.metrics["auc"]
    assert auc["value"] != study.evaluation.metrics["auc"]
    assert (auc["site"], auc["external"]) == ("the other city", f"stated: {STATED}")
    assert auc["rows"] == external.rows
    assert Origin.of_fit(opened) == Origin.of_fit(study.model)

    home = study.records.site
    assert opened.card.training["site"] == opened.card.evaluated["site"] == home
    assert opened.card.training["areas"] == list(study.model.training_["areas"])
    assert set(opened.card.evaluated["areas"]) == set(study.evaluation.judged.areas)
    page = opened.card.markdown()
    assert "## On other sites" in page
    assert "- site: simulated households" in page
    assert "다른 지역에서" in opened.card.markdown("ko")


def test_what_is_external_says_why_and_is_of_this_label(
    study: SimpleNamespace, elsewhere: rm.Records, tmp_path: Path
) -> None:
    own = refused(study.model, study.evaluation, tmp_path, external=[study.evaluation])
    assert own.code == "card.not_external"
    panel = rm.build_panel(
        elsewhere, elsewhere.rounds, study.panel.label, features=study.panel.recipe.features
    )
    unsaid = rm.evaluate(study.model, panel)
    error = refused(study.model, study.evaluation, tmp_path, external=[unsaid])
    assert error.code == "card.not_external"
    other = panel.with_label(rm.Label("crisis", window="3M", maturity="2M"))
    judged = rm.evaluate(study.model, other, external=STATED)
    error = refused(study.model, study.evaluation, tmp_path, external=[judged])
    assert error.code == "card.other_label"


def test_no_household_of_the_other_site_is_in_any_file(
    study: SimpleNamespace, external: Any, tmp_path: Path
) -> None:
    scores = external.scores.rename(index="B{}".format, level=0)
    household = scores.index[0][0]
    with pytest.raises(RegistryError) as caught:
        rm.save(
            study.model,
            study.evaluation,
            tmp_path / "model",
            external=[replace(external, scores=scores)],
            purpose=f"Find households such as {household}.",
        )
    assert caught.value.code == "registry.personal"


def test_another_sites_records_need_a_word_before_anything_is_fitted(
    version: Version, study: SimpleNamespace, elsewhere: rm.Records
) -> None:
    with pytest.raises(ConfigError) as caught:
        promoted(version, elsewhere)
    assert caught.value.code == "recipes.other_site"
    with pytest.raises(ConfigError) as caught:
        promoted(version, study.records, external=STATED)
    assert caught.value.code == "recipes.same_site"


def test_elsewhere_this_very_version_is_judged_and_never_a_refit(
    version: Version, study: SimpleNamespace, elsewhere: rm.Records, external: Any
) -> None:
    promotion = promoted(version, elsewhere, external=STATED)
    assert promotion.judged == f"this very version, on another site (stated: {STATED})"
    assert (promotion.site, promotion.external) == ("the other city", f"stated: {STATED}")
    assert promotion.agreement == {}
    assert set(promotion.rounds) < set(external.rounds)
    assert "rows of the other city; the fit is of simulated households" in promotion.notes
    assert "rows of the other city" in repr(promotion)

    by_round = external.by_round.set_index("round")["auc"]
    scores = external.scores
    judged = scores[scores["round"].isin(promotion.rounds) & scores["y"].notna()]
    own = promotion.table.query("metric == 'auc'")["version"].iloc[0]
    panel = rm.build_panel(
        elsewhere,
        rounds=promotion.rounds,
        label=study.panel.label,
        features=study.panel.recipe.features,
    )
    assert own == pytest.approx(rm.evaluate(study.model, panel).metrics["auc"], abs=1e-12)
    assert len(judged) == rm.evaluate(study.model, panel).rows
    assert len(by_round) == len(external.rounds)


def test_a_refit_is_judged_elsewhere_itself(
    registry: Path, study: SimpleNamespace, elsewhere: rm.Records
) -> None:
    refit = rm.refit(study.model, study.panel)
    version = rm.publish(refit, study.evaluation, name=NAME)
    at_home = promoted(version, study.records)
    assert at_home.judged.startswith("its backtest refit")
    assert at_home.external == ""
    again = rm.publish(refit, study.evaluation, name=NAME)
    assert promoted(again, elsewhere, external=STATED).judged.startswith("this very version")


def test_a_site_of_one_mature_round_has_no_baselines(
    version: Version, elsewhere: rm.Records
) -> None:
    early = elsewhere.replace(rounds=elsewhere.rounds[:1])
    with pytest.raises(RegistryError, match="has nothing to be compared with"):
        promoted(version, early, external=STATED)


def test_promotion_tells_and_refuses_what_differs(version: Version, elsewhere: rm.Records) -> None:
    arrears = elsewhere.catalogue["nhi_arrears"]
    others = {code: one for code, one in elsewhere.catalogue.items() if code != "nhi_arrears"}
    in_days = Catalogue((*others.values(), type(arrears)("nhi_arrears", kind="state", unit="days")))
    with pytest.raises(ConfigError, match=r"nhi_arrears \(months -> days\)"):
        promoted(version, elsewhere.replace(catalogue=in_days), external=STATED)

    events = elsewhere.events
    silent = conform("events", events[events["code"] != "loan_overdue"])
    quiet = elsewhere.replace(tables={**elsewhere.tables, "events": silent})
    with pytest.raises(RecordsError, match="brought nothing here: loan_overdue"):
        promoted(version, quiet, external=STATED)

    attributes = elsewhere.attributes
    is_type = attributes["name"].eq("household_type")
    attributes.loc[is_type, "text"] = "type " + attributes.loc[is_type, "text"]
    renamed = conform("attributes", attributes)
    other = elsewhere.replace(tables={**elsewhere.tables, "attributes": renamed})
    notes = HoldoutComparison.of(rm.load(version), other, external=STATED).notes
    assert any("no category of household_type is one of the fit's" in note for note in notes)
