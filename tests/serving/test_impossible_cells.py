"""Cells that no record can give are named, and a panel's own cells never are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from published_models import households

import riskmodel as rm
from riskmodel.models import columns_of
from riskmodel.serving import PossibleCells

COUNT, RECENCY = "power__count__6M", "power__recency__ever"


def entry(name: str, **own: Any) -> Any:
    indicator, aggregate, window = name.split("__")
    plain = {"name": name, "indicator": indicator, "aggregate": aggregate, "window": window}
    return {**plain, "categories": None, **own}


COLUMNS = [
    entry("rent__now__ever"),
    entry("rent__count__12M"),
    entry("rent__count__ever"),
    entry("rent__count__60D"),
    entry("rent__ever__6M"),
    entry("rent__recency__ever"),
    entry("rent__spell__ever"),
    entry("rent__change__6M"),
    entry("housing__kinds__6M", indicator="", aggregate="", family="housing", codes=["a", "b"]),
    entry("own__of__frame", indicator="", aggregate="", window=""),
]
NAMES = [column["name"] for column in COLUMNS]
POSSIBLE = dict(zip(NAMES, [22.5, 3, 3, 1, 1, 0.5, 4.2, -7.5, 2, -1.5], strict=True))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, []),
        (dict.fromkeys(NAMES, np.nan), []),
        ({"rent__count__12M": -1}, ["rent__count__12M", "rent__count__60D"]),
        ({"rent__count__60D": 0.5}, ["rent__count__60D"]),
        ({"rent__recency__ever": 300}, ["rent__recency__ever"]),
        ({"rent__recency__ever": -0.1}, ["rent__recency__ever"]),
        ({"rent__ever__6M": 2}, ["rent__ever__6M"]),
        ({"rent__spell__ever": -1}, ["rent__spell__ever"]),
        ({"rent__now__ever": -3, "rent__change__6M": 1e9}, []),
        ({"housing__kinds__6M": 3}, ["housing__kinds__6M"]),
        ({"housing__kinds__6M": 1.5}, ["housing__kinds__6M"]),
        ({"own__of__frame": 1e300}, []),
        ({"rent__count__60D": 4}, ["rent__count__12M", "rent__count__60D"]),
        ({"rent__count__12M": 4}, ["rent__count__12M", "rent__count__ever"]),
        ({"rent__count__12M": np.nan, "rent__count__60D": 4}, []),
    ],
)
def test_each_cell_that_cannot_be_is_found(change: dict[str, float], named: list[str]) -> None:
    row = [{**POSSIBLE, **change}[name] for name in NAMES]
    (found,) = PossibleCells(COLUMNS).impossible(np.array([row]))
    assert [name for name, is_found in zip(NAMES, found, strict=True) if is_found] == named


def test_the_answer_names_the_columns_of_each_row(published: dict[str, SimpleNamespace]) -> None:
    scorer, X = published["lightgbm"].scorer, households(4, 11)
    sent = X.assign(**{COUNT: [1, -1, 1.5, 1], RECENCY: [0.5, 0.5, 300, 0.5]})
    told = scorer.score(sent, masked=False)
    assert told["impossible"] == [[], [COUNT], [COUNT, RECENCY], []]
    # a column of a sensitive indicator would tell what is masked
    assert scorer.score(sent)["impossible"][2] == ["sensitive information"]


def test_no_cell_of_a_panel_is_impossible() -> None:
    records = rm.make_households(400, random_state=3)
    codes, spans = [*records.catalogue][:5], ["60D", "6M", "24M", "ever"]
    aggregates = [
        *(rm.Agg(operation, codes, spans) for operation in ("count", "ever", "distinct", "max")),
        rm.Agg.recency(codes),
    ]
    features = rm.Features(aggregates)
    panel = rm.build_panel(
        records,
        rounds=records.rounds[-4:],
        label=records.label,
        features=features,
    )
    columns = columns_of(SimpleNamespace(columns_=panel.columns, catalogue_=panel.catalogue))
    assert {"count", "recency"} <= {column["aggregate"] for column in columns}
    numbers = panel.X.select_dtypes("number")
    entries = [column for column in columns if column["name"] in numbers]
    X = numbers.to_numpy(dtype=np.float64)
    assert not PossibleCells(entries).impossible(X).any()
