"""What a panel's columns are, as plain data that is written to YAML and stored with the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from riskmodel.doors import door
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue, Indicator, check_apart
from riskmodel.panel.specs.feature_columns import (
    ALL_CODES,
    EVER,
    Agg,
    Attribute,
    Column,
    clean,
    column_name,
    is_nonnegative,
)
from riskmodel.panel.specs.kinds_of_trouble import Kinds, default_kinds
from riskmodel.schema.mappings import list_of, model_of, model_with, name_or
from riskmodel.schema.refusals import config_refusal, validated
from riskmodel.schema.values import Text

COUNTED, MISSING = "counted", "missing"
_ORDER = (Agg, Kinds, Attribute)

FEATURE_KEYS = model_with(
    "Features",
    aggregates=list_of(model_of(Agg)),
    kinds=list_of(model_of(Kinds)),
    attributes=list_of(name_or(model_of(Attribute))),
    partly_covered=Text,
)


@dataclass(frozen=True, init=False)
class Features:
    """The columns of a panel, declared: hashable, written to YAML, stored with the model.

    Parameters
    ----------
    items : iterable of Agg, Kinds and Attribute
        Aggregates come first, then kinds, then attributes.
    partly_covered : {"counted", "missing"}
        What a column holds whose window the feed was delivered for only in part: what was
        delivered (the panel names such columns), or a missing value.

    Examples
    --------
    >>> features = Features([Agg.count("rent", ["3M", "ever"]), Attribute("borough")])
    >>> features.names
    ('rent__count__3M', 'rent__count__ever', 'borough')
    >>> Features.from_dict(features.to_dict()) == features
    True
    """

    items: tuple[Agg | Kinds | Attribute, ...] = ()
    partly_covered: str = COUNTED

    @door
    def __init__(
        self, items: Iterable[Agg | Kinds | Attribute] = (), partly_covered: str = COUNTED
    ) -> None:
        listed = tuple(items)
        if partly_covered not in (COUNTED, MISSING):
            raise ConfigError(
                f"partly_covered={partly_covered!r} is no rule",
                code="features.partly_covered",
                allowed=(COUNTED, MISSING),
                next_step=did_you_mean(str(partly_covered), (COUNTED, MISSING)),
            )
        for item in listed:
            if not isinstance(item, _ORDER):
                raise ConfigError(
                    f"features hold aggregates, kinds and attributes, not {type(item).__name__}",
                    code="features.item",
                    allowed=["Agg.count(...)", "Kinds(...)", "Attribute(...)"],
                    next_step="wrap it in Agg or Attribute",
                )
        ordered = sorted(dict.fromkeys(listed), key=lambda item: _ORDER.index(type(item)))
        object.__setattr__(self, "items", tuple(ordered))
        object.__setattr__(self, "partly_covered", partly_covered)

    @classmethod
    def default(cls, catalogue: Catalogue, attributes: Iterable[str | Attribute] = ()) -> Features:
        """Return the catalogue's default aggregates, and the kinds of each family of life.

        An indicator with a risk direction gets only aggregates that one more event, or a larger
        value, moves in one direction. A family with two events or more that raise the risk, and are
        not sensitive, gets the number of those that a household has.

        Parameters
        ----------
        catalogue : Catalogue
        attributes : iterable of str or Attribute
            Attributes to add.
        """
        named = (a if isinstance(a, Attribute) else Attribute(a) for a in attributes)
        aggregates = (agg for code in catalogue for agg in _default(catalogue[code]))
        return cls([*aggregates, *default_kinds(catalogue), *named])

    @property
    def aggregates(self) -> tuple[Agg, ...]:
        """The aggregates among its items."""
        return tuple(item for item in self.items if isinstance(item, Agg))

    @property
    def kinds(self) -> tuple[Kinds, ...]:
        """The numbers of different indicators among its items."""
        return tuple(item for item in self.items if isinstance(item, Kinds))

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The attributes among its items."""
        return tuple(item for item in self.items if isinstance(item, Attribute))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that it names, without ``"*"``."""
        items: tuple[Agg | Kinds, ...] = (*self.aggregates, *self.kinds)
        named = dict.fromkeys(code for item in items for code in item.codes)
        return tuple(code for code in named if code != ALL_CODES)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns; ``"*"`` must have been resolved by a catalogue."""
        if any(agg.codes == (ALL_CODES,) for agg in self.aggregates):
            raise ConfigError(
                "features of all codes have no names without a catalogue",
                code="features.all_codes",
                next_step="use features.resolve(catalogue).names",
            )
        made = (
            column_name(c, a.operation, span)
            for a in self.aggregates
            for c in a.codes
            for span in a.spans
        )
        counted = (name for kinds in self.kinds for name in kinds.names)
        own = (clean(attribute.name) for attribute in self.attributes)
        return tuple(dict.fromkeys([*made, *counted, *own]))

    def resolve(self, catalogue: Catalogue, every: Iterable[str] | None = None) -> Features:
        """Return the features with ``"*"`` replaced by codes: `every`, or the whole catalogue."""
        for code in self.codes:
            catalogue.require(code)
        all_codes = tuple(catalogue if every is None else every)
        items = (_resolved(item, catalogue, all_codes) for item in self.items)
        return Features(items, self.partly_covered)

    def columns(self, catalogue: Catalogue) -> tuple[Column, ...]:
        """Return its columns, with the directions that the catalogue gives them.

        Raises
        ------
        ConfigError
            For a code that the catalogue does not hold, or two things of one name, such as an
            attribute that is named as an indicator.
        """
        columns: dict[str, Column] = {}
        for column in self._columns(catalogue):
            if columns.setdefault(column.name, column) != column:
                raise ConfigError(
                    f"two columns would be named {column.name!r}",
                    code="features.repeated",
                    next_step="rename one of the codes or attributes",
                )
        check_apart({name: column.part for name, column in columns.items()})
        return tuple(columns.values())

    def _columns(self, catalogue: Catalogue) -> Iterator[Column]:
        for item in self.items:
            if isinstance(item, (Agg, Kinds)):
                yield from item.columns(catalogue)
            else:
                yield Column(
                    clean(item.name),
                    direction=item.direction,
                    categories=None if item.number else (),
                )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for YAML and JSON."""
        return {
            "aggregates": [
                {"operation": a.operation, "codes": list(a.codes), "spans": list(a.spans)}
                for a in self.aggregates
            ],
            **({"kinds": self._kinds()} if self.kinds else {}),
            "attributes": [
                {"name": a.name, "number": a.number, "direction": a.direction}
                for a in self.attributes
            ],
            **({} if self.partly_covered == COUNTED else {"partly_covered": self.partly_covered}),
        }

    def _kinds(self) -> list[dict[str, Any]]:
        return [
            {"family": k.family, "codes": list(k.codes), "spans": list(k.spans)} for k in self.kinds
        ]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Features:
        """Read what `to_dict` wrote; attributes may be plain names."""
        keys = validated(
            FEATURE_KEYS, data, lambda fault: config_refusal(fault, "features")
        ).given()
        aggregates = [Agg(**entry) for entry in keys.get("aggregates", ())]
        kinds = [Kinds(**entry) for entry in keys.get("kinds", ())]
        named = [
            {"name": entry} if isinstance(entry, str) else entry
            for entry in keys.get("attributes", ())
        ]
        attributes = [Attribute(**entry) for entry in named]
        return cls([*aggregates, *kinds, *attributes], keys.get("partly_covered", COUNTED))

    @property
    def digest(self) -> str:
        """The sha256 of its content."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.items)


def _resolved(
    item: Agg | Kinds | Attribute, catalogue: Catalogue, every: tuple[str, ...]
) -> Agg | Kinds | Attribute:
    if isinstance(item, Kinds):
        return item.resolve(catalogue, every)
    if isinstance(item, Agg) and item.codes == (ALL_CODES,):
        return Agg(item.operation, every, item.spans)
    return item


def _default(indicator: Indicator) -> Iterator[Agg]:
    code, undirected = indicator.code, indicator.direction == 0
    if indicator.kind == "state":
        yield from (Agg.now(code), Agg.spell(code), Agg.max(code, "12M"), Agg.count(code))
    elif indicator.kind == "reading":
        yield from (Agg.last(code), Agg.mean(code, "12M"))
    else:
        yield Agg.count(code, ("1M", "3M", "6M", "12M", EVER))
        if indicator.unit and is_nonnegative(indicator):
            yield from (Agg.sum(code, ("3M", "12M", EVER)), Agg.max(code, "12M"))
        yield Agg.recency(code)
        if undirected and indicator.unit:
            yield from (Agg.mean(code, "12M"), Agg.last(code))
    if undirected:
        yield Agg.trend(code, "12M")
