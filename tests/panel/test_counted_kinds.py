"""How many different indicators of a family there are: which count, over what, where missing."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from panel_oracle import Blank, Delivery, Fact, Home, Period, World, feature, opens

import riskmodel as rm
from riskmodel.errors import ConfigError
from riskmodel.indicators import FAMILIES, Catalogue
from riskmodel.panel import Agg, Column, Features, Kinds, Panel, build_panel
from riskmodel.panel.specs.kinds_of_trouble import DEFAULT_SPANS
from riskmodel.records import Records
from riskmodel.records.table_schemas import conform
from riskmodel.serving import LANGUAGES

AS_OFS = (date(2024, 2, 29), date(2024, 8, 31), date(2025, 3, 1))
SPANS = ("30D", "6M", "ever")
RISKY = {"family": "housing", "direction": 1}
CATALOGUE = Catalogue.read(
    {
        "rent": RISKY,
        "notice": RISKY,
        "heat": RISKY,
        "harm": {**RISKY, "sensitivity": "violence"},
        "moved": {"family": "housing"},
        "fees": {**RISKY, "kind": "state"},
        "height": {**RISKY, "kind": "reading"},
        "debt": {"family": "finance", "direction": 1},
    }
)
COUNTED = ("rent", "notice", "heat")
CONF = Path(__file__).parents[2] / "conf"
NAMES = [f"housing__kinds__{span}" for span in SPANS]


def some_day(rng: random.Random) -> date:
    return date(2023, 6, 1) + timedelta(rng.randrange(640))


def some_world(rng: random.Random) -> World:
    """Facts of a few households; feeds come late, not at all, or in one area alone."""
    homes = [Home(h, rng.choice(["north", "south"]), date(2022, 1, 1)) for h in "abc"]
    areas = [None, "north", "south"] if rng.random() < 0.5 else [None]
    facts, deliveries, coverage, blanks = [], [], [], []
    for _ in range(rng.randrange(14)):
        day = some_day(rng)
        code = rng.choice([*COUNTED, "harm"])
        facts.append(Fact(rng.choice("abc"), code, day, day + timedelta(rng.choice([0, 3, 90]))))
    for _ in range(rng.randrange(6)):
        day = some_day(rng)
        came = rng.random() < 0.7
        code = rng.choice(COUNTED)
        deliveries.append(Delivery(code, rng.choice(areas), day, day, delivered=came))
        if came and rng.random() < 0.5:
            blanks.append(Blank(rng.choice("abc"), code, day, day))
    for _ in range(rng.randrange(3)):
        first, last = sorted([some_day(rng), some_day(rng)])
        coverage.append(Period(rng.choice(COUNTED), rng.choice(areas), first, last))
    rule = rng.choice(["counted", "missing"])
    kinds = dict.fromkeys(CATALOGUE, "event")
    return World(facts, kinds, deliveries, coverage, blanks, homes, rule)


def records_of(world: World, catalogue: Catalogue = CATALOGUE) -> Records:
    def frame(rows: list[Any], kind: Any) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=kind._fields)

    tables = {
        "events": frame(world.facts, Fact),
        "coverage": frame(world.coverage, Period),
        "deliveries": frame(world.deliveries, Delivery),
        "unmatched": frame(world.unmatched, Blank),
        "attributes": frame(world.homes, Home).rename(columns={"area": "text"}).assign(name="gu"),
        "members": pd.DataFrame({"household_id": list("abcd"), "person_id": "someone"}),
    }
    return Records(
        name="world",
        today=np.datetime64("2026-01-01"),
        catalogue=catalogue,
        tables={name: conform(name, table) for name, table in tables.items()},
        area="gu" if world.homes else None,
    )


def panel_of(world: World, features: Features) -> Panel:
    pairs = [(household, day) for household in "abcd" for day in AS_OFS]
    rows = pd.DataFrame(pairs, columns=["household_id", "as_of_date"])
    rows = rows.astype({"as_of_date": "datetime64[s]"})
    return build_panel(records_of(world), rows, label=None, features=features)


def told(world: World, household: str, as_of: date, span: str) -> float:
    """How many different indicators there are, from the definition alone."""
    counts = [feature(world, household, as_of, code, "count", span) for code in COUNTED]
    known = [count for count in counts if not math.isnan(count)]
    if not known or (world.partly_covered == "missing" and len(known) < len(counts)):
        return math.nan
    return sum(count > 0 for count in known)


def is_part(world: World, household: str, as_of: date, span: str) -> bool:
    area = world.area(household, as_of)
    live = [world.is_live(code, area, as_of) for code in COUNTED]
    cut = [
        is_live and span != "ever" and world.is_cut_short(code, area, opens(span, as_of), as_of)
        for code, is_live in zip(COUNTED, live, strict=True)
    ]
    return any(live) and (any(cut) or not all(live))


@pytest.mark.parametrize("seed", range(10))
def test_it_is_what_its_definition_says(seed: int) -> None:
    """By hand from the facts: feeds late, out, of one area, unmatched, windows cut short."""
    world = some_world(random.Random(seed))
    panel = panel_of(world, Features([Kinds("housing", spans=SPANS)], world.partly_covered))
    assert list(panel.X) == NAMES
    expected = [
        [told(world, household, day.date(), span) for span in SPANS]
        for household, day in panel.X.index
    ]
    np.testing.assert_array_equal(panel.X.to_numpy(), np.array(expected, np.float32))

    for name, span in zip(NAMES, SPANS, strict=True):
        days = [str(day) for day in AS_OFS if any(is_part(world, h, day, span) for h in "abcd")]
        # areas in which nobody lives are looked at, too
        assert set(days) <= set(panel.partly_covered.get(name, ())), (name, world)


def test_one_feed_out_leaves_the_others_counted_and_all_of_them_out_leave_nothing() -> None:
    day = date(2024, 1, 5)
    facts = [Fact("a", code, day, day) for code in COUNTED]
    out = [Delivery(code, None, date(2024, 2, 1), date(2024, 2, 1), False) for code in COUNTED]
    kinds = dict.fromkeys(CATALOGUE, "event")
    features = Features([Kinds("housing", spans="ever")])
    row = ("a", "2024-02-29")
    one = panel_of(World(facts, kinds, out[:1]), features)
    assert one.X.loc[row].item() == 2
    assert "2024-02-29" in one.partly_covered["housing__kinds__ever"]
    every = panel_of(World(facts, kinds, out), features)
    assert math.isnan(every.X.loc[row].item())
    assert "2024-02-29" not in every.partly_covered.get("housing__kinds__ever", ())
    whole = panel_of(World(facts, kinds, out[:1]), Features(features.items, "missing"))
    assert math.isnan(whole.X.loc[row].item())


def test_a_sensitive_indicator_is_not_among_them() -> None:
    """Whoever sees the number and the others could tell that it is there."""
    day = date(2024, 1, 5)
    facts = [Fact("a", code, day, day) for code in ("rent", "harm")]
    world = World(facts, dict.fromkeys(CATALOGUE, "event"))
    panel = panel_of(world, Features([Kinds("housing")]))
    assert panel.columns[0].codes == COUNTED
    assert panel.X.loc[("a", "2024-02-29"), "housing__kinds__ever"] == 1


def test_the_default_adds_families_of_two_risky_events_or_more_and_only_rises() -> None:
    default = Features.default(CATALOGUE)
    assert default.kinds == (Kinds("housing", COUNTED),)
    kinds = [column for column in default.columns(CATALOGUE) if column.codes]
    assert [column.name for column in kinds] == [f"housing__kinds__{s}" for s in DEFAULT_SPANS]
    assert {(column.direction, column.indicator) for column in kinds} == {(1, "")}
    assert default.names[-5:] == tuple(column.name for column in kinds)


@pytest.mark.parametrize("study", ["gsoep_poverty", "nyc_evictions", "uci_credit"])
def test_of_the_real_studies_none_gets_a_column(study: str) -> None:
    """Their features are listed, without kinds: the figures of a study do not move."""
    files = sorted(CONF.glob(f"features/{study}*.yaml"))
    assert files
    for file in files:
        listed = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert listed["aggregates"]
        assert not Features.from_dict(listed).kinds
    catalogue = yaml.safe_load((CONF / f"data/{study}.yaml").read_text(encoding="utf-8"))
    with_default = Features.default(Catalogue.read(catalogue["catalogue"])).kinds
    assert len(with_default) == (study == "uci_credit")  # arrears and default, both of finance


def test_they_are_written_to_yaml_and_read_again() -> None:
    features = Features([Agg.count("rent"), Kinds("housing", spans=["6M", "ever"])])
    written = yaml.safe_load(yaml.safe_dump(features.to_dict()))
    assert written["kinds"] == [{"family": "housing", "codes": ["*"], "spans": ["6M", "ever"]}]
    assert Features.from_dict(written) == features
    resolved = features.resolve(CATALOGUE)
    assert resolved.kinds[0].codes == COUNTED
    assert resolved.names == tuple(column.name for column in features.columns(CATALOGUE))
    assert "kinds" not in Features([Agg.count("rent")]).to_dict()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Kinds("hosing"), "did you mean 'housing'"),
        (lambda: Kinds("housing", spans="0D"), "holds nothing"),
        (lambda: Features([Kinds("finance")]).columns(CATALOGUE), "not two of them"),
        (lambda: Features([Kinds("housing", "rent")]).columns(CATALOGUE), "not two of them"),
        (lambda: Features([Kinds("housing", ["rent", "harm"])]).columns(CATALOGUE), "sensitive"),
        (lambda: Features([Kinds("housing", ["rent", "fees"])]).columns(CATALOGUE), "no event"),
        (lambda: Features([Kinds("housing", ["rent", "debt"])]).columns(CATALOGUE), "that family"),
        (lambda: Features([Kinds("housing", ["rent", "ntice"])]).columns(CATALOGUE), "did you"),
        (
            lambda: Features([Kinds("housing"), rm.Attribute("housing__kinds")]).columns(CATALOGUE),
            "has the name",
        ),
        (lambda: Features.from_dict({"kinds": [{"famly": "housing"}]}), "did you mean 'family'"),
        (lambda: rm.Cohort(where="housing__kinds__6M > 1").features(CATALOGUE), "no feature"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_advice(make: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make()


def test_counts_that_nobody_asked_for_are_no_columns(tmp_path: Path) -> None:
    """The counts are computed on the way; the panel keeps what the column is, in a file too."""
    world = some_world(random.Random(3))
    panel = panel_of(world, Features([Kinds("housing", spans="6M")]))
    expected = Column("housing__kinds__6M", "", "kinds", "6M", 1, family="housing", codes=COUNTED)
    assert panel.columns == (expected,)
    panel.to_parquet(tmp_path / "panel.parquet")
    again = Panel.read_parquet(tmp_path / "panel.parquet")
    assert again.columns == panel.columns
    pd.testing.assert_frame_equal(again.X, panel.X)


def test_every_family_has_words_in_every_language() -> None:
    for language in LANGUAGES.values():
        assert tuple(language.families) == FAMILIES
