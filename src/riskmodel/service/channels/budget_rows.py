"""The budgets of a round as rows: one for each channel, grouping and group, with its minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import named
from riskmodel.metrics import UNKNOWN
from riskmodel.service.channels.channel_parts import Budget
from riskmodel.service.channels.channels import Channels
from riskmodel.service.outreach_files import CHANNELS_KEY
from riskmodel.serving import OTHER

Groups = Mapping[str, NDArray[np.str_]]
"""By an attribute's name, the group of each household."""
NO_ROW = -1


@dataclass(frozen=True, eq=False)
class BudgetRows:
    """The budgets of a round.

    Attributes
    ----------
    table : DataFrame
        One row per budget: the ``channel`` that has it, ``by`` (empty for the nation), ``group``
        and its ``minutes``.
    of : mapping of str to ndarray of int, shape (n_households, n_budgets)
        By channel: the rows from which a step to each household takes its minutes, one column for
        each of the channel's budgets.
    """

    table: pd.DataFrame
    of: Mapping[str, NDArray[np.int64]]

    @classmethod
    def make(cls, channels: Channels, groups: Groups, households: int) -> BudgetRows:
        """Return the rows of all budgets: of groups that have a household, and of those named."""
        parts: list[pd.DataFrame] = []
        columns: dict[str, list[NDArray[np.int64]]] = {name: [] for name in channels}
        first = 0
        for name in channels:
            for budget in channels[name].budgets:
                own = _pooled(budget, groups, households)
                rows = sorted({*own.tolist(), *budget.named})
                parts.append(
                    pd.DataFrame(
                        {
                            "channel": name,
                            "by": budget.by or "",
                            "group": rows,
                            "minutes": [budget.of(group) for group in rows],
                        }
                    )
                )
                columns[name].append(first + np.searchsorted(rows, own))
                first += len(rows)
        empty = pd.DataFrame({"channel": [], "by": [], "group": [], "minutes": []})
        table = pd.concat(parts, ignore_index=True) if parts else empty
        none = np.empty((households, 0), dtype=np.int64)
        own_rows = {
            name: np.stack(each, axis=1) if each else none for name, each in columns.items()
        }
        return cls(table, {name: own_rows[channels.owner(name)] for name in channels})


def _pooled(budget: Budget, groups: Groups, households: int) -> NDArray[np.str_]:
    """Return by which name of a budget each household counts."""
    if budget.by is None:
        return np.full(households, "")
    own = groups[budget.by]
    if not budget.pools_others:
        return own
    return np.where(np.isin(own, list(budget.named)), own, OTHER)


def check_groups(
    channels: Channels, groups: Groups, known: Mapping[str, tuple[set[str], set[str]]]
) -> None:
    """Refuse budgets of groups that there are not, and groups that have no budget.

    Parameters
    ----------
    channels : Channels
    groups : mapping
        Of the candidates.
    known : mapping of str to tuple of set
        By an attribute's name: all groups that there are, and those that a message may name, since
        many households are of them.

    Raises
    ------
    ConfigError
    """
    for name in channels:
        for budget in channels[name].budgets:
            if budget.by is None or not budget.named:
                continue
            place = f"{CHANNELS_KEY}.{name}.budgets by {budget.by}"
            there_are, shown = known[budget.by]
            present = set(groups[budget.by].tolist())
            words = {*there_are, *present, UNKNOWN, OTHER}
            unknown = [group for group in budget.named if group not in words]
            if unknown:
                raise ConfigError(
                    f"{unknown[0]!r} is no {budget.by} of these records",
                    place=place,
                    code="channels.group",
                    allowed=named(sorted(there_are), there_are - shown, "group"),
                    next_step=did_you_mean(unknown[0], sorted(shown)),
                )
            missing = sorted(present - set(budget.named))
            if missing and not budget.has_others:
                names = named(missing, {*missing} - shown - {UNKNOWN}, "group")
                raise ConfigError(
                    f"{len(missing)} of {len(present)} groups have no budget: "
                    f"{', '.join(names[:5])}{', ...' if len(names) > 5 else ''}",
                    place=place,
                    code="channels.group",
                    allowed="minutes for each group, 0 where nobody can be turned to",
                    next_step="add the groups; 'each_other' stands for each that is not named",
                )
