"""The parts that have contributions: features, indicators, or families of life."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.serving import ColumnEntry, entry_key

FEATURE, INDICATOR, FAMILY = "feature", "indicator", "family"
PARTS = (FEATURE, INDICATOR, FAMILY)


class Parts(NamedTuple):
    """The names of the parts, and for each column the number of the part that it belongs to."""

    names: list[str]
    part_of_column: list[int]


def parts_of(columns: Sequence[ColumnEntry], catalogue: Catalogue, by: str) -> Parts:
    """Return the parts of a model's columns.

    Examples
    --------
    >>> columns = [{"name": f"rent__{kind}", "indicator": "rent"} for kind in ("now__", "max__6M")]
    >>> parts_of(columns, Catalogue(), "indicator")
    Parts(names=['rent'], part_of_column=[0, 0])
    """
    if by not in PARTS:
        raise ConfigError(
            f"no parts {by!r}",
            code="explanation.by",
            allowed=PARTS,
            next_step=did_you_mean(by, PARTS),
        )
    names = [c["name"] if by == FEATURE else entry_key(c) for c in columns]
    if by == FAMILY:
        family = families_by_key(columns, catalogue)
        names = [family[key] for key in names]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return Parts(list(number), [number[name] for name in names])


def families_by_key(columns: Iterable[ColumnEntry], catalogue: Catalogue) -> dict[str, str]:
    """Return the family of life of each indicator and of each family's kinds.

    It is ``"other"`` for what is in no catalogue.
    """
    return {entry_key(column): _family_of(column, catalogue) for column in columns}


def _family_of(column: ColumnEntry, catalogue: Catalogue) -> str:
    key = entry_key(column)
    described = catalogue[key].family if key in catalogue else "other"
    return column.get("family", described)
