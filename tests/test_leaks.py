"""No cell of a household's row gets out of a refusal: not by its text, its chain, logs, warnings.

Every public door that can fail is fed a name, an id and a phone number.
"""

from __future__ import annotations

import logging
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.cli import main
from riskmodel.errors import RiskmodelError
from riskmodel.metrics import Capacity, auc
from riskmodel.serving.input_rows import input_matrix

NAME, ID, PHONE = "김표식", "ZQ-77310042", "010-7731-0042"
Outcome = tuple[Exception | None, str]
Told = Callable[[Callable[[], object]], Outcome]
MARKS = (NAME, ID, PHONE, "77310042")

ENTRY = {"household_id": "id", "code": "fire", "event_date": "day", "value": "v"}
FORMS = ("csv", "parquet", "frame")


def rows(**columns: Any) -> pd.DataFrame:
    usual = {"id": [f"h{k}" for k in range(6)], "day": "2024-05-01", "v": "3", "who": NAME}
    return pd.DataFrame(usual | columns, index=range(6)).astype(str)


def headless(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[1:].set_axis(frame.iloc[0].tolist(), axis=1)


FIRST = pd.DataFrame({"a": [ID, "h1"], "b": [NAME, "x"], "c": [PHONE, "y"], "d": ["12", "13"]})
TWICE = pd.DataFrame({"a": [NAME, "h1"], "b": [NAME, "x"], "c": [PHONE, "y"]})
PHONES = [f"010-7731-00{k}" for k in range(36, 42)]

READING: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
    "no header": (headless(FIRST), {}),
    "no header, columns by a pattern": (
        headless(FIRST),
        {"code": None, "value": None, "values": {"match": "^ind_"}},
    ),
    "no header, a query": (headless(FIRST), {"query": "SELECT id FROM source"}),
    "no header, all of a query": (headless(FIRST), {"query": "SELECT * FROM source"}),
    "no header, a condition": (headless(FIRST), {"where": "id > 'a'"}),
    "a header without one column": (rows(), {"value": "months"}),
    "names for ids, and no date": (rows(id=NAME, day=ID), {}),
    "texts for numbers": (rows(v=NAME), {}),
    "phone numbers for days": (rows(day=PHONE), {}),
    "phone numbers in a column": (rows(id=[f"h{k}" for k in range(6)], v=PHONES), {}),
    "unknown codes": (rows(), {"code": {"column": "who"}}),
    "a condition that casts": (rows(v=NAME), {"where": "v::INT > 3"}),
    "a query that casts": (rows(v=ID), {"query": "SELECT *, v::INT AS n FROM source"}),
    "a query of days": (rows(day=NAME), {"query": "SELECT *, day::DATE AS d FROM source"}),
    "a query that asks for one row": (
        rows(),
        {"query": "SELECT *, (SELECT who FROM source) AS n FROM source"},
    ),
    "a query that stops with a text": (rows(), {"query": "SELECT *, error(who) FROM source"}),
    "a pattern out of cells": (
        rows(who=f"({NAME}"),
        {"query": "SELECT *, regexp_matches(id, who) AS n FROM source"},
    ),
    "a date pattern out of cells": (
        rows(who=f"%{NAME}"),
        {"query": "SELECT *, strptime(day, who) AS n FROM source"},
    ),
}


def written(folder: Path, form: str, frame: pd.DataFrame) -> dict[str, Any]:
    """Write rows in one form, and return the keys of the entry that reads them."""
    if form == "frame":
        return {"frame": frame}
    if form == "csv":
        frame.to_csv(folder / "events.csv", index=False)
    else:
        frame.to_parquet(folder / "events.parquet")
    return {"file": f"events.{form}"}


def manifest(entry: dict[str, Any], **keys: Any) -> dict[str, Any]:
    events = {key: value for key, value in (ENTRY | entry).items() if value is not None}
    return {"today": "2025-01-01", "events": [events], "catalogue": {"fire": None}} | keys


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Told:
    """Return a function that runs a door, and returns its error and all that was told."""

    def run(door: Callable[[], object]) -> Outcome:
        error: Exception | None = None
        with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                door()
            except Exception as raised:
                error = raised
        chain = "" if error is None else "".join(_lines(error))
        printed = "".join(capfd.readouterr())
        return error, "\n".join(
            [
                str(error),
                repr(error),
                chain,
                caplog.text,
                printed,
                *(str(w.message) for w in caught),
            ]
        )

    return run


