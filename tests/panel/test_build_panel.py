"""Promises of `build_panel`: blind to the future, deterministic, nothing confused with zero."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from panel_records import CATALOGUE, ROUNDS, attributes, events, records

from riskmodel.errors import ConfigError, PanelError
from riskmodel.panel import (
    Agg,
    Attribute,
    Cohort,
    Features,
    Label,
    Panel,
    build_panel,
    feature_blocks,
)
from riskmodel.panel.filling import histories
from riskmodel.records import Records, engine
from riskmodel.records.table_schemas import conform

LABEL = Label("crisis", "3M", "1M")

# of pandas 2: a column that is missing throughout may lose its type; records give it back
pytestmark = pytest.mark.filterwarnings(
    "ignore:The behavior of DataFrame concatenation:FutureWarning"
)


def panel_of(facts: pd.DataFrame, **changes: object) -> Panel:
    return build_panel(records(facts, **changes), ROUNDS, LABEL, attributes=["gu", "size"])


def assert_same_rows(one: Panel, other: Panel) -> None:
    pd.testing.assert_frame_equal(one.X, other.X, check_exact=True)
    pd.testing.assert_frame_equal(one.groups, other.groups)
    assert one.columns == other.columns


def records_holding(facts: pd.DataFrame, name: str, table: pa.Table) -> Records:
    """Return records that hold a table as it stands, which no door has checked."""
    there = records(facts.drop_duplicates())
    return there.replace(tables={**there.tables, name: table})


# Promise 1: future-blind


def not_visible(facts: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    return (facts["event_date"] >= as_of) | (facts["known_date"] >= as_of)


def test_facts_not_visible_change_nothing() -> None:
    facts, last = events(), ROUNDS[-1]
    hidden = not_visible(facts, last)
    more = facts[hidden].assign(value=99.0, household_id="new", retracted_date=pd.NaT)
    rng = np.random.default_rng(1)
    changed = facts.assign(value=facts["value"].where(~hidden, 77.0))[
        ~(hidden & (rng.random(len(facts)) < 0.5))
    ]
    before = build_panel(records(facts), ROUNDS)
    after = build_panel(records(pd.concat([changed, more, more.assign(value=98.0)])), ROUNDS)
    assert_same_rows(before, after)


@pytest.mark.parametrize("catalogue", [CATALOGUE, None])
def test_a_code_first_seen_later_changes_no_column(catalogue: object) -> None:
    facts = events()
    late = {"known_date": ROUNDS[-1], "event_date": ROUNDS[0], "retracted_date": pd.NaT}
    new = facts[:50].assign(code="aaa_new", **late)
    before = build_panel(records(facts, catalogue=catalogue), ROUNDS)
    after = build_panel(records(pd.concat([facts, new]), catalogue=catalogue), ROUNDS)
    assert_same_rows(before, after)
    assert before.recipe.catalogue == after.recipe.catalogue
    both = [
        build_panel(records(f, catalogue=catalogue), ROUNDS, features=Features([Agg.count("*")]))
        for f in (facts, pd.concat([facts, new]))
    ]
    assert_same_rows(*both)


def test_retractions_to_come_and_attributes_to_come_change_nothing() -> None:
    facts, last = events(), ROUNDS[-1]
    standing = facts["retracted_date"].isna() | (facts["retracted_date"] >= last)
    retracted = facts.assign(retracted_date=facts["retracted_date"].where(~standing, last))
    more = pd.DataFrame(
        {"household_id": ["1", "2"], "name": "gu", "text": "moved", "known_date": last}
    )
    after = build_panel(
        records(retracted, attributes=pd.concat([attributes(), more])), ROUNDS, attributes=["gu"]
    )
    assert_same_rows(build_panel(records(facts), ROUNDS, attributes=["gu"]), after)


def test_a_round_alone_is_the_same_as_among_others() -> None:
    together = build_panel(
        records(), ROUNDS, features=Features([Agg.count("*", ["3M", "ever"]), Agg.now("debt")])
    )
    alone = build_panel(records(), [ROUNDS[2]], features=together.recipe.features)
    pd.testing.assert_frame_equal(
        together[together.as_of == ROUNDS[2]].X, alone.X, check_exact=True
    )


def test_mature_labels_never_change() -> None:
    facts = events()
    matured = LABEL.matures_on(ROUNDS[1])
    late = facts[not_visible(facts, pd.Timestamp(matured))]
    again = late.assign(detail="told again")
    before = build_panel(records(facts), ROUNDS[:2], LABEL)
    after = build_panel(
        records(pd.concat([facts, again, again.assign(event_date=ROUNDS[0])])), ROUNDS[:2], LABEL
    )
    pd.testing.assert_series_equal(before.y, after.y)
    assert after.late_outcomes > before.late_outcomes


# Promise 9: deterministic


def test_order_of_input_and_threads_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    shuffled = panel_of(events().sample(frac=1.0, random_state=3))
    monkeypatch.setattr(engine, "cpu_count", lambda: 1)
    assert_same_rows(shuffled, panel_of(events()))


def test_equal_facts_are_read_in_the_order_of_their_values() -> None:
    values = [1e16, 1.0, None, -1e16, 0.1]
    facts = pd.DataFrame(
        {"household_id": [*"aaaaabbbbb"], "code": "income", "event_date": "2023-01-01"}
    )
    features = Features([Agg.sum("income"), Agg.last("income"), Agg.first("income")])
    found = []
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(5)
        held = conform("events", facts.assign(value=[values[i] for i in order] * 2))
        # A table in another order than records keep: the panel must not rely on it.
        there = records_holding(facts, "events", held.take([*order, 9, 8, 7, 6, 5]))
        found.append(build_panel(there, ["2023-02-01"], features=features).X)
        pd.testing.assert_frame_equal(found[0], found[-1], check_exact=True)
    assert found[0]["income__last__ever"].to_list() == [np.float32(1e16)] * 2
    assert found[0]["income__first__ever"].to_list() == [np.float32(-1e16)] * 2


def test_rows_do_not_depend_on_the_size_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = panel_of(events())
    monkeypatch.setattr(histories, "BATCH", 40)
    assert_same_rows(whole, panel_of(events()))


@pytest.mark.parametrize("kind", ["text", "integer"])
def test_parquet_gives_the_same_rows_as_a_table(tmp_path: Path, kind: str) -> None:
    there = records()
    table = there.tables["events"]
    if kind == "integer":
        table = table.set_column(0, "household_id", table["household_id"].cast(pa.int32()))
    order = np.random.default_rng(0).permutation(len(table))
    pq.write_table(table.take(order), tmp_path / "events.parquet")
    stored = there.replace(tables={**there.tables, "events": tmp_path / "events.parquet"})
    expected, found = (build_panel(r, ROUNDS, LABEL, attributes=["gu"]) for r in (there, stored))
    assert_same_rows(expected, found)
    pd.testing.assert_series_equal(expected.y, found.y)


def test_blocks_hold_the_rows_of_the_panel() -> None:
    features = Features(
        [Agg.count("*", ["1M", "ever"]), Agg.last("income"), Attribute("size", number=True)]
    )
    blocks = list(feature_blocks(records(), ROUNDS, features=features, rows=37))
    assert max(map(len, blocks)) < 37 + len(ROUNDS)
    pd.testing.assert_frame_equal(
        pd.concat(blocks).sort_index(), build_panel(records(), ROUNDS, features=features).X
    )


# Nothings


def column(
    facts: list[tuple[str, str, str]], name: str, as_of: str, **changes: object
) -> pd.Series:
    frame = pd.DataFrame(facts, columns=["household_id", "code", "event_date"])
    code, operation, span = name.split("__")
    made = records(frame, rounds=None, attributes=attributes(3), **changes)
    rows = pd.DataFrame({"household_id": ["0", "1"], "as_of_date": pd.Timestamp(as_of)})
    panel = build_panel(made, rows, None, features=Features([Agg(operation, (code,), (span,))]))
    return panel.X[name].droplevel(1)


FACTS = [("0", "power", "2023-03-01"), ("1", "rent", "2022-05-01")]


def test_a_feed_is_missing_until_its_first_fact_is_seen_then_zero() -> None:
    assert column(FACTS, "power__count__ever", "2023-03-01").isna().all()
    assert column(FACTS, "power__count__ever", "2023-03-02").to_list() == [1, 0]
    assert column(FACTS, "power__recency__ever", "2023-03-02").iloc[1] == 0


def test_live_from_and_coverage_decide_before_what_was_seen() -> None:
    late = {**CATALOGUE, "power": {"live_from": "2023-06-01"}}
    assert column(FACTS, "power__count__ever", "2023-06-01", catalogue=late).isna().all()
    assert column(FACTS, "power__count__ever", "2023-06-02", catalogue=late).to_list() == [1, 0]
    out = pd.DataFrame({"feed": ["power"], "from_date": ["2023-01-01"], "to_date": ["2023-06-01"]})
    assert column(FACTS, "power__count__ever", "2023-06-01", coverage=out).to_list() == [1, 0]
    assert column(FACTS, "power__count__ever", "2023-06-02", coverage=out).isna().all()


def test_a_feed_may_cover_one_area_only_and_facts_elsewhere_are_counted() -> None:
    cover = pd.DataFrame(
        {"feed": ["power"], "area": ["south"], "from_date": ["2022-01-01"], "to_date": [None]}
    )
    facts = [*FACTS, ("1", "power", "2023-03-01")]
    found = column(facts, "power__count__ever", "2023-04-01", coverage=cover)
    assert found["0"] == 1
    assert np.isnan(found["1"])
    made = records(
        pd.DataFrame(facts, columns=["household_id", "code", "event_date"]), coverage=cover
    )
    panel = build_panel(made, ["2023-04-01"], features=Features([Agg.count("power")]))
    assert panel.outside_coverage == 1
    assert "outside coverage" in repr(panel)


LISTED = pd.DataFrame({"feed": "power", "event_date": ["2023-02-28", "2023-03-31"]})


@pytest.mark.parametrize(
    ("areas", "seen"),
    [
        ([None, None], "two"),  # everywhere
        (["south", "south"], "south"),
        (["south", None], "two"),  # first in the south, then everywhere
        (["elsewhere", "elsewhere"], "none"),
    ],
)
def test_deliveries_listed_for_some_areas_say_nothing_of_the_others(
    areas: list[str | None], seen: str
) -> None:
    listed = LISTED.assign(known_date=LISTED["event_date"], area=areas)
    # household 0 is in the south, household 1 in the north; no fact tells of either
    facts = [("0", "rent", "2022-05-01"), ("1", "rent", "2022-05-01"), ("2", "power", "2023-02-05")]
    found = column(facts, "power__count__ever", "2023-04-15", deliveries=listed)
    where = {"two": [False, False], "south": [False, True], "none": [True, True]}
    assert found.isna().to_list() == where[seen]

    before = column(facts, "power__count__ever", "2023-03-15", deliveries=listed)
    earlier = where["south" if areas[0] == "south" else seen]
    assert before.isna().to_list() == earlier

    # nor do they say that nothing happened there
    frame = pd.DataFrame(facts, columns=["household_id", "code", "event_date"])
    made = records(frame, rounds=None, attributes=attributes(3), deliveries=listed)
    rows = pd.DataFrame({"household_id": ["0", "1"], "as_of_date": pd.Timestamp("2023-03-01")})
    panel = build_panel(made, rows, Label("power", "1M", "1M"), features=Features([]))
    assert panel.y.isna().to_list() == earlier
    assert panel.y.fillna(0).to_list() == [0, 0]


def test_a_window_opens_with_the_first_delivery_to_the_area() -> None:
    days = ["2023-01-31", "2023-02-28", "2023-03-31"]
    parts = {"south": days, "north": days[1:]}
    listed = pd.concat(
        [pd.DataFrame({"feed": "power", "event_date": d, "area": a}) for a, d in parts.items()]
    )
    facts = [("0", "rent", "2022-05-01"), ("1", "rent", "2022-05-01"), ("0", "power", "2022-06-01")]
    frame = pd.DataFrame(facts, columns=["household_id", "code", "event_date"])
    made = records(
        frame,
        rounds=None,
        attributes=attributes(3),
        deliveries=listed.assign(known_date=listed["event_date"]),
    )
    rows = pd.DataFrame({"household_id": ["0", "1"], "as_of_date": pd.Timestamp("2023-04-15")})
    spans = ["46D", "47D", "74D", "75D"]
    features = Features([Agg.count("power", spans)], partly_covered="missing")
    panel = build_panel(made, rows, None, features=features)
    covered = panel.X.droplevel(1).notna()
    assert covered.loc["0"].to_list() == [True, True, True, False]
    assert covered.loc["1"].to_list() == [True, False, False, False]


def test_a_window_that_begins_before_its_feed_is_named() -> None:
    panel = build_panel(
        records(), ["2022-08-01"], features=Features([Agg.count("rent", ["1M", "6M", "ever"])])
    )
    assert panel.partly_covered == {"rent__count__6M": ("2022-08-01",)}
    assert "counted: rent__count__6M (on 2022-08-01)" in repr(panel)
    earlier = records(since=np.datetime64("2022-01-01"))
    assert not build_panel(
        earlier, ["2022-08-01"], features=Features([Agg.count("rent", "6M")])
    ).partly_covered


def test_a_state_holds_until_the_next_delivery_without_the_household() -> None:
    days = ["2023-01-05", "2023-02-05", "2023-03-05"]
    facts = [("0", "debt", day) for day in days] + [("1", "debt", days[0]), ("1", "debt", days[2])]
    assert column(facts, "debt__now__ever", "2023-03-06").to_list() == [1, 1]
    spells = column(facts, "debt__spell__ever", "2023-03-06")
    assert spells.to_list() == [np.float32(60 / 30.4375), np.float32(1 / 30.4375)]
    assert column(facts, "debt__now__ever", "2023-03-05").to_list() == [1, 0]
    assert column(facts, "debt__now__ever", "2023-01-05").isna().all()


# Promise 4, as far as features go


@pytest.mark.parametrize("seed", range(3))
def test_one_more_event_moves_a_directed_column_one_way_only(seed: int) -> None:
    facts, rng = events(seed), np.random.default_rng(seed)
    directed = [code for code in CATALOGUE if CATALOGUE[code]["direction"] == 1]
    rows = pd.DataFrame(
        [(str(h), day) for h in range(80) for day in ROUNDS], columns=["household_id", "as_of_date"]
    )
    extra = facts[facts["code"].isin(directed)].sample(60, random_state=seed)
    moved = extra.assign(household_id=rng.integers(0, 80, 60).astype(str), retracted_date=pd.NaT)
    more = rng.integers(0, 5, len(facts)) * facts["code"].isin(directed)
    raised = facts.assign(value=facts["value"] + more)
    before = build_panel(records(facts), rows)
    for changed in (pd.concat([facts, moved]), raised):
        after = build_panel(records(changed), rows)
        for name, direction in before.directions.items():
            if direction == 1 and before.X[name].dtype == np.float32:
                risen = after.X[name] - before.X[name]
                assert (risen.dropna() >= 0).all(), name


# Attributes and groups


def test_attributes_are_those_known_before_the_date() -> None:
    facts = pd.DataFrame({"household_id": ["1"], "code": ["rent"], "event_date": ["2022-01-01"]})
    told = pd.DataFrame(
        {
            "household_id": "1",
            "name": "gu",
            "text": ["birth", "b", "a", "c"],
            "known_date": [None, "2023-01-01", "2023-01-01", "2023-02-01"],
        }
    )
    # Of two values known on one day, which a door refuses, the last in order counts.
    panel = build_panel(
        records_holding(facts, "attributes", conform("attributes", told)),
        ["2023-01-01", "2023-01-02", "2023-02-02"],
        attributes=["gu"],
        min_households=1,
    )
    assert (
        panel.X["gu"].to_list()
        == panel.groups["gu"].to_list()
        == panel.area.to_list()
        == ["birth", "b", "c"]
    )
    assert panel.columns[-1].categories == ("b", "birth", "c")


def test_groups_are_no_features_unless_named() -> None:
    panel = build_panel(records(), ROUNDS)
    assert "gu" in panel.groups
    assert "gu" not in panel.X


def test_an_attribute_misnamed_or_of_the_other_kind_is_refused() -> None:
    with pytest.raises(PanelError, match="did you mean 'gu'"):
        build_panel(records(), ROUNDS, attributes=["gus"])
    with pytest.raises(PanelError, match=r"Attribute\('size', number=True\)"):
        build_panel(records(), ROUNDS, attributes=[Attribute("size")])


# Rounds


def test_a_frame_of_dates_gives_its_own_rows_and_rounds() -> None:
    rows = pd.DataFrame(
        {
            "household_id": [5, 3, 85],  # of 85 no fact, but attributes
            "as_of_date": ["2023-07-05", "2023-07-01", "2023-07-01"],
            "round": ["july", "july", "other"],
        }
    )
    panel = build_panel(records(), rows)
    assert list(panel.X.index.get_level_values(0)) == ["3", "5", "85"]
    assert list(panel.round) == ["july", "july", "other"]
    assert len(build_panel(records(), rows, cohort=Cohort())) == 2


def test_rounds_missing_repeated_or_after_today_are_refused() -> None:
    with pytest.raises(PanelError, match="no rounds"):
        build_panel(records(rounds=None))
    with pytest.raises(PanelError, match="the round 2024-08-01 lies after 2024-07-01, from which"):
        build_panel(records(), ["2024-08-01", "2023-07-05"])
    with pytest.raises(PanelError, match="a round is not a date"):
        build_panel(records(), pd.DatetimeIndex(["2023-07-05", pd.NaT]))
    with pytest.raises(ConfigError, match="repeat"):
        build_panel(
            records(), pd.DataFrame({"household_id": ["1", "1"], "as_of_date": ["2023-07-05"] * 2})
        )


def test_the_records_own_label_comes_with_their_own_rounds() -> None:
    made = records(label=LABEL)
    assert build_panel(made).label == LABEL
    assert build_panel(made, label=None).y is None
    assert build_panel(made, ROUNDS).label is None


def test_truth_comes_along() -> None:
    index = pd.MultiIndex.from_product([["1", "2"], ROUNDS], names=["household_id", "as_of_date"])
    truth = pd.DataFrame({"probability": np.arange(len(index)) / 10}, index=index)
    panel = build_panel(records(truth=truth), ROUNDS)
    assert panel.truth.index.equals(panel.X.index)
    assert panel.truth["probability"].notna().sum() == len(index)


def test_a_set_of_records_without_a_fact_before_the_round_is_a_cohort_of_nobody() -> None:
    with pytest.raises(PanelError, match="no household is in the cohort of 2022-05-01"):
        build_panel(records(), ["2022-05-01"])


def test_ids_are_text_in_the_order_of_text() -> None:
    made = Records.from_frames(
        pd.DataFrame(
            {"household_id": ["10", "9", "가", "00123"], "code": "x", "event_date": "2023-01-01"}
        ),
        today="2024-01-01",
    )
    panel = build_panel(made, ["2023-06-01"])
    assert list(panel.households) == ["00123", "10", "9", "가"]
    assert panel.X.index.is_monotonic_increasing
