"""A code or column of few households is counted, never named: errors, prints, summaries, notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import RegistryError, RiskmodelError

PERSON = "vanterpool_petition"
NEAR = "vanterpool_petitio"
LABEL = rm.Label("crisis", window="6M", maturity="2M")
CODES = ["crisis", "rent", "power"]
ROUNDS = ["2022-01-01", "2022-07-01", "2023-01-01"]
COUNTED = "1 code of fewer than 10 households"


def events(having: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ids = np.array([f"h{k:04d}" for k in range(300)])
    rows = pd.DataFrame(
        {
            "household_id": ids[(300 * rng.random(4_000) ** 3).astype(int)],
            "code": rng.choice(CODES, 4_000, p=[0.1, 0.5, 0.4]),
            "event_date": pd.Timestamp("2021-01-01")
            + pd.to_timedelta(rng.integers(0, 1_000, 4_000), "D"),
        }
    )
    rare = pd.DataFrame({"household_id": ids[:having], "code": PERSON})
    return pd.concat([rows, rare.assign(event_date=pd.Timestamp("2021-06-11"))])


def manifest(**keys: Any) -> dict[str, Any]:
    entry = {
        "frame": events(),
        "household_id": "household_id",
        "code": {"column": "code"},
        "event_date": "event_date",
    }
    return {"name": "petitions", "today": "2024-01-01", "events": [entry], **keys}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    frames = rm.Records.from_frames(events(), today="2024-01-01")
    store = tmp_path_factory.mktemp("store")
    rm.ingest(manifest(), store)
    panel = rm.build_panel(
        frames,
        rounds=ROUNDS,
        label=LABEL,
        features=rm.Features([rm.Agg.count([*CODES, PERSON], ["1M", "ever"])]),
    )
    records = {
        "frames": frames,
        "manifest": rm.read_records(manifest()),
        "a store": rm.read_records(store),
        "fewer rounds": frames.replace(today=np.datetime64("2023-12-01")),
    }
    return SimpleNamespace(records=records, panel=panel)


def build(records: rm.Records, **keys: Any) -> rm.Panel:
    return rm.build_panel(records, rounds=ROUNDS, **{"label": LABEL, **keys})


def counting(*codes: str, operation: str = "count") -> rm.Features:
    return rm.Features([rm.Agg(operation, codes, ("6M",))])


REFUSED: dict[str, Callable[[rm.Records], object]] = {
    "an aggregate": lambda r: build(r, features=counting(NEAR)),
    "an aggregate of another kind": lambda r: build(r, features=counting("*", operation="spread")),
    "the outcome": lambda r: build(r, label=rm.Label(NEAR, window="6M", maturity="2M")),
    "the observing fact": lambda r: build(
        r, label=rm.Label("crisis", window="6M", maturity="2M", observed_by=NEAR)
    ),
    "a cohort": lambda r: build(r, cohort=rm.Cohort(codes=[NEAR])),
    "a cohort's exclusion": lambda r: build(r, cohort=rm.Cohort(exclude={NEAR: "6M"})),
    "a cohort's condition": lambda r: build(r, cohort=rm.Cohort(where=f"{NEAR}__count__ever > 0")),
    "require": lambda r: r.catalogue.require(NEAR),
}


@pytest.mark.parametrize("records", ["frames", "manifest", "a store", "fewer rounds"])
@pytest.mark.parametrize("case", REFUSED)
def test_an_error_counts_codes_of_few_households(
    study: SimpleNamespace, case: str, records: str, mended: Note
) -> None:
    with pytest.raises(RiskmodelError) as error:
        REFUSED[case](study.records[records])
    assert PERSON not in str(error.value)
    mended("personal data", tried=f"a misspelled code, {case}, {records}",
           before=f"Allowed: crisis, ..., {PERSON}", now=error.value)  # fmt: skip


@pytest.mark.parametrize("key", ["complete_before", "accept_feeds"])
def test_a_key_of_the_manifest_that_names_no_feed_counts_them(key: str) -> None:
    given = {"complete_before": {NEAR: "2023-01-01"}, "accept_feeds": {NEAR: "it is late"}}
    with pytest.raises(RiskmodelError) as error:
        rm.read_records(manifest(**{key: given[key]}))
    assert PERSON not in str(error.value)


def test_codes_of_ten_households_of_a_catalogue_and_of_a_manifest_are_named() -> None:
    many = rm.Records.from_frames(events(10), today="2024-01-01")
    catalogue = dict.fromkeys((*CODES, PERSON))
    own = rm.Records.from_frames(events(), today="2024-01-01", catalogue=catalogue)
    entry = {**manifest()["events"][0], "code": PERSON}
    written = rm.read_records(manifest() | {"events": [*manifest()["events"], entry]})
    for records in (many, own, written):
        with pytest.raises(RiskmodelError, match=f"did you mean '{PERSON}'"):
            records.catalogue.require(NEAR)


PRINTED: dict[str, Callable[[SimpleNamespace], str]] = {
    "the catalogue": lambda s: repr(s.records["frames"].catalogue),
    "the summary": lambda s: repr(s.records["frames"].summary()),
    "the summary in a notebook": lambda s: s.records["manifest"].summary()._repr_html_(),
    "the summary of a store": lambda s: repr(s.records["a store"].summary()),
    "the panel": lambda s: repr(s.panel),
    "the panel in a notebook": lambda s: s.panel._repr_html_(),
}


@pytest.mark.parametrize("what", PRINTED)
def test_what_is_printed_counts_codes_of_few_households(
    study: SimpleNamespace, what: str, mended: Note
) -> None:
    text = PRINTED[what](study)
    assert PERSON not in text
    assert "2021-06-11" not in text
    assert "of fewer than 10 households" in text
    mended("personal data", tried=f"{what} of records with a code of three households",
           before="named it", now="counts it")  # fmt: skip


def test_the_summary_tells_no_figure_of_few_households_of_a_catalogues_code() -> None:
    catalogue = dict.fromkeys((*CODES, PERSON))
    records = rm.Records.from_frames(events(), today="2024-01-01", catalogue=catalogue)
    summary = records.summary()
    (line,) = [one for one in repr(summary).splitlines() if one.startswith(PERSON)]
    assert line.split() == [PERSON, "fewer", "than", "10"]
    # what is asked for is exact
    assert summary.indicators.loc[PERSON, ["rows", "households"]].tolist() == [3, 3]


def test_a_panel_of_a_file_counts_them_too(study: SimpleNamespace, tmp_path: Path) -> None:
    study.panel.to_parquet(tmp_path / "panel.parquet")
    read = rm.Panel.read_parquet(tmp_path / "panel.parquet")
    assert repr(read) == repr(study.panel)


def test_a_list_counts_the_codes_that_are_no_part_of_its_model() -> None:
    records = rm.Records.from_frames(events(), today="2024-01-01")
    panel = build(records, features=counting("rent", "power"))
    model = rm.make_classifier(panel, "logistic").fit(panel)
    notes = rm.score(model, records, "2023-07-01").notes
    says = "indicators that are no part of the model are ignored: 1 of fewer than 10 households"
    assert says in notes
    assert not any(PERSON in note for note in notes)


@pytest.fixture(scope="module")
def model(study: SimpleNamespace) -> rm.RiskClassifier:
    return rm.make_classifier(study.panel, "logistic").fit(study.panel)


X = f"{PERSON}__count__1M"
ROWS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "without the column": lambda rows: rows.drop(columns=X),
    "with another column for it": lambda rows: rows.rename(columns={X: f"{NEAR}__count__1M"}),
    "with infinities in it": lambda rows: rows.assign(**{X: np.inf}),
    "with texts in it": lambda rows: rows.astype(object).assign(**{X: "none"}),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_model_tells_its_column_of_few_households_by_its_number(
    study: SimpleNamespace, model: rm.RiskClassifier, case: str
) -> None:
    number = list(study.panel.X).index(X) + 1
    with pytest.raises(RiskmodelError, match=rf"\bno\. {number}\b") as error:
        model.predict_proba(ROWS[case](study.panel.X))
    assert PERSON not in str(error.value)


def test_records_that_lack_the_code_of_few_are_refused_by_its_number(
    model: rm.RiskClassifier,
) -> None:
    rows = events()
    others = rm.Records.from_frames(rows[rows["code"] != PERSON], today="2024-01-01")
    with pytest.raises(RiskmodelError, match=f": {COUNTED}") as error:
        rm.score(model, others, "2023-07-01")
    assert PERSON not in str(error.value)


def test_headings_of_few_households_are_counted(mended: Note) -> None:
    n = np.arange(40)
    wide = pd.DataFrame({"id": n.astype(str), "day": "2022-05-01", "ind_rent": n % 2})
    wide = wide.assign(ind_fire=1, **{f"ind_{PERSON}": n < 3})
    entry = {"frame": wide, "household_id": "id", "event_date": "day"}
    wanted = {"today": "2024-01-01", "catalogue": {"ind_rent": None}}
    for keys, told in (
        ({"values": {"match": "^ind_"}}, "ind_fire, and 1 column of fewer than 10 households"),
        ({"values": {"match": "^ind_"}, "event_date": "dy"}, "and 3 columns of the pattern"),
    ):
        with pytest.raises(RiskmodelError) as error:
            rm.read_records({**wanted, "events": [{**entry, **keys}]})
        assert PERSON not in str(error.value)
        assert told in str(error.value)
    mended("personal data", tried="a heading of a wide table that is a code of three households",
           before="named in errors", now=error.value)  # fmt: skip


@pytest.mark.parametrize("place", ["limits[0]", "site", "configuration.name"])
def test_a_code_of_few_that_no_column_uses_is_found_in_what_is_published(
    study: SimpleNamespace, place: str, tmp_path: Path
) -> None:
    site = PERSON if place == "site" else "the city"
    records = study.records["frames"].replace(site=site)
    panel = build(records, features=counting("rent", "power"))
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, "logistic").fit(train)
    given = {
        "limits[0]": {"limits": [f"without {PERSON}"]},
        "site": {},
        "configuration.name": {"configuration": {"name": PERSON}},
    }
    with pytest.raises(RegistryError, match="a name of fewer than 10 households") as error:
        rm.save(model, rm.evaluate(model, test), tmp_path / "model", **given[place])
    assert error.value.place == place
    assert PERSON not in str(error.value)


ONE_HOT = "name_Kim_Chulsoo"


def one_hot(having: int, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 400
    income = rng.normal(size=n)
    return pd.DataFrame(
        {
            "id": [f"h{k:04d}" for k in range(n)],
            "income": income,
            ONE_HOT: np.arange(n) < having,
            "poor": (rng.random(n) < 1 / (1 + np.exp(2 + income))).astype(int),
            **columns,
        }
    )


def panel_of(frame: pd.DataFrame, **keys: Any) -> rm.Panel:
    return rm.Panel.from_frame(
        frame, household_id="id", as_of_date="2024-01-01", y="poor", label=LABEL, **keys
    )


def saved(folder: Path, panel: rm.Panel, *, as_frame: bool = False) -> Path:
    train, test = rm.HouseholdSplit().last(panel)
    model = rm.make_classifier(panel, "logistic")
    if as_frame:
        model = rm.RiskClassifier(kind="logistic", label=LABEL).fit(panel.X, panel.y)
    else:
        model = model.fit(train)
    facts = {"population": {"who": "households"}, "data": {"source": "a survey"}}
    return rm.save(model, rm.evaluate(model, test), folder, facts=facts)


KINDS = {
    "1 for few": lambda n: np.arange(n) < 9,
    "0 for few": lambda n: np.arange(n) >= 9,
    "a figure of few": lambda n: np.where(np.arange(n) < 9, np.arange(n) + 2.5, np.nan),
    "another figure than the usual one": lambda n: np.where(np.arange(n) < 9, 7.0, 3.5),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_few_households_is_not_published(
    kind: str, tmp_path: Path, mended: Note
) -> None:
    panel = panel_of(one_hot(0, **{ONE_HOT: KINDS[kind](400)}))
    with pytest.raises(RegistryError, match="in 1 of them fewer than 10 households") as error:
        saved(tmp_path / "model", panel)
    assert (error.value.code, error.value.place) == (
        "registry.rare_columns",
        "feature_names_in_, no. 2",
    )
    assert "Kim" not in str(error.value)
    assert not (tmp_path / "model").exists()
    mended("personal data", tried=f"a column named after a person, {kind}",
           before="published under its name", now=error.value.code)  # fmt: skip


def test_a_column_of_few_rows_of_a_frame_without_a_panel_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="in 1 of them fewer than 10 households"):
        saved(tmp_path / "model", panel_of(one_hot(5)), as_frame=True)


@pytest.mark.parametrize("case", ["ten households", "described"])
def test_other_columns_are_published(case: str, tmp_path: Path) -> None:
    described = {"catalogue": {ONE_HOT: {"en": "what the office calls so"}}}
    panel = panel_of(one_hot(10)) if case == "ten households" else panel_of(one_hot(1), **described)
    assert saved(tmp_path / "model", panel).is_dir()


WRONG = {
    "a column": {"weight": "name_Kim_Chulso"},
    "a direction": {"directions": {"name_Kim_Chulso": 1}},
    "the catalogue": {"catalogue": {"name_Kim_Chulso": {"en": "?"}}},
}


@pytest.mark.parametrize("case", WRONG)
def test_errors_of_a_frame_count_its_columns_of_few_households(case: str, mended: Note) -> None:
    with pytest.raises(RiskmodelError, match="1 column of fewer than 10 households") as error:
        panel_of(one_hot(5), **WRONG[case])
    assert ONE_HOT not in str(error.value)
    mended("personal data", tried=f"a wrong name of {case} of a frame",
           before="every column was named", now=error.value)  # fmt: skip


def test_the_print_of_a_frames_panel_counts_them() -> None:
    frame = one_hot(5).rename(columns={ONE_HOT: "name Kim Chulsoo", "income": "income now"})
    text = repr(panel_of(frame))
    assert "renamed: 'income now' -> income_now, and 1 column of fewer than 10 households" in text
    assert "Kim" not in text
