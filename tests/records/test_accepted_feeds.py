"""A manifest accepts feeds with a reason each, and records and stores carry both."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from riskmodel.errors import ConfigError
from riskmodel.records import ingest, open_store, read_records


def manifest(accepted: object) -> dict[str, object]:
    frame = pd.DataFrame({"id": ["a", "b"], "on": ["2024-01-05", "2024-02-05"]})
    entry = {"frame": frame, "household_id": "id", "code": "fire", "event_date": "on"}
    return {"name": "fires", "today": "2024-06-01", "events": entry, "accept_feeds": accepted}


def test_records_and_stores_keep_the_reason(tmp_path: Path) -> None:
    first, second = {"fire": "live since 2024"}, {"fire": "live since January 2024"}
    assert read_records(manifest(first)).accept_feeds == first
    assert ingest(manifest(first), tmp_path / "store").records.accept_feeds == first
    # no new file, another reason
    ingest(manifest(second), tmp_path / "store")
    assert open_store(tmp_path / "store").accept_feeds == second


@pytest.mark.parametrize(
    "accepted", [["fire"], "fire", {"fire": None}, {"fire": " "}, {"fire": ["a"]}], ids=str
)
def test_a_feed_without_a_reason_is_refused(accepted: object) -> None:
    with pytest.raises(ConfigError, match=r"accept_feeds: \{feed: reason\}") as refusal:
        read_records(manifest(accepted))
    assert refusal.value.code == "manifest.accept_feeds"


@pytest.mark.parametrize("reason", ["ask 010-1234-5678", "see /home/kim/mail.txt"])
def test_so_is_a_reason_with_personal_data(reason: str) -> None:
    with pytest.raises(ConfigError, match="a reason of accept_feeds holds") as refusal:
        read_records(manifest({"fire": reason}))
    assert refusal.value.code == "manifest.accept_feeds"
    assert reason not in str(refusal.value)


@pytest.mark.parametrize("feed", ["fir", "contacts"])
def test_a_feed_that_the_records_do_not_have_is_refused(feed: str) -> None:
    with pytest.raises(ConfigError, match=f"accept_feeds: unknown feed '{feed}'. Allowed: fire"):
        read_records(manifest({feed: "new"}))
