"""Regions have levels and slopes of their own, as far as they differ; small ones do not."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.models import KINDS, RiskClassifier

REGIONAL = [kind for kind in KINDS if kind not in ("area_rate", "longest_arrears")]

BENCHMARK = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "regions.py"), run_name="regions"
)
compared = BENCHMARK["compared"]


def rows(
    n: int = 4_000, level: float = 1.0, seed: int = 0
) -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Return X, y and chances: the north lies above the nation by a level, the south below it."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "arrears": rng.normal(size=n),
            "region": pd.Categorical(rng.choice(["north", "south", "west"], n)),
        }
    )
    off = X["region"].astype(str).map({"north": level, "south": -level, "west": 0.0})
    chance = 1 / (1 + np.exp(2.0 - X["arrears"] - off))
    return X, pd.Series(rng.random(n) < chance), chance.to_numpy()


def test_log_loss_falls_where_regions_differ_and_stays_where_they_do_not() -> None:
    equal = compared("logistic", (0.0, 0.0), range(2), households=1_000)
    assert (equal["region="] <= equal["not told"] + 1).all()
    differing = compared("logistic", (0.5, 0.25), range(2), households=1_000).mean()
    assert differing["region="] < differing["not told"] - 3


def test_levels_of_large_regions_are_found() -> None:
    X, y, chance = rows()
    model = RiskClassifier("logistic", region="region").fit(X, y)
    table = model.regions_.frame().set_index("region")
    assert table.loc["north", "level"] - table.loc["south", "level"] == pytest.approx(2, abs=0.3)
    assert table["slope"].to_numpy() == pytest.approx(1, abs=0.35)
    assert table["own"].all()
    assert model.regions_.level_spread == pytest.approx(1, abs=0.4)
    told = model.predict_proba(X)[:, 1]
    for region in table.index:
        at = (X["region"] == region).to_numpy()
        assert told[at].mean() == pytest.approx(chance[at].mean(), rel=0.08)
    assert "3 of 3 regions have a level and a slope of their own" in repr(model.regions_)
    assert "<table" in model.regions_._repr_html_()
    assert model.describe()["own_regions"] == 3


@pytest.mark.parametrize("kind", REGIONAL)
def test_a_region_moves_margins_by_its_line_alone(kind: str) -> None:
    X, y, _ = rows(1_500)
    X = X.rename(columns={"arrears": "debt__count__6M"})
    X["debt__duration__now"] = X["debt__count__6M"].abs()
    if kind == "ebm":
        pytest.importorskip("interpret", reason="the ebm extra is not installed")
    columns = (
        rm.panel.Column("debt__count__6M", "debt", "count", "6M", 1),
        rm.panel.Column("debt__duration__now", "debt", "duration", "ever", 1),
    )
    model = RiskClassifier(
        kind, seeds=1, n_estimators=10, n_jobs=1, region="region", columns=columns
    )
    model.fit(X, y)
    national = model.margin(X.assign(region=np.nan))
    lines = model.regions_
    code = X["region"].map({name: at for at, name in enumerate(lines.names)}).astype(int)
    expected = lines.slope[code] * national + lines.shift[code]
    assert model.margin(X) == pytest.approx(expected, abs=1e-12)
    assert np.ptp(lines.level) > 0.5


def test_what_the_fit_never_saw_has_the_national_line() -> None:
    X, y, _ = rows(1_500)
    model = RiskClassifier("logistic", region="region").fit(X, y)
    unknown = model.margin(X.assign(region="elsewhere"))
    assert np.array_equal(unknown, model.margin(X.assign(region=None)))
    assert not np.array_equal(unknown, model.margin(X))


@pytest.mark.parametrize(
    ("small", "crises"), [(9, 5), (40, 2), (40, 38)], ids=["few", "few with", "few without"]
)
def test_a_small_region_has_the_national_line(small: int, crises: int) -> None:
    X, y, _ = rows(1_500)
    X["region"] = X["region"].astype(str)
    X.loc[: small - 1, "region"] = "islet"
    y.iloc[:small] = np.arange(small) < crises
    model = RiskClassifier("logistic", region="region").fit(X.astype({"region": "category"}), y)
    islet = model.regions_.frame().set_index("region").loc["islet"]
    assert (islet["level"], islet["slope"], islet["own"]) == (0, 1, False)
    assert model.regions_.is_own.sum() == 3


def test_rare_regions_are_no_region_together() -> None:
    X, y, _ = rows(1_500)
    X["region"] = X["region"].cat.rename_categories({"north": "other"})
    model = RiskClassifier("logistic", region="region").fit(X, y)
    table = model.regions_.frame().set_index("region")
    assert table.loc["other", "own"] == False  # noqa: E712
    assert table.loc["other", "level"] == 0


def test_rows_of_one_household_count_hardly_more_than_one() -> None:
    X, y, _ = rows(600, level=0.3)
    once = RiskClassifier("logistic", region="region", l2=1.0).fit(X, y)
    index = pd.MultiIndex.from_product(
        [range(600), pd.to_datetime(rm.rounds("2023-01-01", "2023-11-01", every="2M"))],
        names=["household_id", "as_of_date"],
    )
    repeated = X.loc[np.repeat(np.arange(600), 6)].set_index(index)
    again = RiskClassifier("logistic", region="region", l2=6.0).fit(
        repeated, y.repeat(6).to_numpy()
    )
    assert again.regions_.level_spread == pytest.approx(once.regions_.level_spread, abs=0.06)
    assert again.regions_.level == pytest.approx(once.regions_.level, abs=0.1)


def test_a_region_whose_own_slope_is_below_0_keeps_the_order_of_households() -> None:
    X, y, _ = rows(3_000)
    turned = (X["region"] == "west").to_numpy()
    y[turned] = np.random.default_rng(1).random(turned.sum()) < 0.1 - 0.03 * np.tanh(
        X.loc[turned, "arrears"]
    )
    model = RiskClassifier("logistic", region="region").fit(X, y)
    assert model.regions_.slope.min() > 0
    west = X[turned].sort_values("arrears")
    assert (np.diff(model.margin(west)) >= 0).all()


@pytest.mark.parametrize(
    ("region", "said"),
    [("arrears", "is a column of numbers"), ("regoin", "did you mean 'region'"), ("x", "attrib")],
)
def test_a_region_that_is_no_column_of_categories_is_refused(region: str, said: str) -> None:
    X, y, _ = rows(300)
    with pytest.raises(ConfigError, match=said) as caught:
        RiskClassifier("logistic", region=region).fit(X, y)
    assert caught.value.code == "models.region"
