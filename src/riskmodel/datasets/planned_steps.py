"""A plan as the steps of households, in the order in which they are taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.datasets.course import Flags, Ints
from riskmodel.datasets.world import Floats
from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.records.contact_words import CHANNELS
from riskmodel.texts import as_ids

TO_DO = ("planned", "reserved")
NOT_TO_DO = ("open", "done", "cancelled")
PLAN = "the plan"
CERTAIN = "certain"
Words = NDArray[np.object_]


@runtime_checkable
class Plan(Protocol):
    """What has the steps of a round as a table."""

    @property
    def table(self) -> pd.DataFrame:
        """One row per household and step."""


@runtime_checkable
class PlanOfAll(Plan, Protocol):
    """A plan that names those whom it left out, too."""

    @property
    def left_out(self) -> pd.DataFrame:
        """One row per household."""


class PlannedSteps(NamedTuple):
    """The steps of a plan, by household and step.

    Attributes
    ----------
    household, channel, rung : ndarray of int, shape (n_steps,)
        Number of the household, number in `CHANNELS`, and how many steps of the household come
        before.
    stratum : ndarray of str or None, shape (n_steps,)
    probability : ndarray of float, shape (n_steps,)
        The chance to be in the plan.
    """

    household: Ints
    channel: Ints
    rung: Ints
    stratum: Words
    probability: Floats

    def __len__(self) -> int:
        return len(self.household)

    def are_by(self, channels: Sequence[str]) -> Flags:
        """Tell which steps are by one of some channels."""
        return np.isin(self.channel, [CHANNELS.index(channel) for channel in channels])

    def of(self, rows: Flags) -> PlannedSteps:
        """Return some of the steps."""
        return PlannedSteps(
            self.household[rows],
            self.channel[rows],
            self.rung[rows],
            self.stratum[rows],
            self.probability[rows],
        )


PlanLike = pd.DataFrame | Plan


def frame_of(plan: PlanLike) -> pd.DataFrame:
    """Return a plan's table, or refuse what has none."""
    frame = plan.table if isinstance(plan, Plan) else plan
    if not isinstance(frame, pd.DataFrame):
        raise ConfigError(
            f"a plan is a DataFrame or has one in .table, not a {type(plan).__name__}",
            code="datasets.plan",
            allowed=[HOUSEHOLD, "channel", "step", "stratum", "probability", "state"],
            next_step="give one row per household and step",
        )
    return frame.reset_index(drop=True)


def planned_steps(frame: pd.DataFrame, ids: pd.Index, as_of: np.datetime64) -> PlannedSteps:
    """Read the steps of a plan.

    Parameters
    ----------
    frame : DataFrame
        ``household_id, channel`` and, if there are any, ``step`` (from 1 on), ``stratum``,
        ``probability`` and ``state``: rows in a state of `TO_DO` are steps, those of `NOT_TO_DO`
        are none.
    ids : Index
        The households of the service.
    as_of : datetime64[D]
        The present round.

    Returns
    -------
    PlannedSteps

    Raises
    ------
    ConfigError
        For a column that is missing, a row of another round, a household, a channel or a state that
        is not known, a step that is none or is there twice, and a chance outside 0 to 1.
    """
    _require_columns(frame)
    _require_round(frame, as_of)
    household = ids.get_indexer(pd.Index(as_ids(frame[HOUSEHOLD])))
    _refuse(
        frame,
        household < 0,
        "name a household that this service does not have",
        code="datasets.plan_household",
        allowed="the households of its records",
        next_step="plan for households of service.records",
    )
    is_to_do = _are_to_do(frame)
    frame, household = frame[is_to_do], household[is_to_do]
    channel = pd.Index(CHANNELS).get_indexer(pd.Index(frame["channel"]))
    _refuse(
        frame,
        channel < 0,
        "have no channel, or an unknown one",
        code="datasets.plan_channel",
        allowed=CHANNELS,
        next_step="name the channel of every step",
    )
    step = _steps(frame, household)
    probability = _probabilities(frame)
    stratum = frame["stratum"] if "stratum" in frame else pd.Series(CERTAIN, frame.index)
    order = np.lexsort([step, household])
    household = household[order].astype(np.int64)
    rung = np.arange(len(order)) - np.searchsorted(household, household)
    return PlannedSteps(
        household,
        channel[order].astype(np.int64),
        rung,
        stratum.astype(object).where(stratum.notna(), None).to_numpy()[order],
        probability[order],
    )


def _require_columns(frame: pd.DataFrame) -> None:
    missing = [name for name in (HOUSEHOLD, "channel") if name not in frame]
    if missing:
        raise ConfigError(
            f"{PLAN} lacks {' and '.join(missing)}",
            code="datasets.plan_column",
            allowed=[HOUSEHOLD, "channel", "step", "stratum", "probability", "state"],
            next_step="give one row per household and step",
        )


def _require_round(frame: pd.DataFrame, as_of: np.datetime64) -> None:
    if AS_OF not in frame:
        return
    _refuse(
        frame,
        as_days(frame[AS_OF]) != as_of,
        "are of another round than the present one",
        code="datasets.plan_round",
        allowed=f"the round of {as_of}",
        next_step="make the plan of the present round: service.as_of",
    )


def _steps(frame: pd.DataFrame, household: Ints) -> Ints:
    if "step" not in frame:
        step = np.ones(len(frame))
    else:
        step = pd.to_numeric(frame["step"], errors="coerce").to_numpy(dtype=np.float64)
    _refuse(
        frame,
        ~((step >= 1) & (step == np.floor(step))),
        "have a step that is none",
        code="datasets.plan_step",
        allowed="1, 2, 3 and so on",
        next_step="number the steps of each household from 1 on",
    )
    _refuse(
        frame,
        pd.DataFrame({"household": household, "step": step}).duplicated().to_numpy(),
        "repeat a step of their household",
        code="datasets.plan_step",
        allowed="one row per household and step",
        next_step="number the steps of each household from 1 on",
    )
    return step.astype(np.int64)


def _are_to_do(frame: pd.DataFrame) -> Flags:
    if "state" not in frame:
        return np.ones(len(frame), dtype=bool)
    is_to_do = frame["state"].isin(TO_DO).to_numpy()
    _refuse(
        frame,
        ~is_to_do & ~frame["state"].isin(NOT_TO_DO).to_numpy(),
        "have no state, or an unknown one",
        code="datasets.plan_state",
        allowed=(*TO_DO, *NOT_TO_DO),
        next_step="name the state of every step, or leave the column out",
    )
    return is_to_do


def _probabilities(frame: pd.DataFrame) -> Floats:
    if "probability" not in frame:
        return np.ones(len(frame))
    chance = pd.to_numeric(frame["probability"], errors="coerce").to_numpy(dtype=np.float64)
    _refuse(
        frame,
        ~((chance > 0) & (chance <= 1)),
        "have a probability that is none",
        code="datasets.plan_probability",
        allowed="above 0, at most 1",
        next_step="give the chance by which each household came into the plan",
    )
    return chance


def _refuse(
    frame: pd.DataFrame, is_bad: Flags, what: str, *, code: str, allowed: Any, next_step: str
) -> None:
    """Refuse a plan of which some rows are bad; the first is told by its number in the plan."""
    rows = np.flatnonzero(is_bad)
    if len(rows):
        raise ConfigError(
            f"{len(rows)} of {len(is_bad)} rows of {PLAN} {what}",
            code=code,
            place=f"row {frame.index[rows[0]] + 1}",
            allowed=allowed,
            next_step=next_step,
        )
