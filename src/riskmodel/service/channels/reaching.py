"""Whom each channel reaches: a prior, moved by the contacts on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.few import is_small
from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.records import Records
from riskmodel.records.contact_words import NOT_EXECUTED
from riskmodel.records.earlier_rounds import earlier_rounds, is_met
from riskmodel.service.channels.channel_parts import Figure
from riskmodel.service.channels.channels import Channels

Values = Callable[[str, pd.Series], NDArray[np.str_]]
"""The value of an attribute, by its name, of some households."""


def learned(channels: Channels, records: Records, day: np.datetime64, values: Values) -> Channels:
    """Return channels with the reach that the contacts before a day tell.

    A *step* is what one channel did for a household in one round, however many attempts it took. It
    reached the household if somebody was met, whatever was found; a step that was not made counts
    for nothing. Of `n` steps of a channel (for a reach by an attribute, of those to households of
    one value) `m` reached somebody. With `p`, the reach that is written, and `w`, the channel's
    `learn`, the reach is ``(m + w p) / (n + w)``, the mean of a beta distribution. Where one to
    nine households had a step, `p` stays.

    Parameters
    ----------
    channels : Channels
    records : Records
    day : datetime64[D]
        The morning of the round; what became known on it or later is left out.
    values : callable
        Of an attribute's name and household ids, the value of each.

    Notes
    -----
    Steps of a later rung were made to those whom earlier ones did not reach. Their reach is that of
    such households; what it would be for others these contacts do not tell.
    """
    weights = {name: channels[name].learn for name in channels}
    if not any(weight is not None for weight in weights.values()):
        return channels
    steps = _steps(records, day)
    moved = {
        name: replace(
            channels[name],
            reach=_moved(channels[name].reach, steps[steps["channel"] == name], weight, values),
        )
        for name, weight in weights.items()
        if weight is not None
    }
    return Channels({**channels.channels, **moved})


def _steps(records: Records, day: np.datetime64) -> pd.DataFrame:
    """Return one row per household, round and channel: whether somebody was met."""
    rows = earlier_rounds(records, day)
    rows = rows.assign(is_met=is_met(rows))
    was_made = rows["channel"].notna() & rows["result"].notna() & (rows["result"] != NOT_EXECUTED)
    keys = [HOUSEHOLD, AS_OF, "channel"]
    return rows[was_made].groupby(keys, sort=True)["is_met"].any().reset_index()


def _moved(prior: Figure, steps: pd.DataFrame, weight: float, values: Values) -> Figure:
    if prior.by is None:
        return Figure(_shrunk(prior.usual, steps, weight))
    groups = values(prior.by, steps[HOUSEHOLD])
    reach = {
        group: _shrunk(prior.values.get(group, prior.usual), steps[groups == group], weight)
        for group in np.unique(groups).tolist()
    }
    return Figure(prior.usual, prior.by, {**prior.values, **reach})


def _shrunk(prior: float, steps: pd.DataFrame, weight: float) -> float:
    if steps.empty or is_small(steps[HOUSEHOLD].nunique()):
        return prior
    return float((steps["is_met"].sum() + weight * prior) / (len(steps) + weight))
