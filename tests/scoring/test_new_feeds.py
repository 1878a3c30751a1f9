"""A feed first live after the fit is told; one that the fit learnt from is still checked."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import RecordsError
from riskmodel.records.table_schemas import conform

CODE, LIVE = "loan_overdue", "2024-07-15"
FEATURES = rm.Features([rm.Agg.count(["crisis", CODE], ["6M", "ever"])])


def live_from(records: rm.Records, day: str) -> rm.Records:
    events = records.events
    kept = events[(events["code"] != CODE) | (events["known_date"] >= day)]
    return records.replace(tables={**records.tables, "events": conform("events", kept)})


def test_a_new_feed_is_told_and_a_known_one_is_still_refused(mended: Callable[..., None]) -> None:
    records = rm.make_households(n=2_000, random_state=3)
    new = live_from(records, LIVE)
    panel = rm.build_panel(new, features=FEATURES)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    assert any(name.startswith(CODE) for name in model.training_["constant"])

    listed = rm.score(model, new, "2024-11-01")
    (note,) = (note for note in listed.notes if note.startswith("live only after the fit"))
    assert CODE in note
    mended("new feed", tried="a list after the feed went live", before="scoring.feeds", now=note)

    known = rm.build_panel(records, features=FEATURES)
    informed = rm.make_classifier(known, kind="logistic").fit(known)
    with pytest.raises(RecordsError, match=f"{CODE} 0.00%"):
        rm.score(informed, live_from(records, "2024-11-01"), "2024-11-01")


def test_a_feed_of_which_one_column_told_something_in_the_fit_is_not_new() -> None:
    """It rested while the model was fitted: its recent counts were 0, but not those of ever."""
    records = rm.make_households(n=800, random_state=3)
    events = records.events
    is_old = (events["code"] != CODE) | (events["known_date"] < "2021-06-01")
    later = events[events["known_date"] >= LIVE].assign(code=CODE)
    rested = conform("events", pd.concat([events[is_old], later]))
    back = records.replace(tables={**records.tables, "events": rested})
    label = rm.Label("crisis", window="6M", maturity="2M")
    panel = rm.build_panel(back, rounds=back.rounds, label=label, features=FEATURES)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    assert model.training_["constant"] == [f"{CODE}__count__6M"]
    with pytest.raises(RecordsError, match=rf"{CODE} \d+\.\d\d% \(0\.00% - 0\.00%\)"):
        rm.score(model, back, "2024-11-01")
    never = conform("events", back.events[back.events["code"] != CODE])
    elsewhere = back.replace(site="elsewhere", tables={**back.tables, "events": never})
    found = rm.evaluate(model, elsewhere, external="another city")  # what the fit never heard of
    assert "never delivered here" not in "\n".join(found.notes)
