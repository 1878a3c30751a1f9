"""What becomes known later changes no byte of a round: neither its panel, labels, nor scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from later_facts import EDITS, STAGED, frames_of, read_again, with_frames

ROUND, EDITED = 5, 200
COHORT = rm.Cohort(listed=True)
ATTRIBUTES = ["household_type", "sigungu"]


class Told(NamedTuple):
    """All bytes of a round by what they are."""

    rows: bytes
    X: bytes
    groups: bytes
    margin: bytes
    y: bytes


@pytest.fixture(scope="module")
def records() -> rm.Records:
    return rm.make_households(
        150, n_rounds=8, random_state=4, capacity=0.1, moves=0.05, members=True, resent=0.1
    )


@pytest.fixture(scope="module")
def day(records: rm.Records) -> pd.Timestamp:
    return records.rounds[ROUND]


@pytest.fixture(scope="module")
def model(records: rm.Records) -> rm.RiskClassifier:
    panel = rm.build_panel(
        records, records.rounds[:ROUND], records.label, COHORT, attributes=ATTRIBUTES
    )
    return rm.make_classifier(panel, seeds=1, n_estimators=30).fit(panel)


def told(records: rm.Records, day: pd.Timestamp, model: rm.RiskClassifier) -> Told:
    panel = rm.build_panel(
        records, pd.DatetimeIndex([day]), records.label, COHORT, attributes=ATTRIBUTES
    )
    assert panel.groups is not None
    assert panel.y is not None
    numbers = panel.X.select_dtypes("number").to_numpy()
    texts = panel.X.select_dtypes("category").astype(str)
    return Told(
        "|".join(panel.households).encode(),
        numbers.tobytes() + texts.to_csv().encode(),
        panel.groups.astype(str).to_csv().encode(),
        model.margin(panel).tobytes(),
        panel.y.to_numpy().tobytes(),
    )


@pytest.fixture(scope="module")
def before(records: rm.Records, day: pd.Timestamp, model: rm.RiskClassifier) -> Told:
    return told(records, day, model)


def check_unchanged(
    names: Sequence[str],
    seed: int,
    records: rm.Records,
    known_from: pd.Timestamp,
    day: pd.Timestamp,
    model: rm.RiskClassifier,
    before: Told,
) -> None:
    rng = np.random.default_rng(seed)
    frames = frames_of(records)
    for name in names:
        frames = EDITS[name](frames, known_from, rng, records)
    after = told(with_frames(records, frames), day, model)
    # a label is final later than its features
    judged = Told._fields if known_from > day else Told._fields[:-1]
    assert [part for part in judged if getattr(after, part) != getattr(before, part)] == []


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("when", ["on the round's day", "once its label is final"])
def test_later_facts_change_no_byte_of_a_round(
    seed: int,
    when: str,
    records: rm.Records,
    day: pd.Timestamp,
    model: rm.RiskClassifier,
    before: Told,
) -> None:
    final = pd.Timestamp(records.label.matures_on(day.date()))
    known_from = day if when == "on the round's day" else final
    check_unchanged(STAGED, seed, records, known_from, day, model, before)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(EDITED))
def test_two_hundred_edits_change_no_byte(
    seed: int, records: rm.Records, day: pd.Timestamp, model: rm.RiskClassifier, before: Told
) -> None:
    check_unchanged([STAGED[seed % len(STAGED)]], 100 + seed, records, day, day, model, before)


def test_facts_corrected_later_change_no_byte_where_all_is_read_anew(
    records: rm.Records, day: pd.Timestamp, model: rm.RiskClassifier, before: Told
) -> None:
    frames = frames_of(records)
    for number, edit in enumerate(EDITS.values()):
        frames = edit(frames, day, np.random.default_rng(number), records)
    again = read_again(records, frames).replace(label=records.label)
    after = told(again, day, model)
    assert [
        part for part in Told._fields[:-1] if getattr(after, part) != getattr(before, part)
    ] == []


def test_later_rounds_and_open_labels_feel_the_edits(
    records: rm.Records, day: pd.Timestamp, model: rm.RiskClassifier, before: Told
) -> None:
    frames = frames_of(records)
    for number, name in enumerate(STAGED):
        frames = EDITS[name](frames, day, np.random.default_rng(number), records)
    edited = with_frames(records, frames)
    last = records.rounds[-1]
    after, was = told(edited, last, model), told(records, last, model)
    assert [part for part in Told._fields if getattr(after, part) == getattr(was, part)] == []
    assert told(edited, day, model).y != before.y
