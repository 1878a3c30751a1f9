"""One small simulated study a session: a panel, and a model of each kind that explains itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import riskmodel as rm


@pytest.fixture(scope="session")
def study() -> SimpleNamespace:
    """Panel, newest round, and fitted models by kind."""
    records = rm.make_households(800, random_state=3)
    features = rm.Features(
        [
            rm.Agg.count(
                ["crisis", "loan_overdue", "power_cut", "domestic_violence"], ["6M", "ever"]
            ),
            rm.Agg.now(["nhi_arrears", "telecom_arrears"]),
            rm.Agg.recency(["loan_overdue", "suicide_related"]),
            rm.Agg.trend("loan_overdue", "12M"),
            rm.Attribute("household_type"),
        ]
    )
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(records, rounds=records.rounds, label=label, features=features)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    models = {
        kind: rm.make_classifier(panel, kind=kind, seeds=2, n_estimators=20, n_jobs=1).fit(train)
        for kind in ("lightgbm", "logistic", "ebm", "blend", "indicator_count", "longest_arrears")
    }
    return SimpleNamespace(panel=panel, train=train, test=test, models=models)
