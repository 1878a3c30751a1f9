"""Labels by the timing rule: 1, 0 and each kind of missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from panel_records import ROUNDS, records

from mended import Note
from riskmodel.errors import ConfigError, PanelError
from riskmodel.few import told_text
from riskmodel.panel import Label, Panel, build_panel
from riskmodel.panel.labelling.label_table import LabelCounts
from riskmodel.panel.labelling.verdicts import OTHER_DAY
from riskmodel.records.contact_words import NO_VERDICT

DAY = pd.Timedelta(days=1)
AS_OF = pd.Timestamp("2024-01-31")
WINDOW_END, CLOSES = pd.Timestamp("2024-02-29"), pd.Timestamp("2024-03-29")
LABEL = Label("crisis", "1M", "1M")


def panel_of(facts: list[tuple[object, ...]], label: Label = LABEL, **changes: object) -> object:
    columns = ["household_id", "code", "event_date", "known_date", "retracted_date"]
    seen = [
        ("a", "rent", "2022-01-01", "2022-01-01", None),
        ("b", "rent", "2022-01-01", "2022-01-01", None),
    ]
    frame = pd.DataFrame([*seen, *facts], columns=columns)
    for name in columns[2:]:
        frame[name] = pd.to_datetime(frame[name])
    return build_panel(records(frame, **changes), [AS_OF], label)


@pytest.mark.parametrize(
    ("event", "known", "retracted", "y"),
    [
        (AS_OF, AS_OF, None, 1),
        (AS_OF - DAY, AS_OF, None, 0),
        (WINDOW_END - DAY, WINDOW_END - DAY, None, 1),
        (WINDOW_END, WINDOW_END, None, 0),
        (AS_OF, CLOSES - DAY, None, 1),
        (AS_OF, CLOSES, None, 0),
        (AS_OF, AS_OF, CLOSES - DAY, 0),
        (AS_OF, AS_OF, CLOSES, 1),
        (AS_OF, AS_OF - 9 * DAY, None, 1),
    ],
)
def test_edge_days(event: object, known: object, retracted: object, y: int) -> None:
    assert panel_of([("a", "crisis", event, known, retracted)]).y.to_list() == [y, 0]


def test_what_is_known_too_late_is_counted() -> None:
    too_late = ("a", "crisis", AS_OF + DAY, CLOSES, None)
    panel = panel_of([too_late, ("a", "crisis", AS_OF, AS_OF, None)])
    assert panel.late_outcomes == 1
    assert "1 outcomes known too late" in repr(panel)


def test_min_count_and_several_outcomes() -> None:
    facts = [
        (who, code, AS_OF, AS_OF, None)
        for who, code in (("a", "crisis"), ("a", "visit"), ("b", "visit"))
    ]
    assert panel_of(facts, Label(["crisis", "visit"], "1M", "1M", min_count=2)).y.to_list() == [
        1,
        0,
    ]
    assert panel_of(facts, Label(["crisis", "visit"], "1M", "1M")).y.to_list() == [1, 1]


def test_observed_by_a_code() -> None:
    facts = [("a", "visit", AS_OF, AS_OF, None)]
    label = Label("crisis", "1M", "1M", observed_by="visit")
    panel = panel_of(facts, label)
    assert panel.y["a"].to_list() == [0]
    assert panel.counts == {
        "rows": 2,
        "positive": 0,
        "negative": 1,
        "immature": 0,
        "not_observed": 1,
    }
    assert panel_of([("b", "crisis", AS_OF, AS_OF, None)], label).y["b"].to_list() == [1]


CONTACTS = pd.DataFrame(
    {
        "household_id": ["a", "a", "b"],
        "as_of_date": AS_OF,
        "result": ["no_need", "need_confirmed", "not_reached"],
        "known_date": [AS_OF + DAY, AS_OF + 9 * DAY, AS_OF + DAY],
    }
)


def test_observed_by_contacts_the_last_verdict_stands_and_not_reached_is_missing() -> None:
    label = Label("need_confirmed", "1M", "1M", observed_by="contacts")
    panel = panel_of([], label, contacts=CONTACTS)
    assert panel.y["a"].to_list() == [1]
    assert panel.counts["not_observed"] == 1
    late = CONTACTS.assign(known_date=[AS_OF, CLOSES, AS_OF])
    panel = panel_of([], label, contacts=late)
    assert panel.y["a"].to_list() == [0]
    assert panel.late_outcomes == 1
    both = Label("need_confirmed", "1M", "1M", observed_by="contacts", min_count=2)
    assert panel_of([], both, contacts=CONTACTS).y["a"].to_list() == [1]


def test_an_event_may_be_observed_by_contacts() -> None:
    facts = [("a", "crisis", AS_OF, AS_OF, None), ("b", "crisis", AS_OF, AS_OF, None)]
    panel = panel_of(facts, Label("crisis", "1M", "1M", observed_by="contacts"), contacts=CONTACTS)
    assert panel.y["a"].to_list() == [1]
    assert np.isnan(panel.y["b"].item())


def contacts_of(**changes: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"household_id": ["a", "b"], "as_of_date": AS_OF, "result": "no_need", "known_date": AS_OF}
        | changes
    )


NEED = Label("need_confirmed", "1M", "1M", observed_by="contacts")


def test_a_round_given_as_a_month_means_the_one_row_in_it() -> None:
    month_end = contacts_of(as_of_date=[pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-29")])
    columns = ["household_id", "code", "event_date"]
    facts = pd.DataFrame([(who, "rent", "2022-01-01") for who in "ab"], columns=columns)
    days = ["2024-01-15", "2024-02-15"]
    made = records(
        facts, rounds=None, contacts=month_end.assign(known_date=month_end["as_of_date"])
    )
    panel = build_panel(made, days, NEED)
    assert panel.y.unstack().notna().to_numpy().tolist() == [[True, False], [False, True]]
    assert panel.unplaced_contacts == {}
    # With two rows in the month, a contact belongs to neither; nor does one of a day between
    # rounds.
    twice = build_panel(made, ["2024-01-15", "2024-01-20", "2024-03-05"], NEED)
    assert twice.y.isna().all()
    assert twice.unplaced_contacts == {OTHER_DAY: 2}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"result": "not_reached"}, "not reached"),
        ({"result": "refused"}, "refused"),
        ({"result": "not_executed"}, "not executed"),
        ({"result": "not_told"}, "verdict not told"),
        ({"result": "public_support"}, "verdict not told"),
        ({"result": None, "support": "private_support"}, "verdict not told"),
        ({"known_date": CLOSES}, "verdict too late"),
        ({"household_id": ["x", "y"]}, "not contacted"),
    ],
)
def test_without_a_verdict_the_label_is_missing_by_reason(
    changes: dict[str, object], reason: str
) -> None:
    changed = {
        key: value if isinstance(value, list) else [value] * 2 for key, value in changes.items()
    }
    found = contacts_of(**changed)
    known = pd.DataFrame(
        {"household_id": ["z"], "as_of_date": [AS_OF], "result": ["need_confirmed"]}
    )
    panel = panel_of([], NEED, contacts=pd.concat([found, known.assign(known_date=AS_OF)]))
    assert panel.y.isna().all()
    assert panel.missing == {reason: 2}
    assert f"2 not observed (2 {reason})" in repr(panel)


@pytest.mark.parametrize("word", NO_VERDICT)
@pytest.mark.parametrize("outcome", ["{}", ["need_confirmed", "{}"]], ids=["alone", "beside"])
def test_what_is_no_verdict_is_no_outcome(word: str, outcome: str | list[str]) -> None:
    named = [one.format(word) for one in ([outcome] if isinstance(outcome, str) else outcome)]
    told = contacts_of(result=[word, "need_confirmed"])
    with pytest.raises(PanelError, match=f"unknown outcome {word!r}") as refusal:
        panel_of([], Label(named, "1M", "1M", observed_by="contacts"), contacts=told)
    assert refusal.value.code == "label.unknown"
    allowed = str(refusal.value).partition("Allowed: ")[2].partition(". ")[0]
    assert "need_confirmed" in allowed
    assert not any(one in allowed for one in NO_VERDICT)


def test_a_verdict_stands_over_an_attempt_that_failed_later() -> None:
    attempts = pd.concat([contacts_of(), contacts_of(result="not_reached", known_date=AS_OF + DAY)])
    verdict = pd.DataFrame(
        {"household_id": ["z"], "as_of_date": [AS_OF], "result": ["need_confirmed"]}
    )
    panel = panel_of([], NEED, contacts=pd.concat([attempts, verdict.assign(known_date=AS_OF)]))
    assert panel.y.to_list() == [0, 0]


ONE = {"reader": ["one", "one"]}
# the second verdict of the household whose need was confirmed, and what both contacts hold;
# the label, and whether a tie is counted
LATER = {"known_date": AS_OF + DAY}
SECOND_VERDICTS: dict[str, tuple[str, dict[str, object], int, int]] = {
    "private support on the same day": ("private_support", {}, 1, 0),
    "public support on the same day": ("public_support", {}, 1, 0),
    "no need on the same day": ("no_need", {}, 1, 1),
    "need again on the same day": ("need_confirmed", {}, 1, 0),
    "not reached on the same day": ("not_reached", {}, 1, 0),
    "one attempt": ("no_need", {"attempt": [1, 1]}, 1, 1),
    "an attempt that is unknown": ("no_need", {"attempt": [1, None]}, 1, 1),
    "one day of contact": ("no_need", {"contact_date": [AS_OF, AS_OF]}, 1, 1),
    "a day of contact that is unknown": ("no_need", {"contact_date": [AS_OF, None]}, 1, 1),
    "a later attempt": ("no_need", {"attempt": [1, 2], **ONE}, 0, 0),
    "an earlier attempt": ("no_need", {"attempt": [2, 1], **ONE}, 1, 0),
    "a later day of contact": (
        "no_need",
        {"contact_date": [AS_OF, AS_OF + DAY], **ONE, **LATER},
        0,
        0,
    ),
    "known a day later": ("no_need", {"known_date": [AS_OF, AS_OF + DAY], **ONE}, 0, 0),
    "known a day earlier": ("no_need", {"known_date": [AS_OF + DAY, AS_OF], **ONE}, 1, 0),
    "a second reader's later attempt": ("no_need", {"attempt": [1, 2]}, 1, 0),
    "a second reader's earlier attempt": ("no_need", {"attempt": [2, 1]}, 0, 0),
    "a second reader a day later": (
        "no_need",
        {"contact_date": [AS_OF, AS_OF + DAY], **LATER},
        1,
        0,
    ),
}


def verdicts_of(household: str, results: list[str], **changes: object) -> pd.DataFrame:
    """Return two verdicts on one household; two of one reader would be bad rows."""
    own = {"household_id": [household] * 2, "result": results, "reader": ["one", "two"]}
    return contacts_of(**{**own, **changes})


@pytest.fixture(scope="module", params=["as written", "turned"])
def contacted(request: pytest.FixtureRequest) -> Panel:
    """Return a panel with one household per case, its contacts as written or turned."""
    told = [
        verdicts_of(name, ["need_confirmed", second], **changes)
        for name, (second, changes, _, _) in SECOND_VERDICTS.items()
    ]
    contacts = pd.concat([*told, verdicts_of("other", ["no_need", "private_support"])])
    facts = [(name, "rent", AS_OF - DAY, AS_OF - DAY, None) for name in [*SECOND_VERDICTS, "other"]]
    ordered = contacts if request.param == "as written" else contacts[::-1]
    return panel_of(facts, NEED, contacts=ordered)


@pytest.mark.parametrize("name", SECOND_VERDICTS)
def test_need_never_loses_a_tie(name: str, contacted: Panel, mended: Note) -> None:
    second, _, expected, tied = SECOND_VERDICTS[name]
    own = contacted[contacted.households == name]
    assert own.y.to_list() == [expected]
    assert own.tied_verdicts == tied
    if tied:
        mended(
            "need",
            tried=f"{second}, {name}",
            before="label 0, by the alphabet, and nothing counted",
            now=f"label {own.y.item():.0f}, {own.tied_verdicts} tie counted",
        )


def test_ties_that_decide_a_label_are_printed(contacted: Panel) -> None:
    number = sum(tied for *_, tied in SECOND_VERDICTS.values())
    assert contacted.y["other"].to_list() == [0]
    line = f"labels 1 although another verdict was given at the same time: {told_text(number)}"
    assert line in repr(contacted)
    assert "verdict was given" not in repr(contacted[contacted.households == "other"])


def test_of_several_outcomes_one_in_a_tie_is_enough() -> None:
    told = verdicts_of("a", ["no_need", "need_confirmed"])
    for outcome in ("no_need", "need_confirmed"):
        assert panel_of([], replace(NEED, outcome=outcome), contacts=told).y["a"].item() == 1
    both = replace(NEED, outcome=("no_need", "need_confirmed"))
    panel = panel_of([], both, contacts=told)
    assert panel.y["a"].item() == 1
    assert panel.tied_verdicts == 0
    told = verdicts_of("a", ["no_need", "no_need"])
    need = panel_of([], NEED, contacts=pd.concat([told, contacts_of(result="need_confirmed")[1:]]))
    assert need.y["a"].item() == 0
    assert need.tied_verdicts == 0


def test_ties_are_counted_for_the_rows_at_hand(tmp_path: Path) -> None:
    need = contacts_of(result="need_confirmed", reader="one")
    told = pd.concat([need, contacts_of(result="no_need", reader="two")])
    panel = panel_of([], NEED, contacts=told)
    assert panel.tied_verdicts == 2
    assert panel[:1].tied_verdicts == 1
    panel.to_parquet(tmp_path / "panel.parquet")
    assert Panel.read_parquet(tmp_path / "panel.parquet").tied_verdicts == 2
    table = panel.labels({"need": NEED, "crisis": LABEL}).frame()
    assert table["tied"].to_list() == [2, 0]
    assert table.loc["need", ["1", "0"]].sum() == len(panel)
    assert panel.with_label(LABEL).tied_verdicts == panel.with_label(None).tied_verdicts == 0
    first = panel_of([], replace(NEED, first=False), contacts=told)
    assert first.tied_verdicts == 0


BEFORE = AS_OF - 40 * DAY


@pytest.mark.parametrize(
    ("known", "retracted", "seen"),
    [
        (BEFORE, None, True),
        (AS_OF, None, False),
        (BEFORE, AS_OF - DAY, False),
        (BEFORE, AS_OF, True),
    ],
)
def test_first_and_repeated_outcomes_are_asked_of_different_households(
    known: object, retracted: object, *, seen: bool
) -> None:
    facts = [("a", "crisis", BEFORE, known, retracted), ("a", "crisis", AS_OF, AS_OF, None)]
    first, repeated = (Label("crisis", "1M", "1M", first=which) for which in (True, False))
    one, again = panel_of(facts, first), panel_of(facts, repeated)
    assert one.y.isna().to_list() == [seen, False]
    assert again.y.isna().to_list() == [not seen, True]
    assert one.missing == ({"had one before": 1} if seen else {})
    assert again.missing["had none before"] == 1 + (not seen)
    both = one.y.fillna(again.y)
    assert both.to_list() == panel_of(facts).y.to_list()
    assert (first.name, repeated.name) == ("first crisis within 1M", "repeated crisis within 1M")
    assert Label.from_dict(first.to_dict()) == first


def test_a_first_verdict_looks_back_on_earlier_rounds() -> None:
    rounds = [AS_OF - 60 * DAY, AS_OF]
    told = contacts_of(
        as_of_date=rounds[0], known_date=rounds[0] + DAY, result=["need_confirmed", "no_need"]
    )
    both = pd.concat([told, contacts_of(result="need_confirmed")])
    facts = pd.DataFrame(
        [(who, "rent", "2022-01-01") for who in "ab"],
        columns=["household_id", "code", "event_date"],
    )
    label = Label("need_confirmed", "1M", "1M", observed_by="contacts", first=True)
    y = build_panel(records(facts, contacts=both), rounds, label).y.unstack()
    assert y.loc["b"].to_list() == [0, 1]
    assert np.isnan(y.loc["a"].iloc[1])


def test_labels_stand_side_by_side_with_their_coverage() -> None:
    told = contacts_of(result=["need_confirmed", "not_reached"])
    panel = panel_of([("b", "crisis", AS_OF, AS_OF, None)], NEED, contacts=told)
    table = panel.labels(
        {"need": NEED, "crisis": LABEL, "seen": Label("crisis", "1M", "1M", observed_by="contacts")}
    )
    found = table.frame()
    assert found.loc["need", ["1", "0", "not reached", "observed", "rate"]].to_list() == [
        1,
        0,
        1,
        0.5,
        1,
    ]
    assert found.loc["crisis", ["1", "0", "not reached", "observed", "rate"]].to_list() == [
        1,
        1,
        0,
        1,
        0.5,
    ]
    reasons = [name for name in found if name not in ("observed", "rate")]
    assert (found[reasons].sum(axis=1) == len(panel)).all()
    assert "50.0%" in repr(table)
    assert list(panel.labels([LABEL]).frame().index) == [LABEL.name]


def test_immature_rows_are_told_apart_from_rows_that_nobody_saw() -> None:
    late = pd.Timestamp("2024-05-31")
    facts = [("a", "visit", AS_OF, AS_OF, None), ("a", "crisis", AS_OF, AS_OF, None)]
    facts += [(who, "rent", "2022-01-01", "2022-01-01", None) for who in "abcd"]
    columns = ["household_id", "code", "event_date", "known_date", "retracted_date"]
    frame = pd.DataFrame(facts, columns=columns)
    for name in columns[2:]:
        frame[name] = pd.to_datetime(frame[name])
    panel = build_panel(records(frame), [AS_OF, late], LABEL)
    table = panel.labels(
        {
            "crisis": LABEL,
            "seen": Label("crisis", "1M", "1M", observed_by="visit"),
            "later": Label("crisis", "4M", "1M"),
        }
    )
    found = table.frame()
    # four rows of May are immature, of the four of January only one was seen
    assert found["immature"].to_list() == [4, 4, 4]
    assert found["not seen"].to_list() == [0, 3, 0]
    assert found["observed"].to_list() == [1, 0.25, 1]
    assert found["rate"].to_list() == [0.25, 1, 0.25]
    assert (found[["1", "0", "immature", "not seen"]].sum(axis=1) == table.rows).all()
    assert table.rows == len(panel) == 8
    nothing = LabelCounts(rows=4, positive=0, negative=0, immature=4, missing={}).line()
    assert np.isnan([nothing["observed"], nothing["rate"]]).all()


def test_a_feed_complete_up_to_an_earlier_day_matures_by_that_day() -> None:
    early = records(complete_before={"crisis": np.datetime64("2024-01-15")})
    label = Label("crisis", "3M", "1M")
    panel = build_panel(early, ROUNDS, label)
    assert str(panel.today) == "2024-01-15"
    mature = [str(day.date()) for day in panel.as_of[panel.is_mature].unique().sort_values()]
    assert mature == ["2023-06-30", "2023-08-31"]
    assert panel.y[~panel.is_mature].isna().all()
    assert str(panel.with_label(Label("visit", "3M", "1M")).today) == "2024-07-01"
    assert early.digest != records().digest
    with pytest.raises(PanelError, match=r"past today \(2023-01-01\)"):
        build_panel(records(complete_before={"crisis": np.datetime64("2023-01-01")}), ROUNDS, label)


def test_with_label_reuses_x() -> None:
    panel = build_panel(records(), ROUNDS, Label("crisis", "3M"))
    other = panel.with_label(Label("visit", "1M"))
    assert other.X is panel.X
    pd.testing.assert_series_equal(other.y, build_panel(records(), ROUNDS, Label("visit", "1M")).y)
    assert other.recipe.label == other.label == Label("visit", "1M")
    assert panel.with_label(None).y is None
    half = panel[panel.as_of > ROUNDS[1]]
    pd.testing.assert_series_equal(half.with_label(panel.label).y, half.y)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["1D", "30D", "2M"]),
    st.sampled_from(["0D", "1M"]),
    st.sampled_from([None, "visit"]),
)
def test_every_label_is_one_zero_or_missing_by_reason(
    window: str, maturity: str, observed_by: str | None
) -> None:
    panel = build_panel(
        records(today="2024-03-15"),
        ROUNDS,
        Label("crisis", window, maturity, observed_by=observed_by),
    )
    counts = dict(panel.counts)
    assert counts.pop("rows") == sum(counts.values())
    missing = panel.counts["immature"] + panel.counts["not_observed"]
    assert missing == panel.y.isna().sum()
    assert panel.frame()[["positive", "negative", "missing"]].sum().tolist() == [
        counts["positive"],
        counts["negative"],
        missing,
    ]


def test_a_window_that_reaches_past_today_in_every_round_is_refused() -> None:
    with pytest.raises(PanelError, match=r"2023-06-30, matures on 2025-06-30"):
        build_panel(records(), ROUNDS, Label("crisis", "24M"))


def test_a_misspelled_outcome_is_refused_with_the_nearest() -> None:
    with pytest.raises(PanelError, match="did you mean 'crisis'"):
        build_panel(records(), ROUNDS, Label("crises", "1M"))
    with pytest.raises(PanelError, match="did you mean 'need_confirmed'"):
        panel_of([], Label("need_confirmd", "1M", observed_by="contacts"), contacts=CONTACTS)
    with pytest.raises(PanelError, match="hold no contacts"):
        panel_of([], Label("need_confirmed", "1M", observed_by="contacts"))


@pytest.mark.parametrize("outcome", ["crisis", "need_confirmed"])
def test_a_misspelled_observer_is_refused_before_anything_is_built(
    outcome: str, mended: Note
) -> None:
    label = Label(outcome, "1M", observed_by="contcts")
    with pytest.raises(PanelError, match=r"unknown observed_by 'contcts'") as refusal:
        # without a round nothing could be built
        build_panel(records(contacts=CONTACTS), [], label)
    assert refusal.value.next_step == "did you mean 'contacts'?"
    with pytest.raises(PanelError, match="unknown observed_by"):
        panel_of([], contacts=CONTACTS).with_label(label)
    mended(
        "friction",
        tried=f"Label({outcome!r}, observed_by='contcts')",
        before="unknown outcome, the contacts not among what is allowed, after the panel was built",
        now=refusal.value.next_step,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": ["crisis", None]},
        {"min_count": "2"},
        {"min_count": 1.5},
        {"min_count": True},
        {"observed_by": True},
        {"first": "yes"},
    ],
    ids=str,
)
def test_a_field_of_another_type_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(changes))}=.* of a label") as refusal:
        Label(**{"outcome": "crisis", "window": "1M", **changes})
    assert refusal.value.code == "label.type"


@pytest.mark.parametrize("outcome", [None, 5])
def test_an_outcome_is_a_text_or_a_list_of_texts(outcome: object) -> None:
    with pytest.raises(ConfigError, match=r"'outcome' of type .*arguments.type"):
        Label(outcome, "1M")  # type: ignore[arg-type]


def test_a_label_takes_what_counts_as_its_types() -> None:
    label = Label((code for code in ("crisis", "visit")), "1M", min_count=np.int64(2))
    assert label.outcome == ("crisis", "visit")
    assert label.name == "crisis or visit 2 times within 1M"


@pytest.mark.parametrize(
    "arguments",
    [
        {"outcome": [], "window": "1M"},
        {"outcome": "x", "window": "0D"},
        {"outcome": "x", "window": "1M", "min_count": 0},
        {"outcome": "x", "window": "1 month"},
    ],
)
def test_what_is_no_label_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Label(**arguments)


def test_written_and_read_it_is_the_same() -> None:
    label = Label(["a", "b"], "90D", "1M", 2, "visit")
    assert Label.from_dict(label.to_dict()) == label
    with pytest.raises(ConfigError, match="did you mean 'window'"):
        Label.from_dict({"outcome": "a", "windw": "1M"})
