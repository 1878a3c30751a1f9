"""What a feed usually brings is read off rounds of the usual size."""

from __future__ import annotations

import pytest

from mended import Note
from riskmodel.panel.filling.feed_volumes import FeedVolumes

ROUNDS = ("2023-09-01", "2023-11-01", "2024-01-01", "2024-03-01")


@pytest.mark.parametrize("first", [3, 20, 400])
@pytest.mark.parametrize("now", [0.0, 0.9])
def test_first_rounds_of_a_few_households_do_not_loosen_the_check(
    first: int, now: float, mended: Note
) -> None:
    rows = (first, 1000, 1000, 1000)
    volumes = FeedVolumes("60D", ROUNDS, rows, {"rent": (0.0, 0.05, 0.06, 0.055)})
    outside = volumes.outside({"rent": now}, 1000)
    assert outside["rent"] == (now, 0.05, 0.06)
    assert volumes.outside({"rent": 0.05}, 1000) == {}
    mended(
        "operating",
        tried=f"share {now:g}, a first round of {first} rows",
        before="no share is out of range" if now == 0 or first < 400 else "told",
        now=f"out of {outside['rent'].least:g} to {outside['rent'].largest:g}",
    )


def test_a_round_of_half_the_usual_size_counts() -> None:
    volumes = FeedVolumes("60D", ROUNDS, (500, 1000, 1000, 1000), {"rent": (0.0, 0.05, 0.06, 0.06)})
    assert volumes.outside({"rent": 0.0}, 1000) == {}
    assert volumes.outside({"rent": 0.31}, 1000) == {"rent": (0.31, 0.0, 0.06)}


def test_small_rounds_alone_leave_a_share_of_few_households_usual() -> None:
    volumes = FeedVolumes("60D", ROUNDS[:2], (12, 10), {"rent": (0.0, 0.0)})
    assert volumes.outside({"rent": 1.0}, 10) == {}
