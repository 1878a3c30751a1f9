"""The labelled rows of a panel, as metrics take them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, PanelError
from riskmodel.evaluation.estimates import BY_CHANCES, EVERY_ROW, OBSERVED, OF_CONTACTED
from riskmodel.evaluation.known_verdicts import KnownVerdicts
from riskmodel.metrics import (
    Capacity,
    CapacityLike,
    Floats,
    Ints,
    Observation,
    ScoredRows,
    Selection,
    check_arrays,
    group_names,
    select,
)
from riskmodel.metrics.selection import cells_of_lists
from riskmodel.panel.specs.labels import CONTACTS

if TYPE_CHECKING:
    from riskmodel.panel import Label, Panel

Among = Literal["all", "contacted"]
AMONG = get_args(Among)


class Listed(NamedTuple):
    """Scored rows, and the selection that drew their list.

    Attributes
    ----------
    rows : ScoredRows
    selection : Selection
    """

    rows: ScoredRows
    selection: Selection

    def with_outcomes(self, y: Floats) -> ScoredRows:
        """Return the rows under the same list, with other outcomes.

        The worst and best list that ties allow stay as they were: they are dear, and say nothing
        of the figures or their intervals.
        """
        near = self.selection.mean_near_cut(y, self.rows.weight)
        return replace(self.rows, y=y, marginal_precision=near)


def scored_rows(
    scores: pd.DataFrame, panel: Panel, capacity: Capacity, among: Among = "all"
) -> ScoredRows:
    """Return the judged rows of a panel, with the list that a capacity draws among them."""
    return listed_rows(scores, panel, capacity, among).rows


def listed_rows(
    scores: pd.DataFrame, panel: Panel, capacity: Capacity, among: Among = "all"
) -> Listed:
    """Return the same rows with the selection that drew the list.

    Parameters
    ----------
    scores : DataFrame
        Margin and score of every row of the panel, in its order.
    panel : Panel
    capacity : Capacity
    among : {"all", "contacted"}
        Where the label is observed by contacts: whether the list is drawn among all rows, whose
        verdicts are estimated by the chances on record, or among those contacted.

    Returns
    -------
    Listed
    """
    area = areas_of(panel)
    if is_by_chances(panel, among):
        verdicts = KnownVerdicts.of(panel)
        rows = verdicts.positions
        margin = scores["margin"].to_numpy(dtype=np.float64)[rows]
        selection = select(
            margin, capacity, rounds_of(panel)[rows], None if area is None else area[rows]
        )
        return Listed(verdicts.scored(selection, _probability(scores, rows)), selection)
    rows = labelled(panel)
    y, margin, weight = check_arrays(
        panel.y.to_numpy()[rows],  # type: ignore[union-attr]  # labelled refuses a panel without y
        scores["margin"].to_numpy()[rows],
        None if panel.weight is None else panel.weight.to_numpy()[rows],
    )
    selection = select(
        margin, capacity, rounds_of(panel)[rows], None if area is None else area[rows]
    )
    probability = _probability(scores, rows)
    scored = ScoredRows.of(y, weight, probability, _clusters(panel, rows), selection)
    return Listed(scored, selection)


def _probability(scores: pd.DataFrame, rows: Ints) -> Floats | None:
    """Return the probabilities of some rows; None where the scores are none."""
    score = scores["score"].to_numpy(dtype=np.float64)[rows]
    return None if np.isnan(score).any() else score


def scores_with_rows(scores: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Return the scores with label, weight, cluster, and what the list is drawn from."""
    weight = 1.0 if panel.weight is None else panel.weight
    table = scores.assign(y=panel.y, weight=weight, round=rounds_of(panel))
    if panel.cluster is not None:
        table["cluster"] = panel.cluster
    area = areas_of(panel)
    return table if area is None else table.assign(area=area)


def _clusters(panel: Panel, rows: Ints) -> Ints:
    """Return the numbers of the rows' clusters, or of their households where none are named."""
    return pd.factorize(panel.independent_units[rows])[0].astype(np.intp)


