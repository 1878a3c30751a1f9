"""Features are data: named, checked, hashed, written and read."""

from __future__ import annotations

import pickle

import pytest
import yaml

from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue
from riskmodel.panel import Agg, Attribute, Features
from riskmodel.panel.specs.feature_columns import clean

CATALOGUE = Catalogue.read(
    {
        "rent": {"direction": 1, "unit": "months"},
        "fire": {},
        "debt": {"kind": "state", "direction": 1},
        "income": {"kind": "reading", "direction": -1},
        "mood": {"kind": "reading"},
    }
)
SPEC = Features(
    [Agg.count("*", ["1M", "ever"]), Attribute("gu"), Agg.distinct("rent", "12M"), Agg.now("debt")]
)


def test_names_say_indicator_aggregate_and_window() -> None:
    assert Features([Agg.sum("rent", ["3M", "ever"]), Agg.recency("a.b")]).names == (
        "rent__sum__3M",
        "rent__sum__ever",
        "a_b__recency__ever",
    )
    columns = SPEC.columns(CATALOGUE)
    assert tuple(column.name for column in columns) == SPEC.resolve(CATALOGUE).names
    assert not any("." in column.name for column in columns)


def test_attributes_come_last() -> None:
    assert SPEC.columns(CATALOGUE)[-1].name == "gu"


def test_written_and_read_it_is_the_same() -> None:
    again = Features.from_dict(yaml.safe_load(yaml.safe_dump(SPEC.to_dict())))
    assert again == SPEC == pickle.loads(pickle.dumps(SPEC))
    assert hash(again) == hash(SPEC)
    assert again.digest == SPEC.digest != Features([Agg.count("*")]).digest


def test_attributes_may_be_plain_names_in_yaml() -> None:
    assert Features.from_dict({"aggregates": None, "attributes": ["gu"]}).attributes == (
        Attribute("gu"),
    )


def test_the_default_moves_one_way_for_directed_indicators() -> None:
    for column in Features.default(CATALOGUE).columns(CATALOGUE):
        assert column.direction == CATALOGUE[column.indicator].direction, column.name


def test_the_default_holds_what_the_kind_carries() -> None:
    names = Features.default(CATALOGUE, attributes=["gu"]).names
    assert [n for n in names if n.startswith("rent")] == [
        "rent__count__1M",
        "rent__count__3M",
        "rent__count__6M",
        "rent__count__12M",
        "rent__count__ever",
        "rent__sum__3M",
        "rent__sum__12M",
        "rent__sum__ever",
        "rent__max__12M",
        "rent__recency__ever",
    ]
    assert [n for n in names if n.startswith("debt")] == [
        "debt__now__ever",
        "debt__spell__ever",
        "debt__max__12M",
        "debt__count__ever",
    ]
    assert [n for n in names if n.startswith("income")] == [
        "income__last__ever",
        "income__mean__12M",
    ]
    assert {"fire__trend__12M", "mood__trend__12M", "gu"} < set(names)


@pytest.mark.parametrize(
    ("code", "operation", "direction"),
    [
        ("rent", "count", 1),
        ("rent", "min", 0),
        ("rent", "mean", 0),
        ("rent", "last", 0),
        ("rent", "trend", 0),
        ("income", "last", -1),
        ("income", "min", -1),
        ("income", "count", 0),
        ("income", "recency", 0),
        ("income", "change", 0),
        ("fire", "count", 0),
    ],
)
def test_directions_are_given_only_where_more_can_move_one_way(
    code: str, operation: str, direction: int
) -> None:
    spans = ["12M"] if operation == "trend" else ["ever"]
    assert Features([Agg(operation, code, spans)]).columns(CATALOGUE)[0].direction == direction


def test_values_that_may_be_negative_give_sums_no_direction() -> None:
    catalogue = Catalogue.read({"balance": {"direction": 1, "unit": "KRW", "minimum": -10}})
    assert not any("sum" in name for name in Features.default(catalogue).names)
    assert Features([Agg.sum("balance")]).columns(catalogue)[0].direction == 0


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Agg("cont", "rent"), "did you mean 'count'"),
        (lambda: Agg.count("rent", "6W"), "'60D' or '6M'"),
        (lambda: Agg.count("rent", "0D"), "holds nothing"),
        (lambda: Agg("recency", "rent", "6M"), "no window"),
        (lambda: Agg.trend("rent", "ever"), "halves"),
        (lambda: Features(["rent"]), "Attribute"),
        (lambda: Features([Agg.count("*")]).names, "resolve"),
        (lambda: Features([Agg.now("debt"), Agg.count("*"), Agg.sum("rent")]).names, "resolve"),
        (lambda: Features([Agg.count("rnt")]).columns(CATALOGUE), "did you mean 'rent'"),
        (lambda: Features([Agg.now("rent")]).columns(CATALOGUE), "kind event"),
        (
            lambda: Features([Agg.count(["a.b", "a b"])]).columns(
                Catalogue().with_codes(["a.b", "a b"])
            ),
            "two columns",
        ),
        (lambda: Features.from_dict({"aggregate": []}), "did you mean 'aggregates'"),
        (
            lambda: Features.from_dict({"aggregates": [{"operation": "count", "code": "rent"}]}),
            "codes",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_advice(make: object, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make()  # type: ignore[operator]


def test_repeated_items_stand_once() -> None:
    assert len(Features([Agg.count("rent"), Agg.count("rent")])) == 1
    assert (
        Features([Agg.count("*"), Agg.count("rent")])
        .resolve(CATALOGUE)
        .names.count("rent__count__ever")
        == 1
    )


def test_all_codes_stand_beside_other_aggregates_in_the_order_written() -> None:
    both = Features([Agg.sum("rent"), Agg.count("*"), Agg.now("debt"), Attribute("gu")])
    assert both.codes == ("rent", "debt")
    counts = [f"{code}__count__ever" for code in CATALOGUE]
    names = ("rent__sum__ever", *counts, "debt__now__ever", "gu")
    assert both.resolve(CATALOGUE).names == names
    assert tuple(column.name for column in both.columns(CATALOGUE)) == names

    some = both.resolve(CATALOGUE, every=["fire"])
    assert some.names == ("rent__sum__ever", "fire__count__ever", "debt__now__ever", "gu")


def test_korean_names_stay() -> None:
    assert clean("월세 체납(개월)") == "월세_체납_개월"
