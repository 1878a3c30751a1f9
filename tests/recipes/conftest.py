"""A model of one site, and the records of another."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from other_sites import FEATURES, LABEL

import riskmodel as rm


@pytest.fixture(scope="session")
def study() -> SimpleNamespace:
    """A model of the city of A with its rows, and the records of B, of other households."""
    a = rm.make_households(500, random_state=1).replace(site="A")
    b = rm.make_households(500, random_state=2).replace(site="B")
    panel = rm.build_panel(a, rounds=a.rounds, label=LABEL, features=FEATURES)
    train, test = rm.TemporalSplit(test_rounds=2).last(panel)
    model = rm.make_classifier(panel, seeds=1, n_estimators=25).fit(train)
    return SimpleNamespace(a=a, b=b, panel=panel, train=train, test=test, model=model)
