"""Indicators without any figure: not delivered, or delivered without a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.few import is_small
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
    """Name the indicators without any figure in a whole round, and those of no area in it."""
    writer = ReasonWriter(columns_of(model), model.catalogue_.to_dict())
    is_missing = panel.X.isna().to_numpy()
    cells = np.array([is_missing[:, members].all(axis=1) for members in writer.members])
    is_blank = np.asarray(cells.all(axis=1))
    blank = blank_indicators(writer, is_blank, records, day, areas_of(panel))
    rare = model.catalogue_.rare
    some = {writer.keys[k]: cells[k] for k in np.flatnonzero(cells.any(axis=1) & ~is_blank)}
    places = _undelivered_areas(some, panel, records, day)
    in_areas = [_in_areas(code, places, panel) for code in without_rare(places, rare)]
    return [
        *named("not_delivered", without_rare(blank.undelivered, rare)),
        *named("not_delivered_in", in_areas),
        *named("no_value", without_rare(blank.no_value, rare)),
    ]


def _undelivered_areas(
    blank: Mapping[str, NDArray[np.bool_]], panel: Panel, records: Records, day: str
) -> dict[str, list[str]]:
    """Return by code the areas where the feed is not live, so that all households lack it.

    Parameters
    ----------
    blank : mapping of code to ndarray of bool, shape (n_rows,)
        Which rows lack an indicator that others have.
    """
    if panel.area is None:
        return {}
    areas, number = np.unique(panel.area.astype(str), return_inverse=True)
    empty: dict[str, list[str]] = {}
    for code, rows in blank.items():
        has_figure = np.bincount(number, ~rows, minlength=len(areas)) > 0
        if code in records.catalogue and not has_figure.all():
            empty[code] = areas[~has_figure].tolist()
    if not empty:
        return {}
    feeds, as_of = Feeds.of(records), np.datetime64(day, "D")
    gone = {
        code: [
            area
            for area, is_live in zip(own, feeds.is_live(code, as_of, own), strict=True)
            if not is_live
        ]
        for code, own in empty.items()
    }
    return {code: own for code, own in gone.items() if own}


def _in_areas(code: str | Note, places: Mapping[str, list[str]], panel: Panel) -> Note:
    if isinstance(code, Note):
        return code
    assert panel.area is not None
    households = panel.area.astype(str).value_counts()
    small = {area for area in places[code] if is_small(int(households[area]))}
    return Note("feed_in", {"feed": code, "names": without_rare(places[code], small)})


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