def is_by_chances(panel: Panel, among: Among = "all") -> bool:
    """Return whether verdicts of a panel are known of some rows only, and all are judged.

    Raises
    ------
    ConfigError
        For another `among`, or one of the contacted where the label is not observed by contacts.
    PanelError
        Where the panel has no chances on record, or the label is of first outcomes only.
    """
    label = panel.label
    of_contacts = label is not None and label.observed_by == CONTACTS
    if among not in AMONG or (among == "contacted" and not of_contacts):
        raise ConfigError(
            f"among={among!r} for this label",
            code="evaluation.among",
            allowed="'all', or 'contacted' where the label is observed by contacts",
            next_step="leave among out, or give Label(..., observed_by='contacts')",
        )
    if not of_contacts or among == "contacted":
        return False
    if panel.draws is None:
        raise PanelError(
            "the label is known of those contacted only, and no chance is on record by which they "
            "were drawn: figures among them say nothing of everyone",
            code="evaluation.only_contacted",
            allowed="a panel with lists, or with contacts that have a probability; or "
            "among='contacted'",
            next_step="name the lists in the manifest, or say that the contacted alone are judged",
        )
    if label is not None and label.first is not None:
        raise PanelError(
            "whose verdict would be a first one is not known of those never contacted",
            code="evaluation.first_of_contacts",
            allowed="a label with first=None; or among='contacted'",
            next_step="label every verdict, and leave earlier ones to the features",
        )
    return True


def judged(panel: Panel, among: Among = "all") -> Ints:
    """Return the positions of the rows on which figures are made; see `listed_rows`."""
    by_chances = is_by_chances(panel, among)
    return KnownVerdicts.of(panel).positions if by_chances else labelled(panel)


def labels_of(panel: Panel, among: Among = "all") -> str:
    """Return under which labels figures stand."""
    if is_by_chances(panel, among):
        return BY_CHANCES
    if among == "contacted":
        return OF_CONTACTED
    watched = None if panel.label is None else panel.label.observed_by
    return EVERY_ROW if watched is None else OBSERVED


def labelled(panel: Panel) -> Ints:
    """Return the positions of the rows with a label and a weight above 0.

    Raises
    ------
    PanelError
        Where there is none, or where all are of one class.
    """
    y = np.full(len(panel), np.nan) if panel.y is None else panel.y.to_numpy(dtype=np.float64)
    known = ~np.isnan(y)
    if panel.weight is not None:
        known &= panel.weight.to_numpy() != 0
    rows = np.flatnonzero(known)

    positives = int((y[rows] == 1).sum())
    if 0 < positives < len(rows):
        return rows
    lacking = "a label" if panel.weight is None else "a label and a weight above 0"
    what = "all labelled rows are of one class" if len(rows) else f"no row has {lacking}"
    raise PanelError(
        f"{what}: nothing can be evaluated on these {len(panel):,} rows",
        code="evaluation.one_class" if len(rows) else "evaluation.no_label",
        allowed="labelled rows of both classes",
        next_step="evaluate rounds whose labels are mature, more of them, or a longer label window",
    )


def unlabelled(panel: Panel) -> int:
    """Return how many rows have no label; none of a panel without y."""
    return 0 if panel.y is None else int(panel.y.isna().sum())


def observation_of(label: Label | None) -> Observation:
    """Return whose outcomes a label observes; all of them for a frame without a `Label`."""
    is_selective = label is not None and label.observed_by is not None
    return Observation.SELECTIVE if is_selective else Observation.COMPLETE


def capacity_of(capacity: CapacityLike, panel: Panel) -> Capacity:
    """Return the checked capacity, or refuse one with an area that the panel doesn't know."""
    parsed = Capacity.parse(capacity)
    if panel.area is None or panel.area_name is None:
        parsed.check_areas(None)
    else:
        shown = group_names(panel.reported_group(panel.area_name)).tolist()
        parsed.check_areas(known_areas(panel.area), shown)
    return parsed


def check_lists(capacity: Capacity, panel: Panel, among: Among = "all") -> None:
    """Refuse rows that are to be judged in an area without a capacity, before they have scores.

    Raises
    ------
    ConfigError
    """
    if not capacity.is_by_area:
        return
    rows, area = judged(panel, among), areas_of(panel)
    cells_of_lists(capacity, rounds_of(panel)[rows], None if area is None else area[rows])


def known_areas(area: pd.Series) -> list[str]:
    """Return the areas that a panel knows: some may have no row in a part of it."""
    known = area.cat.categories if isinstance(area.dtype, pd.CategoricalDtype) else area.dropna()
    return group_names(known.unique()).tolist()


def rounds_of(panel: Panel) -> NDArray[np.str_]:
    """Return the name of the round with which each row shares a capacity."""
    rounds = panel.round if len(panel.round) == len(panel) else panel.as_of.to_series()
    code, names = pd.factorize(rounds)
    return np.array([_round_name(name) for name in names], dtype=np.str_)[code]


def areas_of(panel: Panel) -> NDArray[np.str_] | None:
    """Return each row's area, if the records name one."""
    return None if panel.area is None else group_names(panel.area)


def _round_name(name: Any) -> str:
    return f"{name:%Y-%m-%d}" if isinstance(name, date) else str(name)
