"""A call with a wrong argument is refused in the library's own words, before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

import riskmodel as rm
from mended import Note
from riskmodel.doors import door
from riskmodel.errors import ConfigError, ModelError

Call = Callable[[SimpleNamespace], object]
DAY = "2024-05-01"


@pytest.fixture(scope="module")
def given() -> SimpleNamespace:
    """Return what users hold: records, a panel, a model, a frame, a path."""
    rng = np.random.default_rng(0)
    rent = rng.poisson(2.0, 400)
    df = pd.DataFrame({"id": range(400), "rent": rent, "y": rng.random(400) < 0.1 * rent})
    panel = rm.Panel.from_frame(df, household_id="id", as_of_date=DAY, y="y")
    entry = {"frame": df.assign(on="2024-01-05"), "household_id": "id", "event_date": "on"}
    records = rm.read_records({"today": DAY, "events": [{**entry, "code": "arrears"}]})
    model = rm.make_classifier(panel, "logistic").fit(panel)
    return SimpleNamespace(
        df=df, panel=panel, records=records, model=model, path=Path("my/panel.parquet")
    )


class OwnPanel(rm.Panel):
    """A panel of a user's own class."""


class OwnClassifier(rm.RiskClassifier):
    """A classifier of a user's own class."""


# the call, the next step that it names, and what came before
WRONG_TYPES: dict[str, tuple[Call, str, str]] = {
    "read_records(df)": (lambda g: rm.read_records(g.df), "{'frame': df", "TypeError"),
    "read_records(records)": (lambda g: rm.read_records(g.records), "a path", "TypeError"),
    "read_records(None)": (lambda g: rm.read_records(None), "a path", "TypeError"),
    "ingest(df, store)": (lambda g: rm.ingest(g.df, "s"), "{'frame': df", "TypeError"),
    "build_panel(df)": (lambda g: rm.build_panel(g.df), "rm.read_records", "AttributeError"),
    "build_panel(path)": (lambda g: rm.build_panel(g.path), "read_records(", "AttributeError"),
    "build_panel(panel)": (lambda g: rm.build_panel(g.panel), "built from", "AttributeError"),
    "build_panel(features=[...])": (
        lambda g: rm.build_panel(g.records, [DAY], features=[rm.Agg.count("rent")]),
        "rm.Features([...])",
        "AttributeError",
    ),
    "build_panel(cohort='12M')": (
        lambda g: rm.build_panel(g.records, [DAY], cohort="12M"),
        "a Cohort",
        "AttributeError",
    ),
    "build_panel(label='rent')": (
        lambda g: rm.build_panel(g.records, [DAY], "rent"),
        "rm.Label(",
        "no label, silently",
    ),
    "hand_out(path)": (
        lambda g: rm.hand_out("plans/2024-11", "out"),
        "Outreach.read(folder)",
        "AttributeError",
    ),
    "hand_out(df)": (lambda g: rm.hand_out(g.df, "out"), "rm.outreach made it", "AttributeError"),
    "evaluate(model, X)": (
        lambda g: rm.evaluate(g.model, g.panel.X),
        "Panel.from_frame",
        "AttributeError",
    ),
    "evaluate(model, X, y)": (
        lambda g: rm.evaluate(g.model, g.panel.X, g.panel.y),
        "Panel.from_frame",
        "ids of households in the message",
    ),
    "evaluate(model, path)": (
        lambda g: rm.evaluate(g.model, g.path),
        "Panel.read_parquet",
        "AttributeError",
    ),
    "evaluate(panel, model)": (
        lambda g: rm.evaluate(g.panel, g.model),
        "the model first",
        "AttributeError",
    ),
    "evaluate(groups='area')": (
        lambda g: rm.evaluate(g.model, g.panel, groups="area"),
        "a list of texts",
        "unknown group 'a'",
    ),
    "compare(a, b, X)": (
        lambda g: rm.compare(g.model, g.model, g.panel.X),
        "Panel.from_frame",
        "AttributeError",
    ),
    "backtest(model, X)": (
        lambda g: rm.backtest(g.model, g.panel.X),
        "Panel.from_frame",
        "AttributeError",
    ),
    "backtest('logistic', panel)": (
        lambda g: rm.backtest("logistic", g.panel),
        "make_classifier(panel, kind)",
        "AttributeError",
    ),
    "backtest(panel, split)": (
        lambda g: rm.backtest(g.panel, rm.HouseholdSplit()),
        "split=",
        "AttributeError",
    ),
    "backtest(panel, panel)": (
        lambda g: rm.backtest(g.panel, g.panel),
        "rm.backtest(panel)",
        "AttributeError",
    ),
    "backtest()": (lambda g: rm.backtest(), "rm.backtest(panel)", "TypeError"),
    "backtest(baselines='logistic')": (
        lambda g: rm.backtest(g.model, g.panel, baselines="logistic"),
        "a list of texts",
        "unknown kind 'l'",
    ),
    "make_classifier(X)": (
        lambda g: rm.make_classifier(g.panel.X),
        "Panel.from_frame",
        "AttributeError",
    ),
    "make_classifier('logistic')": (
        lambda g: rm.make_classifier("logistic"),
        "read_parquet",
        "AttributeError",
    ),
    "fit(path)": (lambda g: rm.RiskClassifier().fit(g.path), "read_parquet", "ValueError"),
    "fit(records)": (lambda g: rm.RiskClassifier().fit(g.records), "build_panel", "TypeError"),
    "refit(model, X)": (lambda g: rm.refit(g.model, g.panel.X), "from_frame", "AttributeError"),
    "explain(panel, model)": (
        lambda g: rm.explain(g.panel, g.model),
        "the model first",
        "AttributeError",
    ),
    "explain(model, records)": (
        lambda g: rm.explain(g.model, g.records),
        "build_panel",
        "X has no names",
    ),
    "why(panel, panel)": (lambda g: rm.why(g.panel, g.panel), "rm.explain", "AttributeError"),
    "score(model, panel)": (
        lambda g: rm.score(g.model, g.panel, DAY),
        "built from",
        "AttributeError",
    ),
    "score(model, path)": (
        lambda g: rm.score(g.model, "records.yaml", DAY),
        "rm.read_records(path)",
        "AttributeError",
    ),
    "score(records, model)": (
        lambda g: rm.score(g.records, g.model, DAY),
        "the model first",
        "AttributeError",
    ),
    "trace(model, panel)": (
        lambda g: rm.trace(g.model, g.panel, DAY, "1"),
        "built from",
        "AttributeError",
    ),
    "publish(model, panel)": (
        lambda g: rm.publish(g.model, g.panel, "name"),
        "rm.evaluate(model, panel)",
        "AttributeError",
    ),
    "save(model, panel, folder)": (
        lambda g: rm.save(g.model, g.panel, g.path),
        "rm.evaluate(model, panel)",
        "AttributeError",
    ),
    "promote(on=panel)": (
        lambda g: rm.promote("name/1", on=g.panel, by="kim", why="better"),
        "built from",
        "no model of the name",
    ),
    "open(df)": (lambda g: rm.open(g.df), "a path", "TypeError"),
    "TemporalSplit().last(X)": (
        lambda g: rm.TemporalSplit().last(g.panel.X),
        "from_frame",
        "AttributeError",
    ),
    "HouseholdSplit().split(X)": (
        lambda g: rm.HouseholdSplit().split(g.panel.X),
        "from_frame",
        "AttributeError",
    ),
    "Panel.from_frame(path)": (
        lambda g: rm.Panel.from_frame("my.csv", household_id="id", as_of_date=DAY),
        "pd.read_csv(path)",
        "the letters of the path as columns",
    ),
    "Panel.from_frame(categories='id')": (
        lambda g: rm.Panel.from_frame(g.df, household_id="id", as_of_date=DAY, categories="rent"),
        "a list of texts",
        "the frame has no column 'r'",
    ),
    "score(another library's model)": (
        lambda g: rm.score(LogisticRegression(), g.records, DAY),
        "a fitted model",
        "AttributeError",
    ),
    "evaluate(groups=3)": (
        lambda g: rm.evaluate(g.model, g.panel, groups=3),
        "a list of texts",
        "TypeError",
    ),
    "score(a panel of a class of one's own)": (
        lambda g: rm.score(g.model, OwnPanel(X=g.panel.X), DAY),
        "built from",
        "no next step",
    ),
    "Panel.read_parquet(df)": (lambda g: rm.Panel.read_parquet(g.df), "a path", "TypeError"),
}
# the call, and the argument that was meant
TYPOS: dict[str, tuple[Call, str]] = {
    "read_records(rot=)": (lambda g: rm.read_records("x", rot="y"), "root"),
    "ingest(rot=)": (lambda g: rm.ingest("x", "s", rot="y"), "root"),
    "build_panel(round=)": (lambda g: rm.build_panel(g.records, round=[DAY]), "rounds"),
    "Panel.from_frame(as_of=)": (
        lambda g: rm.Panel.from_frame(g.df, household_id="id", as_of=DAY),
        "as_of_date",
    ),
    "Label(windw=)": (lambda g: rm.Label("rent", windw="6M"), "window"),
    "Cohort(seen_withn=)": (lambda g: rm.Cohort(seen_withn="6M"), "seen_within"),
    "Features(partly_coverd=)": (lambda g: rm.Features([], partly_coverd="x"), "partly_covered"),
    "TemporalSplit(test_round=)": (lambda g: rm.TemporalSplit(test_round=2), "test_rounds"),
    "HouseholdSplit(test_shar=)": (lambda g: rm.HouseholdSplit(test_shar=0.2), "test_share"),
    "RiskClassifier(seds=)": (lambda g: rm.RiskClassifier(seds=1), "seeds"),
    "make_classifier(seds=)": (lambda g: rm.make_classifier(g.panel, seds=1), "seeds"),
    "fit(sample_weights=)": (
        lambda g: rm.RiskClassifier().fit(g.panel, sample_weights=[1]),
        "sample_weight",
    ),
    "evaluate(capcity=)": (lambda g: rm.evaluate(g.model, g.panel, capcity=9), "capacity"),
    "compare(capcity=)": (lambda g: rm.compare(g.model, g.model, g.panel, capcity=9), "capacity"),
    "backtest(baseline=)": (lambda g: rm.backtest(g.model, g.panel, baseline=[]), "baselines"),
    "explain(backgrond=)": (
        lambda g: rm.explain(g.model, g.panel, backgrond=g.panel),
        "background",
    ),
    "refit(panl=)": (lambda g: rm.refit(g.model, panl=g.panel), "panel"),
    "publish(nam=)": (lambda g: rm.publish(g.model, None, nam="x"), "name"),
    "save(foldr=)": (lambda g: rm.save(g.model, None, foldr="x"), "folder"),
    "promote(wy=)": (lambda g: rm.promote("x/1", on=g.records, by="kim", wy="x"), "why"),
    "rollback(wy=)": (lambda g: rm.rollback("x", by="kim", wy="x"), "why"),
    "history(nam=)": (lambda g: rm.history(nam="x"), "name"),
    "load(digst=)": (lambda g: rm.load("x@y", digst="x"), "digest"),
    "open(digst=)": (lambda g: rm.open("x", digst="x"), "digest"),
    "score(as_off=)": (lambda g: rm.score(g.model, g.records, as_off=DAY), "as_of"),
    "trace(houshold=)": (lambda g: rm.trace(g.model, g.records, DAY, houshold="1"), "household"),
    "rounds(evry=)": (lambda g: rm.rounds(DAY, DAY, evry="2M"), "every"),
}


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_what_is_of_another_type_is_refused_with_the_next_step(
    name: str, given: SimpleNamespace, mended: Note
) -> None:
    call, step, before = WRONG_TYPES[name]
    with pytest.raises(ConfigError) as refusal:
        call(given)
    assert refusal.value.code == "arguments.type"
    assert step in refusal.value.next_step
    mended("friction", tried=name, before=before, now=refusal.value.next_step)


