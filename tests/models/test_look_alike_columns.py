"""Headings and categories that look the same are the same to a model and to its reader."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mended import Note
from riskmodel.errors import ModelError
from riskmodel.models import RiskClassifier
from riskmodel.serving.input_rows import input_matrix

KIND = "look-alikes"


def nfd(text: str) -> str:
    """Return a text as files from a Mac write it."""
    return unicodedata.normalize("NFD", text)


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    area = pd.Categorical(rng.choice(["강남", "강북"], 400))
    return pd.DataFrame({"월세": rng.normal(size=400), "구": area})


def in_other_form(X: pd.DataFrame) -> pd.DataFrame:
    renamed = X.assign(구=X["구"].cat.rename_categories(nfd))
    return renamed.rename(columns=lambda name: f"{nfd(name)}\u200b")


@pytest.mark.parametrize("fitted_on", [rows, lambda: in_other_form(rows())], ids=["NFC", "NFD"])
def test_a_model_scores_rows_of_either_form(
    fitted_on: Callable[[], pd.DataFrame], mended: Note
) -> None:
    X = rows()
    y = (X["월세"] + (X["구"] == "강남")) > 0
    model = RiskClassifier(kind="logistic").fit(fitted_on(), y)
    other = in_other_form(X)
    margins = [model.margin(one) for one in (X, other, other.iloc[:, ::-1])]
    assert np.array_equal(margins[0], margins[1])
    assert np.array_equal(margins[0], margins[2])
    assert model.feature_names_in_.tolist() == ["월세", "구"]
    unseen = model.unseen_categories(other)
    assert unseen == {"구": 0}
    now = f"{len(margins[1])} rows scored, {unseen['구']} unseen"
    mended(KIND, tried="model input", before="columns missing; 400 unseen categories", now=now)


def test_two_columns_of_one_look_are_refused() -> None:
    X = rows()
    X[nfd("월세")] = 1.0
    with pytest.raises(ModelError, match="columns are repeated: 월세"):
        RiskClassifier(kind="logistic").fit(X, X["월세"] > 0)


def test_directions_are_found_by_what_their_names_look_like() -> None:
    X = rows()
    model = RiskClassifier(kind="logistic", directions={nfd("월세"): 1}).fit(X, X["월세"] > 0)
    assert np.isfinite(model.margin(X)).all()


FORMS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "frame": lambda X: X,
    "mapping": lambda X: {name: list(X[name]) for name in X},
    "list of rows": lambda X: X.to_dict("records"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_reader_reads_either_form(form: str, mended: Note) -> None:
    columns: Any = [
        {"name": "월세", "categories": None},
        {"name": "구", "categories": ["강남", "강북"]},
    ]
    X = rows().head(5)
    read, expected = input_matrix(columns, FORMS[form](in_other_form(X))), input_matrix(columns, X)
    assert np.array_equal(read.X, expected.X)
    now = f"{int(read.unseen.sum())} unseen"
    mended(KIND, tried=f"a reader's {form}", before="columns are missing", now=now)
