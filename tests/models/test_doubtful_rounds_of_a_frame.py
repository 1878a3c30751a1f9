"""A model that knows its panel refuses the panel's doubtful rounds in X and y as well."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

import riskmodel as rm
from mended import Note
from riskmodel.errors import ModelError

WRONG = np.datetime64("2026-09-01")
GRID = rm.rounds("2022-01-01", "2026-07-01", every="6M")
# the first reaches past the true end of the records, and its rate alone does not tell
DOUBTFUL = ["2024-07-01", "2025-01-01", "2025-07-01", "2026-01-01"]


@pytest.fixture(scope="module")
def panel() -> rm.Panel:
    records = rm.make_households(n=1_500, random_state=5)
    panel = rm.build_panel(records.replace(today=WRONG), rounds=GRID, label=records.label)
    assert list(panel.doubtful) == DOUBTFUL
    return panel


def _rows_but(panel: rm.Panel, *rounds: str) -> rm.Panel:
    return panel[~np.isin(panel.as_of.astype(str), rounds)]


def _refused(model: rm.RiskClassifier, rows: rm.Panel) -> ModelError:
    with pytest.raises(ModelError) as refusal:
        model.fit(rows.X, rows.y)
    assert refusal.value.code == "models.doubtful_rounds"
    return refusal.value


@pytest.mark.parametrize("way", ["made", "cloned", "set again", "unpickled"])
def test_x_and_y_are_refused_as_the_panel_is(panel: rm.Panel, way: str, mended: Note) -> None:
    made = rm.make_classifier(panel, "logistic")
    ways = {
        "made": lambda: made,
        "cloned": lambda: clone(made),
        "set again": lambda: rm.RiskClassifier(**made.get_params()),
        "unpickled": lambda: pickle.loads(pickle.dumps(made)),
    }
    refusal = _refused(ways[way](), panel)
    with pytest.raises(ModelError) as of_panel:
        made.fit(panel)
    assert str(refusal) == str(of_panel.value)
    assert f"accept_rounds={DOUBTFUL}" in str(refusal)
    mended(
        "today",
        tried=f"make_classifier(panel), {way}, fitted on panel.X and panel.y",
        before="named only the rounds whose rate is low; fitted where these were none",
        now=f"{refusal.code}, in the words of fit(panel): {len(DOUBTFUL)} rounds",
    )


def test_a_round_that_only_the_panel_can_tell_is_refused(panel: rm.Panel, mended: Note) -> None:
    rows = _rows_but(panel, *DOUBTFUL[1:])
    refusal = _refused(rm.make_classifier(panel, "logistic"), rows)
    assert "the outcomes of 1 rounds look incomplete" in str(refusal)
    assert f"{DOUBTFUL[0]} (few outcomes since 2024-11-01)" in str(refusal)
    mended(
        "today",
        tried="fit on X and y of a round that reaches past the true end, its rate not low",
        before="fitted, training_['doubtful'] == []",
        now=refusal.code,
    )


def test_rows_without_the_doubtful_rounds_are_fitted(panel: rm.Panel) -> None:
    rows = _rows_but(panel, *DOUBTFUL)
    model = rm.make_classifier(panel, "logistic").fit(rows.X, rows.y)
    assert model.training_["doubtful"] == []


def test_one_of_several_accepted_refuses_the_rest(panel: rm.Panel, mended: Note) -> None:
    one = rm.make_classifier(panel, "logistic", accept_rounds=DOUBTFUL[1:2])
    refusal = _refused(one, panel)
    assert "the outcomes of 3 rounds" in str(refusal)

    everyone = rm.make_classifier(panel, "logistic", accept_rounds=DOUBTFUL)
    model = everyone.fit(panel.X, panel.y)
    assert model.training_["doubtful"] == DOUBTFUL
    mended(
        "today",
        tried="accept one of four rounds, fit on X and y; then accept all",
        before="'ok with one only', training_['doubtful'] without the others",
        now=f"{refusal.code} for 3; then {len(model.training_['doubtful'])} are kept",
    )


def test_a_panel_of_the_fit_speaks_for_itself(panel: rm.Panel) -> None:
    records = rm.make_households(n=1_500, random_state=5)
    right = rm.build_panel(records, rounds=GRID[GRID < "2024-05-01"], label=panel.label)
    assert right.doubtful == {}
    model = rm.make_classifier(panel, "logistic").fit(right)
    assert model.training_["doubtful"] == []

    again = rm.refit(rm.make_classifier(right, "logistic").fit(right.X, right.y), right)
    assert again.doubtful == {}


def test_the_reasons_are_a_parameter_that_is_not_printed(panel: rm.Panel) -> None:
    made = rm.make_classifier(panel, "logistic")
    assert made.get_params()["doubtful"] == panel.doubtful
    assert "doubtful" not in repr(made)
