"""A model is judged on later rounds of its own site, or on any mature round of another one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from other_sites import FEATURES, LABEL, STATED, panel_of

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError
from riskmodel.keys import as_days


def test_own_records_give_the_rounds_that_the_fit_has_not_seen(study: SimpleNamespace) -> None:
    later = rm.evaluate(study.model, study.a)
    assert set(later.rounds) == set(study.test.as_of.strftime("%Y-%m-%d"))
    assert later.metrics == rm.evaluate(study.model, study.test).metrics
    assert (later.external, later.judged.site, later.fitted.site) == ("", "A", "A")
    assert later.notes == rm.evaluate(study.model, study.test).notes


def test_records_of_another_site_give_every_mature_round(study: SimpleNamespace) -> None:
    elsewhere = rm.evaluate(study.model, study.b, external=STATED)
    mature = [str(day) for day in as_days(study.b.rounds) if LABEL.matures_on(day) <= study.b.today]
    assert list(elsewhere.rounds) == mature
    assert elsewhere.metrics == rm.evaluate(study.model, panel_of(study.b)).metrics
    assert (elsewhere.judged.site, elsewhere.fitted.site) == ("B", "A")
    assert elsewhere.external == f"stated: {STATED}"
    assert "rows of B; the fit is of A" in elsewhere.notes
    assert f"external figures (stated: {STATED})" in elsewhere.notes
    assert repr(elsewhere).splitlines()[0].endswith(", B")
    assert not repr(rm.evaluate(study.model, study.a)).splitlines()[0].endswith(", A")


def test_the_rounds_of_the_fit_serve_where_the_other_site_names_none(
    study: SimpleNamespace,
) -> None:
    without_grid = study.b.replace(rounds=None)
    found = rm.evaluate(study.model, without_grid, external=STATED)
    assert found.metrics == rm.evaluate(study.model, study.b, external=STATED).metrics


def test_another_site_needs_a_word_on_shared_households(study: SimpleNamespace) -> None:
    with pytest.raises(ConfigError, match="the records are of B, .* fitted on A") as caught:
        rm.evaluate(study.model, study.b)
    assert caught.value.code == "recipes.other_site"
    with pytest.raises(ConfigError) as caught:
        rm.evaluate(study.model, study.b, external="  ")
    assert caught.value.code == "recipes.external"
    of_one = f"{study.b.attributes['household_id'].iat[0]}은 없음"
    for text, kind in (("ask 010-1234-5678", "a phone number"), (of_one, "a household_id")):
        with pytest.raises(ConfigError, match=f"external holds {kind}") as caught:
            rm.evaluate(study.model, study.b, external=text)
        assert caught.value.code == "recipes.external"
        assert text not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        rm.evaluate(study.model, study.a, external=STATED)
    assert caught.value.code == "recipes.same_site"
    with pytest.raises(ConfigError) as caught:
        rm.evaluate(study.model, study.test, external=STATED)
    assert caught.value.code == "recipes.same_site"
    unsaid = rm.evaluate(study.model, panel_of(study.b))
    assert "external figures (it is not stated whether households are shared)" in unsaid.notes


def test_shared_households_are_searched_for_where_both_panels_are_at_hand(
    study: SimpleNamespace,
) -> None:
    shared = study.b.events["household_id"].isin(study.train.households).any()
    assert shared, "both simulated cities number their households alike"
    with pytest.raises(PanelError, match="judged households are in the panel of the fit") as caught:
        rm.evaluate(study.model, study.b, external=study.train)
    assert caught.value.code == "recipes.shared_households"

    elsewhere = panel_of(study.b)
    names = elsewhere.households.unique()
    theirs = elsewhere[elsewhere.households.isin(names[: len(names) // 2])]
    ours = study.train[~study.train.households.isin(theirs.households)]
    checked = rm.evaluate(study.model, theirs, external=ours)
    assert checked.external == (
        f"checked: none of {theirs.households.nunique()} households is in the panel of the fit"
    )


def test_without_a_round_to_judge_on_nothing_is_judged(study: SimpleNamespace) -> None:
    early = study.a.replace(rounds=study.a.rounds[:4])
    model = rm.make_classifier(study.panel, kind="logistic").fit(study.panel)
    with pytest.raises(PanelError) as caught:
        rm.evaluate(model, early)
    assert caught.value.code == "evaluation.nothing_unseen"


def test_a_manifest_states_its_site_and_a_store_keeps_it(tmp_path: Path) -> None:
    events = pd.DataFrame({"id": ["a", "b"], "day": ["2024-01-05", "2024-02-05"]})
    events.to_csv(tmp_path / "fires.csv", index=False)
    source = {"file": "fires.csv", "household_id": "id", "code": "fire", "event_date": "day"}
    manifest = {"name": "fires", "today": "2024-06-01", "events": [source]}

    assert rm.read_records(manifest, root=tmp_path).site == "fires"
    stated = rm.read_records({**manifest, "site": "north"}, root=tmp_path)
    assert (stated.name, stated.site) == ("fires", "north")
    store = rm.ingest({**manifest, "site": "north"}, tmp_path / "store", root=tmp_path).records
    assert store.site == "north"
    assert rm.build_panel(store, rounds=["2024-03-01"], label=None).recipe.site == "north"


def test_the_model_keeps_site_areas_and_label(study: SimpleNamespace) -> None:
    training = study.model.training_
    areas = study.train.area[study.train.y.notna().to_numpy()]
    assert training["site"] == "A"
    assert set(training["areas"]) == set(map(str, areas.unique()))
    recipe = type(study.panel.recipe).from_dict(study.panel.recipe.to_dict())
    assert (recipe.site, recipe.features.digest) == ("A", FEATURES.digest)
