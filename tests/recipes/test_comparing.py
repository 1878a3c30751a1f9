"""Before a model is judged or scores elsewhere, what differs from its fit is told or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from other_sites import (
    FEATURES,
    LABEL,
    STATED,
    in_days,
    panel_of,
    renamed_types,
    with_indicator,
    with_table,
)

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.recipes import compared_rows

DOORS: dict[str, Callable[[rm.RiskClassifier, rm.Records], object]] = {
    "evaluate on records": lambda model, records: rm.evaluate(model, records, external=STATED),
    "evaluate on a panel": lambda model, records: rm.evaluate(model, panel_of(records)),
    "compare": lambda model, records: rm.compare(model, model, panel_of(records)),
    "score": lambda model, records: rm.score(model, records, records.rounds[-1]),
    "trace": lambda model, records: rm.trace(
        model, records, records.rounds[-1], records.events["household_id"].iloc[0]
    ),
}


def notes(study: SimpleNamespace, records: rm.Records) -> str:
    return "\n".join(rm.evaluate(study.model, records, external=STATED).notes)


def score_notes(study: SimpleNamespace, records: rm.Records) -> str:
    return "\n".join(rm.score(study.model, records, records.rounds[-1]).notes)


@pytest.mark.parametrize("door", DOORS)
def test_values_in_another_unit_are_refused_by_name_at_every_door(
    study: SimpleNamespace, door: str
) -> None:
    other = in_days(study.b, "telecom_arrears")
    with pytest.raises(ConfigError, match=r"telecom_arrears \(months -> days\)") as caught:
        DOORS[door](study.model, other)
    assert caught.value.code == "recipes.unit"


@pytest.mark.parametrize("unit", ["Months", " months ", "개월"])
def test_one_unit_has_several_names(study: SimpleNamespace, unit: str) -> None:
    other = with_indicator(study.b, "telecom_arrears", unit=unit)
    assert "unit" not in notes(study, other)


def test_a_unit_matters_only_where_values_are_read(study: SimpleNamespace) -> None:
    counted = with_indicator(study.b, "loan_overdue", unit="KRW")
    assert (
        "unit than in the fit, whose definition stands (fit -> here): loan_overdue (- -> KRW)"
        in (notes(study, counted))
    )
    unsaid = with_indicator(study.b, "nhi_arrears", unit="")
    assert "nhi_arrears (months -> -)" in notes(study, unsaid)


@pytest.mark.parametrize(
    ("fields", "told", "change"),
    [
        ({"kind": "event"}, "of another kind than in the fit", "nhi_arrears (state -> event)"),
        ({"direction": -1}, "of another direction than in the fit", "nhi_arrears (1 -> -1)"),
        ({"threshold": 99.0}, "from another value on than in the fit", "nhi_arrears (- -> 99.0)"),
    ],
)
def test_other_definitions_are_told(
    study: SimpleNamespace, fields: dict[str, object], told: str, change: str
) -> None:
    other = with_indicator(study.b, "nhi_arrears", **fields)
    for found in (notes(study, other), score_notes(study, other)):
        (line,) = (line for line in found.splitlines() if told in line)
        assert change in line
        assert "loan_overdue" not in line


def test_an_indicator_that_the_other_site_does_not_know_is_refused(study: SimpleNamespace) -> None:
    known = {code: one for code, one in study.b.catalogue.items() if code != "power_cut"}
    other = study.b.replace(catalogue=type(study.b.catalogue)(tuple(known.values())))
    with pytest.raises(ConfigError, match="power_cut") as caught:
        rm.evaluate(study.model, other, external=STATED)
    assert caught.value.code == "scoring.unknown_indicator"


def test_a_feed_that_never_came_is_refused_until_accepted(study: SimpleNamespace) -> None:
    events = study.b.events
    silent = with_table(study.b, "events", events[events["code"] != "loan_overdue"])
    with pytest.raises(RecordsError, match="1 feeds of the fit brought nothing here: loan_overdue"):
        rm.evaluate(study.model, silent, external=STATED)
    accepted = rm.evaluate(study.model, silent, external=STATED, accept_feeds=["loan_overdue"])
    assert "accepted although never delivered here: loan_overdue" in accepted.notes
    assert "not as in training" not in "\n".join(accepted.notes)  # it is told once
    heard = rm.evaluate(study.model, study.b, external=STATED, accept_feeds=["loan_overdue"])
    assert "accepted by the call, whatever came in: loan_overdue" in heard.notes
    with pytest.raises(ConfigError, match="'loan_overdu'"):
        rm.evaluate(study.model, silent, external=STATED, accept_feeds=["loan_overdu"])


def test_an_indicator_of_few_households_that_never_came_is_told_at_every_door(
    study: SimpleNamespace, mended: Note
) -> None:
    model, accepted = study.model, {"external": STATED, "accept_feeds": ["power_cut"]}
    events = study.b.events
    silent = with_table(study.b, "events", events[events["code"] != "power_cut"])
    told = "indicators of the fit without any fact in these rows: power_cut"
    with pytest.raises(RecordsError, match="brought nothing here: power_cut"):  # it came in some
        rm.evaluate(model, silent, external=STATED)
    rows = panel_of(silent)
    found = {
        "evaluate on records": "\n".join(rm.evaluate(model, silent, **accepted).notes),
        "evaluate on a panel": "\n".join(rm.evaluate(model, rows).notes),
        "compare": "\n".join(rm.compare(model, model, rows).notes),
        "score": "\n".join(rm.score(model, silent, silent.rounds[-1]).notes),
    }
    assert {door: told in text for door, text in found.items()} == dict.fromkeys(found, True)
    assert "without any fact" not in notes(study, study.b)
    own = silent.replace(site="A")  # of the fit's own site a rare indicator may rest for a while
    listed = rm.score(model, own, own.rounds[-1])
    assert "without any fact" not in "\n".join(listed.notes)
    mended(
        "operating",
        tried="records of another site without one fact of a rare indicator",
        before="ordinary figures, without a word",
        now=told,
    )


def test_a_feed_that_rests_before_one_round_is_told_and_not_refused(study: SimpleNamespace) -> None:
    """Only what brought nothing before any round that is judged is as if it had never come."""
    events, first = study.b.events, str(study.b.rounds[0].date())
    is_early = events["known_date"] < first
    rested = with_table(study.b, "events", events[(events["code"] != "loan_overdue") | ~is_early])
    days = rm.evaluate(study.model, rested, external=STATED)
    assert any("not as in training, in some round: loan_overdue" in note for note in days.notes)


def test_a_feed_of_another_volume_is_told(study: SimpleNamespace) -> None:
    events = study.b.events
    overdue = events[events["code"] == "loan_overdue"]
    few = overdue.index.difference(overdue.index[::12])
    found = notes(study, with_table(study.b, "events", events.drop(index=few)))
    (line,) = (line for line in found.splitlines() if "not as in training" in line)
    assert "loan_overdue" in line
    assert "power_cut" not in line
    assert "not as in training" not in notes(study, study.b)


def test_categories_that_the_fit_did_not_see_are_told(study: SimpleNamespace) -> None:
    some = renamed_types(study.b, lambda text: text.where(text.ne(text.iloc[0]), "tent"))
    rows = int(panel_of(some).X["household_type"].eq("tent").sum())
    told = f"{rows:,} rows hold a category of household_type that the model does not know"
    assert rows > 0
    assert told in rm.evaluate(study.model, panel_of(some)).notes
    assert f"lightgbm: {told}" in rm.compare(study.model, study.model, panel_of(some)).notes


@pytest.mark.parametrize("others", [9, 10])
def test_a_category_of_few_households_is_told_without_their_number(
    study: SimpleNamespace, others: int, mended: Note
) -> None:
    panel = panel_of(study.b)
    few = panel.households.isin(panel.households.unique()[:others])
    types = panel.X["household_type"].astype("object").mask(few, "tent").astype("category")
    seen = replace(panel, X=panel.X.assign(household_type=types))
    (note,) = (note for note in rm.evaluate(study.model, seen).notes if "household_type" in note)
    counted = f"{few.sum():,} rows hold a category of household_type"
    hidden = "rows of fewer than 10 households hold a category of household_type"
    assert few.sum() > 9
    assert note.startswith(counted if others == 10 else hidden)
    mended("personal data", tried=f"a category of {others} households that the fit did not see",
           before=counted, now=note)  # fmt: skip


def test_no_category_in_common_is_told_beside_what_it_costs(study: SimpleNamespace) -> None:
    other = renamed_types(study.b, lambda text: "type " + text)
    evaluation = rm.evaluate(study.model, other, external=STATED)
    (line,) = (note for note in evaluation.notes if "household_type" in note)
    assert line == (
        f"no category of household_type is one of the fit's: all {evaluation.rows:,} rows "
        "that name one are unseen"
    )
    assert "no category of household_type is one of the fit's" in score_notes(study, other)
    same = rm.evaluate(study.model, study.b, external=STATED)
    assert evaluation.metrics["auc"] != same.metrics["auc"]


def test_areas_that_the_fit_did_not_see_are_told(study: SimpleNamespace) -> None:
    attributes = study.b.attributes
    is_area = attributes["name"].eq(study.b.area)
    first = attributes.loc[is_area, "text"].iloc[0]
    attributes.loc[is_area & attributes["text"].eq(first), "text"] = "Newtown"
    other = with_table(study.b, "attributes", attributes)
    evaluation = rm.evaluate(study.model, other, external=STATED)
    assert "1 of " in next(note for note in evaluation.notes if "areas" in note)
    assert "Newtown" in next(note for note in evaluation.notes if "areas" in note)
    assert "Newtown" in evaluation.judged.areas
    assert "Newtown" not in evaluation.fitted.areas


@pytest.mark.parametrize(
    ("label", "told"),
    [
        (rm.Label("crisis", window="3M", maturity="2M"), "window 6M -> 3M"),
        (rm.Label("crisis", window="6M", maturity="1M"), "maturity 2M -> 1M"),
        (rm.Label("power_cut", window="6M", maturity="2M"), "outcome crisis -> power_cut"),
        (rm.Label("crisis", window="6M", maturity="2M", first=True), "first - -> True"),
    ],
)
def test_rows_of_another_label_are_told(study: SimpleNamespace, label: rm.Label, told: str) -> None:
    evaluation = rm.evaluate(study.model, study.test.with_label(label))
    (line,) = (note for note in evaluation.notes if "label is not that" in note)
    assert line.endswith(told)


def test_rows_of_another_cohort_or_other_features_are_told(study: SimpleNamespace) -> None:
    seen = panel_of(study.b, cohort=rm.Cohort(seen_within="12M"))
    assert "the cohort is not that of the fit (fit -> here): seen_within - -> 12M" in (
        rm.evaluate(study.model, seen).notes
    )
    missing = panel_of(study.b, features=rm.Features(FEATURES.items, partly_covered="missing"))
    assert "the features are not built as in the fit" in rm.evaluate(study.model, missing).notes


def test_own_rows_and_scores_of_no_model_differ_in_nothing(study: SimpleNamespace) -> None:
    assert compared_rows(study.model, study.test) == []
    score = pd.Series(0.5, index=study.test.X.index)
    assert rm.evaluate(score, study.test).fitted is None
    with pytest.raises(ConfigError) as caught:
        rm.evaluate(score, study.b)
    assert caught.value.code == "evaluation.records"


def test_a_label_stands_in_the_result(study: SimpleNamespace) -> None:
    evaluation = rm.evaluate(study.model, study.test)
    assert evaluation.judged.label == evaluation.fitted.label == LABEL
