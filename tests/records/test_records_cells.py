"""Wide tables: only the bad cell is bad, 0 of an event says none, a blank says nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from manifests import adds_up, entry, read, read_frame, reasons

from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records import Records
from riskmodel.records.sources import row_checks

WIDE = {
    "id": ["a", "b", "c", ""],
    "day": ["202401", "202401", "202401", "202401"],
    "rent": ["2", "0", "", "1"],
    "gas": ["x", "1", None, "1"],
    "score": ["-3", "0", "5", ""],
}
CATALOGUE = {"rent": None, "gas": {"kind": "state"}, "score": {"kind": "reading"}}
VALUES = {"values": ["rent", "gas", "score"]}


def test_only_the_bad_cell_is_quarantined_and_cells_are_counted() -> None:
    records = read_frame(WIDE, {"catalogue": CATALOGUE}, **VALUES)
    assert reasons(records) == [
        (1, "gas", row_checks.NO_NUMBER),
        (4, "id", row_checks.NO_ID),
        (4, "id", row_checks.NO_ID),
    ]
    assert adds_up(records)
    assert records.counts.index.tolist() == ["events: frame (cells)"]
    assert records.counts.iloc[0].to_dict() == {
        "read": 9,
        "used": 6,
        "excluded": 0,
        "out_of_bounds": 0,
        "quarantined": 3,
        "repeated": 0,
    }


def test_zero_of_a_reading_is_a_value_and_of_an_event_no_row() -> None:
    events = read_frame(WIDE, {"catalogue": CATALOGUE}, **VALUES).events
    rows = list(zip(events["household_id"], events["code"], events["value"], strict=True))
    assert rows == [
        ("a", "rent", 2),
        ("a", "score", -3),
        ("b", "gas", 1),
        ("b", "score", 0),
        ("c", "score", 5),
    ]


def deliveries(records: Records) -> list[tuple[object, ...]]:
    table = records.deliveries.astype({"event_date": str, "known_date": str, "area": object})
    return [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in table.itertuples(index=False)
    ]


def test_a_column_of_zeros_is_a_delivery_and_a_blank_one_is_none() -> None:
    frame = {"id": ["a", "a"], "day": ["202401", "202403"], "rent": [0, 1], "gas": [2, None]}
    records = read_frame(frame, values=["rent", "gas"], known_date={"lag": "5D"})
    assert deliveries(records) == [
        ("gas", None, "2024-01-31", "2024-02-05", True),
        ("gas", None, "2024-03-31", "2024-04-05", False),
        ("rent", None, "2024-01-31", "2024-02-05", True),
        ("rent", None, "2024-03-31", "2024-04-05", True),
    ]
    declared = read_frame(
        frame, {"coverage": [{"feed": "rent", "from": "2023-01-01"}]}, values=["rent", "gas"]
    )
    assert declared.coverage["from_date"].astype(str).tolist() == ["2023-01-01"]


def test_each_column_waits_for_the_lag_of_its_own_indicator() -> None:
    frame = {"id": ["a"], "day": ["2024-01-31"], "rent": [0], "gas": [1]}
    catalogue = {"rent": {"kind": "state", "lag": "1M"}, "gas": {"lag": "3D"}}
    records = read_frame(frame, {"catalogue": catalogue}, values=["rent", "gas"])
    assert [row[3] for row in deliveries(records)] == ["2024-02-03", "2024-02-29"]


def test_a_blank_among_zeros_is_a_household_that_was_not_matched() -> None:
    frame = {"id": list("abc") * 2, "day": ["2024-01-31"] * 3 + ["2024-02-29"] * 3}
    cells = {"rent": [0, 1, None, 0, None, 0], "seen": [1, None, None, None, 1, None]}
    records = read_frame(frame | cells, values=["rent", "seen"])
    found = (
        records.unmatched[["household_id", "feed", "event_date"]].astype(str).to_numpy().tolist()
    )
    assert found == [["b", "rent", "2024-02-29"], ["c", "rent", "2024-01-31"]]
    mended = frame | cells | {"known": ["2024-02-10"] * 3 + ["2024-03-10"] * 3}
    again = pd.concat(
        [pd.DataFrame(mended), pd.DataFrame(mended).tail(2).assign(rent=5, known="2024-03-20")]
    )
    table = read_frame(again, values=["rent", "seen"], known_date="known").unmatched
    assert table["matched_date"].isna().tolist() == [False, True]


def test_a_row_blank_throughout_is_a_household_that_no_column_matched() -> None:
    frame = {
        "id": list("abc"),
        "day": ["2024-01-31"] * 3,
        "rent": [0, 1, None],
        "gas": [1, 0, None],
        "seen": [1] * 3,
    }
    records = read_frame(frame | {"seen": [1, 1, None]}, values=["rent", "gas", "seen"])
    assert records.unmatched[["household_id", "feed"]].to_numpy().tolist() == [
        ["c", "rent"],
        ["c", "gas"],
    ]
    alone = read_frame(frame | {"seen": [None] * 3}, values=["rent", "gas", "seen"])
    assert alone.unmatched["feed"].tolist() == [
        "rent",
        "gas",
    ]  # what was not delivered matched nobody, nor failed to


def test_a_column_blank_in_one_area_only_was_not_delivered_there() -> None:
    homes = pd.DataFrame({"id": list("abc"), "gu": ["north", "south", "south"], "on": "2023-01-01"})
    manifest = {
        "attributes": [
            {"frame": homes, "household_id": "id", "known_date": "on", "columns": {"gu": "gu"}}
        ],
        "area": "gu",
    }
    frame = {"id": list("abc"), "day": ["2024-01-31"] * 3, "water": [None, 0, 1]}
    records = read_frame(frame, manifest, values=["water"])
    assert [(row[1], row[4]) for row in deliveries(records)] == [("north", False), ("south", True)]
    assert records.unmatched.empty


def test_columns_are_named_by_a_mapping_a_list_or_a_pattern() -> None:
    frame = {"id": ["a"], "day": ["2024-01-01"], "ind_1": [1], "ind_2": [2]}
    codes = [
        read_frame(frame, values=values).events["code"].tolist()
        for values in ({"ind_1": "rent", "ind_2": "gas"}, ["ind_1", "ind_2"], {"match": "^ind_"})
    ]
    assert codes == [["gas", "rent"], ["ind_1", "ind_2"], ["ind_1", "ind_2"]]


def test_a_pattern_that_nothing_matches_is_refused() -> None:
    with pytest.raises(RecordsError, match="no column matches"):
        read_frame({"id": ["a"], "day": ["2024-01-01"]}, values={"match": "^ind_"})
    with pytest.raises(ConfigError, match="no regular expression"):
        read_frame({"id": ["a"], "day": ["2024-01-01"]}, values={"match": "("})


def test_a_column_that_the_catalogue_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'rent'"):
        read_frame(
            {"id": ["a"], "day": ["2024-01-01"], "rnt": [1]},
            {"catalogue": {"rent": None}},
            values=["rnt"],
        )


def test_a_column_that_comes_with_later_deliveries_is_missing_before(tmp_path: Path) -> None:
    (tmp_path / "d1.csv").write_text("id,day,rent\na,202401,1\n")
    (tmp_path / "d2.csv").write_text("id,day,rent,gas\na,202402,1,1\n")
    records = read(
        [entry(file="d*.csv", code=None, values={"match": "rent|gas"})], root=str(tmp_path)
    )
    assert records.events["code"].tolist() == ["gas", "rent", "rent"]
    with pytest.raises(RecordsError, match=r"d1\.csv: there is no column 'gas'"):
        read([entry(file="d*.csv", value="gas")], root=str(tmp_path))


def test_numbers_and_texts_of_a_wide_table_give_the_same_events() -> None:
    frame = pd.DataFrame(
        {"id": list("abc"), "day": "2024-01-31", "rent": [0, 3, None], "gas": [1.5, None, 2]}
    )
    typed = read_frame(frame, values=["rent", "gas"])
    texts = read_frame(
        frame.astype(object).where(frame.notna(), "").astype(str), values=["rent", "gas"]
    )
    assert typed.tables["events"].equals(texts.tables["events"])
    assert typed.counts.equals(texts.counts)


def test_copies_of_a_wide_row_count_with_all_their_cells() -> None:
    frame = {"id": ["a", "a"], "day": ["2024-01-01"] * 2, "rent": [1, 1], "gas": [1, 1]}
    records = read_frame(frame, values=["rent", "gas"])
    assert records.counts[["used", "quarantined"]].iloc[0].tolist() == [2, 2]
    assert adds_up(records)
