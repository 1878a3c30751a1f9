"""Every refusal names its code and what to do next, and none shows what stands in a cell."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any
from unicodedata import normalize

import joblib
import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, RiskmodelError, did_you_mean
from riskmodel.keys import Span
from riskmodel.serving import ServingError

SECRET = "비밀-7731"


def manifest(frame: pd.DataFrame, **entry: Any) -> dict[str, Any]:
    source = {
        "frame": frame,
        "household_id": "id",
        "code": "rent",
        "event_date": "day",
        "value": "months",
        **entry,
    }
    return {"today": "2025-01-01", "events": [source]}


def rows(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": [f"h{i}" for i in range(10)], "day": ["2024-05-01"] * 10, "months": ["3"] * 10}
        | columns
    )


def frame(**columns: Any) -> pd.DataFrame:
    n = 20
    return pd.DataFrame(
        {
            "id": [f"h{i}" for i in range(n)],
            "date": ["2024-05-01"] * n,
            "a": np.arange(n) % 7.0,
            "y": np.arange(n) % 2,
        }
        | columns
    )


def from_frame(table: pd.DataFrame) -> rm.Panel:
    return rm.Panel.from_frame(table, household_id="id", as_of_date="date", y="y")


def fitted() -> tuple[rm.RiskClassifier, rm.Panel]:
    panel = from_frame(frame())
    return rm.make_classifier(panel, kind="logistic").fit(panel.X, panel.y), panel


def predict_text() -> object:
    model, panel = fitted()
    return model.margin(panel.X.astype(object).assign(a=SECRET))


def scores_of_others() -> object:
    _, panel = fitted()
    others = pd.Series(
        0.5, index=pd.MultiIndex.from_product([[SECRET], panel.as_of], names=panel.X.index.names)
    )
    return rm.evaluate(others, panel)


CASES: dict[str, Callable[[], object]] = {
    "too many bad numbers": lambda: rm.read_records(manifest(rows(months=[SECRET] * 10))),
    "too many bad dates": lambda: rm.read_records(manifest(rows(day=[SECRET] * 10))),
    "a where that casts": lambda: rm.read_records(
        manifest(rows(months=[SECRET] * 10), where="months::INT > 3")
    ),
    "a query that casts": lambda: rm.read_records(
        manifest(
            rows(months=[SECRET] * 10), query="SELECT id, day, months::INT AS months FROM source"
        )
    ),
    "registration numbers": lambda: rm.read_records(
        manifest(rows(id=["900101-1234567"] * 5 + [SECRET] * 5))
    ),
    "a misspelled column": lambda: rm.read_records(manifest(rows(id=[SECRET] * 10), value="month")),
    "a text column": lambda: from_frame(frame(a=[SECRET] * 20)),
    "repeated keys": lambda: from_frame(frame(id=[SECRET] * 20)),
    "text for a number at prediction": predict_text,
    "scores of others": scores_of_others,
    "three classes": lambda: rm.make_classifier(kind="logistic").fit(
        frame()[["a"]], [SECRET, "b", "c", "d"] * 5
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_no_error_shows_a_cell(case: str) -> None:
    with pytest.raises(RiskmodelError) as caught:
        CASES[case]()
    error = caught.value
    assert error.code
    assert error.next_step
    assert SECRET not in str(error)
    assert "900101" not in str(error)
    assert error.__cause__ is None or SECRET not in str(error.__cause__)


def test_an_error_reads_as_sentences() -> None:
    error = ConfigError(
        "no such thing", code="x.y", place="a.csv", allowed=["b", "c"], next_step="take b."
    )
    assert str(error) == "a.csv: no such thing. Allowed: b, c. Next: take b. [x.y]"
    assert (error.exit_code, error.place, error.allowed) == (2, "a.csv", "b, c")


def test_advice_for_a_typo_is_the_nearest_name() -> None:
    assert did_you_mean("evction", ["eviction", "fire"]) == "did you mean 'eviction'?"
    assert did_you_mean("zzz", ["eviction"]) == "use one of the allowed names"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("강넘", "강남"), ("서츠", "서초"), ("체남", "체납"), ("단절", "단전"), ("가스", "까스")],
)
def test_short_words_of_hangul_are_compared_by_their_letters(
    written: str, meant: str, mended: Note
) -> None:
    known = ["종로", meant, "영등포"]
    assert did_you_mean(written, known) == f"did you mean '{meant}'?"
    assert did_you_mean(normalize("NFD", written), known) == f"did you mean '{meant}'?"
    assert did_you_mean("부산", known) == "use one of the allowed names"
    mended(
        "look-alikes",
        tried=f"{written} for {meant}",
        before="use one of the allowed names",
        now=did_you_mean(written, known),
    )


KINDS = [RiskmodelError, *RiskmodelError.__subclasses__()]
COPIES: dict[str, Callable[[Exception], Exception]] = {
    **{
        f"pickle, protocol {protocol}": lambda error, protocol=protocol: pickle.loads(
            pickle.dumps(error, protocol)
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("kind", [*KINDS, ServingError], ids=lambda kind: kind.__name__)
def test_a_copy_of_an_error_is_the_error(kind: type[Exception], way: str, mended: Note) -> None:
    fields = {"code": "x.y", "allowed": "b, c", "next_step": "take b."}
    place = {} if kind is ServingError else {"place": "a.csv"}
    error = kind("no such thing", **fields, **place)
    error.add_note("while reading")

    again = COPIES[way](error)
    assert (type(again), str(again), vars(again)) == (kind, str(error), vars(error))
    mended(
        "pickle",
        tried=f"{kind.__name__}: {way}",
        before="TypeError: missing arguments",
        now=f"{type(again).__name__}: {again}",
    )


def _in_processes() -> object:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawned) as pool:
        return pool.submit(Span.parse, "six months").result()


def _in_joblib() -> object:
    return joblib.Parallel(2)(joblib.delayed(Span.parse)(text) for text in ("6M", "six months"))


@pytest.mark.parametrize("run", [_in_processes, _in_joblib])
def test_an_error_comes_out_of_a_worker_process(run: Callable[[], object], mended: Note) -> None:
    with pytest.raises(ConfigError, match="span 'six months' is not a length of time") as caught:
        run()
    assert caught.value.code == "keys.span"
    assert caught.value.next_step
    mended(
        "pickle",
        tried=run.__name__.strip("_").replace("_", " "),
        before="a broken pool, its message lost",
        now=caught.value,
    )
