"""The reasons of any household of a round are those that a list of everybody would tell."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError, RecordsError


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(400, preset="korea", n_rounds=8, random_state=3)
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(records, rounds=records.rounds, label=label)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    day = str(panel.as_of[-1].date())
    known = panel.households[panel.as_of == panel.as_of[-1]][0]
    return SimpleNamespace(records=records, model=model, day=day, known=known)


def test_they_are_those_of_a_list_of_all(study: SimpleNamespace) -> None:
    everybody = rm.score(study.model, study.records, study.day, capacity=0.9999, lang="ko").table
    assert everybody["listed"].all()
    some = everybody.sample(20, random_state=0)
    told = rm.reasons_of(study.model, study.records, study.day, some["household_id"], lang="ko")
    assert told["household_id"].tolist() == some["household_id"].tolist()
    shared = [name for name in told if name != "household_id"]
    expected = some[shared].reset_index(drop=True)
    pd.testing.assert_frame_equal(told[shared], expected, check_dtype=False)


def test_sensitive_information_is_masked_unless_it_is_asked_for(study: SimpleNamespace) -> None:
    everybody = rm.score(study.model, study.records, study.day, capacity=0.9999).table
    masked, named = (
        rm.reasons_of(
            study.model, study.records, study.day, everybody["household_id"], masked=masked
        )
        .filter(like="reason_")
        .stack()
        for masked in (True, False)
    )
    assert masked.str.contains("sensitive information").any()
    assert not masked.str.contains("suicide").any()
    assert not named.str.contains("sensitive information").any()
    assert named.str.contains("suicide").any()


def test_who_is_not_of_the_cohort_is_counted_and_not_named(study: SimpleNamespace) -> None:
    with pytest.raises(RecordsError, match="1 household of 2 are not of the cohort") as no:
        rm.reasons_of(study.model, study.records, study.day, [study.known, "nobody"])
    assert "nobody" not in str(no.value)
    with pytest.raises(ConfigError, match="top"):
        rm.reasons_of(study.model, study.records, study.day, [study.known], top=0)
