"""Lists and traces carry an id as it was first written; any form of it is found."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import PanelError
from riskmodel.scoring import score_round

KIND = "look-alikes"


def test_a_panel_of_a_frame_tells_ids_as_they_were_written(tmp_path: Path, mended: Note) -> None:
    number = range(60)
    df = pd.DataFrame({"id": [in_hangul(one) for one in number], "rent": 1.0, "y": 0.0})
    df.loc[::3, "y"] = 1.0
    panel = rm.Panel.from_frame(df, household_id="id", as_of_date="2024-01-01", y="y")
    panel.to_parquet(tmp_path / "panel.parquet")
    again = rm.Panel.read_parquet(tmp_path / "panel.parquet")
    for one in (panel, panel[:30], again):
        written = one.as_written(one.households.to_series())
        assert set(written) <= set(df["id"])
        assert sum(not unicodedata.is_normalized("NFC", text) for text in written) >= 10
    plain = rm.Panel.from_frame(df.assign(id=number), household_id="id", as_of_date="2024-01-01")
    ids = plain.households.to_series()
    assert plain.as_written(ids).equals(ids)
    found = panel.as_written(panel.households.to_series()).isin(df["id"]).sum()
    mended(
        KIND,
        tried="decomposed Hangul as ids of Panel.from_frame",
        before="30 of 60 ids of the panel are not found in the frame",
        now=f"{found} of 60 are",
    )


def nfd(text: str) -> str:
    """Return a text as files from a Mac write it."""
    return unicodedata.normalize("NFD", text)


def in_hangul(number: object) -> str:
    """Return an id in Hangul: decomposed where the number is even."""
    return nfd(f"가-{number}") if int(str(number)) % 2 == 0 else f"가-{number}"


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    made = rm.make_households(200, random_state=3)
    code, _ = pd.factorize(made.events["household_id"])
    codes = made.events["code"].replace({"crisis": nfd("위기")})
    events = made.events.assign(household_id=[in_hangul(n) for n in code], code=codes)
    records = rm.Records.from_frames(events, today=made.today, rounds=made.rounds)
    panel = rm.build_panel(
        records,
        label=rm.Label(nfd("위기"), window="6M", maturity="2M"),
        features=rm.Features([rm.Agg.count([nfd("위기"), "loan_overdue"], ["6M", "ever"])]),
        cohort=rm.Cohort(codes=[nfd("위기"), "loan_overdue"]),
    )
    train, _ = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    table = score_round(model, records, "2024-03-01", capacity=10).frame()
    return SimpleNamespace(
        written=set(events["household_id"]),
        records=records,
        panel=panel,
        model=model,
        table=table,
    )


def test_a_list_has_ids_as_the_office_wrote_them(study: SimpleNamespace, mended: Note) -> None:
    listed = study.table["household_id"]
    assert sum(not unicodedata.is_normalized("NFC", household) for household in listed) > 0
    assert set(study.panel.as_written(study.panel.households.to_series())) <= study.written
    found = sum(household in study.written for household in listed)
    assert found == len(listed)
    mended(
        KIND,
        tried="ids of a list, looked up in the office's own file",
        before="two forms were two households",
        now=f"{found} of {len(listed)} found",
    )


def test_a_panel_has_one_form_of_each_id(study: SimpleNamespace) -> None:
    assert all(unicodedata.is_normalized("NFC", household) for household in study.panel.households)
    assert study.panel.X.columns.tolist()[0] == "위기__count__6M"
    assert study.panel.y.sum() > 0


def with_unseen(text: str) -> str:
    return f" {text[0]}\u200b{text[1:]}"


@pytest.mark.parametrize("form", [str, nfd, with_unseen], ids=["NFC", "NFD", "unseen"])
def test_a_trace_and_an_explanation_find_any_form(
    study: SimpleNamespace, form: Callable[[str], str]
) -> None:
    first = study.table["household_id"].iloc[0]
    asked = form(unicodedata.normalize("NFC", first))
    trace = rm.trace(study.model, study.records, "2024-03-01", asked, capacity=10)
    assert trace.household == first
    assert trace.standing.rank == 1
    assert len(rm.explain(study.model, study.panel).household(asked)) > 0


def test_an_area_of_a_capacity_and_a_heading_of_a_frame_too(mended: Note) -> None:
    frame = pd.DataFrame(
        {
            nfd("세대"): [nfd(f"가-{i}") for i in range(6)],
            "on": "2024-01-05",
            nfd("구"): [nfd("강남"), "강남", "강북"] * 2,
            "x": range(6),
        }
    )
    panel = rm.Panel.from_frame(
        frame, household_id="세대", as_of_date="on", area="구", features=["x"]
    )
    assert panel.households.tolist() == [f"가-{i}" for i in range(6)]
    assert panel.area is not None
    assert panel.area.cat.categories.tolist() == ["강남", "강북"]
    capacity = rm.metrics.Capacity.parse({nfd("강남"): 1, "강북": 1})
    capacity.check_areas(panel.area.unique())
    mended(KIND, tried="an area of a capacity", before="no area", now=", ".join(capacity.areas))


def test_two_columns_of_one_look_are_refused() -> None:
    frame = pd.DataFrame([["a", "2024-01-05", 1, 2]], columns=["id", "on", "값", nfd("값")])
    with pytest.raises(PanelError, match="several columns would be named 값"):
        rm.Panel.from_frame(frame, household_id="id", as_of_date="on")


def test_scores_of_ones_own_go_to_the_row_whose_id_looks_the_same(study: SimpleNamespace) -> None:
    panel = study.panel[study.panel.y.notna().to_numpy()]
    scores = pd.Series(study.model.margin(panel), index=panel.X.index, name="scores")
    other = scores.rename(index={name: nfd(name) for name in panel.households.unique()}, level=0)
    assert repr(rm.evaluate(other, panel)) == repr(rm.evaluate(scores, panel))
