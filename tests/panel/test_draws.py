"""Who of a panel's rows was drawn, and by what chance: from lists, else from contacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.records import Records

ROUNDS = ["2024-03-01", "2024-05-01"]
HOUSEHOLDS = list("abcdef")
AREA = dict(zip(HOUSEHOLDS, ["north"] * 3 + ["south"] * 3, strict=True))


def records(**tables: Any) -> Records:
    facts = {"household_id": HOUSEHOLDS, "code": "fire", "event_date": "2024-01-05"}
    known = {"household_id": [*AREA], "name": "area", "text": [*AREA.values()]}
    attributes = pd.DataFrame({**known, "known_date": "2024-01-01"})
    return Records.from_frames(
        pd.DataFrame(facts), today="2024-12-01", attributes=attributes, area="area", **tables
    )


def panel(**tables: Any) -> rm.Panel:
    return rm.build_panel(records(**tables), ROUNDS)


def lists(chances: dict[str, float], drawn: str, **columns: Any) -> pd.DataFrame:
    """Return a list of the first round."""
    table = pd.DataFrame({"household_id": [*chances], "probability": [*chances.values()]})
    told = {"as_of_date": ROUNDS[0], "list": "ai", "drawn": table["household_id"].isin([*drawn])}
    return table.assign(**{**told, **columns})


def contacts(chances: dict[str, float | None], **columns: Any) -> pd.DataFrame:
    table = pd.DataFrame({"household_id": [*chances], "probability": [*chances.values()]})
    return table.assign(**{"as_of_date": ROUNDS[0], "result": "no_need", **columns})


def of_first_round(built: rm.Panel) -> pd.DataFrame:
    assert built.draws is not None
    assert built.draws.index.equals(built.X.index)
    return built.draws.xs(ROUNDS[0], level=1)


WHOLE = dict(zip(HOUSEHOLDS, [1.0, 0.5, 0.5, 0.2, 0.2, 0.2], strict=True))


def test_a_list_tells_of_each_row() -> None:
    stratum = ["top", *["rest"] * 5]
    built = panel(lists=lists(WHOLE, "ab", stratum=stratum, channel="visit"))
    first = of_first_round(built)
    assert first["probability"].to_dict() == WHOLE
    assert first["drawn"].tolist() == [True, True, False, False, False, False]
    assert first["stratum"].tolist() == stratum
    assert (first["list"] == "ai").all()
    assert (first["channel"] == "visit").all()
    assert built.draws is not None
    second = built.draws.xs(ROUNDS[1], level=1)
    assert not second["drawn"].any()
    assert (second["probability"] == 0).all()


def test_who_is_not_on_a_list_of_the_whole_cohort_could_not_be_drawn() -> None:
    first = of_first_round(panel(lists=lists({"a": 1.0, "b": 0.5, "c": 0.5}, "ab")))
    assert first["probability"].tolist() == [1.0, 0.5, 0.5, 0.0, 0.0, 0.0]


ARMS = {
    "one in the arm": ({"a": 1.0, "b": 0.5}, [1.0, 0.5, 0.5, 0.0, 0.0, 0.0]),
    "two of one chance": ({"b": 0.5, "c": 0.5}, [0.5, 0.5, 0.5, 0.0, 0.0, 0.0]),
    "two of two chances": ({"b": 0.5, "c": 0.4}, [None, 0.5, 0.4, 0.0, 0.0, 0.0]),
    "an arm in each area": ({"a": 0.5, "d": 0.2}, [0.5, 0.5, 0.5, 0.2, 0.2, 0.2]),
    "listed for certain alone": ({"a": 1.0, "d": 1.0}, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
    "one of unknown chance": ({"a": None, "d": 0.2}, [None, None, None, 0.2, 0.2, 0.2]),
}


# a list of the drawn without their chances is refused
@pytest.mark.parametrize(
    ("table", "case"),
    [*(("contacts", case) for case in ARMS), *(("lists", case) for case in list(ARMS)[:-1])],
)
def test_the_rest_have_the_chance_of_their_area_and_round(table: str, case: str) -> None:
    chances, expected = ARMS[case]
    drawn = contacts(chances) if table == "contacts" else lists(chances, "abcdef")
    first = of_first_round(panel(**{table: drawn}))
    assert first["probability"].to_numpy() == pytest.approx(
        np.array(expected, float), abs=1e-12, nan_ok=True
    )
    assert first["drawn"].tolist() == [household in chances for household in HOUSEHOLDS]


def test_an_arm_counts_those_outside_the_panel_too() -> None:
    made = records(contacts=contacts({"c": 0.5}))
    rows = pd.DataFrame({"household_id": list("ab"), "as_of_date": ROUNDS[0]})
    built = rm.build_panel(made, rows)
    assert built.draws is not None
    assert built.draws["probability"].tolist() == [0.5, 0.5]
    assert not built.draws["drawn"].any()


def test_several_attempts_are_one_draw() -> None:
    twice = pd.concat(
        [
            contacts({"a": 0.5}, attempt=1, channel="ai_call"),
            contacts({"a": None}, attempt=2, channel="visit"),
        ]
    )
    first = of_first_round(panel(contacts=twice)).loc["a"]
    assert (first["probability"], first["channel"]) == (0.5, "ai_call")
    other = pd.concat([contacts({"a": 0.5}, attempt=1), contacts({"a": 0.4}, attempt=2)])
    assert np.isnan(of_first_round(panel(contacts=other)).loc["a", "probability"])


def test_on_two_lists_of_a_round_no_chance_is_known() -> None:
    two = pd.concat([lists(WHOLE, "a"), lists({"a": 0.3, "d": 0.3}, "d", list="local")])
    first = of_first_round(panel(lists=two))
    assert first["probability"].isna().tolist() == [True, False, False, True, False, False]
    assert first["drawn"].tolist() == [True, False, False, True, False, False]
    assert first["list"].isna().tolist() == [True, False, False, True, False, False]


def test_a_list_of_a_month_is_that_of_the_round_in_it() -> None:
    first = of_first_round(panel(lists=lists(WHOLE, "ab", as_of_date="2024-03-31")))
    assert first["probability"].to_dict() == WHOLE


def test_without_probabilities_nothing_is_told() -> None:
    assert panel().draws is None
    assert panel(contacts=contacts({"a": None})).draws is None


def test_draws_stay_with_their_rows_and_in_a_file(tmp_path: Path) -> None:
    built = panel(lists=lists(WHOLE, "ab", stratum="rest"))
    built.to_parquet(tmp_path / "p.parquet")
    again = rm.Panel.read_parquet(tmp_path / "p.parquet")
    assert again.draws is not None
    assert again.draws.dtypes.astype(str).equals(built.draws.dtypes.astype(str))
    texts = again.draws.astype(object), built.draws.astype(object)
    pd.testing.assert_frame_equal(*texts, check_column_type=False)
    assert str(again) == str(built)
    assert "drawn to be contacted: fewer than 10 rows" in str(built)
    some = built[built.households.isin(["a", "d"])]
    assert some.draws is not None
    assert some.draws.index.equals(some.X.index)
    assert some.draws["drawn"].sum() == 1


def test_contacts_tell_what_the_lists_of_a_service_tell() -> None:
    made = rm.make_households(3_000, n_rounds=3, capacity=0.1, random_share=0.3, random_state=4)
    everybody = rm.Cohort(listed=True)
    by_list = rm.build_panel(made, made.rounds, None, everybody).draws
    alone = {name: table for name, table in made.tables.items() if name != "lists"}
    by_contacts = rm.build_panel(made.replace(tables=alone), made.rounds, None, everybody).draws
    assert by_list is not None
    assert by_contacts is not None
    assert by_list["drawn"].sum() > 700
    assert np.array_equal(by_list["drawn"], by_contacts["drawn"])
    assert np.allclose(by_list["probability"], by_contacts["probability"], atol=1e-12)


def test_a_contact_that_a_correction_moved_was_drawn_where_it_is_now() -> None:
    wrong = contacts({"a": 0.5}, contact_id="7", known_date="2024-03-05")
    right = contacts({"d": 0.2}, contact_id="7", known_date="2024-03-09")
    first = of_first_round(panel(contacts=pd.concat([wrong, right])))
    assert first.index[first["drawn"]].tolist() == ["d"]
    assert first["probability"].to_dict() == {
        **dict.fromkeys("abc", 0.0),
        **dict.fromkeys("def", 0.2),
    }
