"""Frames into matrices: names, gaps, categories, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mended import Note
from riskmodel.errors import ModelError
from riskmodel.models import Encoder

EVERY = np.ones(4, bool)


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rent": np.array([0, 1, np.nan, 3], np.float32),
            "tenure": pd.Categorical(
                ["owned", "rented", None, "owned"], ["rented", "owned", "never used"]
            ),
            "late": [True, False, True, True],
        }
    )


@pytest.fixture
def encoder(frame: pd.DataFrame) -> Encoder:
    return Encoder.learn(frame, EVERY, {})


def test_numbers_gaps_and_categories(encoder: Encoder, frame: pd.DataFrame) -> None:
    matrix = encoder.matrix(frame)
    expected = [[0, 0, 1], [1, 1, 0], [np.nan, np.nan, 1], [3, 0, 1]]
    np.testing.assert_array_equal(matrix, expected)
    assert matrix.dtype == np.float64
    assert matrix.flags.c_contiguous


def test_the_vocabulary_comes_from_the_rows_fitted_on(frame: pd.DataFrame) -> None:
    learnt = Encoder.learn(frame, np.array([True, False, False, True]), {})
    assert learnt.vocabulary == {"tenure": ("owned",)}
    assert Encoder.learn(frame, EVERY, {}).vocabulary == {"tenure": ("owned", "rented")}
    assert Encoder.learn(frame, EVERY, {"tenure": ("a", "b")}).vocabulary == {"tenure": ("a", "b")}


@pytest.mark.parametrize("dtype", ["category", "object", "str"])
def test_an_unseen_category_is_missing_and_counted(
    encoder: Encoder, frame: pd.DataFrame, dtype: str
) -> None:
    other = frame.assign(
        tenure=pd.Series(["rented", "barge", None, "barge"]).astype(object).astype(dtype)
    )
    if dtype == "str" and pd.api.types.is_object_dtype(
        other["tenure"].dtype
    ):  # pandas 2 spells None out
        other["tenure"] = other["tenure"].replace("None", None)
    np.testing.assert_array_equal(encoder.matrix(other)[:, 1], [1, np.nan, np.nan, np.nan])
    assert encoder.unseen(other) == {"tenure": 2}
    assert encoder.unseen(frame) == {"tenure": 0}


def test_numbers_as_categories_are_read_as_texts() -> None:
    X = pd.DataFrame({"code": pd.Categorical([3, 1, 3, 2])})
    encoder = Encoder.learn(X, EVERY, {})
    assert encoder.vocabulary == {"code": ("1", "2", "3")}
    for same in (
        pd.Series([3, 1, 3, 2]),
        pd.Series([3.0, 1.0, 3.0, 2.0]),
        pd.Series(["3", "1", "3", "2"]),
    ):
        np.testing.assert_array_equal(
            encoder.matrix(pd.DataFrame({"code": same}))[:, 0], [2, 0, 2, 1]
        )


def test_a_category_that_lost_its_zeros_is_refused_and_not_taken_for_unseen(mended: Note) -> None:
    X = pd.DataFrame({"code": pd.Categorical(["010", "020", None, "010"])})
    encoder = Encoder.learn(X, EVERY, {})
    with pytest.raises(ModelError, match="'code': holds numbers that its categories") as error:
        encoder.matrix(X.assign(code=[10, 20, None, 10]))
    assert error.value.code == "models.category"
    assert encoder.unseen(X.assign(code=["10", "30", None, "010"])) == {"code": 2}
    mended(
        "rows",
        tried="a category 010 that a CSV reader made the number 10",
        before="a category that the fit did not see: missing in every row",
        now=f"refused: {error.value.code}",
    )


def test_columns_are_matched_by_name(encoder: Encoder, frame: pd.DataFrame) -> None:
    np.testing.assert_array_equal(
        encoder.matrix(frame[["late", "tenure", "rent"]]), encoder.matrix(frame)
    )


def test_numbers_come_in_every_dress(encoder: Encoder, frame: pd.DataFrame) -> None:
    rent = [0, 1, None, 3]
    for dress in (
        pd.array(rent, "Int64"),
        pd.array(rent, "Float64"),
        pd.Series(rent, dtype=object),
    ):
        np.testing.assert_array_equal(
            encoder.matrix(frame.assign(rent=dress)), encoder.matrix(frame)
        )


def test_missing_columns_are_named_and_never_filled(encoder: Encoder, frame: pd.DataFrame) -> None:
    with pytest.raises(
        ModelError, match="1 columns of the fit are missing: tenure.*never filled in"
    ) as error:
        encoder.matrix(frame.drop(columns="tenure"))
    assert error.value.code == "models.missing_columns"


def test_a_misspelled_column_is_recognised(encoder: Encoder, frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="missing: tenure.*did you mean 'tenure'"):
        encoder.matrix(frame.rename(columns={"tenure": "tenur"}))


def test_unknown_columns_are_named(encoder: Encoder, frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="1 columns are unknown to the model: extra") as error:
        encoder.matrix(frame.assign(extra=1.0))
    assert error.value.code == "models.unknown_columns"


def test_repeated_columns_are_refused(encoder: Encoder, frame: pd.DataFrame) -> None:
    twice = pd.concat([frame, frame[["rent"]]], axis=1)
    for act in (lambda: encoder.matrix(twice), lambda: Encoder.learn(twice, EVERY, {})):
        with pytest.raises(ModelError, match="are repeated: rent"):
            act()


@pytest.mark.parametrize(
    "values", [["a", "b", "c", "secret"], pd.to_datetime(["2024-01-01"] * 4), [0, 1j, 2, 3]]
)
def test_text_for_a_number_is_refused_without_its_value(
    encoder: Encoder, frame: pd.DataFrame, values: object
) -> None:
    with pytest.raises(ModelError, match="column 'rent': holds .*, not numbers") as error:
        encoder.matrix(frame.assign(rent=values))
    assert "secret" not in str(error.value)


def test_infinities_are_refused_by_column(encoder: Encoder, frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="hold infinities: rent"):
        encoder.matrix(frame.assign(rent=[0, np.inf, 1, 2]))


def test_arrays_and_frames_are_not_mixed_up(encoder: Encoder, frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="fitted on named columns"):
        encoder.matrix(np.zeros((2, 3)))
    plain = Encoder.learn(np.zeros((4, 3)), EVERY, {})
    with pytest.raises(ModelError, match="without column names"):
        plain.matrix(frame)
    with pytest.raises(ModelError, match="X has 2 features, but RiskClassifier is expecting 3"):
        plain.matrix(np.zeros((4, 2)))


def test_a_number_of_hundreds_of_digits_is_refused_by_its_column(
    encoder: Encoder, frame: pd.DataFrame
) -> None:
    sent = frame.assign(rent=pd.Series([10**400, 1, 2, 3], dtype=object))
    with pytest.raises(ModelError, match="'rent': holds a number that is too large") as refusal:
        encoder.matrix(sent)
    assert refusal.value.code == "models.infinite"


def test_a_vocabulary_holds_no_blanks_and_none_around_its_words(frame: pd.DataFrame) -> None:
    written = frame.assign(tenure=pd.Categorical([" owned", "owned\u3000", "rented", " "]))
    assert Encoder.learn(written, EVERY, {}).vocabulary == {"tenure": ("owned", "rented")}