def _lines(error: Exception) -> list[str]:
    """Return what a traceback prints of an error and its causes, but for lines of source."""
    printed = traceback.TracebackException.from_exception(error)
    for part in _chain(printed):
        part.stack.clear()
    return list(printed.format())


def _chain(printed: traceback.TracebackException) -> list[traceback.TracebackException]:
    before = printed.__cause__ or (None if printed.__suppress_context__ else printed.__context__)
    return [printed, *(_chain(before) if before else [])]


def check(outcome: Outcome) -> RiskmodelError:
    error, text = outcome
    assert [mark for mark in MARKS if mark in text] == []
    assert isinstance(error, ValueError)
    assert error.code  # type: ignore[attr-defined]
    return error  # type: ignore[return-value]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", READING)
def test_reading_tells_no_cell(
    case: str, form: str, tmp_path: Path, told: Told, mended: Note
) -> None:
    frame, keys = READING[case]
    source = written(tmp_path, form, frame)
    error = check(told(lambda: rm.read_records(manifest(source | keys), root=str(tmp_path))))
    before = "the first row's cells" if "no header" in case else "no cell"
    mended("errors", tried=f"{case}, {form}", before=before, now=error)


def test_two_equal_cells_of_a_missing_header_are_counted(tmp_path: Path, told: Told) -> None:
    TWICE.to_csv(tmp_path / "events.csv", index=False, header=False)
    error = check(
        told(lambda: rm.read_records(manifest({"file": "events.csv"}), root=str(tmp_path)))
    )
    assert "columns no. 1 and 2 have the same name" in str(error)


def test_a_missing_header_is_asked_for_with_the_number_of_columns(
    tmp_path: Path, told: Told
) -> None:
    FIRST.to_csv(tmp_path / "events.csv", index=False, header=False)
    read = manifest({"file": "events.csv"})
    error = check(told(lambda: rm.read_records(read, root=str(tmp_path))))
    assert "nor any other of the entry's, among the 4 columns" in str(error)
    assert "add a header line" in str(error)


TABLES: dict[str, dict[str, Any]] = {
    "contacts": {
        "household_id": "id",
        "as_of_date": "day",
        "channel": {"column": "who"},
        "result": "who",
    },
    "members": {"person_id": "who", "household_id": "id", "from": "who"},
    "attributes": {"household_id": "id", "known_date": "who", "columns": {"area": "who"}},
    "coverage": {"feed": {"column": "who"}, "from": "day"},
    "deliveries": {"feed": {"column": "who"}, "event_date": "day", "area": {"column": "who"}},
}


