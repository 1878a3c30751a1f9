"""Indicators without any figure: not delivered, or delivered without a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.models import RiskModel, columns_of
from riskmodel.panel import Panel
from riskmodel.panel.filling.feeds import Feeds
from riskmodel.panel.filling.one_feed import NO_AREA
from riskmodel.recipes import Note, named, without_rare
from riskmodel.records import Records
from riskmodel.serving import ReasonWriter


class Blank(NamedTuple):
    """The indicators of which all figures are missing: not delivered, or without a value."""

    undelivered: list[str]
    no_value: list[str]


def blank_notes(model: RiskModel, panel: Panel, records: Records, day: str) -> list[Note]:
    """Name the indicators without any figure in a whole round."""
    writer = ReasonWriter(columns_of(model), model.catalogue_.to_dict())
    is_empty = panel.X.isna().all().to_numpy()
    is_blank = np.array([is_empty[members].all() for members in writer.members])
    blank = blank_indicators(writer, is_blank, records, day, areas_of(panel))
    rare = model.catalogue_.rare
    return [
        *named("not_delivered", without_rare(blank.undelivered, rare)),
        *named("no_value", without_rare(blank.no_value, rare)),
    ]


def blank_indicators(
    writer: ReasonWriter,
    is_blank: NDArray[np.bool_],
    records: Records,
    day: str,
    areas: Sequence[str],
) -> Blank:
    """Tell blank indicators apart: the records say which feeds were delivered on a date.

    Parameters
    ----------
    writer : ReasonWriter
    is_blank : ndarray of bool, shape (n_keys,)
        Of which indicators all figures are missing.
    records : Records
    day : str
    areas : sequence of str
        Where the households live.
    """
    shown = writer.tells_delivery
    unclear = [writer.keys[k] for k in np.flatnonzero(is_blank & ~shown)]
    not_live = _not_live(records, unclear, day, areas)
    blank = [writer.keys[k] for k in np.flatnonzero(is_blank)]
    gone = {writer.keys[k] for k in np.flatnonzero(is_blank & shown)} | not_live
    return Blank([key for key in blank if key in gone], [key for key in blank if key not in gone])


def areas_of(panel: Panel) -> list[str]:
    """Return the areas of a panel's households; the one of all where the records name none."""
    return [NO_AREA] if panel.area is None else [str(area) for area in panel.area.unique()]


def _not_live(records: Records, keys: Iterable[str], day: str, areas: Sequence[str]) -> set[str]:
    """Return which indicators' feeds are live in none of some areas; attributes have no feed."""
    codes = [key for key in keys if key in records.catalogue]
    if not codes:
        return set()
    feeds, as_of = Feeds.of(records), np.datetime64(day, "D")
    return {code for code in codes if not feeds.is_live(code, as_of, areas).any()}
