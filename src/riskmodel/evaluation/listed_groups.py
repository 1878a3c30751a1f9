"""The rows of an evaluation by group, with its list; groups that its tables hide are one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, PanelError, did_you_mean
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.keys import HOUSEHOLD
from riskmodel.metrics import Floats, Ints, select

HIDDEN = "hidden groups together"


class ListedGroups(NamedTuple):
    """Labelled rows by group, with the list of an evaluation.

    Attributes
    ----------
    by : str
        The column.
    names : list of str
        All groups, sorted.
    notes : dict of str to str
        Why a group is hidden.
    units : list of str
        The groups that are shown and, if some are hidden, these together at the end.
    code : ndarray of int, shape (n_rows,)
        The unit of each row.
    y, weight, inclusion : ndarray, shape (n_rows,)
    household : ndarray of int, shape (n_rows,)
        Households, or clusters.
    margin : ndarray, shape (n_rows,)
    round : ndarray of str, shape (n_rows,)
    area : ndarray of str or None
    """

    by: str
    names: list[str]
    notes: dict[str, str]
    units: list[str]
    code: Ints
    y: Floats
    weight: Floats
    inclusion: Floats
    household: Ints
    margin: Floats
    round: NDArray[np.str_]
    area: NDArray[np.str_] | None

    @classmethod
    def of(cls, evaluation: Evaluation, by: str | None) -> ListedGroups:
        """Take the rows of an evaluation by a column of groups.

        Raises
        ------
        ConfigError
            For a column without a table.
        """
        evaluation.need_labels_of_all("a table of groups beside each other")
        by = _column(evaluation, by)
        notes = _notes(evaluation, by)
        scores = evaluation.scores
        used = (scores["y"].notna() & (scores["weight"] > 0)).to_numpy()
        rows = scores[used]
        margin, y, weight = (rows[name].to_numpy(np.float64) for name in ("margin", "y", "weight"))
        area = rows["area"].to_numpy() if "area" in rows else None
        rounds = rows["round"].to_numpy()
        selection = select(margin, evaluation.capacity, rounds, area)

        names = sorted(notes)
        hidden = {name: note for name, note in notes.items() if note}
        units = [name for name in names if name not in hidden]
        code = pd.Index(units).get_indexer(pd.Index(evaluation.groups[by].to_numpy()[used]))
        if (code < 0).any():
            units.append(HIDDEN)
            code = np.where(code < 0, len(units) - 1, code)
        unit = rows.get("cluster", rows.index.get_level_values(HOUSEHOLD))
        return cls(
            by=by,
            names=names,
            notes=hidden,
            units=units,
            code=code.astype(np.intp),
            y=y,
            weight=weight,
            inclusion=selection.inclusion,
            household=pd.factorize(unit)[0].astype(np.intp),
            margin=margin,
            round=rounds,
            area=area,
        )

    def refuse_all_hidden(self) -> None:
        """Refuse groups that the evaluation's tables hide without exception.

        Raises
        ------
        PanelError
            Where there is no group to show.
        """
        if self.units != [HIDDEN]:
            return
        raise PanelError(
            f"the evaluation's tables hide all groups by {self.by}: too few households of them are "
            "listed, or not listed, with the outcome or without",
            code="groups.hidden",
            allowed="a column of which groups are shown",
            next_step="evaluate at a larger capacity, or, for readers of the records, with "
            "min_cell=1",
        )


def _column(evaluation: Evaluation, by: str | None) -> str:
    known = [str(name) for name in evaluation.groups]
    if by is None and len(known) == 1:
        return known[0]
    if by is not None and by in known:
        return by
    fault = f"unknown group {by!r}" if by else f"the evaluation has tables by {len(known)} columns"
    if not known:
        next_step = "build the panel with groups, and evaluate with them"
    else:
        next_step = did_you_mean(by, known) if by else "name one: by=..."
    raise ConfigError(fault, code="evaluation.group", allowed=known, next_step=next_step)


def _notes(evaluation: Evaluation, by: str) -> dict[str, str]:
    """Return by group why its figures of the list are hidden; empty where they are shown."""
    by_group, by_area = evaluation.by_group, evaluation.by_area
    if by_group is not None and by in set(by_group["group"]):
        table = by_group[by_group["group"].eq(by)]
        return dict(zip(table["value"], table["note"], strict=True))
    assert by_area is not None, "what is no group is the area"
    return dict(zip(by_area["area"], by_area["note"], strict=True))