@pytest.mark.parametrize("name", TYPOS)
def test_an_argument_that_does_not_exist_is_refused_with_the_nearest_name(
    name: str, given: SimpleNamespace, mended: Note
) -> None:
    call, meant = TYPOS[name]
    with pytest.raises(ConfigError, match="has no argument") as refusal:
        call(given)
    assert refusal.value.code == "arguments.name"
    assert f"{meant!r}" in refusal.value.next_step
    mended("friction", tried=name, before="TypeError of Python", now=refusal.value.next_step)


def test_a_subclass_and_what_is_optional_pass() -> None:
    class Own(rm.Panel):
        pass

    @door
    def size(panel: Panel | None = None, *, folder: str | Path = "x") -> tuple[object, object]:  # type: ignore[name-defined]  # noqa: F821
        """Say what came."""
        return panel, folder

    own = Own(X=pd.DataFrame())
    assert size(own) == (own, "x")
    assert size(panel=None, folder=Path("y")) == (None, Path("y"))
    assert size.__doc__ == "Say what came."
    for wrong in ({"panel": 1}, {"folder": 1}, {"panel": pd.DataFrame()}):
        with pytest.raises(ConfigError, match=r"size\(\) was given"):
            size(**wrong)
    with pytest.raises(TypeError):
        size(own, own)


