"""Promise 1 for training labels: what becomes known on the cut or later changes none of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from panel_records import ROUNDS, events, records

from riskmodel.keys import as_days
from riskmodel.panel import Agg, Features, Label, Panel, build_panel
from riskmodel.records import Records

FEATURES = Features([Agg.count(["rent", "power"], "6M")])
LABELS = [
    Label("crisis", "1M", "1M"),
    Label(["crisis", "visit"], "1M", "1M", min_count=2),
    Label("crisis", "1M", "1M", observed_by="visit"),
    Label("need_confirmed", "1M", "1M", observed_by="contacts"),
    Label("crisis", "1M", "1M", observed_by="contacts"),
    Label("crisis", "1M", "1M", first=True),
    Label("crisis", "1M", "1M", first=False),
    Label("need_confirmed", "1M", "1M", observed_by="contacts", first=True),
]
CUT = ROUNDS[-1]
RESULTS = ["need_confirmed", "no_need", "not_reached", "refused"]


def contacts(seed: int, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    day = ROUNDS[rng.integers(0, len(ROUNDS), n)]
    known = day + pd.to_timedelta(rng.integers(1, 120, n), "D")
    return pd.DataFrame(
        {
            "household_id": rng.integers(0, 80, n).astype(str),
            "as_of_date": day,
            "result": rng.choice(RESULTS, n),
            "known_date": known,
        }
    )


def later_versions(facts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Change what becomes known on the cut or later.

    Facts are left out, made up, dated back and retracted.
    """
    hidden = (facts["known_date"] >= CUT).to_numpy()
    kept = facts[~(hidden & (rng.random(len(facts)) < 0.5))].copy()
    standing = kept["retracted_date"].isna() | (kept["retracted_date"] >= CUT)
    newly = standing & (rng.random(len(kept)) < 0.3)
    kept.loc[newly, "retracted_date"] = CUT + pd.Timedelta(days=int(rng.integers(0, 40)))
    more = facts.sample(200, random_state=int(rng.integers(1000)), replace=True)
    known = CUT + pd.to_timedelta(rng.integers(0, 90, 200), "D")
    # set afterwards: in some versions of pandas a column that is missing throughout has no type
    both = pd.concat([kept, more.assign(known_date=known)], ignore_index=True)
    both.loc[len(kept) :, "retracted_date"] = pd.NaT
    return both


@cache
def records_before() -> Records:
    return records(events(0, n=2500), contacts=contacts(0))


@cache
def records_after(seed: int) -> Records:
    """Return the same with other facts and contacts, all known on the cut or later."""
    rng = np.random.default_rng(seed)
    told = contacts(0)
    after = told.assign(result=told["result"].where(told["known_date"] < CUT, rng.choice(RESULTS)))
    more: Any = told.sample(50, random_state=seed).assign(
        known_date=CUT, result=rng.choice(RESULTS)
    )
    return records(later_versions(events(0, n=2500), rng), contacts=pd.concat([after, more]))


def train(label: Label, known: Records) -> Panel:
    """Return the rows that a split at the cut trains on."""
    panel = build_panel(known, ROUNDS, label, features=FEATURES)
    return panel[label.matures_on(as_days(panel.as_of)) <= as_days(CUT)]


@settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate])
@given(seed=st.integers(0, 10_000))
@pytest.mark.parametrize("label", LABELS, ids=lambda label: f"{label.name}, {label.observed_by}")
def test_training_labels_are_as_known_at_the_cut(label: Label, seed: int) -> None:
    one, other = train(label, records_before()), train(label, records_after(seed))
    pd.testing.assert_frame_equal(one.X, other.X, check_exact=True)
    pd.testing.assert_series_equal(one.y, other.y, check_exact=True)
    assert one.counts["positive"] > 0
