"""The capacity of a round, checked against the records before anything is built."""

from __future__ import annotations

from numpy.typing import ArrayLike

from riskmodel.metrics import Capacity, CapacityLike, for_publication
from riskmodel.models import RiskModel
from riskmodel.panel.filling.attributes import named_values
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS
from riskmodel.records import Records


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
    return None if records.area is None else named_values(records, records.area, least)