@pytest.mark.parametrize("frame", [headless(FIRST), rows()], ids=["no header", "wrong cells"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("table", TABLES)
def test_other_tables_tell_no_cell(
    table: str, form: str, frame: pd.DataFrame, tmp_path: Path, told: Told
) -> None:
    source = written(tmp_path, form, frame) | TABLES[table]
    events = {"frame": rows()[["id", "day", "v"]]}
    read = manifest(events, **{table: [source]})
    check(told(lambda: rm.read_records(read, root=str(tmp_path))))


N = 60
LABEL = rm.Label("crisis", window="6M", maturity="2M")


def table(**columns: Any) -> pd.DataFrame:
    usual = {
        "id": [f"h{k}" for k in range(N)],
        "day": "2024-05-01",
        "a": np.arange(N) % 7.0,
        "g": ["x", "y"] * (N // 2),
        "y": np.arange(N) % 2,
    }
    return pd.DataFrame(usual | columns, index=range(N))


def panel_of(frame: pd.DataFrame, **keys: Any) -> rm.Panel:
    keys = {"household_id": "id", "as_of_date": "day", "y": "y"} | keys
    return rm.Panel.from_frame(frame, **keys)


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    panel = panel_of(table(), categories=["g"], groups=["g"])
    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    scores = pd.Series(0.5, panel.X.index, name="score")
    named = panel_of(
        table(id=[f"{ID}{k}" for k in range(N)], g=[NAME, PHONE] * (N // 2)),
        categories=["g"],
        groups=["g"],
        allow_personal_numbers=["g"],
    )
    records = rm.make_households(300, random_state=0)
    features = rm.Features([rm.Agg.count("crisis", ["6M", "ever"])])
    built = rm.build_panel(records, rounds=records.rounds, label=LABEL, features=features)
    of_rounds = rm.make_classifier(built, kind="logistic").fit(built)
    return SimpleNamespace(
        panel=panel,
        model=model,
        scores=scores,
        named=named,
        records=records,
        built=built,
        of_rounds=of_rounds,
    )


def records_of(**columns: Any) -> rm.Records:
    usual = {"household_id": [f"h{k}" for k in range(N)], "code": "fire"}
    frame = pd.DataFrame(usual | {"event_date": "2024-05-01", "value": 1.0} | columns)
    return rm.Records.from_frames(frame, today="2025-01-01", catalogue={"fire": None})


FRAMES: dict[str, Callable[[], object]] = {
    "no header": lambda: panel_of(headless(FIRST)),
    "a missing column": lambda: panel_of(table(who=NAME), y="crisis"),
    "a column of names": lambda: panel_of(table(a=NAME)),
    "keys that repeat": lambda: panel_of(table(id=ID)),
    "ids that are missing": lambda: panel_of(table(id=[None, *[ID] * (N - 1)])),
    "names for days": lambda: panel_of(table(day=NAME)),
    "phone numbers for days": lambda: panel_of(table(day=int("0107731004"))),
    "names for y": lambda: panel_of(table(y=NAME)),
    "names for weights": lambda: panel_of(table(w=NAME), weight="w"),
    "negative weights": lambda: panel_of(table(w=-77310042.0), weight="w"),
    "records of frames": lambda: records_of(who=NAME),
    "records of frames with names for days": lambda: records_of(event_date=NAME),
    "records of frames with names for numbers": lambda: records_of(value=NAME),
}


@pytest.mark.parametrize("case", FRAMES)
def test_frames_tell_no_cell(case: str, told: Told, mended: Note) -> None:
    error = check(told(FRAMES[case]))
    before = "the first row's cells" if case == "no header" else "no cell"
    mended("errors", tried=f"from_frame: {case}", before=before, now=error)


def _with(study: SimpleNamespace, **columns: Any) -> pd.DataFrame:
    return study.panel.X.astype(dict.fromkeys(columns, object)).assign(**columns)


Door = Callable[[SimpleNamespace], object]
MODELS: dict[str, Door] = {
    "text for a number": lambda s: s.model.margin(_with(s, a=NAME)),
    "text for a number, predict_proba": lambda s: s.model.predict_proba(_with(s, a=PHONE)),
    "text for a number, score_rows": lambda s: s.model.score_rows(_with(s, a=ID)),
    "a column less": lambda s: s.model.margin(s.panel.X.drop(columns="a").assign(who=NAME)),
    "rows without a header": lambda s: s.model.margin(headless(FIRST)),
    "a fit of texts": lambda s: rm.make_classifier(kind="logistic").fit(
        _with(s, a=NAME), s.panel.y
    ),
    "a fit with y of three words": lambda s: rm.make_classifier(kind="logistic").fit(
        s.panel.X, [NAME, ID, PHONE] * (N // 3)
    ),
    "a fit with y of two words": lambda s: rm.make_classifier(kind="logistic").fit(
        s.panel.X, [NAME, ID] * (N // 2)
    ),
    "a fit with y of other rows": lambda s: rm.make_classifier(kind="logistic").fit(
        s.panel.X, pd.Series(1.0, s.named.X.index)
    ),
    "areas of other rows": lambda s: s.model.predict_proba(
        s.panel.X, area=pd.Series(NAME, s.named.X.index)
    ),
    "explain texts": lambda s: rm.explain(s.model, _with(s, a=NAME)),
    "explain a household that is not there": lambda s: rm.explain(s.model, s.panel).household(ID),
    "evaluate scores of others": lambda s: rm.evaluate(pd.Series(0.5, s.named.X.index), s.panel),
    "evaluate scores with their levels swapped": lambda s: rm.evaluate(
        pd.Series(0.5, s.named.X.index).swaplevel(), s.panel
    ),
    "evaluate scores of one level": lambda s: rm.evaluate(pd.Series(0.5, [ID] * N), s.panel),
    "evaluate scores that repeat": lambda s: rm.evaluate(
        pd.Series(0.5, pd.MultiIndex.from_product([[ID] * N, s.panel.as_of[:1]])), s.panel
    ),
    "evaluate texts": lambda s: rm.evaluate(pd.Series(NAME, s.panel.X.index), s.panel),
    "evaluate with an unknown group": lambda s: rm.evaluate(s.scores, s.named, groups=["who"]),
    "capacity of other areas": lambda s: rm.evaluate(
        pd.Series(0.5, s.named.X.index), s.named, capacity={"x": 3}
    ),
    "compare scores of others": lambda s: rm.compare(
        pd.Series(0.5, s.named.X.index).swaplevel(), s.scores, s.panel
    ),
    "metrics of texts": lambda s: auc([NAME] * N, s.panel.y),
    "metrics of y of texts": lambda s: auc(s.scores, [NAME] * N),
    "capacity out of cells": lambda s: Capacity.parse(NAME),
    "a capacity of cells": lambda s: Capacity.parse(table(a=77310042)["a"]),
    "capacities of areas that are names": lambda s: Capacity.parse({"x": PHONE}),
    "rounds out of cells": lambda s: rm.build_panel(
        s.records, rounds=[NAME], label=LABEL, features=rm.Features([])
    ),
    "a list of a round that is a name": lambda s: rm.score(s.of_rounds, s.records, NAME),
    "a list of a round that is an id": lambda s: rm.score(s.of_rounds, s.records, ID),
    "a trace with day and household swapped": lambda s: rm.trace(
        s.of_rounds, s.records, ID, "2024-05-01"
    ),
    "a trace of an unknown household": lambda s: rm.trace(s.of_rounds, s.records, "2024-05-01", ID),
}


TOLD_BEFORE = {
    "evaluate scores with their levels swapped": "an id",
    "compare scores of others": "an id",
    "evaluate texts": "a name",
    "metrics of texts": "a name",
    "metrics of y of texts": "a name",
    "capacity out of cells": "a name",
    "a capacity of cells": "a column of cells",
    "capacities of areas that are names": "a phone number",
    "rounds out of cells": "a name",
    "a list of a round that is a name": "a name",
    "a list of a round that is an id": "an id",
    "a trace with day and household swapped": "an id",
}


@pytest.mark.parametrize("case", MODELS)
def test_models_tell_no_cell(case: str, study: SimpleNamespace, told: Told, mended: Note) -> None:
    error = check(told(lambda: MODELS[case](study)))
    mended("errors", tried=case, before=TOLD_BEFORE.get(case, "no cell"), now=error)


COLUMNS: list[Any] = [{"name": "a", "categories": None}, {"name": "g", "categories": ["x", "010"]}]
SENT: dict[str, Any] = {
    "a name for a number": [{"a": NAME, "g": "x"}],
    "a phone number for a number": [{"a": PHONE, "g": "x"}],
    "names for columns": [{NAME: 1.0, ID: "x"}],
    "a mapping of names": {"a": [NAME], "g": ["x"]},
    "a frame of names": pd.DataFrame({"a": [ID], "g": [NAME]}),
    "a frame without a header": headless(FIRST),
}


@pytest.mark.parametrize("case", SENT)
def test_the_reader_of_a_published_model_tells_no_cell(case: str, told: Told) -> None:
    check(told(lambda: input_matrix(COLUMNS, SENT[case])))


SHELL = {
    "a name for a day": ["score", f"as_of={NAME}"],
    "an id for a day": ["score", f"as_of={ID}"],
}


@pytest.mark.parametrize("case", SHELL)
def test_the_shell_tells_no_value(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    monkeypatch.chdir(tmp_path)
    error, text = told(lambda: main(SHELL[case]))
    assert error is None
    assert "riskmodel:" in text
    assert [mark for mark in MARKS if mark in text] == []
