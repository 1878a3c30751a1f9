"""Cells that a card hides and the cards of earlier versions tell, on the same rows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from riskmodel.card import judged_rounds
from riskmodel.errors import RegistryError
from riskmodel.evaluation import Evaluation
from riskmodel.metrics import CellCounts, Groups, Ints, Shown, told_cells
from riskmodel.registry.artefacts.artefact import CARD
from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.version import versions_of
from riskmodel.serving import ARTEFACT

Cards = Mapping[str, Mapping[str, Any]]
"""The cards of earlier versions, by their number."""


def cards_of_earlier(registry: Registry, name: str) -> Cards:
    """Return the cards of the versions of a name; a version whose card is gone tells nothing."""
    numbers = [str(made.version) for made in versions_of(registry, name)]
    return {number: card for number in numbers for card in _read(registry, name, number)}


def refuse_told_by_earlier(evaluation: Evaluation, cards: Cards) -> None:
    """Refuse tables whose hidden cells follow from them and the cards of earlier versions.

    Only cards of the same rows count: the same rounds, as many rows and as many crises. There, a
    cell that an earlier card shows is known, and what adds up may tell another.

    Raises
    ------
    RegistryError
    """
    same = {number: card for number, card in cards.items() if _is_of_rows(card, evaluation)}
    tables = _tables(evaluation)
    if not same or not tables:
        return
    own, with_earlier = [], []
    for column, names, _ in tables:
        shown = _shown_now(evaluation, column)
        own.append(_levels(names, shown))
        earlier = (_shown_on(card, column) for card in same.values())
        with_earlier.append(_levels(names, shown.union(*earlier)))
    counts = [cells for _, _, cells in tables]
    more = told_cells(counts, with_earlier) - told_cells(counts, own)
    if more:
        columns = sorted({tables[number][0] for number, _ in more})
        raise RegistryError(
            f"the tables by {', '.join(columns)} hide {len(more)} cells that follow from them and "
            f"the cards of versions {', '.join(same)}, which judge the same rows",
            code="card.earlier_cards",
            allowed="tables that show and hide the same cells as those cards, or none of these",
            next_step="evaluate with a larger min_cell, or without these groups: "
            "rm.evaluate(..., groups=[...])",
        )


def _read(registry: Registry, name: str, number: str) -> Iterator[Mapping[str, Any]]:
    """Yield the card of a version, if its files are there."""
    import mlflow.artifacts

    with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
        try:
            source = registry.client.get_model_version_download_uri(name, number)
            file = mlflow.artifacts.download_artifacts(
                artifact_uri=f"{source}/{ARTEFACT}/{CARD}",
                dst_path=folder,
                tracking_uri=registry.uri,
            )
            yield json.loads(Path(file).read_text("utf-8"))
        except (OSError, mlflow.MlflowException, ValueError):
            return


def _is_of_rows(card: Mapping[str, Any], evaluation: Evaluation) -> bool:
    now = {
        "rounds": list(judged_rounds(evaluation)),
        "rows": evaluation.rows,
        evaluation.positives_called: evaluation.positives,
    }
    return now.items() <= card["evaluated"].items()


def _tables(evaluation: Evaluation) -> list[tuple[str, list[str], CellCounts]]:
    """Return the cells of each table by group or area: column, names and counts without a list."""
    scores = evaluation.scores
    used = evaluation.are_judged
    y = scores["y"].fillna(0.0).to_numpy(np.float64)[used]
    made = []
    for column in evaluation.groups:
        groups = Groups.of(evaluation.groups[column].to_numpy()[used])
        crises, others = (np.bincount(groups.code, each) for each in (y, 1 - y))
        none = np.zeros(len(crises))
        counts = np.column_stack([none, none, crises, others]).astype(np.float64)
        cells = CellCounts(groups.code, counts, np.zeros(len(crises), dtype=np.intp))
        made.append((str(column), groups.names.tolist(), cells))
    return made


def _levels(names: list[str], shown: set[str]) -> Ints:
    levels = [Shown.ALL if name in shown else Shown.NOTHING for name in names]
    return np.array(levels, dtype=np.intp)


def _shown_now(evaluation: Evaluation, column: str) -> set[str]:
    by_group, by_area = evaluation.by_group, evaluation.by_area
    if by_group is not None and column in set(by_group["group"]):
        table = by_group[by_group["group"].eq(column)].set_index("value")
    else:
        assert by_area is not None, "what is no group is the area"
        table = by_area.set_index("area")
    return {*table.index[table["rows"].notna()]}


def _shown_on(card: Mapping[str, Any], column: str) -> set[str]:
    """Return the cells of a column that a card shows."""
    groups = [row for row in card["by_group"] if row.get("group") == column]
    if groups:
        return {row["value"] for row in groups if row["rows"] is not None}
    return {row["area"] for row in card["by_area"] if row.get("rows") is not None}
