"""Rows as they are sent: in every form, type and order, refused without their values."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from published_models import COLUMNS, households

from mended import Note
from riskmodel.serving import Scorer, ServingError, are_written_otherwise
from riskmodel.serving.input_rows import input_matrix

NUMBERS = [column.name for column in COLUMNS if column.name != "borough"]
POWER = "power__count__6M"


@pytest.fixture
def scorer(published: dict[str, SimpleNamespace]) -> Scorer:
    return published["lightgbm"].scorer


def _with(name: str, values: Callable[[pd.Series], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda X: X.assign(**{name: values(X[name])})


SAME = {
    "int64 column": _with(POWER, lambda values: values.astype("int64")),
    "uint8 column": _with(POWER, lambda values: values.astype("uint8")),
    "Int64 column": _with(POWER, lambda values: values.astype("Int64")),
    "Float64 columns": lambda X: X.astype(dict.fromkeys(NUMBERS, "Float64")),
    "numbers as objects": lambda X: X.astype(dict.fromkeys(NUMBERS, object)),
    "category as string": lambda X: X.astype({"borough": "string"}),
    "category as object": lambda X: X.astype({"borough": object}),
    "columns in another order": lambda X: X[X.columns[::-1]],
    "more columns": lambda X: X.assign(score=1.0, name="김철수"),
    "more columns of one name": lambda X: pd.concat([X.assign(a=1), X.assign(a=2)[["a"]]], axis=1),
    "a repeated index": lambda X: X.set_axis([7] * len(X)),
    "a mapping of Series": lambda X: {name: X[name] for name in X},
}


@pytest.mark.parametrize("form", SAME)
def test_rows_are_scored_alike_in_every_form(scorer: Scorer, form: str) -> None:
    X = households(60, 11)
    expected = scorer.score(X)["margin"]
    assert np.array_equal(scorer.score(SAME[form](X))["margin"], expected)


@pytest.mark.parametrize("dtype", ["bool", "boolean"])
def test_booleans_are_zero_and_one(scorer: Scorer, dtype: str) -> None:
    X = households(60, 11)
    met = X[POWER] > 0
    expected = scorer.score(X.assign(**{POWER: met.astype("float64")}))["margin"]
    assert np.array_equal(scorer.score(X.assign(**{POWER: met.astype(dtype)}))["margin"], expected)


def test_one_row_of_a_frame_is_one_row(scorer: Scorer) -> None:
    X = households(5, 11)
    assert scorer.score(X.iloc[3])["margin"].tolist() == scorer.score(X)["margin"][3:4].tolist()


@pytest.mark.parametrize("rows", [households(0), []], ids=["frame", "list"])
def test_no_rows_give_no_scores(scorer: Scorer, rows: Any) -> None:
    found = scorer.score(rows)
    assert len(found["margin"]) == len(found["reasons"]) == 0


@pytest.mark.parametrize(
    "written", [" north", "north ", "\u3000north", "north\n", "\u00a0north\u200b"]
)
@pytest.mark.parametrize("dtype", [object, "category", "string"])
def test_blanks_around_a_category_are_no_part_of_it(
    published: dict[str, SimpleNamespace], written: str, dtype: Any, mended: Note
) -> None:
    of_north = households(20, 11).assign(borough="north")
    sent = of_north.assign(borough=pd.Series([written] * 20).astype(dtype))
    found = published["lightgbm"].scorer.score(sent)
    model = published["lightgbm"].model

    assert found["unseen"] == [[]] * 20
    assert np.array_equal(found["margin"], published["lightgbm"].scorer.score(of_north)["margin"])
    assert np.array_equal(model.margin(sent), model.margin(of_north))
    mended(
        "look-alikes",
        tried=f"a category {written!r}, {dtype}",
        before="another score, as of a category never seen (.094 instead of .726)",
        now=f"{len(sent)} rows scored as 'north', {sum(map(len, found['unseen']))} unseen",
    )


@pytest.mark.parametrize("blank", ["", "  ", "\u3000"])
def test_a_blank_category_is_missing(published: dict[str, SimpleNamespace], blank: str) -> None:
    one = published["lightgbm"]
    sent, missing = (households(5, 11).assign(borough=value) for value in (blank, None))
    assert one.scorer.score(sent)["unseen"] == [[]] * 5
    assert np.array_equal(one.scorer.score(sent)["margin"], one.scorer.score(missing)["margin"])
    assert np.array_equal(one.model.margin(sent), one.model.margin(missing.astype(object)))
    assert one.model.unseen_categories(sent) == {"borough": 0}


def test_a_category_of_hundreds_of_digits_is_unseen(
    published: dict[str, SimpleNamespace],
) -> None:
    boroughs = pd.Series([10**400, "north"], dtype=object)
    sent = households(2, 11)
    sent["borough"] = boroughs.set_axis(sent.index)
    assert published["lightgbm"].scorer.score(sent)["unseen"] == [["borough"], []]
    assert published["lightgbm"].model.unseen_categories(sent) == {"borough": 1}


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "an array": (lambda X: X[NUMBERS].to_numpy(), "serving.rows"),
    "a text": (lambda X: "김철수", "serving.rows"),
    "a list of texts": (lambda X: ["김철수"], "serving.rows"),
    "a repeated column": (lambda X: pd.concat([X, X[[POWER]]], axis=1), "serving.repeated_columns"),
    "a repeated name in one row": (
        lambda X: pd.concat([X.iloc[0], X.iloc[0]]),
        "serving.repeated_columns",
    ),
    "columns of two lengths": (
        lambda X: {**X.to_dict("list"), "borough": ["north"]},
        "serving.length",
    ),
    "columns of two orders": (
        lambda X: {**{name: X[name] for name in X}, "borough": X["borough"][::-1]},
        "serving.index",
    ),
    "a number of hundreds of digits": (
        lambda X: X.assign(**{POWER: pd.Series([10**400, 1, 2, 3], dtype=object)}),
        "serving.not_a_number",
    ),
    "a list in each cell": (
        lambda X: X.assign(**{POWER: pd.Series([[1, 2]] * 4, X.index, dtype=object)}),
        "serving.not_a_number",
    ),
    "complex numbers": (lambda X: X.assign(**{POWER: 1j}), "serving.not_a_number"),
}
BEFORE = {
    "a list of texts": "TypeError of Python",
    "a repeated column": "AttributeError of pandas",
    "a repeated name in one row": "KeyError of pandas",
    "columns of two lengths": "ValueError of numpy",
    "a number of hundreds of digits": "OverflowError of Python",
    "columns of two orders": "scored, values of one household beside those of another",
}


@pytest.mark.parametrize("form", REFUSED)
def test_rows_that_cannot_be_told_apart_are_refused(
    scorer: Scorer, form: str, mended: Note
) -> None:
    make, code = REFUSED[form]
    with pytest.raises(ServingError) as refusal:
        scorer.score(make(households(4, 11)))
    assert refusal.value.code == code
    assert "김철수" not in str(refusal.value)
    if form in BEFORE:
        now = f"refused: {refusal.value.message}"
        mended("rows", tried=f"the reader is sent {form}", before=BEFORE[form], now=now)


@pytest.mark.parametrize(
    ("unseen", "found"),
    [
        ([10], True),
        ([10.0, np.nan], True),
        ([np.int64(20)], True),
        ([30, "10"], False),
        ([], False),
    ],
)
def test_a_number_that_a_category_writes_with_zeros_in_front_is_recognised(
    unseen: list[Any], found: bool
) -> None:
    assert are_written_otherwise(unseen, ["010", "020", "north"]) is found


def test_categories_that_lost_their_zeros_are_refused(scorer: Scorer) -> None:
    columns = [
        {**column, "categories": ["010", "020"]} if column["name"] == "borough" else column
        for column in scorer.columns
    ]
    X = households(3, 11).assign(borough=["010", "020", None])
    assert np.array_equal(input_matrix(columns, X).X[:, -1], [0, 1, np.nan], equal_nan=True)
    with pytest.raises(ServingError, match="'borough' holds numbers that its categories write"):
        input_matrix(columns, X.assign(borough=[10, 20, None]))


@pytest.mark.parametrize("form", [lambda X: X, lambda X: X.to_dict("records"), dict])
def test_a_misspelt_heading_is_told_by_the_column_that_it_is_like(
    scorer: Scorer, form: Callable[[pd.DataFrame], Any]
) -> None:
    sent = households(2, 11).astype({"borough": object})
    sent = sent.rename(columns={POWER: "power_count_6M", "borough": "김철수 880101"})
    with pytest.raises(ServingError, match=f"nearly spelt like {POWER}: correct them") as refusal:
        scorer.score(form(sent))
    assert f"columns are missing: {POWER}, borough" in str(refusal.value)
    assert "power_count_6M" not in str(refusal.value)
    assert "김철수" not in str(refusal.value)


def test_a_heading_that_is_a_column_is_no_misspelling(scorer: Scorer) -> None:
    columns = [*scorer.columns, {**scorer.columns[1], "name": "power__count__60D"}]
    with pytest.raises(ServingError, match="columns are missing: power__count__60D") as refusal:
        input_matrix(columns, households(2, 11))
    assert "nearly spelt" not in str(refusal.value)
