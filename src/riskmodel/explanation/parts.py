"""What contributions are told by: features, indicators, or families of life."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue

FEATURE, INDICATOR, FAMILY = "feature", "indicator", "family"
PARTS = (FEATURE, INDICATOR, FAMILY)


def parts_of(
    columns: Sequence[Mapping[str, Any]], catalogue: Catalogue, by: str
) -> tuple[list[str], list[int]]:
    """Return the names of the parts, and for each column the place of its own.

    Examples
    --------
    >>> columns = [{"name": "rent__now__", "indicator": "rent"}, {"name": "rent__max__6M", "indicator": "rent"}]
    >>> parts_of(columns, Catalogue(), "indicator")
    (['rent'], [0, 0])
    """
    if by not in PARTS:
        raise ConfigError(
            f"no parts {by!r}",
            code="explanation.by",
            allowed=PARTS,
            next_step=did_you_mean(by, PARTS),
        )
    names = [c["name"] if by == FEATURE else c["indicator"] or c["name"] for c in columns]
    if by == FAMILY:
        names = families_of(names, catalogue)
    place = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return list(place), [place[name] for name in names]


def families_of(indicators: Iterable[Any], catalogue: Catalogue) -> list[str]:
    """Return the family of life of each indicator; ``"other"`` for what is in no catalogue."""
    return [catalogue[code].family if code in catalogue else "other" for code in indicators]
