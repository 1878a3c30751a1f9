"""Where only those contacted have a label, probabilities may have the level of everyone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import RiskmodelError
from riskmodel.models.fit_digests import FitDigests

N = 8_000


@pytest.fixture(scope="module")
def rows() -> tuple[rm.Panel, pd.Series]:
    """Return rows listed by what is not in the records and by an arm, and everybody's verdict."""
    rng = np.random.default_rng(0)
    arrears, hidden = rng.poisson(1.0, N).astype(float), rng.normal(0, 1.5, N)
    verdict = (rng.random(N) < 1 / (1 + np.exp(3 - arrears - hidden))).astype(float)
    certain = hidden > 2
    chance = np.where(certain, 1.0, 0.25)
    drawn = rng.random(N) < chance
    frame = pd.DataFrame(
        {
            "id": range(N),
            "day": np.where(rng.random(N) < 0.5, "2024-01-01", "2024-03-01"),
            "arrears": arrears,
            "y": np.where(drawn, verdict, np.nan),
        }
    )
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="day", y="y")
    place = pd.Index(frame["id"].astype(str)).get_indexer(panel.households)
    draws = pd.DataFrame({"probability": chance[place], "drawn": drawn[place]}, index=panel.X.index)
    return replace(panel, draws=draws), pd.Series(verdict[place], index=panel.X.index)


def unfitted(panel: rm.Panel, **params: str) -> rm.RiskClassifier:
    return rm.make_classifier(panel, "logistic", l2=10.0, **params)


def test_ranks_stay_and_the_level_is_that_of_everyone(rows) -> None:
    panel, verdict = rows
    own = unfitted(panel).fit(panel)
    everyone = unfitted(panel, level_for="everyone").fit(panel)
    assert np.array_equal(own.margin(panel), everyone.margin(panel))
    assert everyone.calibration_.slope == own.calibration_.slope
    level = everyone.predict_proba(panel)[:, 1].mean() / verdict.mean()
    assert abs(level - 1) < 0.1
    assert own.predict_proba(panel)[:, 1].mean() / verdict.mean() > 1.2
    assert "level of everyone by chances of contact" in repr(everyone)


def test_with_every_chance_1_the_level_is_that_of_the_labelled_of_all_rounds(rows) -> None:
    panel, verdict = rows
    certain = replace(panel, y=verdict, draws=panel.draws.assign(probability=1.0, drawn=True))
    model = unfitted(certain, level_for="everyone").fit(certain)
    assert model.predict_proba(certain)[:, 1].mean() == pytest.approx(verdict.mean(), rel=0.02)


def test_refits_keep_the_level_and_the_order_of_rows_does_not_matter(rows) -> None:
    panel, _ = rows
    model = unfitted(panel, level_for="everyone").fit(panel)
    again = rm.refit(model, panel)
    assert again.calibration_ == model.calibration_
    order = np.random.default_rng(1).permutation(len(panel))
    other = unfitted(panel, level_for="everyone").fit(panel[order])
    assert other.calibration_.intercept == pytest.approx(model.calibration_.intercept, abs=1e-6)


def test_a_default_fit_is_known_by_the_digest_of_before(rows) -> None:
    panel, _ = rows
    params = unfitted(panel).get_params(deep=False)
    before = {name: value for name, value in params.items() if name != "level_for"}
    names = list(panel.X.columns)
    assert FitDigests.of(panel.X, params, names) == FitDigests.of(panel.X, before, names)
    other = FitDigests.of(panel.X, {**params, "level_for": "everyone"}, names)
    assert other.settings != FitDigests.of(panel.X, params, names).settings


def test_what_has_no_chances_is_refused(rows) -> None:
    panel, verdict = rows
    model = unfitted(panel, level_for="everyone")
    for given in ((panel.X, verdict), (replace(panel, draws=None),)):
        with pytest.raises(RiskmodelError, match=r"models\.(level_for|no_chances)"):
            model.fit(*given)
    with pytest.raises(RiskmodelError, match=r"models\.level_for"):
        unfitted(panel, level_for="all").fit(panel)
