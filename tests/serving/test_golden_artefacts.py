"""Artefacts of every schema that is read, kept as they were written, score equal for ever.

Before a schema changes, an artefact of it is written by the code that still writes it, with what
that code scores beside it (NAME.json). No artefact here is ever written again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel import serving

FOLDER = Path(__file__).with_name("golden")
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def kept(name: str) -> dict[str, Any]:
    """Return the digest, the rows, and what was scored when the artefact was written."""
    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def schema_of(name: str) -> int:
    return int(json.loads((FOLDER / name / "manifest.json").read_text())["schema_version"])


def test_every_schema_and_every_form_of_tables_has_an_artefact() -> None:
    assert {schema_of(name) for name in NAMES} == set(serving.SCHEMAS)
    kinds = {serving.read(FOLDER / name).model["evaluator"] for name in NAMES}
    assert kinds == set(serving.EVALUATORS)
    tables = [set(serving.read(FOLDER / name).tables) for name in NAMES]
    assert any(serving.REGION in names for names in tables)


@pytest.mark.parametrize("name", NAMES)
def test_numpy_alone_scores_as_when_it_was_written(name: str) -> None:
    told = kept(name)
    scorer = serving.read(FOLDER / name, told["digest"])
    scored = scorer.score(told["rows"])
    assert [margin.hex() for margin in scored["margin"].tolist()] == told["margin"]
    np.testing.assert_allclose(scored["score"], told["score"], atol=1e-12)
    assert scored["percentile"].tolist() == told["percentile"]
    assert scored["band"] == told["band"]
    contributions = scorer.contributions(scorer.matrix(told["rows"]).X)
    np.testing.assert_allclose(contributions, told["contributions"], atol=1e-6)
    codes = [[reason["code"] for reason in reasons] for reasons in scored["reasons"]]
    assert codes == told["codes"]


@pytest.mark.parametrize("name", NAMES)
def test_the_library_opens_it_and_scores_as_when_it_was_written(name: str) -> None:
    told = kept(name)
    model = rm.open(FOLDER / name, told["digest"])
    rows = pd.DataFrame(told["rows"])
    assert [margin.hex() for margin in model.margin(rows).tolist()] == told["margin"]
    np.testing.assert_allclose(model.predict_proba(rows)[:, 1], told["score"], atol=1e-12)
    parts = model.calibration_.slope * np.array(told["contributions"])
    explained = rm.explain(model, rows).contributions
    np.testing.assert_allclose(np.sort(explained, axis=1), np.sort(parts, axis=1), atol=1e-6)


def test_from_schema_4_on_a_version_tells_from_where_each_feed_comes() -> None:
    arrivals = rm.open(FOLDER / "schema_4_arrivals").recipe_.feed_arrivals
    assert [own.span for own in arrivals] == ["61D", "31D"]
    assert all(set(own.levels["province"].rates) == {"rent", "water"} for own in arrivals)
    for name in NAMES:
        if schema_of(name) < 4:
            assert rm.open(FOLDER / name).recipe_.feed_arrivals == ()
