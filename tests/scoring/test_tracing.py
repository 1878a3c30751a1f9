"""The trace of one household: its facts, its score, and why it is on the list or not."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.records.contact_words import CHANNELS, REASONS, RESULTS, SUPPORTS
from riskmodel.records.service_matters import HIDDEN, STATES
from riskmodel.records.service_words import CLOSED
from riskmodel.records.table_schemas import conform
from riskmodel.scoring import score_round
from riskmodel.serving import LANGUAGES

LABEL = rm.Label("crisis", window="6M", maturity="2M")
FEATURES = rm.Features(
    [
        rm.Agg.count(["crisis", "loan_overdue", "domestic_violence"], ["6M", "ever"]),
        rm.Agg.now("nhi_arrears"),
        rm.Agg.recency("loan_overdue"),
        rm.Attribute("household_type"),
    ]
)


def fitted(records: rm.Records, cohort: rm.Cohort | None = None) -> rm.RiskClassifier:
    panel = rm.build_panel(
        records, rounds=records.rounds, label=LABEL, features=FEATURES, cohort=cohort
    )
    train, _ = rm.TemporalSplit(test_rounds=1).last(panel)
    return rm.make_classifier(panel, seeds=1, n_estimators=10, n_jobs=1).fit(train)


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    records = rm.make_households(500, random_state=3)
    model = fitted(records)
    day = "2024-03-01"
    return SimpleNamespace(
        records=records,
        model=model,
        day=day,
        table=score_round(model, records, day, capacity=40).frame(),
    )


@pytest.mark.parametrize("top", [0, -1, 2.5, "3", True])
def test_a_number_of_reasons_that_is_none_is_refused_before_anything_is_scored(
    study: SimpleNamespace, top: object
) -> None:
    for call in (
        lambda: score_round(study.model, study.records, "1900-01-01", top=top),
        lambda: rm.trace(study.model, study.records, "1900-01-01", "nobody", top=top),
    ):
        with pytest.raises(ConfigError, match=r"top is .* Allowed: 1, 2, 3") as refusal:
            call()
        assert refusal.value.code == "models.top"


@pytest.mark.parametrize("place", [0, 39, 40, 450])
def test_any_household_is_told_in_one_call_with_the_lists_own_figures(
    study: SimpleNamespace, place: int
) -> None:
    row = study.table.iloc[place]
    found = rm.trace(study.model, study.records, study.day, row["household_id"], capacity=40)
    assert found.status == ("listed" if row["listed"] else "not listed")
    for name in ("margin", "score", "percentile", "band", "rank"):
        assert getattr(found.standing, name) == row[name]
    assert found.standing.cut_off_margin == study.table.loc[39, "margin"]
    assert f"rank {row['rank']:,} of 500; the list holds 40 and ends at rank 40" in found.because[0]
    if row["listed"]:
        told = [row[f"reason_{i}"] for i in (1, 2, 3)]
        assert list(found.reasons) == [text for text in told if isinstance(text, str) and text]


def test_contributions_close_on_the_score(study: SimpleNamespace) -> None:
    household = study.table["household_id"].iloc[3]
    found = rm.trace(study.model, study.records, study.day, household)
    log_odds = np.log(found.standing.score / (1 - found.standing.score))
    assert found.base + found.frame()["contribution"].sum() == pytest.approx(log_odds, abs=1e-6)
    assert found.base + found.contributions["contribution"].sum() == pytest.approx(
        log_odds, abs=1e-6
    )
    assert found.contributions["contribution"].abs().is_monotonic_decreasing


def test_facts_are_told_with_dates_and_agency_and_what_could_not_be_seen_with_why(
    study: SimpleNamespace,
) -> None:
    household = study.table["household_id"].iloc[0]
    r = study.records
    known = r.catalogue["loan_overdue"]
    extra = pd.DataFrame(
        {
            "household_id": household,
            "code": "loan_overdue",
            "event_date": pd.to_datetime(["2024-02-10", "2024-02-11", "2024-03-01"]),
            "known_date": pd.to_datetime(["2024-03-01", "2024-02-12", "2024-03-05"]),
            "retracted_date": pd.to_datetime([None, "2024-02-20", None]),
        }
    )
    events = pd.concat([r.events, extra], ignore_index=True)
    more = rm.Records.from_frames(
        events,
        today=r.today,
        catalogue=r.catalogue,
        attributes=r.attributes,
        coverage=r.coverage,
        groups=r.groups,
        area=r.area,
    )
    found = rm.trace(study.model, more, study.day, household, capacity=40)
    assert (
        len(found.facts)
        == (events["household_id"] == household).sum()
        + (r.attributes["household_id"] == household).sum()
    )
    assert len(found.visible) + len(found.not_yet_visible) == len(found.facts)
    hidden = found.not_yet_visible
    added = hidden[
        hidden["known_date"].isin(pd.to_datetime(["2024-03-01", "2024-02-12", "2024-03-05"]))
    ]
    added = added[added["indicator"] == known.name("en")].sort_values("event_date")
    assert added["why_not"].tolist() == [
        "known on the date or later",
        "retracted before the date",
        "happens on the date or later",
    ]
    assert set(added["agency"]) == {known.agency}
    assert not added["used"].any()
    assert known.agency
    as_before = rm.trace(study.model, r, study.day, household, capacity=40)
    pd.testing.assert_frame_equal(found.frame(), as_before.frame())


def test_who_is_in_no_cohort_is_told_which_condition_it_does_not_meet() -> None:
    records = rm.make_households(300, random_state=3)
    cohort = rm.Cohort(
        seen_within="12M", exclude={"crisis": "6M"}, where="loan_overdue__count__ever <= 2"
    )
    model = fitted(records, cohort)
    day = "2024-03-01"
    inside = set(score_round(model, records, day).frame()["household_id"])
    events = records.events
    seen = events[(events["event_date"] < day) & (events["known_date"] < day)]
    recent = set(
        seen.loc[seen["event_date"] >= "2023-09-01"].query("code == 'crisis'")["household_id"]
    )
    loans = seen.query("code == 'loan_overdue'")["household_id"].value_counts()
    cases = {
        "left out for crisis within 6M": recent,
        "does not meet: loan_overdue": set(loans.index[loans > 2]),
    }
    for text, households in cases.items():
        household = sorted(households)[0]
        assert household not in inside
        found = rm.trace(model, records, day, household)
        assert found.status == "not in the cohort"
        assert any(text in why for why in found.because)
        assert 1 <= found.standing.rank <= found.standing.households + 1
        assert found.base + found.frame()["contribution"].sum() == pytest.approx(
            np.log(found.standing.score / (1 - found.standing.score)), abs=1e-6
        )


def test_a_household_before_its_first_fact_is_told_so(study: SimpleNamespace) -> None:
    r = study.records
    late = pd.DataFrame(
        {"household_id": ["NEW"], "code": ["loan_overdue"], "event_date": ["2024-02-28"]}
    )
    late["known_date"] = "2024-04-01"
    events = pd.concat(
        [r.events, late.astype({"event_date": "datetime64[s]", "known_date": "datetime64[s]"})]
    )
    more = r.replace(
        tables={
            **r.tables,
            "events": rm.Records.from_frames(events, today=r.today).tables["events"],
        }
    )
    cohort = rm.Cohort(seen_within="12M")
    found = rm.trace(fitted(r, cohort), more, study.day, "NEW")
    assert found.because == ("no fact visible within 12M before the date",)
    assert len(found.visible) == 0
    assert found.not_yet_visible["known_date"].tolist() == [pd.Timestamp("2024-04-01")]


def test_what_is_sensitive_is_hidden_everywhere_unless_asked_for(study: SimpleNamespace) -> None:
    events = study.records.events.query("code == 'domestic_violence' and known_date < '2024-03-01'")
    household = events["household_id"].iloc[0]
    found = rm.trace(study.model, study.records, study.day, household)
    for text in (
        repr(found),
        found._repr_html_(),
        found.frame().to_string(),
        found.facts.to_string(),
    ):
        assert "violence" not in text
    assert "sensitive information" in set(found.facts["indicator"])
    assert (
        found.facts.loc[found.facts["indicator"] == "sensitive information", "value"].isna().all()
    )
    suicide = study.records.events.query("code == 'suicide_related'")["household_id"].iloc[0]
    assert "suicide" not in repr(rm.trace(study.model, study.records, study.day, suicide)).lower()
    asked = rm.trace(study.model, study.records, study.day, household, masked=False)
    assert "domestic_violence__count__ever" in set(asked.frame()["feature"])
    assert asked.frame()["contribution"].sum() == pytest.approx(
        found.frame()["contribution"].sum(), abs=1e-12
    )


def test_it_is_told_in_korean_too(study: SimpleNamespace) -> None:
    household = study.table["household_id"].iloc[0]
    found = rm.trace(study.model, study.records, study.day, household, lang="ko", capacity=40)
    names = {one.ko for one in study.records.catalogue.values()} | {"민감 정보"}
    facts = found.facts[found.facts["known_date"].notna() & found.facts["event_date"].notna()]
    assert set(facts["indicator"]) <= names | set(study.records.attributes["name"])
    assert set(found.contributions["indicator"]) <= names | {"household_type"}


def test_by_area_the_line_is_that_of_the_area(study: SimpleNamespace) -> None:
    areas = sorted(study.table["area"].unique())
    capacity = dict.fromkeys(areas, 1) | {areas[0]: 0}
    table = study.table
    nobody = table[table["area"] == areas[0]].iloc[0]
    found = rm.trace(
        study.model, study.records, study.day, nobody["household_id"], capacity=capacity
    )
    assert found.because == (
        f"rank {nobody['rank']:,} of 500; the list has no slot in area {areas[0]}",
    )
    second = table[table["area"] == areas[1]].iloc[1]
    found = rm.trace(
        study.model, study.records, study.day, second["household_id"], capacity=capacity
    )
    first = table[table["area"] == areas[1]].iloc[0]
    assert found.standing.cut_off_margin == first["margin"]
    assert f"holds 1 in area {areas[1]}" in found.because[0]


def test_a_household_without_records_and_a_language_are_refused(study: SimpleNamespace) -> None:
    with pytest.raises(RecordsError, match="hold nothing of this household") as refusal:
        rm.trace(study.model, study.records, study.day, "비밀-7731")
    assert "7731" not in str(refusal.value)
    with pytest.raises(ConfigError, match="unknown language"):
        rm.trace(study.model, study.records, study.day, "H0000001", lang="fr")


def test_it_prints_itself(study: SimpleNamespace) -> None:
    household = study.table["household_id"].iloc[0]
    found = rm.trace(study.model, study.records, study.day, household, capacity=40)
    text = repr(found)
    assert text.startswith(f"{household} on {study.day}: listed (lightgbm)")
    for part in (
        "facts visible",
        "contributions of at least",
        "compared (interventional) with the mean of",
    ):
        assert part in text
    assert "<table" in found._repr_html_()


def test_a_trace_is_printed_in_the_language_that_was_chosen(study: SimpleNamespace) -> None:
    household = study.table["household_id"].iloc[0]
    trace = rm.trace(study.model, study.records, study.day, household, capacity=40, lang="ko")
    assert trace.status == "listed"
    assert trace.because[0].startswith("500가구 중 1위; 명단은 40가구이며 40위, 점수 ")
    lines = repr(trace).splitlines()
    assert lines[0].startswith(f"{household}, {study.day}: 명단에 있음 (")
    assert lines[1].startswith("점수 ")
    assert not re.search(r"(?m)^(score|reasons|note|not delivered)\b", repr(trace))


@pytest.fixture(scope="module")
def served() -> SimpleNamespace:
    records = rm.make_households(500, n_rounds=8, random_state=3, preset="korea", capacity=0.1)
    return SimpleNamespace(records=records, model=fitted(records), day="2024-09-01")


def test_a_trace_tells_what_the_service_did_before(served: SimpleNamespace) -> None:
    contacts = served.records.contacts
    known = contacts[contacts["known_date"] < served.day]
    household = known[known["result"] == "not_reached"]["household_id"].mode().iloc[0]
    own = known[known["household_id"] == household]
    told = rm.trace(served.model, served.records, served.day, household)
    assert sorted(told.contacts["result"]) == sorted(own["result"])
    assert set(own["as_of_date"]) <= set(told.contacts["as_of_date"])

    tried = own[own["result"] != "not_executed"].drop_duplicates(["as_of_date", "attempt"])
    met = tried[tried["result"] != "not_reached"]
    rounds = told.contacts["as_of_date"].nunique()
    text = f"earlier rounds: {rounds}; attempts: {len(tried)}, of which met: {len(met)}"
    assert text in str(told)
    assert "not reached" in str(told)
    assert text in told._repr_html_()
    korean = str(rm.trace(served.model, served.records, served.day, household, lang="ko"))
    assert f"이전 차수 {rounds}회, 시도 {len(tried)}회, 만남 {len(met)}회" in korean
    assert "만나지 못함" in korean


def test_a_list_that_no_contact_followed_is_told(served: SimpleNamespace) -> None:
    lists = served.records.lists
    last = lists[lists["drawn"] & (lists["as_of_date"] < served.day)].iloc[-1]
    household = last["household_id"]
    silent = served.records.replace(
        tables={**served.records.tables, "contacts": served.records.tables["contacts"].slice(0, 0)}
    )
    told = rm.trace(served.model, silent, served.day, household)
    assert told.contacts["listed_area"].iloc[-1] == last["area"]
    assert "listed, no contact on record" in str(told)


def test_no_line_on_earlier_rounds_stands_where_there_were_none(study: SimpleNamespace) -> None:
    told = rm.trace(study.model, study.records, study.day, study.table["household_id"].iloc[0])
    assert told.contacts.empty
    assert "earlier rounds" not in str(told)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_word_of_contacts_is_told_in_every_language(lang: str) -> None:
    words = {*CHANNELS, *RESULTS, *REASONS, *SUPPORTS, "not_contacted"}
    assert set(LANGUAGES[lang].contacts) == words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_of_requests_referrals_cases_and_signs_is_told_in_every_language(
    lang: str,
) -> None:
    words = {word for told in CLOSED.values() for word in told}
    matters = {"request", "referral", "case", "sign"}
    told = {*LANGUAGES[lang].signs, *LANGUAGES[lang].matters}
    assert told == {*words, *matters, *STATES, HIDDEN}


def test_a_trace_shows_what_was_asked_and_seen_and_scores_the_same(study: SimpleNamespace) -> None:
    household = study.table["household_id"].iloc[0]
    own = {"household_id": household}
    rows = {
        "requests": own | {"kind": "objection", "received": "2024-01-10", "due": "2024-01-20"},
        "referrals": own | {"referred_by": "self", "received": "2024-01-05"},
        "cases": own | {"kind": "public_care", "from_date": "2024-01-01"},
        "signs": own | {"sign": "violence", "seen": "2024-02-01", "seen_by": "carrier"},
    }
    later = own | {"sign": "fire", "seen": "2024-03-01"}
    tables = {name: conform(name, pd.DataFrame([row])) for name, row in rows.items()}
    tables["signs"] = conform("signs", pd.DataFrame([rows["signs"], later]))
    records = study.records.replace(tables={**study.records.tables, **tables})
    told = rm.trace(study.model, records, study.day, household)
    without = rm.trace(study.model, study.records, study.day, household)
    assert told.matters["matter"].tolist() == ["case", "referral", "request", "sign"]
    assert told.matters["state"].tolist() == ["waits", "waits", "late", "late"]
    assert told.matters["word"].tolist()[-1] == HIDDEN
    assert told.standing == without.standing
    pd.testing.assert_frame_equal(told.features, without.features)
    assert "requests, referrals, other services and signs: 4, of which late 2" in str(told)
    assert "violence" not in str(told).split("requests, referrals")[1]
    assert without.matters.empty
    assert "requests, referrals" not in str(without)


def test_a_household_that_only_referred_itself_is_told_where_its_story_stands(
    study: SimpleNamespace,
) -> None:
    row = {"household_id": "새가구", "referred_by": "self", "received": "2024-01-05"}
    tables = {"referrals": conform("referrals", pd.DataFrame([row]))}
    records = study.records.replace(tables={**study.records.tables, **tables})
    with pytest.raises(RecordsError, match=r"riskmodel\.review") as refusal:
        rm.trace(study.model, records, study.day, "새가구")
    assert refusal.value.code == "scoring.no_household"
    assert "새가구" not in str(refusal.value)
