"""Tables of frames are checked, row by row, as those of a manifest's sources are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from manifests import adds_up, read_frame, reasons

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records
from riskmodel.records.settling.too_many_bad import ADVICE_ON_FRAMES
from riskmodel.records.sources import row_checks

KIND = "ids"
TODAY = "2025-01-01"
CATALOGUE = {"fire": {"minimum": 0, "maximum": 10}, "rent": None}
GOOD = {"household_id": "a", "code": "fire", "event_date": "2024-02-03", "value": 1.0}
FRAME = pd.DataFrame(
    [
        GOOD,
        {**GOOD, "household_id": "b", "code": "rent"},
        GOOD,
        {**GOOD, "code": "firre"},
        {**GOOD, "value": 11.0},
        {**GOOD, "value": np.inf},
        {**GOOD, "event_date": "9999-12-31"},
        {**GOOD, "event_date": "2024-02-30"},
        {**GOOD, "event_date": TODAY},
        {**GOOD, "event_date": "2019-12-31"},
    ]
)
BAD = {
    3: (None, row_checks.DUPLICATE),
    4: ("code", row_checks.UNKNOWN_CODE),
    5: ("value", row_checks.OUT_OF_RANGE),
    6: ("value", row_checks.NO_NUMBER),
    7: ("event_date", row_checks.NO_DATE),
    8: ("event_date", row_checks.NO_DATE),
}
# Of each other table a good row and bad ones, the column to blame, and why.
OTHERS: dict[str, tuple[dict[str, Any], list[tuple[dict[str, Any], str | None, str]]]] = {
    "contacts": (
        {"household_id": "a", "as_of_date": "2024-03-01", "result": "no_need", "attempt": 1},
        [
            ({"result": "no need"}, "result", row_checks.UNKNOWN_RESULT),
            ({"household_id": "1,234"}, "household_id", row_checks.MARKED_ID),
            ({"as_of_date": "soon"}, "as_of_date", row_checks.NO_DATE),
            ({"attempt": np.inf}, "attempt", row_checks.NO_NUMBER),
            ({}, None, row_checks.DUPLICATE),
        ],
    ),
    "lists": (
        {
            "household_id": "a",
            "as_of_date": "2024-03-01",
            "list": "ai",
            "probability": 0.5,
            "drawn": True,
            "known_date": "2024-02-28",
        },
        [
            ({"household_id": "b", "probability": 0.0}, "probability", row_checks.CHANCE_OF_0),
            ({"household_id": "b", "probability": 50.0}, "probability", row_checks.NO_CHANCE),
            ({"household_id": "b", "probability": None}, "probability", row_checks.CHANCE_UNTOLD),
            ({"household_id": "b", "drawn": "perhaps"}, "drawn", row_checks.UNKNOWN_DRAWN),
            ({"household_id": "b", "list": ""}, "list", row_checks.NO_LIST),
        ],
    ),
    "attributes": (
        {"household_id": "a", "name": "gu", "text": "11680", "known_date": "2023-01-01"},
        [
            ({"household_id": ""}, "household_id", row_checks.NO_ID),
            ({"name": None}, "name", row_checks.NO_NAME),
            ({"text": "1.168E+09"}, "text", row_checks.ROUNDED_ID),
            ({"known_date": "0024-05-01"}, "known_date", row_checks.NO_DATE),
        ],
    ),
    "members": (
        {"person_id": "p", "household_id": "a", "from_date": "2023-01-01"},
        [
            ({"person_id": "#N/A"}, "person_id", row_checks.NO_ID),
            ({"from_date": "2023-13-01"}, "from_date", row_checks.NO_DATE),
            ({}, None, row_checks.DUPLICATE),
        ],
    ),
    "requests": (
        {"household_id": "a", "kind": "objection", "received": "2024-03-01"},
        [
            ({"kind": "anger"}, "kind", row_checks.unknown_word("requests", "kind")),
            ({"kind": None}, "kind", row_checks.unknown_word("requests", "kind")),
            ({"outcome": "yes"}, "outcome", row_checks.unknown_word("requests", "outcome")),
            (
                {"effect": "가구가 싫다고 함"},
                "effect",
                row_checks.unknown_word("requests", "effect"),
            ),
            ({"received": None}, "received", row_checks.NO_DATE),
            ({"decided": "2024-02-29"}, "decided", row_checks.BEFORE_IT_CAME),
            ({"due": "2024-02-29"}, "due", row_checks.BEFORE_IT_CAME),
        ],
    ),
    "referrals": (
        {"household_id": "new", "referred_by": "self", "received": "2024-03-01"},
        [
            ({"household_id": ""}, "household_id", row_checks.NO_ID),
            (
                {"referred_by": "x"},
                "referred_by",
                row_checks.unknown_word("referrals", "referred_by"),
            ),
            ({"answered": "2024-02-29"}, "answered", row_checks.BEFORE_IT_CAME),
        ],
    ),
    "cases": (
        {"household_id": "a", "kind": "public_care", "from_date": "2024-03-01"},
        [
            ({"kind": "care"}, "kind", row_checks.unknown_word("cases", "kind")),
            ({"to_date": "2024-02-29"}, "to_date", row_checks.NO_PERIOD),
            ({}, None, row_checks.DUPLICATE),
        ],
    ),
    "signs": (
        {"household_id": "a", "sign": "fire", "seen": "2024-03-01", "seen_by": "carrier"},
        [
            ({"sign": "door open"}, "sign", row_checks.unknown_word("signs", "sign")),
            ({"seen_by": "postman"}, "seen_by", row_checks.unknown_word("signs", "seen_by")),
            ({"seen": "soon"}, "seen", row_checks.NO_DATE),
        ],
    ),
    "coverage": (
        {"feed": "fire", "from_date": "2023-01-01", "to_date": "2024-12-31"},
        [
            ({"feed": "firre"}, "feed", row_checks.UNKNOWN_CODE),
            ({"from_date": "2025-01-01"}, "to_date", row_checks.NO_PERIOD),
        ],
    ),
    "deliveries": (
        {"feed": "fire", "event_date": "2024-01-31", "delivered": True},
        [
            ({"delivered": "perhaps"}, "delivered", row_checks.UNKNOWN_DELIVERED),
            ({"feed": "firre"}, "feed", row_checks.UNKNOWN_CODE),
        ],
    ),
    "unmatched": (
        {"household_id": "a", "feed": "fire", "event_date": "2024-01-31"},
        [
            ({"household_id": None}, "household_id", row_checks.NO_ID),
            ({"feed": "firre"}, "feed", row_checks.UNKNOWN_CODE),
            ({}, None, row_checks.DUPLICATE),
        ],
    ),
}


def given(frame: Any = FRAME, **keys: Any) -> Records:
    usual = {"today": TODAY, "since": "2020-01-01", "catalogue": CATALOGUE, "max_quarantined": 1}
    return Records.from_frames(frame, **{**usual, **keys})


def read(frame: pd.DataFrame = FRAME) -> Records:
    """Read the same rows by a manifest."""
    manifest = {"catalogue": CATALOGUE, "since": "2020-01-01"}
    keys = {"household_id": "household_id", "code": {"column": "code"}, "value": "value"}
    return read_frame(frame, manifest, **keys, event_date="event_date")


@pytest.mark.parametrize("kind", ["a frame", "an Arrow table"])
def test_both_doors_use_and_refuse_the_same_rows(kind: str, mended: Note) -> None:
    one, other = given(pa.table(FRAME) if kind == "an Arrow table" else FRAME), read()
    pd.testing.assert_frame_equal(one.events, other.events)
    assert one.catalogue == other.catalogue
    assert one.counts.iloc[0].to_dict() == other.counts.iloc[0].to_dict()
    assert adds_up(one)
    assert reasons(one) == reasons(other) == [(row, *told) for row, told in BAD.items()]
    assert set(one.quarantine["source"]) == {"events"}
    counts = one.counts.iloc[0]
    told = ", ".join(f"{counts[name]} {name}" for name in ("used", "quarantined", "out_of_bounds"))
    mended(KIND, tried=f"from_frames, {kind} of 10 rows", before="one is refused", now=told)


def test_the_summary_tells_bad_rows_and_those_out_of_bounds() -> None:
    printed = repr(given().summary())
    assert all(reason in printed for _, reason in BAD.values())
    assert "1 before since (2020-01-01) and 1 on or after today (2025-01-01)" in printed


@pytest.mark.parametrize("row", BAD)
def test_too_many_bad_rows_are_refused_with_advice(row: int, mended: Note) -> None:
    _, reason = BAD[row]
    with pytest.raises(RecordsError, match=rf"1 of 3 rows .*1 {reason}") as caught:
        Records.from_frames(FRAME.iloc[[0, 1, row - 1]], today=TODAY, catalogue=CATALOGUE)
    assert caught.value.code == "records.quarantined"
    assert ADVICE_ON_FRAMES[reason] in str(caught.value)
    mended(KIND, tried=f"from_frames, {reason}", before="used", now=caught.value.code)


@pytest.mark.parametrize("name", OTHERS)
def test_bad_rows_of_other_tables_are_told_and_not_used(name: str, mended: Note) -> None:
    good, bad = OTHERS[name]
    table = pd.DataFrame([good, *(good | changes for changes, *_ in bad)])
    records = given(FRAME[:2], **{name: table})
    assert reasons(records) == [(row, *told) for row, (_, *told) in enumerate(bad, start=2)]
    assert set(records.quarantine["source"]) == {name}
    assert len(getattr(records, name)) == 1
    assert adds_up(records)
    now = f"{len(records.quarantine)} bad rows"
    mended(KIND, tried=f"from_frames, {name}", before="taken as they stand", now=now)


def test_an_unknown_result_is_refused_by_its_count(mended: Note) -> None:
    contact = OTHERS["contacts"][0]
    contacts = pd.DataFrame([contact, {**contact, "result": "needs help"}])
    with pytest.raises(RecordsError, match=r"1 of 2 rows .* \(column result\)") as caught:
        Records.from_frames(FRAME[:2], today=TODAY, contacts=contacts)
    assert "needs help" not in str(caught.value)
    mended("need", tried="result of a frame", before="label 0", now=caught.value.code)


@pytest.mark.parametrize("written", ["010-1234-5678", "hong@example.org", "880101-1234567"])
@pytest.mark.parametrize("place", ["household_id", "detail", "text of attributes"])
def test_personal_numbers_are_refused_unless_named(place: str, written: str, mended: Note) -> None:
    column, numbers = place.split()[0], [written, written.replace("1", "2", 1)]
    frames: dict[str, Any] = {"frame": FRAME[:2]}
    if column == "text":
        told = {"household_id": ["a", "b"], "name": "x", "text": numbers}
        frames["attributes"] = pd.DataFrame(told)
    else:
        frames["frame"] = FRAME[:2].assign(**{column: numbers})
    with pytest.raises(RecordsError, match=f"column '{column}' looks like") as caught:
        given(**frames)
    assert caught.value.code == "records.personal_numbers"
    assert written not in str(caught.value)
    mended("personal data", tried=f"from_frames, {place}", before="taken", now=caught.value.code)


def test_personal_numbers_pass_where_their_column_is_named() -> None:
    frame = FRAME[:2].assign(detail=["010-1234-5678", "010-2345-6789"])
    assert len(given(frame, allow_personal_numbers=["detail"]).events) == 2


@pytest.mark.parametrize("events", [[GOOD], GOOD, "events.csv"])
def test_what_is_no_frame_is_refused_in_own_words(events: Any, mended: Note) -> None:
    with pytest.raises(ConfigError, match=r"Records.from_frames\(\) .* 'events'") as caught:
        Records.from_frames(events, today=TODAY)
    assert caught.value.code == "arguments.type"
    kind = type(events).__name__
    mended("errors", tried=f"from_frames({kind})", before="AttributeError", now=caught.value.code)


def test_complete_before_names_a_feed_of_the_records(mended: Note) -> None:
    with pytest.raises(ConfigError, match="unknown feed 'frie'") as caught:
        given(FRAME[:2], complete_before={"frie": "2024-12-01"})
    assert "did you mean 'fire'" in str(caught.value)
    assert given(FRAME[:2], complete_before={"contacts": "2024-12-01"}).complete_before
    mended("today", tried="complete_before of no feed", before="silent", now=caught.value.code)


@pytest.mark.parametrize("table", ["events", "deliveries", "unmatched"])
def test_a_blank_known_date_is_the_day_itself(table: str) -> None:
    row = {"household_id": "a", "feed": "fire", "code": "fire", "event_date": "2024-02-03"}
    names = {"events": ["code"], "deliveries": ["feed"], "unmatched": ["household_id", "feed"]}
    own = ["household_id", *names[table]] if table == "events" else names[table]
    frame = pd.DataFrame([{name: row[name] for name in (*own, "event_date")}] * 3)
    frame["event_date"] = ["2024-02-03", "2024-02-04", "2024-02-05"]
    frame["known_date"] = ["2024-03-03", "", "soon"]
    frames = {"frame": FRAME[:2], table: frame} if table != "events" else {"frame": frame}
    records = given(**frames)
    known = getattr(records, table)["known_date"].astype("str").tolist()
    assert known == ["2024-03-03", "2024-02-04"]
    assert reasons(records) == [(3, "known_date", row_checks.NO_DATE)]


def test_without_a_catalogue_every_code_is_known() -> None:
    records = given(FRAME.iloc[[0, 3]], catalogue=None)
    assert list(records.catalogue) == ["fire", "firre"]
    assert records.quarantine.empty


def test_the_catalogues_lag_does_not_move_a_fact_of_a_frame() -> None:
    records = given(FRAME[:1], catalogue={"fire": {"lag": "2M"}})
    assert records.events["known_date"].tolist() == records.events["event_date"].tolist()


def test_records_made_of_the_tables_of_records_are_the_same() -> None:
    tables = {name: pd.DataFrame([good]) for name, (good, _) in OTHERS.items()}
    one = given(FRAME[:2], **tables)
    frames = {name: one.frame(name) for name in tables}
    again = given(one.events, **frames)
    assert again.digest == one.digest
    assert again.quarantine.empty


def test_repeated_rows_count_once_in_a_panel(mended: Note) -> None:
    twice = given(FRAME.iloc[[0, 1, 2]])
    X = rm.build_panel(twice, ["2024-06-01"], features=rm.Features([rm.Agg.count("fire")])).X
    assert X.iloc[:, 0].tolist() == [1, 0]
    mended(KIND, tried="a row twice in a frame", before="2 events", now=f"{X.iloc[0, 0]:.0f} event")
