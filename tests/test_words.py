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
    assert read.unseen.tolist() == [0, 0]


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