def test_a_classifier_and_a_panel_of_ones_own_class_pass_every_door_that_takes_them(
    given: SimpleNamespace,
) -> None:
    held = {name: getattr(given.panel, name) for name in given.panel.__dataclass_fields__}
    panel = OwnPanel(**held)
    model = OwnClassifier(kind="logistic").fit(panel)
    assert rm.evaluate(model, panel).metrics == rm.evaluate(given.model, given.panel).metrics
    assert len(rm.explain(model, panel)) == len(panel)
    assert isinstance(rm.refit(model, panel), OwnClassifier)
    split = rm.HouseholdSplit()
    assert len(rm.backtest(OwnClassifier("logistic"), panel, split, 9, []).evaluations) == 1
    other = LogisticRegression().fit(given.panel.X, given.panel.y)
    assert rm.evaluate(other, panel).rows == rm.compare(other, model, panel).rows


def test_a_table_of_another_library_is_no_array_without_names(given: SimpleNamespace) -> None:
    table = pa.table({"rent": given.df["rent"].to_numpy(float)})
    with pytest.raises(ModelError, match=r"X is a Table.*X.to_pandas\(\)"):
        rm.RiskClassifier("logistic").fit(table, given.df["y"])
    for call in (given.model.score_rows, given.model.predict_proba):
        with pytest.raises(ModelError, match="Next: pass a DataFrame"):
            call(table)
    by_name = rm.Panel.from_frame(
        pa.Table.from_pandas(given.df), household_id="id", as_of_date=DAY, y="y"
    )
    pd.testing.assert_frame_equal(by_name.X, given.panel.X)


