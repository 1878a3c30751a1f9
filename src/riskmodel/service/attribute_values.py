"""Which households have the values of attributes that a floor or a must-visit asks for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.few import MIN_HOUSEHOLDS, named
from riskmodel.metrics import group_names
from riskmodel.panel.filling import attributes as known
from riskmodel.records import Records


class AttributeValues:
    """The values of attributes as they were known of some households on a day.

    Parameters
    ----------
    records : Records
    ids : Index
    day : datetime64[D]
    """

    def __init__(self, records: Records, ids: pd.Index, day: np.datetime64) -> None:
        self._records, self._ids, self._day = records, ids, day
        self._read: dict[str, NDArray[np.str_]] = {}

    def of(self, name: str) -> NDArray[np.str_]:
        """Return the value of each household as a text, ``"unknown"`` where it is not known."""
        if name not in self._read:
            (attribute,) = known.as_attributes(self._records, [name])
            history = known.read(self._records, attribute)
            rows = np.arange(len(self._ids))
            values = history.as_of(self._ids, rows, np.full(len(rows), self._day))
            self._read[name] = group_names(values)
        return self._read[name]

    def are(self, where: Mapping[str, tuple[str, ...]], place: str) -> NDArray[np.bool_]:
        """Tell which households have one of the values of every attribute.

        Raises
        ------
        PanelError
            For an attribute that the records do not have.
        ConfigError
            For a value, such as an area, that no household has or had.
        """
        are = np.ones(len(self._ids), dtype=bool)
        for name, wanted in where.items():
            values = self.of(name)
            self._check(name, wanted, place)
            are &= np.isin(values, wanted)
        return are

    def _check(self, name: str, wanted: tuple[str, ...], place: str) -> None:
        values = known.named_values(self._records, name)
        for value in wanted:
            if value not in values:
                common = known.named_values(self._records, name, MIN_HOUSEHOLDS)
                raise ConfigError(
                    f"{value!r} is no {name} of these records",
                    place=place,
                    code="outreach.area",
                    allowed=named(sorted(values), set(values) - set(common), "value"),
                    next_step=did_you_mean(value, common),
                )
