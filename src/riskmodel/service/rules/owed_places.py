"""How many households each floor asks for, and the refusal of floors that no round has room for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from riskmodel.doors import door
from riskmodel.errors import ConfigError
from riskmodel.metrics import group_names
from riskmodel.service.rules.outreach_rules import OutreachRules
from riskmodel.service.rules.rule_parts import Floor


@door
def floor_needs(
    frame: pd.DataFrame, rules: OutreachRules, places: int | Mapping[str, int]
) -> dict[str, int]:
    """Return how many households each floor asks for in a round of so many places.

    Parameters
    ----------
    frame : DataFrame
        Of `apply_rules`.
    rules : OutreachRules
    places : int or mapping of str to int
        How many households a round, or each area, has room for.

    Returns
    -------
    dict of str to int
        By the floor's name; never more than there are candidates that count for it.

    Raises
    ------
    ConfigError
        For floors that cannot all be kept within the places: a household that counts for several
        fills one place.

    Examples
    --------
    >>> frame = pd.DataFrame({"area": "A", "floors": [("rural",), ("rural",), ()]})
    >>> rural = {"name": "rural", "where": {"kind": "rural"}, "least": 5}
    >>> rules = OutreachRules.read({"floors": [rural]})
    >>> floor_needs(frame, rules, 9)
    {'rural': 2}
    >>> floor_needs(frame, rules, {"A": 1})
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: floors: floors ask for 2 households, and there is room for 1. ...
    """
    total = sum(places.values()) if isinstance(places, Mapping) else places
    areas = group_names(frame["area"]) if isinstance(places, Mapping) else np.full(len(frame), "")
    room = places if isinstance(places, Mapping) else {"": places}
    counted = pd.DataFrame({"area": areas, "floors": frame["floors"]})
    groups = counted.groupby(["area", "floors"], sort=True).size().reset_index(name="households")
    needs = {}
    for floor in rules.floors:
        least = asked_households(floor, total)
        counts_for = [floor.name in names for names in groups["floors"]]
        needs[floor.name] = min(least, int(groups["households"][counts_for].sum()))
    _refuse_too_much(groups, needs, room, total)
    return needs


def asked_households(floor: Floor, places: int) -> int:
    """Return how many households a floor asks for, of so many places, whoever there is.

    Examples
    --------
    >>> asked_households(Floor("rural", 0.25, {"kind": ("rural",)}), 9)
    3
    """
    return int(np.ceil(floor.least * places - 1e-9)) if floor.least < 1 else int(floor.least)


def _refuse_too_much(
    groups: pd.DataFrame, needs: Mapping[str, int], room: Mapping[str, int], total: int
) -> None:
    asked = {name: need for name, need in needs.items() if need}
    if not asked or _fewest(groups, asked, room) is not None:
        return
    wanted = _fewest(groups, asked) or 0
    elsewhere = "" if wanted > total else ", elsewhere than they live"
    raise ConfigError(
        f"floors ask for {wanted:,} households, and there is room for {total:,}{elsewhere}",
        place="floors",
        code="outreach.floor",
        allowed="floors that all fit into the places of their areas",
        next_step=f"lower one of {', '.join(asked)}, or give their areas more room",
    )


def _fewest(
    groups: pd.DataFrame, asked: Mapping[str, int], room: Mapping[str, int] | None = None
) -> int | None:
    """Return how few households keep all floors, within the room of their areas if it is given.

    None where no choice does.
    """
    counts = np.array([[name in names for names in groups["floors"]] for name in asked], float)
    constraints = [LinearConstraint(counts, lb=list(asked.values()))]
    if room is not None:
        areas = groups["area"].unique()
        inside = np.array([(groups["area"] == area).to_numpy() for area in areas], float)
        places = [room.get(area, 0) for area in areas]
        constraints.append(LinearConstraint(inside, ub=places))
    found = milp(
        np.ones(len(groups)),
        integrality=np.ones(len(groups)),
        bounds=Bounds(0, groups["households"]),
        constraints=constraints,
    )
    return round(found.fun) if found.success else None
