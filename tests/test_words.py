"""Spaces at the ends of a word are no part of it, at any door; a blank word is missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.serving.input_rows import input_matrix

PADS = [("", ""), (" ", ""), ("", " "), ("\t", "\r\n"), ("\u3000", "\u00a0")]


def frame(before: str, after: str) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    town = rng.choice(["north", "south"], 400)
    padded = [f"{before}{name}{after}" if i % 2 else name for i, name in enumerate(town)]
    y = (rng.random(400) < np.where(town == "north", 0.5, 0.1)).astype(float)
    df = pd.DataFrame({"id": np.arange(400), "town": padded, "village": padded, "y": y})
    df.loc[0, "town"] = f"{before}{after}" or np.nan
    return df


def panel_of(df: pd.DataFrame) -> rm.Panel:
    named: dict[str, Any] = {"categories": ["town"], "groups": ["town"], "cluster": "village"}
    return rm.Panel.from_frame(df, household_id="id", as_of_date="2024-01-01", y="y", **named)


@pytest.mark.parametrize("pad", PADS, ids=repr)
def test_a_padded_word_of_a_frame_is_the_word(pad: tuple[str, str], mended: Note) -> None:
    panel, plain = panel_of(frame(*pad)), panel_of(frame("", ""))
    pd.testing.assert_frame_equal(panel.X, plain.X)
    pd.testing.assert_frame_equal(panel.groups, plain.groups)
    pd.testing.assert_series_equal(panel.cluster, plain.cluster)
    assert set(panel.X["town"].cat.categories) == {"north", "south"}
    mended(
        "look-alikes",
        tried=f"a town written with {pad!r} around it in a frame",
        before="a town of its own, and a blank one another",
        now=sorted(panel.X["town"].cat.categories),
    )


@pytest.mark.parametrize("pad", PADS, ids=repr)
def test_a_model_and_its_reader_know_a_padded_word(pad: tuple[str, str]) -> None:
    plain = panel_of(frame("", ""))
    model = rm.make_classifier(plain, "logistic").fit(plain)
    rows = pd.DataFrame({"town": [f"{pad[0]}north{pad[1]}", "north"]})
    scores = model.predict_proba(rows)[:, 1]
    assert scores[0] == scores[1]
    entry: Any = {"name": "town", "categories": ["north", "south"]}
    read = input_matrix([entry], rows)
    assert read.X.ravel().tolist() == [0.0, 0.0]
    assert not read.unseen.any()


@pytest.mark.parametrize("pad", PADS, ids=repr)
def test_frames_of_records_and_files_are_read_alike(pad: tuple[str, str]) -> None:
    before, after = pad
    facts = pd.DataFrame(
        {
            "household_id": ["a", "b", "c"],
            "code": ["rent", f"{before}rent{after}", "fire"],
            "event_date": ["2024-01-01", "2024-01-02", "2024-01-03"],
        }
    )
    read = SimpleNamespace(
        frames=rm.Records.from_frames(facts, today="2024-02-01"),
        manifest=rm.read_records(
            {
                "today": "2024-02-01",
                "events": [
                    {
                        "frame": facts,
                        "household_id": "household_id",
                        "code": {"column": "code"},
                        "event_date": "event_date",
                    }
                ],
            }
        ),
    )
    codes = {name: own.events["code"].tolist() for name, own in vars(read).items()}
    assert sorted(codes["frames"]) == sorted(codes["manifest"]) == ["fire", "rent", "rent"]
    assert list(read.frames.catalogue) == list(read.manifest.catalogue) == ["fire", "rent"]


FORMS = ["need", " need", "need\t", "'need'", "“need”", "ｎｅｅｄ"]


@pytest.mark.parametrize("positive", ["need", " need ", "'need'"])
def test_a_class_is_its_word_however_it_stands_in_its_cell(positive: str, mended: Note) -> None:
    X = pd.DataFrame({"v": [i % 7 + 9.0 * (i % 3 > 0) for i in range(360)]})
    y = [FORMS[i % 6] if i % 3 else ["no_need", "no_need "][i % 2] for i in range(360)]
    plain = ["no_need" if "no" in word else "need" for word in y]
    model = rm.RiskClassifier(kind="logistic", positive=positive).fit(X, y)
    assert model.classes_.tolist() == ["no_need", "need"]
    same = rm.RiskClassifier(kind="logistic", positive="need").fit(X, plain)
    np.testing.assert_array_equal(model.predict_proba(X), same.predict_proba(X))
    before = "refused as more than two classes"
    mended("classes", tried=f"need, 'need', need and blank; {positive!r}", before=before,
           now=len(model.classes_))  # fmt: skip


def test_a_blank_class_is_missing() -> None:
    X = pd.DataFrame({"v": [i % 7 - 5.0 * (i % 3) for i in range(90)]})
    y = ["need", "no_need", " "] * 30
    model = rm.RiskClassifier(kind="logistic", positive="need").fit(X, y)
    assert model.classes_.tolist() == ["no_need", "need"]


@pytest.mark.parametrize("written", [" fire ", "'fire'", '"fire"', "ｆｉｒｅ"])
def test_a_code_is_its_word_in_files_catalogues_features_and_labels(
    written: str, mended: Note
) -> None:
    events = pd.DataFrame(
        {"id": list("abc"), "day": "2024-01-05", "what": ["fire", written, "rent"]}
    )
    source = {"frame": events, "household_id": "id", "event_date": "day"}
    codes = {"code": {"column": "what"}}
    catalogue = {written: None, "rent": None}
    manifest = {"today": "2025-01-01", "events": [source | codes], "catalogue": catalogue}
    records = rm.read_records(manifest)
    assert sorted(records.events["code"]) == ["fire", "fire", "rent"]
    assert list(records.catalogue) == ["fire", "rent"]
    one_code = rm.read_records({**manifest, "events": [source | {"code": written}]})
    assert set(one_code.events["code"]) == {"fire"}
    assert rm.Agg.count([written], ["6M"]).codes == ("fire",)
    assert rm.Label(written, window="6M", maturity="2M").outcome == ("fire",)
    assert rm.Cohort(codes=[written]).codes == ("fire",)
    now = sorted(set(records.events["code"]))
    mended("look-alikes", tried=f"a code written {written!r}", before="a code of its own", now=now)


def test_words_of_attributes_groups_contacts_and_panels_are_read_alike(mended: Note) -> None:
    towns = ["A town", "'A town'", "A  town", "A\u3000town "]
    homes = pd.DataFrame({"id": list("abcd"), "gu": towns})
    kept = {"frame": homes, "household_id": "id", "known_date": "always", "columns": ["gu"]}
    asked = pd.DataFrame({"id": list("abc"), "on": "2024-02-01", "r": ["'01'", " 01", "01"]})
    result = {"column": "r", "map": {"01 ": "no_need"}}
    contact = {"frame": asked, "household_id": "id", "as_of_date": "on", "result": result}
    events = pd.DataFrame({"id": list("abcd"), "day": "2024-01-05"})
    source = {"frame": events, "household_id": "id", "event_date": "day", "code": "fire"}
    manifest = {"today": "2025-01-01", "events": [source], "attributes": [kept]}
    records = rm.read_records({**manifest, "contacts": [contact], "groups": ["gu"]})
    found = sorted(set(records.attributes["text"]))
    assert found == ["A town"]
    assert records.contacts["result"].tolist() == ["no_need"] * 3
    panel = rm.Panel.from_frame(
        homes.assign(x=1.0, kind=towns),
        household_id="id",
        as_of_date="2024-01-01",
        features=["x"],
        categories=["kind"],
        groups=["gu"],
        min_households=1,
    )
    assert panel.X["kind"].cat.categories.tolist() == ["A town"]
    assert panel.groups["gu"].cat.categories.tolist() == ["A town"]
    mended("look-alikes", tried="A town in quotes, with two blanks", before="3 towns", now=found)
