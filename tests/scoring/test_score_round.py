"""One round's list: the model's own recipe, one total order, as many as can be contacted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, ModelError, PanelError, RecordsError
from riskmodel.few import told_text
from riskmodel.metrics import Capacity, select
from riskmodel.models import Reference
from riskmodel.panel import Recipe
from riskmodel.panel.filling.feed_volumes import USUAL_SPAN
from riskmodel.recipes import notes
from riskmodel.recipes.notes import written
from riskmodel.records.table_schemas import conform
from riskmodel.scoring import ScoreList, score_round
from riskmodel.scoring.ranking import _all_listed, _areas_without_a_place

LABEL = rm.Label("crisis", window="6M", maturity="2M")


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(800, random_state=3)
    features = rm.Features(
        [
            rm.Agg.count(["crisis", "loan_overdue"], ["6M", "ever"]),
            rm.Agg.now("nhi_arrears"),
            rm.Agg.recency("loan_overdue"),
            rm.Attribute("household_type"),
        ]
    )
    panel = rm.build_panel(records, rounds=records.rounds, label=LABEL, features=features)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, seeds=1, n_estimators=25).fit(train)
    day = str(test.as_of[0].date())
    return SimpleNamespace(records=records, model=model, test=test, day=day)


@pytest.fixture(scope="module")
def listed(study: SimpleNamespace) -> ScoreList:
    return score_round(study.model, study.records, as_of=study.day, capacity=0.05)


def test_a_past_round_has_the_backtests_margins_bit_for_bit(
    study: SimpleNamespace, listed: ScoreList
) -> None:
    expected = pd.Series(study.model.margin(study.test), index=study.test.households)
    found = listed.frame().set_index("household_id")["margin"]
    assert np.array_equal(found, expected[found.index])
    scores = pd.Series(study.model.predict_proba(study.test)[:, 1], index=study.test.households)
    told = listed.frame().set_index("household_id")["score"]
    np.testing.assert_array_max_ulp(told.to_numpy(), scores[told.index].to_numpy(), maxulp=4)


def test_the_list_table_holds_what_a_service_reads(listed: ScoreList) -> None:
    assert list(listed.frame()) == [
        "household_id",
        "as_of_date",
        "area",
        "rank",
        "tied",
        "margin",
        "score",
        "percentile",
        "percentile_in_round",
        "band",
        "listed",
        "stratum",
        "inclusion_probability",
        "seed",
        "reason_1",
        "contribution_1",
        "reason_2",
        "contribution_2",
        "reason_3",
        "contribution_3",
        "weaker",
        "lang",
    ]
    table = listed.frame()
    assert listed.listed["stratum"].eq("certain").all()
    assert listed.listed["inclusion_probability"].eq(1.0).all()
    assert table.loc[~table["listed"], ["stratum", "reason_1"]].isna().all(axis=None)
    assert table.loc[~table["listed"], "inclusion_probability"].eq(0.0).all()
    assert table["seed"].isna().all()
    assert listed.listed["reason_1"].notna().all()


def test_rank_is_one_total_order_and_ties_are_shown(listed: ScoreList) -> None:
    table = listed.frame()
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    expected = table.sample(frac=1, random_state=0).sort_values(
        ["margin", "household_id"], ascending=[False, True]
    )
    assert expected["household_id"].tolist() == table["household_id"].tolist()
    assert (table.groupby("margin")["margin"].transform("size") == table["tied"]).all()
    assert table["tied"].gt(1).any()
    cut = table.loc[table["listed"], "margin"].min()
    left_out = int((~table["listed"] & table["margin"].eq(cut)).sum())
    says = f"{told_text(left_out)} left out share their margin"
    assert any(says in note for note in listed.notes) == (left_out > 0)


@pytest.mark.parametrize(("capacity", "expected"), [(0.05, 40), (7, 7), (10_000, 800)])
def test_capacity_is_a_share_rounded_up_or_a_number(
    study: SimpleNamespace, capacity: float, expected: int
) -> None:
    found = score_round(study.model, study.records, as_of=study.day, capacity=capacity)
    assert found.listed["rank"].tolist() == list(range(1, expected + 1))
    above = "the capacity is above the households of the round: all of them are listed"
    assert (above in found.notes) == (capacity > expected)


def test_capacity_by_area_lists_the_first_of_each(study: SimpleNamespace) -> None:
    areas = sorted(study.test.area.unique())
    capacity = {area: i % 3 for i, area in enumerate(areas)}
    table = score_round(study.model, study.records, as_of=study.day, capacity=capacity).frame()
    for area, rows in table.groupby("area"):
        assert rows["listed"].sum() == min(capacity[area], len(rows))
        assert rows["listed"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("capacity", "words"),
    [(1.0, "1.0 can mean everyone"), ({"A000": 1}, "is no area of these households")],
)
def test_a_capacity_is_refused_before_anything_is_built(
    study: SimpleNamespace, capacity: Any, words: str
) -> None:
    for door in (rm.score, score_round):
        with pytest.raises(ConfigError, match=words):
            door("no-such-model@champion", study.records, study.day, capacity)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_areas_without_a_place_on_the_list_are_counted_and_named(
    study: SimpleNamespace, lang: str, mended: Note
) -> None:
    found = score_round(study.model, study.records, study.day, capacity=2, lang=lang)
    table = found.table
    without = sorted(set(table["area"]) - set(table.loc[table["listed"], "area"]))
    sizes = table["area"].value_counts()
    shown = [area for area in without if sizes[area] >= 10]
    note = next(note for note in found.notes if ", ".join(shown) in note)
    assert str(len(without)) in note
    assert str(table["area"].nunique()) in note
    mended("capacity", tried=f"a list of 2, {lang}", before="no word of it", now=note)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "which are all listed: north, other, 1 of fewer than 10 households"),
        ("ko", "모두 명단에 든 지역: north, other, "),
    ],
)
def test_areas_that_are_listed_wholly_are_named_and_small_ones_counted(lang, words) -> None:
    areas = ["north"] * 12 + ["south"] * 10 + ["Skylark Lane"] * 9 + ["east"] * 6 + ["west"] * 6
    table = pd.DataFrame({"area": areas})
    capacity = Capacity.parse({"north": 13, "south": 10, "Skylark Lane": 10, "other": 20})
    (note,) = written(_all_listed(table, capacity), lang)
    assert words in note
    assert _all_listed(table, Capacity.parse({"other": 43})) == []


def test_up_to_twenty_areas_without_a_place_are_all_named() -> None:
    areas = [f"a{i:02d}" for i in range(22)]
    listed = [1.0, 1.0] + [0.0] * 20
    # ten households each
    table = pd.DataFrame({"area": areas * 10, "inclusion_probability": listed * 10})
    notes = written(_areas_without_a_place(table, Capacity.parse(2)), "en")
    assert notes == (f"20 of 22 areas have no household on the list: {', '.join(areas[2:])}",)
    many = written(
        _areas_without_a_place(
            table[table["area"] != "a00"].assign(inclusion_probability=0), Capacity(1)
        ),
        "en",
    )
    assert many[0].startswith("21 of 21 areas")
    assert many[0].endswith(" and 13 more")


def test_an_area_of_few_households_without_a_place_is_counted() -> None:
    areas = ["north"] * 12 + ["south"] * 10 + ["Skylark Lane"] * 9
    table = pd.DataFrame({"area": areas, "inclusion_probability": [1.0] * 12 + [0.0] * 19})
    (note,) = written(_areas_without_a_place(table, Capacity(1)), "en")
    assert note == (
        "2 of 3 areas have no household on the list: south, 1 of fewer than 10 households"
    )
    (alone,) = written(_areas_without_a_place(table[table["area"] != "south"], Capacity(1)), "ko")
    assert alone.endswith("10가구 미만에만 있는 1개")


def test_an_area_with_its_own_capacity_of_none_is_no_note(study: SimpleNamespace) -> None:
    areas = sorted(set(study.test.area))
    capacity = dict.fromkeys(areas, 1) | {areas[0]: 0}
    notes = score_round(study.model, study.records, study.day, capacity).notes
    assert not any("no household on the list" in note for note in notes)


def test_an_area_without_households_this_round_is_a_note(study: SimpleNamespace) -> None:
    household = study.test.households[0]
    late = pd.DataFrame(
        {"household_id": household, "name": study.records.area, "text": "new town"},
        index=[0],
    ).assign(known_date=study.records.today)
    attributes = pd.concat([study.records.attributes, late])
    records = study.records.replace(
        tables={**study.records.tables, "attributes": conform("attributes", attributes)}
    )
    capacity = dict.fromkeys(study.test.area.unique(), 1) | {"new town": 1}
    found = score_round(study.model, records, study.day, capacity)
    assert "areas with a capacity but without households here: new town" in found.notes


def test_the_list_is_the_one_that_an_evaluation_expects(study: SimpleNamespace) -> None:
    area = study.test.area
    for capacity in (0.05, 30, {name: i % 3 for i, name in enumerate(sorted(area.unique()))}):
        table = score_round(study.model, study.records, study.day, capacity).frame()
        listed = table.set_index(["household_id", "as_of_date"])["listed"]
        selection = select(
            study.model.margin(study.test), Capacity.parse(capacity), study.test.round, area
        )
        expected = selection.inclusion
        drawn = listed.reindex(study.test.X.index).to_numpy()
        assert drawn.sum() == selection.slots.sum()
        assert drawn[expected == 1].all()
        assert not drawn[expected == 0].any()


def test_ties_are_counted_within_the_area_whose_slots_they_share(study: SimpleNamespace) -> None:
    capacity = dict.fromkeys(study.test.area.unique(), 1)
    found = score_round(study.model, study.records, study.day, capacity)
    table = found.frame()
    cut = table[table["listed"]].groupby("area")["margin"].min()
    left_out = int((~table["listed"] & (table["margin"] == table["area"].map(cut))).sum())
    told = [note for note in found.notes if "left out share their margin" in note]
    assert told == (
        [
            f"{told_text(left_out)} left out share their margin with a listed one: "
            "ties fall by household_id"
        ]
        if left_out
        else []
    )


def test_reasons_are_the_explanations_in_either_language(study: SimpleNamespace) -> None:
    for lang in ("en", "ko"):
        found = score_round(
            study.model, study.records, as_of=study.day, capacity=5, lang=lang
        ).listed
        rows = study.test.X.loc[pd.MultiIndex.from_frame(found[["household_id", "as_of_date"]])]
        told = rm.explain(study.model, rows).reasons(lang=lang)
        assert found["reason_1"].tolist() == told["reason_1"].tolist()
        assert found["contribution_1"].tolist() == told["contribution_1"].tolist()
        assert found["lang"].eq(lang).all()


def test_a_caseworker_reads_titles_and_bands_in_the_lists_language(study: SimpleNamespace) -> None:
    korean = score_round(study.model, study.records, as_of=study.day, capacity=5, lang="ko")
    titled = korean.titled()
    assert list(titled)[:3] == ["가구", "차수 기준일", "지역"]
    assert {"순위", "위험 구간", "사유 1", "기여도 3"} <= set(titled)
    assert set(titled["위험 구간"]) <= {"매우 높음", "높음", "다소 높음", "보통"}
    assert list(korean.titled("en"))[3] == "rank"
    assert set(korean.titled("en")["band"]) == set(korean.frame()["band"])


def test_facts_known_on_the_day_or_later_change_nothing(
    study: SimpleNamespace, listed: ScoreList
) -> None:
    late = study.records.events.assign(
        event_date=pd.Timestamp(study.day), known_date=pd.Timestamp(study.day)
    ).head(500)
    events = pd.concat([study.records.events, late.assign(value=99.0)], ignore_index=True)
    r = study.records
    changed = rm.Records.from_frames(
        events,
        today=r.today,
        catalogue=r.catalogue,
        attributes=r.attributes,
        coverage=r.coverage,
        groups=r.groups,
        area=r.area,
    )
    again = score_round(study.model, changed, as_of=study.day, capacity=0.05)
    pd.testing.assert_frame_equal(again.frame(), listed.frame(), check_exact=True)


def test_an_indicator_that_the_records_do_not_know_is_named(study: SimpleNamespace) -> None:
    known = study.records.catalogue.to_dict()
    del known["nhi_arrears"]
    poorer = study.records.replace(
        catalogue=rm.Records.from_frames(
            study.records.events.head(0), today="2024-01-01", catalogue=known
        ).catalogue
    )
    with pytest.raises(
        ConfigError, match=r"1 indicators that the model needs: nhi_arrears.*map the codes"
    ):
        score_round(study.model, poorer, as_of=study.day)


def test_indicators_unknown_to_the_model_are_ignored_and_named(
    study: SimpleNamespace, listed: ScoreList
) -> None:
    r = study.records
    one = r.events.head(1).assign(code="brand_new")
    richer = rm.Records.from_frames(
        pd.concat([r.events, one]),
        today=r.today,
        catalogue=r.catalogue.with_codes(["brand_new"]),
        attributes=r.attributes,
        coverage=r.coverage,
        groups=r.groups,
        area=r.area,
    )
    found = score_round(study.model, richer, as_of=study.day, capacity=0.05)
    assert any("no part of the model are ignored" in note for note in found.notes)
    pd.testing.assert_frame_equal(found.frame(), listed.frame(), check_exact=True)


def test_categories_that_the_fit_did_not_see_are_counted(study: SimpleNamespace) -> None:
    r = study.records
    texts = r.attributes["text"].where(r.attributes["text"] != "family", "commune")
    found = score_round(
        study.model,
        rm.Records.from_frames(
            r.events,
            today=r.today,
            catalogue=r.catalogue,
            attributes=r.attributes.assign(text=texts),
            coverage=r.coverage,
            groups=r.groups,
            area=r.area,
        ),
        as_of=study.day,
    )
    assert any(
        "hold a category of household_type that the model does not know" in note
        for note in found.notes
    )


def test_a_missing_attribute_and_a_round_after_the_end_are_refused(study: SimpleNamespace) -> None:
    r = study.records
    poorer = rm.Records.from_frames(
        r.events, today=r.today, catalogue=r.catalogue, coverage=r.coverage
    )
    with pytest.raises(PanelError, match="household_type"):
        score_round(study.model, poorer, as_of=study.day)
    with pytest.raises(PanelError, match="not complete"):
        score_round(study.model, r, as_of="2030-01-01")


def test_a_model_of_a_frame_has_no_recipe_to_score_by(study: SimpleNamespace) -> None:
    model = rm.RiskClassifier(kind="logistic").fit(
        study.test.X[["crisis__count__ever"]], study.test.y
    )
    with pytest.raises(ModelError, match="does not know how its features are built"):
        score_round(model, study.records, as_of=study.day)
    with pytest.raises(ConfigError, match="unknown language 'fr'. Allowed: en, ko"):
        score_round(study.model, study.records, as_of=study.day, lang="fr")


def test_the_list_is_written_whole_and_opens_in_spreadsheets(
    listed: ScoreList, tmp_path: Path
) -> None:
    listed.to_parquet(tmp_path / "round.parquet", whole=True)
    back = pd.read_parquet(tmp_path / "round.parquet").astype({"as_of_date": "datetime64[s]"})
    pd.testing.assert_frame_equal(back.fillna(np.nan), listed.frame().fillna(np.nan))
    listed.to_csv(tmp_path / "round.csv", encoding="utf-8-sig", whole=True)
    assert (tmp_path / "round.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(tmp_path / "round.csv", dtype={"household_id": str})
    assert back["household_id"].tolist() == listed.frame()["household_id"].tolist()
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".json") == [
        "round.csv",
        "round.parquet",
    ]


def test_the_list_prints_itself(listed: ScoreList, study: SimpleNamespace) -> None:
    assert repr(listed).startswith(f"lightgbm, round {study.day}: 40 listed of 800 scored")
    assert "percentiles and bands are those of this very round" in repr(listed)
    assert "<table" in listed._repr_html_()


@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=60),
    st.lists(st.floats(-60, 60), min_size=2, max_size=9),
)
def test_percentile_and_band_never_fall_as_the_margin_rises(
    reference: list[float], margins: list[float]
) -> None:
    against, ordered = Reference.of(np.array(reference)), np.sort(margins)
    assert np.all(np.diff(against.percentile(ordered)) >= 0)
    names = [band["name"] for band in against.bands]
    assert np.all(np.diff([names.index(name) for name in against.band(ordered)]) >= 0)
    assert 0 <= against.percentile(ordered).min() <= against.percentile(ordered).max() <= 100


@pytest.mark.parametrize("bands", [{}, {"all": 0.1}, {"low": 0.0, "high": 1.0}])
def test_bands_that_do_not_cover_all_households_are_refused(bands: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="do not cover all households"):
        Reference.of(np.arange(9.0), bands=bands)


# Feeds before the list


def without(records: rm.Records, code: str, since: str) -> rm.Records:
    """Return the records as if a feed had fallen silent on a day."""
    events = records.events
    return records.replace(
        tables={
            **records.tables,
            "events": conform(
                "events", events[(events["code"] != code) | (events["event_date"] < since)]
            ),
        }
    )


def test_a_feed_that_fell_silent_is_refused_by_name_unless_accepted(study: SimpleNamespace) -> None:
    silent = without(
        study.records, "nhi_arrears", str(pd.Timestamp(study.day) - pd.Timedelta("90D"))
    )
    with pytest.raises(RecordsError, match=r"nhi_arrears 0\.00% \(\d") as refusal:
        score_round(study.model, silent, as_of=study.day)
    assert refusal.value.code == "scoring.feeds"
    assert "accept_feeds=['nhi_arrears']" in str(refusal.value)
    assert "loan_overdue" not in str(refusal.value)
    found = score_round(study.model, silent, as_of=study.day, accept_feeds=["nhi_arrears"])
    assert any(
        note.startswith("accepted although not as in training: nhi_arrears") for note in found.notes
    )
    with pytest.raises(ConfigError, match="did you mean 'nhi_arrears'"):
        score_round(study.model, silent, as_of=study.day, accept_feeds="nhi_arears")


def test_a_feed_that_the_call_accepts_is_told_although_it_is_as_in_training(
    study: SimpleNamespace, mended: Note
) -> None:
    feeds = ["nhi_arrears", "loan_overdue", "nhi_arrears"]
    listed = score_round(study.model, study.records, as_of=study.day, accept_feeds=feeds)
    told = "accepted by the call, whatever came in: nhi_arrears, loan_overdue"
    assert told in listed.notes
    assert told in repr(listed)
    assert set(listed.record.accepted_feeds) == set(feeds)
    mended("operating", tried="accept_feeds= of a feed within range", before="no word", now=told)

    silent = without(
        study.records, "nhi_arrears", str(pd.Timestamp(study.day) - pd.Timedelta("90D"))
    )
    notes = score_round(study.model, silent, study.day, accept_feeds=feeds).notes
    assert "accepted by the call, whatever came in: loan_overdue" in notes  # each is told once


def test_a_feed_that_the_manifest_accepts_is_told_with_its_reason_on_each_list(
    study: SimpleNamespace,
) -> None:
    silent = without(
        study.records, "nhi_arrears", str(pd.Timestamp(study.day) - pd.Timedelta("90D"))
    )
    told = "accepted by the manifest of the records: nhi_arrears (agency moves house)"
    reason = {"nhi_arrears": "agency moves house", "unknown to the model": "new"}
    for records in (silent, study.records):
        listed = score_round(study.model, records.replace(accept_feeds=reason), as_of=study.day)
        assert told in listed.notes
    other = silent.replace(accept_feeds={"loan_overdue": "late"})
    with pytest.raises(RecordsError, match=r"accept_feeds: \{nhi_arrears: REASON\}"):
        score_round(study.model, other, as_of=study.day)


def test_a_trace_tells_of_the_feeds_for_which_a_list_is_refused(
    study: SimpleNamespace, mended: Note
) -> None:
    silent = without(
        study.records, "nhi_arrears", str(pd.Timestamp(study.day) - pd.Timedelta("90D"))
    )
    household = study.records.events["household_id"].iloc[0]
    reason = {"nhi_arrears": "agency moves house"}
    doors = {
        "as in training": study.records,
        "silent": silent,
        "accepted": silent.replace(accept_feeds=reason),
    }
    told = {
        door: [
            text
            for text in rm.trace(study.model, records, study.day, household).notes
            if "not as in training" in text or "accepted by" in text
        ]
        for door, records in doors.items()
    }
    assert told["as in training"] == []
    (refused,) = told["silent"]
    assert refused.startswith("not as in training, so that there is no list of the round until it ")
    assert "nhi_arrears 0.00% (" in refused
    assert "loan_overdue" not in refused
    (outside, why) = told["accepted"]
    assert outside.startswith("accepted although not as in training: nhi_arrears 0.00% (")
    assert why == "accepted by the manifest of the records: nhi_arrears (agency moves house)"
    mended("new feed", tried="trace, a round whose list is refused", before="no word", now=refused)


def test_the_reason_of_a_sensitive_feed_is_masked_with_it() -> None:
    feed = notes.Note("feed_and_reason", {"feed": "harm", "reason": "clinic opened"})
    (told,) = written(notes.named("feeds_by_manifest", [feed]), hidden=["harm"])
    assert told == "accepted by the manifest of the records: sensitive information"


def test_a_feed_five_times_as_full_is_refused(study: SimpleNamespace) -> None:
    day, events = pd.Timestamp(study.day), study.records.events
    came = events["event_date"].between(day - pd.Timedelta("50D"), day, inclusive="left")
    some = events[(events["code"] == "loan_overdue") & came].head(1)
    everyone = pd.DataFrame({"household_id": study.test.households}).assign(
        **some.iloc[0].drop("household_id")
    )
    tables = {**study.records.tables, "events": conform("events", pd.concat([events, everyone]))}
    with pytest.raises(RecordsError, match=r"loan_overdue 100\.00%"):
        score_round(study.model, study.records.replace(tables=tables), as_of=study.day)


def test_a_panel_with_one_training_round_is_fitted_and_scored(study: SimpleNamespace) -> None:
    first = study.records.rounds[0]
    recipe = study.model.recipe_
    one = rm.build_panel(study.records, [first], label=LABEL, features=recipe.features)
    volumes = one.recipe.feed_volumes
    assert (volumes.span, volumes.rounds) == (USUAL_SPAN, (str(first.date()),))
    since = first - pd.Timedelta(USUAL_SPAN)
    facts = study.records.events.query("code == 'loan_overdue'")
    came = facts[["event_date", "known_date"]].max(axis=1)
    new = facts.loc[(came >= since) & (came < first), "household_id"].nunique()
    assert volumes.shares["loan_overdue"] == (float(f"{new / len(one):.3g}"),)

    model = rm.make_classifier(one, "logistic").fit(one)
    assert model.calibration_.source == f"household folds (3) of round {first.date()}"
    assert model.training_["rounds"] == [str(first.date())]
    listed = score_round(model, study.records, as_of=first, capacity=5).frame()
    assert listed["listed"].sum() == 5
    own = pd.Series(model.margin(one), index=one.households)
    assert np.array_equal(listed["margin"], own[listed["household_id"]])


def test_the_ranges_are_shares_of_training_rounds_and_name_no_household(
    study: SimpleNamespace,
) -> None:
    seen = study.model.recipe_.feed_volumes
    assert set(seen.shares) == {"crisis", "loan_overdue", "nhi_arrears"}
    assert seen.rounds[-1] == study.day
    assert seen.during(study.model.training_["rounds"]).rounds == tuple(
        study.model.training_["rounds"]
    )
    few = [
        share
        for shares in seen.shares.values()
        for share, n in zip(shares, seen.rows, strict=True)
        if share * n < 9.5
    ]
    assert set(few) <= {0.0}
    assert (
        Recipe.from_dict(json.loads(json.dumps(study.model.recipe_.to_dict())))
        == study.model.recipe_
    )


def test_a_list_tells_contacts_on_days_that_are_no_round(
    study: SimpleNamespace, mended: Note
) -> None:
    first, second = study.records.rounds[:2]
    days = [first, first + pd.Timedelta(days=1), second]
    contacts = pd.DataFrame({"household_id": list("abc"), "as_of_date": days, "known_date": days})
    tables = {**study.records.tables, "contacts": conform("contacts", contacts)}
    records = study.records.replace(tables=tables)

    told = {
        "en": "contacts on days that are none of the rounds (rounds:), so that their outcomes "
        "count for no round: 1 (days: 1)",
        "ko": "차수(rounds:)에 없는 날짜의 접촉이라 결과가 어느 차수에도 들어가지 않음: 1건(1일)",
    }
    for lang, note in told.items():
        found = score_round(study.model, records, as_of=study.day, capacity=5, lang=lang)
        assert note in found.notes
    mended("rounds", tried="a list", before="no word", now=told["en"])


def test_notes_are_written_in_the_lists_language(study: SimpleNamespace) -> None:
    english, korean = (
        score_round(study.model, study.records, as_of=study.day, capacity=5, lang=lang).notes
        for lang in ("en", "ko")
    )
    assert len(korean) == len(english) > 0
    assert all(re.search("[가-힣]", note) for note in korean)
    assert not any(re.search("[가-힣]", note) for note in english)
