"""The figures of results as metrics and tables of a run: those of the card, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel.card import judged_rounds
from riskmodel.registry.run_pages.run_page import Figure, Input

if TYPE_CHECKING:
    from riskmodel.evaluation import Comparison, Evaluation

COLUMNS = ("metric", "value", "low", "high", "estimand", "labels", "note")
LOWER, UPPER = ".lower", ".upper"
BY_ROUND = "by_round/"


def figures_of(evaluation: Evaluation) -> tuple[Figure, ...]:
    """Return each metric with the ends of its interval, and the same by round where it has several.

    What a table suppresses is no figure here either.
    """
    counts = {
        "rows": evaluation.rows,
        evaluation.positives_called: evaluation.positives,
        "listed": evaluation.listed,
    }
    overall = [Figure(name, float(count)) for name, count in counts.items()]
    for name, value, low, high in _lines(evaluation.table, "value"):
        overall += _with_interval(name, value, low, high)
    several = len(evaluation.by_round) > 1
    return (*overall, *(_of_rounds(evaluation.by_round) if several else ()))


def differences_of(comparison: Comparison) -> tuple[Figure, ...]:
    """Return both values of each metric and their difference with the ends of its interval."""
    table = comparison.table
    figures = [Figure("rows", float(comparison.rows)), Figure("overlap", comparison.overlap)]
    for side, column in (("first", "a"), ("second", "b")):
        named = zip(table["metric"], table[column], strict=True)
        figures += [Figure(f"{name}.{side}", float(value)) for name, value in named]
    for name, value, low, high in _lines(table, "difference"):
        figures += _with_interval(f"{name}.difference", value, low, high)
    return tuple(figure for figure in figures if isfinite(figure.value))


def tables_of(evaluation: Evaluation, *, groups: bool) -> dict[str, str]:
    """Return the tables of an evaluation as CSV, by the paths of their files.

    Parameters
    ----------
    evaluation : Evaluation
    groups : bool
        Whether those by group and area are among them.
    """
    shown: dict[str, pd.DataFrame | None] = {
        "metrics": evaluation.table[[name for name in COLUMNS if name in evaluation.table]],
        "by_round": evaluation.by_round,
        "reliability": evaluation.reliability,
    }
    if groups:
        shown |= {"by_group": evaluation.by_group, "by_area": evaluation.by_area}
    return {
        f"figures/{name}.csv": table.to_csv(index=False)
        for name, table in shown.items()
        if table is not None and not table.empty
    }


def rows_judged(evaluation: Evaluation) -> Input:
    """Return the rows that an evaluation judged: digest, number and rounds."""
    profile = {"num_rows": evaluation.rows, "rounds": list(judged_rounds(evaluation))}
    return Input("rows judged", evaluation.data_digest, "evaluation", profile)


def _of_rounds(table: pd.DataFrame) -> Iterator[Figure]:
    days = pd.to_datetime(table["round"]).to_numpy().astype("datetime64[ms]").astype(np.int64)
    for step, (when, line) in enumerate(zip(days.tolist(), table.to_dict("records"), strict=True)):
        for column, value in line.items():
            if column in ("round", "note") or pd.isna(value):
                continue
            key = str(column).replace("_low", LOWER).replace("_high", UPPER)
            yield Figure(f"{BY_ROUND}{key}", float(value), step, max(when, 0))


def _lines(table: pd.DataFrame, value: str) -> Iterator[tuple[str, float, float, float]]:
    for line in table[["metric", value, "low", "high"]].itertuples(index=False):
        yield str(line[0]), float(line[1]), float(line[2]), float(line[3])


def _with_interval(name: str, value: float, low: float, high: float) -> list[Figure]:
    figures = (Figure(name, value), Figure(name + LOWER, low), Figure(name + UPPER, high))
    return [figure for figure in figures if isfinite(figure.value)]
