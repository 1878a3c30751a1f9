"""The capacity of a round, checked against the records before anything is built."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from riskmodel.metrics import Capacity, CapacityLike, for_publication, group_names
from riskmodel.models import RiskModel
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS
from riskmodel.records import Records
from riskmodel.records.engine import query


def checked_capacity(capacity: CapacityLike, records: Records) -> Capacity:
    """Return a checked capacity, or refuse one with an area that the records don't know.

    Parameters
    ----------
    capacity : float, int, mapping or Capacity
    records : Records

    Returns
    -------
    Capacity

    Raises
    ------
    ConfigError
    """
    parsed = Capacity.parse(capacity)
    if parsed.is_by_area:
        parsed.check_areas(areas_of(records), areas_of(records, MIN_HOUSEHOLDS))
    return parsed


def given_or_own(capacity: CapacityLike | None, model: RiskModel, records: Records) -> Capacity:
    """Return the checked capacity that is given, or else that of the model's experiment."""
    return checked_capacity(model.settings.capacity if capacity is None else capacity, records)


def recorded_capacity(
    capacity: Capacity, records: Records, rounds: ArrayLike, area: ArrayLike | None
) -> Capacity:
    """Return a capacity as it may be written down: it names no area of few households.

    Parameters
    ----------
    capacity : Capacity
    records : Records
        They tell how many households ever lived in an area.
    rounds, area : array-like, shape (n_rows,)
        Of the rows that the capacity was used for; `area` is None where the records name none.
    """
    if not capacity.is_by_area:
        return capacity
    return for_publication(capacity, areas_of(records, MIN_HOUSEHOLDS) or (), rounds, area)


def areas_of(records: Records, least: int = 1) -> list[str] | None:
    """Return the areas that the records ever name for `least` households or more.

    None where the records name no area.
    """
    if records.area is None:
        return None
    facts = query(
        records.relation("attributes"),
        "SELECT text, number FROM source WHERE name = $name GROUP BY text, number "
        "HAVING count(DISTINCT household_id) >= $least",
        name=records.area,
        least=least,
    )
    numbers = facts["number"].dropna().astype(np.float32)
    return [*facts["text"].dropna(), *group_names(numbers)]
