"""What a card hides is not told by the cards of earlier versions on the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.card.figure_tables import table_of
from riskmodel.errors import RegistryError
from riskmodel.evaluation import Evaluation
from riskmodel.registry.publishing.earlier_cards import refuse_told_by_earlier

SIZES = {"abbey": 6, "barracks": 60, "court": 70, "dock": 400}


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    kind = np.repeat(list(SIZES), list(SIZES.values()))
    n = len(kind)
    frame = pd.DataFrame(
        {"id": range(n), "risk": np.arange(n) % 10.0, "y": (np.arange(n) % 4 == 0).astype(float)}
    ).assign(type=kind)
    panel = rm.Panel.from_frame(
        frame,
        household_id="id",
        as_of_date="2024-05-01",
        y="y",
        features=["risk"],
        groups=["type"],
        min_households=1,
    )
    return rm.evaluate(panel.X["risk"].astype(float), panel, capacity=100)


def hiding(evaluation: Evaluation, *names: str) -> Evaluation:
    """Return the evaluation with other cells hidden in its table by group."""
    table = evaluation.by_group
    assert table is not None
    counts = table["value"].map(SIZES).astype("Int64").mask(table["value"].isin(names))
    return replace(evaluation, by_group=table.assign(rows=counts))


def card_of(evaluation: Evaluation) -> dict[str, Any]:
    evaluated = {
        "rounds": ["2024-05-01"],
        "rows": evaluation.rows,
        "positives": evaluation.positives,
    }
    return {
        "evaluated": evaluated,
        "by_group": table_of(evaluation.by_group),
        "by_area": table_of(evaluation.by_area),
    }


def test_a_card_that_hides_the_same_cells_passes(evaluation: Evaluation) -> None:
    refuse_told_by_earlier(evaluation, {})
    refuse_told_by_earlier(evaluation, {"1": card_of(evaluation)})


def test_two_cards_that_hide_different_cells_tell_the_small_one(evaluation: Evaluation) -> None:
    """Each hides a second cell beside the abbey, and the other card shows it."""
    now, earlier = hiding(evaluation, "abbey", "barracks"), hiding(evaluation, "abbey", "court")
    with pytest.raises(RegistryError, match="by type hide 1 cells") as error:
        refuse_told_by_earlier(now, {"1": card_of(now), "2": card_of(earlier)})
    assert error.value.code == "card.earlier_cards"
    assert "abbey" not in str(error.value)


def test_cards_of_other_rows_do_not_count(evaluation: Evaluation) -> None:
    now, earlier = hiding(evaluation, "abbey", "barracks"), hiding(evaluation, "abbey", "court")
    for fact, value in (("rows", 1), ("positives", 1), ("rounds", ["2023-05-01"])):
        card = card_of(earlier)
        card["evaluated"][fact] = value
        refuse_told_by_earlier(now, {"1": card})


def test_cards_without_such_a_table_tell_nothing(evaluation: Evaluation) -> None:
    now = hiding(evaluation, "abbey", "barracks")
    card = card_of(replace(now, by_group=None))
    refuse_told_by_earlier(now, {"1": card})
