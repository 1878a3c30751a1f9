"""A consumer with numpy alone: an environment of its own, a serving.py that it keeps, a pin."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fresh_environments import clean, python_with

from riskmodel import serving

GOLDEN = Path(__file__).parents[1] / "serving" / "golden"
CONSUMER = """
import importlib.util, json, sys
import serving

folder, digest, rows = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3], encoding="utf-8"))
scorer = serving.read(folder, digest)

def told(rows):
    scored = scorer.score(rows)
    parts = scorer.contributions(scorer.matrix(rows).X)
    return {
        "margin": [margin.hex() for margin in scored["margin"].tolist()],
        "score": scored["score"].tolist(),
        "contributions": parts.tolist(),
        "reasons": [[reason["code"] for reason in reasons] for reasons in scored["reasons"]],
    }

shuffled = rows[::-1]
print(json.dumps({
    "all": told(rows),
    "one": told(rows[:1]),
    "ten": told(rows[:10]),
    "shuffled": told(shuffled),
    "filtered": told(rows[1::3]),
    "many": told(rows * 40),
    "found": [m for m in ("riskmodel", "mlflow", "pandas") if importlib.util.find_spec(m)],
}))
"""


@pytest.mark.slow
def test_numpy_alone_scores_and_explains_as_the_publisher(tmp_path: Path) -> None:
    python = python_with("numpy>=2.0,<3", tmp_path / "fresh")
    (tmp_path / "serving.py").write_text(serving.assembled_source(), encoding="utf-8")
    for kept in sorted(GOLDEN.glob("*.json")):
        expected = json.loads(kept.read_text(encoding="utf-8"))
        (tmp_path / "rows.json").write_text(json.dumps(expected["rows"]), encoding="utf-8")
        given = [str(GOLDEN / kept.stem), expected["digest"], "rows.json"]
        ran = subprocess.run(
            [str(python), "-c", CONSUMER, *given],
            capture_output=True,
            text=True,
            env=clean(),
            cwd=tmp_path,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        told = json.loads(ran.stdout)
        assert told["found"] == []
        n = len(expected["rows"])
        _check(told["all"], expected, list(range(n)))
        _check(told["one"], expected, [0])
        _check(told["ten"], expected, list(range(n))[:10])
        _check(told["shuffled"], expected, list(range(n))[::-1])
        _check(told["filtered"], expected, list(range(n))[1::3])
        _check(told["many"], expected, list(range(n)) * 40)
        for digest, found in (("", "no sha256"), (64 * "0", "its sha256 differs")):
            given[1] = digest
            refused = subprocess.run(
                [str(python), "-c", CONSUMER, *given],
                capture_output=True,
                text=True,
                env=clean(),
                cwd=tmp_path,
                check=False,
            )
            assert refused.returncode == 1
            assert found in refused.stderr


def _check(told: dict[str, Any], expected: dict[str, Any], rows: list[int]) -> None:
    assert told["margin"] == [expected["margin"][row] for row in rows]
    assert told["reasons"] == [expected["codes"][row] for row in rows]
    for name, tolerance in (("score", 1e-12), ("contributions", 1e-6)):
        wanted = np.array([expected[name][row] for row in rows])
        np.testing.assert_allclose(told[name], wanted, rtol=0, atol=tolerance)
