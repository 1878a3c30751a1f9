"""Written block by block or held in memory: the same records."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from riskmodel.datasets import PRESETS, make_households
from riskmodel.datasets.course import blocks
from riskmodel.datasets.geography import geography_of
from riskmodel.errors import ConfigError
from riskmodel.panel import build_panel

LAYERS = {"capacity": 0.02, "members": True, "moves": 0.02}


@pytest.mark.parametrize("n", [1, 499, 5_000, 50_000, 50_001, 130_000, 5_000_000])
def test_blocks_part_households_and_districts_without_gap(n: int) -> None:
    for preset, most in (("default", 50_000), ("korea", 150_000)):
        tree = geography_of(PRESETS[preset].world, n)
        parts = blocks(n, 0, tree)
        assert sum(block.n for block in parts) == n
        assert sum(block.n_areas for block in parts) == len(tree)
        assert max(block.n for block in parts) <= most
        ends = [(block.first + block.n, block.areas.stop) for block in parts]
        assert [(block.first, block.areas.start) for block in parts] == [(0, 0), *ends[:-1]]
        assert min(block.n_areas for block in parts) >= 3


@pytest.mark.parametrize(
    ("n", "rounds", "layers"), [(400, 3, LAYERS), (50_001, 1, {})], ids=["one block", "two"]
)
def test_a_folder_holds_what_memory_would(
    tmp_path: Path, n: int, rounds: int, layers: dict[str, object]
) -> None:
    held = make_households(n, n_rounds=rounds, random_state=3, **layers)
    written = make_households(
        n, n_rounds=rounds, random_state=3, folder=tmp_path / "world", **layers
    )
    for table in held.tables:
        pd.testing.assert_frame_equal(written.frame(table), held.frame(table), check_exact=True)
    truth = pd.read_parquet(tmp_path / "world" / "truth")
    truth = truth.astype({"as_of_date": "datetime64[s]"}).set_index(["household_id", "as_of_date"])
    assert written.truth is None
    pd.testing.assert_frame_equal(truth, held.truth, check_exact=True)


def test_a_panel_is_built_from_a_folder_as_from_memory(tmp_path: Path) -> None:
    held = make_households(300, n_rounds=2)
    written = make_households(300, n_rounds=2, folder=tmp_path)
    panels = [build_panel(r, rounds=r.rounds, label=r.label) for r in (held, written)]
    pd.testing.assert_frame_equal(panels[0].X, panels[1].X)
    pd.testing.assert_series_equal(panels[0].y, panels[1].y)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="not empty"):
        make_households(10, folder=tmp_path)