def test_a_capacity_that_is_a_column_is_not_printed(given: SimpleNamespace) -> None:
    with pytest.raises(ConfigError, match=r"Series is no capacity") as refusal:
        rm.evaluate(given.model, given.panel, given.panel.y)
    assert DAY not in str(refusal.value)


def test_a_backtest_without_a_model_takes_the_default_one() -> None:
    rng = np.random.default_rng(0)
    rent = rng.poisson(2.0, 1200)
    df = pd.DataFrame({"id": range(1200), "rent": rent, "y": rng.random(1200) < 0.1 * rent})
    panel = rm.Panel.from_frame(df, household_id="id", as_of_date=DAY, y="y")
    split = rm.HouseholdSplit()
    given = rm.backtest(rm.make_classifier(panel), panel, split, 50, ["logistic"])
    for again in (
        rm.backtest(panel, split=split, capacity=50, baselines=["logistic"]),
        rm.backtest(None, panel, split, 50, ["logistic"]),
        rm.backtest(panel=panel, split=split, capacity=50, baselines=["logistic"]),
    ):
        pd.testing.assert_frame_equal(again.frame(), given.frame())


NO_CELLS: dict[str, tuple[Call, str, str]] = {
    "Label('arrears', df)": (lambda g: rm.Label("arrears", g.cells), "a text", "cells printed"),
    "Label('arrears', '6M', min_count=df)": (
        lambda g: rm.Label("arrears", "6M", min_count=g.cells),
        "a whole number",
        "cells printed",
    ),
    "Cohort(where=df)": (lambda g: rm.Cohort(where=g.cells), "a text", "cells printed"),
    "Cohort(seen_within=df)": (lambda g: rm.Cohort(seen_within=g.cells), "a text", "ValueError"),
    "load(df)": (lambda g: rm.load(g.cells), "a text or a Version", "cells printed"),
    "load(Series)": (lambda g: rm.load(g.cells["name"]), "a text or a Version", "cells printed"),
    "history(df)": (lambda g: rm.history(g.cells), "a text", "cells printed"),
    "rollback(df)": (lambda g: rm.rollback(g.cells, "b", "w"), "a text", "cells printed"),
    "promote(df)": (
        lambda g: rm.promote(g.cells, g.records, "b", "w"),
        "a text or a Version",
        "cells printed",
    ),
    "score(model=df)": (lambda g: rm.score(g.cells, g.records, DAY), "a fitted", "AttributeError"),
    "score(lang=[...])": (
        lambda g: rm.score(g.model, g.records, DAY, lang=["Kim Marker"]),
        "a text",
        "TypeError",
    ),
    "Attribute([...])": (lambda g: rm.Attribute(["Kim Marker"]), "a text", "AttributeError"),
    "make_classifier(kind=[...])": (
        lambda g: rm.make_classifier(g.panel, ["Kim Marker"]),
        "a text",
        "TypeError",
    ),
}


