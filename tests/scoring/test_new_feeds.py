"""A feed first live after the fit is told; one that the fit learnt from is still checked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import riskmodel as rm
from riskmodel.errors import RecordsError
from riskmodel.records.table_schemas import conform

CODE, LIVE = "loan_overdue", "2024-07-15"


def live_from(records: rm.Records, day: str) -> rm.Records:
    events = records.events
    kept = events[(events["code"] != CODE) | (events["known_date"] >= day)]
    return records.replace(tables={**records.tables, "events": conform("events", kept)})


def test_a_new_feed_is_told_and_a_known_one_is_still_refused(mended: Callable[..., None]) -> None:
    records = rm.make_households(n=2_000, random_state=3)
    new = live_from(records, LIVE)
    panel = rm.build_panel(new)
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    assert any(name.startswith(CODE) for name in model.training_["constant"])

    listed = rm.score(model, new, "2024-11-01")
    (note,) = (note for note in listed.notes if note.startswith("live only after the fit"))
    assert CODE in note
    mended("new feed", tried="a list after the feed went live", before="scoring.feeds", now=note)

    known = rm.build_panel(records)
    informed = rm.make_classifier(known, kind="logistic").fit(known)
    with pytest.raises(RecordsError, match=f"{CODE} 0.00%"):
        rm.score(informed, live_from(records, "2024-11-01"), "2024-11-01")
