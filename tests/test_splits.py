"""No label window crosses a cut; a split that cannot be made says what it lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mended import Note
from riskmodel.errors import ConfigError, PanelError
from riskmodel.keys import as_days, rounds
from riskmodel.panel import Label, Panel, build_panel
from riskmodel.records import Records
from riskmodel.splits import HouseholdSplit, TemporalSplit

LABEL = Label("crisis", "4M", "2M")
GRID = rounds("2023-01-01", "2024-09-01", every="2M")


def panel_of(
    label: Label | None = LABEL,
    grid: pd.DatetimeIndex = GRID,
    today: str = "2025-01-01",
    **columns: Any,
) -> Panel:
    keys = pd.MultiIndex.from_product([range(20), grid], names=["id", "day"]).to_frame(index=False)
    frame = keys.assign(x=1.0, y=np.where(keys["id"] % 3, 0.0, 1.0), **columns)
    if label is not None:
        frame.loc[label.matures_on(as_days(frame["day"])) > np.datetime64(today), "y"] = np.nan
    return Panel.from_frame(
        frame, household_id="id", as_of_date="day", y="y", label=label, today=today
    )


def folds_of(split: TemporalSplit, panel: Panel) -> list[tuple[Panel, Panel]]:
    try:
        return list(split.split(panel))
    except PanelError as error:
        if error.code not in ("split.too_few_rounds", "split.immature"):
            raise
        return []


SPANS = st.sampled_from(["1D", "45D", "1M", "3M", "6M", "12M"])


@settings(max_examples=60, deadline=None)
@given(
    SPANS,
    st.sampled_from(["0D", "10D", "2M"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["1M", "2M", "50D"]),
)
def test_no_window_crosses_a_cut(
    window: str, maturity: str, tests: int, cuts: int, every: str
) -> None:
    label = Label("crisis", window, maturity)
    panel = panel_of(label, rounds("2023-01-31", "2024-09-01", every))
    folds = folds_of(TemporalSplit(tests, n_splits=cuts), panel)
    assert len(folds) in (0, cuts)
    starts = []
    for train, test in folds:
        assert label.matures_on(as_days(train.as_of)).max() <= as_days(test.as_of).min()
        assert label.matures_on(as_days(test.as_of)).max() <= panel.today
        assert test.as_of.nunique() == tests
        starts.append(test.as_of.min())
    assert starts == sorted(set(starts))
    if not folds:
        return
    last_train, last_test = TemporalSplit(tests, n_splits=cuts).last(panel)
    assert last_test.X.index.equals(folds[-1][1].X.index)
    assert last_train.X.index.equals(folds[-1][0].X.index)


def test_training_takes_every_round_that_had_matured() -> None:
    train, test = TemporalSplit().last(panel_of())
    assert test.as_of.unique().to_list() == [pd.Timestamp("2024-07-01")]
    assert train.as_of.max() == pd.Timestamp("2024-01-01")


def test_a_split_tells_how_many_cuts_it_makes() -> None:
    panel = panel_of()
    for split in (TemporalSplit(), TemporalSplit(n_splits=2), HouseholdSplit()):
        assert split.n_cuts(panel) == len(list(split.split(panel)))


def test_test_from_takes_every_mature_round_from_that_day() -> None:
    _, test = TemporalSplit(test_from="2024-04-15").last(panel_of())
    assert [str(day.date()) for day in test.as_of.unique()] == ["2024-05-01", "2024-07-01"]


def test_too_few_rounds_says_how_many_are_needed() -> None:
    with pytest.raises(PanelError, match=r"4M \+ 2M.*3 mature rounds.*4 are needed"):
        TemporalSplit().last(panel_of(grid=GRID[:3]))
    TemporalSplit().last(panel_of(grid=GRID[:4]))


def test_too_few_rounds_for_the_cuts_of_a_backtest_name_the_cuts(mended: Note) -> None:
    with pytest.raises(PanelError, match="5 are needed") as refusal:
        list(TemporalSplit(n_splits=2).split(panel_of(grid=GRID[:4])))
    assert "fewer cuts (n_splits, in the shell split.backtest_cuts)" in str(refusal.value)
    list(TemporalSplit(n_splits=1).split(panel_of(grid=GRID[:4])))
    mended(
        "friction",
        tried="two cuts of a backtest on rounds that carry one",
        before="build more rounds, test on fewer, or shorten window or maturity",
        now=refusal.value.next_step,
    )


def test_immature_rounds_are_no_test_rounds() -> None:
    with pytest.raises(PanelError, match="2024-09-01, matures on 2025-03-01"):
        TemporalSplit(test_from="2024-09-01").last(panel_of())
    with pytest.raises(PanelError, match="no test round has a mature label"):
        TemporalSplit().last(panel_of(today="2023-02-01"))


def contacted(**changes: Any) -> Panel:
    """Return a panel of mature rounds whose labels contacts show, with contacts of other rows."""
    facts = pd.DataFrame(
        {"household_id": ["001", "002"], "code": "rent", "event_date": "2023-01-05"}
    )
    visits = {"household_id": ["1", "2"], "as_of_date": "2024-01-01", "result": "no_need"}
    contacts = pd.DataFrame(visits | {"known_date": "2024-01-10"} | changes)
    records = Records.from_frames(facts, contacts=contacts, today="2024-11-01")
    label = Label("need_confirmed", "6M", "1M", observed_by="contacts")
    return build_panel(records, ["2023-06-01", "2024-01-01", "2024-03-01"], label=label)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "household_id": ["001", "002"],
            "as_of_date": "2024-02-01",
            "known_date": "2024-02-10",
        },
    ],
    ids=["ids", "rounds"],
)
@pytest.mark.parametrize("split", [TemporalSplit(), TemporalSplit(test_from="2024-01-01")])
def test_contacts_that_match_no_row_are_told_and_nothing_of_maturity(
    split: TemporalSplit, changes: dict[str, Any], mended: Note
) -> None:
    with pytest.raises(PanelError, match="no contact is of one of these rows") as refusal:
        split.last(contacted(**changes))
    assert "none of 6 rows whose window has matured has a label" in str(refusal.value)
    assert "mature label" not in str(refusal.value)
    assert refusal.value.code == "split.unobserved"
    assert "records.summary()" in refusal.value.next_step
    mended(
        "matches",
        tried=f"contacts of other {'rounds' if changes else 'ids'}, {split}",
        before="matures on 2024-10-01, complete before 2024-11-01",
        now=str(refusal.value).split(". ")[0],
    )


def test_rows_that_nobody_reached_are_told_by_reason() -> None:
    panel = contacted(household_id=["001", "002"], result="not_reached")
    with pytest.raises(PanelError, match=r"\(4 not contacted, 2 not reached\)"):
        TemporalSplit().last(panel)


def test_mature_rounds_from_a_day_on_without_a_label_are_told() -> None:
    panel = panel_of()
    is_late = as_days(panel.as_of) >= np.datetime64("2024-03-01")
    spoilt = Panel(**{**panel.__dict__, "y": panel.y.mask(is_late)})
    with pytest.raises(PanelError, match="none of 60 rows whose window has matured has a label"):
        TemporalSplit(test_from="2024-03-01").last(spoilt)


def test_no_round_from_a_day_on_is_told() -> None:
    with pytest.raises(PanelError, match="no round of the panel lies on or after test_from"):
        TemporalSplit(test_from="2030-01-01").last(panel_of())


def test_one_class_on_either_side_is_refused() -> None:
    panel = panel_of()
    late = as_days(panel.as_of) >= np.datetime64("2024-07-01")
    for side, rows in (("test", late), ("train", ~late)):
        for y, name in ((0.0, "positive"), (1.0, "negative")):
            spoilt = Panel(**{**panel.__dict__, "y": panel.y.mask(rows, y)})
            with pytest.raises(PanelError, match=f"{side} holds no {name}"):
                TemporalSplit().last(spoilt)


def test_without_a_window_there_is_no_embargo() -> None:
    with pytest.raises(PanelError, match=r"Panel\.from_frame"):
        TemporalSplit().last(panel_of(None))


@pytest.mark.parametrize(
    "arguments", [{"test_rounds": 0}, {"n_splits": 0}, {"test_from": "2024-01-01", "n_splits": 2}]
)
def test_arguments_that_cannot_be_meant(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        TemporalSplit(**arguments)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 0.9), st.integers(0, 99))
def test_households_stand_on_one_side_only(share: float, seed: int) -> None:
    panel = panel_of()
    chosen = HouseholdSplit(share, seed)._chosen(panel)
    train, test = set(panel.households[~chosen]), set(panel.households[chosen])
    assert train & test == set()
    assert len(test) == max(1, round(share * 20))


def test_a_household_split_says_what_it_is_not() -> None:
    split = HouseholdSplit()
    train, test = split.last(panel_of())
    assert "not a test of the future" in repr(split)
    assert "not a test of the future" in repr(test)
    again = next(split.split(panel_of()))[0]
    assert again.X.index.equals(train.X.index)
    with pytest.raises(ConfigError):
        HouseholdSplit(1.5)
