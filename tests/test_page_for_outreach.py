"""The page of outreach: its Python runs as it stands, from a list to the households and back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel import service

DOCS = Path(__file__).resolve().parents[1] / "docs"
NAME = "household-crisis"


def python_blocks(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def code_of(block: str) -> set[str]:
    """Return the lines of a block without their comments."""
    return {re.sub(r"\s*#.*", "", line) for line in block.splitlines()}


def test_the_python_of_the_page_runs_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = what_a_service_has()
    blocks = python_blocks("outreach.md")
    for block in blocks:
        if "frame, chosen" in block:
            names |= what_the_draw_takes(names["frame"])
        exec(block, names)
    assert len(blocks) >= 8
    *same, own = python_blocks("outreach.ko.md")
    assert code_of("\n".join(same)) <= code_of("\n".join(blocks))
    exec(own, names)
    assert len(names["plan"])
    assert isinstance(names["found"], service.Allocation)
    assert set(names["weeks"]["carrier"]) == {"east", "west"}
    assert names["rest"].as_of == names["plan"].as_of


def what_a_service_has() -> dict[str, Any]:
    """Publish a champion and write a file of people, in the present folder; return the names."""
    records = rm.make_households(
        1_000, n_rounds=14, preset="korea", capacity=0.1, support=0.5, random_state=0
    )
    panel = rm.build_panel(records, rounds=records.rounds[:7], label=records.label)
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="indicator_count").fit(train.X, train.y)
    version = rm.publish(model, rm.evaluate(model, test, capacity=0.1), name=NAME)
    rm.promote(version, on=records, by="kim", why="beats the baselines", gates={"auc": -0.2})
    ids = rm.score(f"{NAME}@champion", records, as_of="2024-11-01").table["household_id"]
    people = pd.DataFrame({"household_id": ids, "name": [f"N{n}" for n in range(len(ids))]})
    people.to_csv("people.csv", index=False)
    number = np.arange(60)
    carriers = np.where(number % 2, "east", "west")
    households = pd.DataFrame(
        {"household_id": number.astype(str), "carrier": carriers, "score": number / 100}
    )
    return {"service": service, "records": records, "households": households}


def what_the_draw_takes(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a frame of the page's two areas, and whom an allocation would choose there."""
    frame = frame.assign(area=np.where(np.arange(len(frame)) % 2, "Jung", "Seo"))
    rank = frame.groupby("area")["score"].rank(ascending=False)
    return {
        "frame": frame,
        "chosen": (rank <= 10).to_numpy(),
        "next_best": (rank <= 13).to_numpy(),
        "second_model": pd.Series(frame["score"].to_numpy()[::-1], index=frame["household_id"]),
    }