@pytest.mark.parametrize("call", NO_CELLS)
def test_a_table_where_one_value_is_wanted_is_refused_without_its_cells(
    call: str, given: SimpleNamespace, mended: Note
) -> None:
    act, allowed, before = NO_CELLS[call]
    given.cells = pd.DataFrame({"name": ["Kim Marker"], "rent": [1]})
    with pytest.raises(ConfigError) as refusal:
        act(given)
    assert refusal.value.code == "arguments.type"
    assert allowed in str(refusal.value.allowed)
    assert "Marker" not in str(refusal.value)
    mended("errors", tried=call, before=before, now=str(refusal.value))


@pytest.mark.parametrize(
    "cells",
    [
        ["Kim Marker", "b"],
        pd.Series(["Kim Marker", "b"]),
        np.array([["Kim Marker"], ["b"]]),
        np.array([71.25, 2.0]),
    ],
    ids=["list", "Series", "array", "one column of numbers"],
)
def test_a_fit_on_texts_or_on_one_column_shows_no_cell(cells: object) -> None:
    with pytest.raises(ModelError) as refusal:
        rm.RiskClassifier("logistic").fit(cells, [0, 1])
    assert refusal.value.code in {"models.not_a_number", "models.columns"}
    assert "Marker" not in str(refusal.value)
    assert "71.25" not in str(refusal.value)
