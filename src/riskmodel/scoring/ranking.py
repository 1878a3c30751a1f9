"""One round's households in one total order, scored by the model's own recipe."""

from __future__ import annotations

from dataclasses import asdict
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.few import MIN_HOUSEHOLDS, is_small
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, as_days
from riskmodel.metrics import (
    LISTED_AREAS,
    UNKNOWN,
    Capacity,
    Selection,
    Unfilled,
    areas_without_a_place,
    group_names,
    select,
)
from riskmodel.metrics.explored_share import Explore
from riskmodel.models import Reference, RiskModel, standing_of, undelivered_rows
from riskmodel.panel import Panel, Recipe, build_panel
from riskmodel.recipes import (
    Note,
    compared_catalogues,
    named,
    recipe_of,
    records_by_recipe,
    unheard_indicators,
    unseen_categories,
    without_rare,
)
from riskmodel.records import Records
from riskmodel.scoring.blank_indicators import blank_notes
from riskmodel.scoring.exploring import Listing, by_rank, explored

CERTAIN, RANDOM = "certain", "random"

Floats = NDArray[np.float64]


class Round(NamedTuple):
    """A scored round.

    Attributes
    ----------
    day : str
    panel : Panel
        The cohort's rows.
    table : DataFrame
        One row per household, by rank, without reasons.
    reference : Reference
        What percentiles and bands refer to.
    notes : list of Note
        What a reader of the list must know.
    """

    day: str
    panel: Panel
    table: pd.DataFrame
    reference: Reference
    notes: list[Note]

    @property
    def drawn(self) -> int:
        """How many of the list were drawn at random."""
        return int((self.table["listed"] & (self.table["stratum"] == RANDOM)).sum())


def rank_round(
    model: RiskModel,
    records: Records,
    as_of: DateLike,
    capacity: Capacity,
    explore: Explore | None = None,
) -> Round:
    """Build the cohort by the model's own recipe, score it, rank it, and select the list."""
    recipe = recipe_of(model)
    day = str(as_days(as_of, "as_of"))
    notes = _compared_with(recipe, records.catalogue)
    own_records = records_by_recipe(recipe, records)
    panel = cohort_of(recipe, own_records, day)

    margin = model.margin(panel)
    ranked = _ranked(panel, margin, capacity, explore)
    reference = model.reference_
    if reference is None:
        reference = Reference.of(margin, [day])
        notes.append(Note("not_published"))
    gone = undelivered_rows(model, panel.X)[ranked.order]
    standing = standing_of(model, reference, ranked.table["margin"].to_numpy(), gone)
    table = ranked.table.join(standing)

    notes += [
        *_quiet_sources(records),
        *_off_rounds(records),
        *named("doubtful_rounds", model.training_["doubtful"]),
        *blank_notes(model, panel, own_records, day),
        *named("partly_covered", without_rare(panel.partly_covered, panel.rare_columns)),
        *unheard_indicators(model, panel),
        *unseen_categories(model, panel),
        *_ties(ranked),
        *_empty_areas(table, capacity),
        *_all_listed(table, capacity),
        *_areas_without_a_place(table, capacity),
    ]
    scored = Round(day, panel, table, reference, notes)
    return scored._replace(notes=[*_drawn(scored, explore), *notes])


def cohort_of(recipe: Recipe, own_records: Records, day: str) -> Panel:
    """Return the rows of a round's cohort, of records that are cut to a recipe."""
    return build_panel(
        own_records,
        rounds=[day],
        label=None,
        cohort=recipe.cohort,
        features=recipe.features,
    )


def _compared_with(recipe: Recipe, catalogue: Catalogue) -> list[Note]:
    """Compare the catalogues; indicators that only the records know are ignored, with a note."""
    unused = [code for code in catalogue if code not in recipe.catalogue]
    ignored = without_rare(unused, catalogue.rare)
    return [*named("ignored_indicators", ignored), *compared_catalogues(recipe, catalogue)]


def _quiet_sources(records: Records) -> list[Note]:
    """Name the sources whose facts are few before the day until which they are complete."""
    today = str(records.today)
    return [
        Note("quiet_source", {"source": source, "today": today, **end._asdict()})
        for source, end in records.quiet.items()
    ]


def _off_rounds(records: Records) -> list[Note]:
    """Count the contacts on days that are none of the records' rounds."""
    found = records.off_rounds
    notes = [Note("off_rounds", found._asdict())] if found.contacts else []
    early = records.contacts_a_day_early
    return [*notes, Note("a_day_early", {"contacts": early})] if early else notes


class _Ranked(NamedTuple):
    """The households by rank, how many others were listed but for their id, and their rows."""

    table: pd.DataFrame
    ties: int
    order: NDArray[np.intp]


def _ranked(panel: Panel, margin: Floats, capacity: Capacity, explore: Explore | None) -> _Ranked:
    """Return the households by margin, ties by household_id, the first of each cell listed.

    With `explore` some of the slots go to households that are drawn at random.
    """
    household = panel.households.to_numpy(dtype=object).astype(str)
    order = np.lexsort((household, -margin))
    margin, area = margin[order], _areas(panel, order)

    selection = select(margin, capacity, np.zeros(len(order)), area)
    if explore is None:
        listing = by_rank(selection)
    else:
        where = np.full(len(order), UNKNOWN) if area is None else area
        # another draw on each date, so that one seed does not draw the same households again
        day = int(as_days(panel.as_of[:1]).astype(np.int64)[0]) if len(order) else 0
        rng = np.random.default_rng([explore.seed, day])
        listing = explored(selection, explore.share, household[order], where, rng)
    listed = listing.certain | listing.drawn
    by_margin = pd.Series(margin)
    table = pd.DataFrame(
        {
            HOUSEHOLD: household[order],
            AS_OF: panel.as_of[order],
            "rank": np.arange(1, len(order) + 1),
            "tied": by_margin.groupby(margin).transform("size").to_numpy(),
            "margin": margin,
            "percentile_in_round": 100 * (by_margin.rank().to_numpy() - 0.5) / len(order),
            "listed": listed,
            "inclusion_probability": listing.probability,
            "seed": pd.array([explore.seed if explore else pd.NA] * len(order), dtype="Int64"),
        }
    )
    arm = pd.Series(np.where(listing.certain, CERTAIN, RANDOM), index=table.index, dtype="str")
    table["stratum"] = arm.where(table["inclusion_probability"] > 0)
    ties = _ties_at_cut(selection, listing)
    return _Ranked(table if area is None else table.assign(area=area), ties, order)


def _ties_at_cut(selection: Selection, listing: Listing) -> int:
    """Count the households that are not listed, with the margin of one that is listed by rank."""
    cut = np.full(len(selection.slots), np.inf)
    cell = selection.cells.cell
    np.minimum.at(cut, cell[listing.certain], selection.score[listing.certain])
    is_out = ~listing.certain & ~listing.drawn
    return int((is_out & (selection.score == cut[cell])).sum())


def _areas(panel: Panel, order: NDArray[np.intp]) -> NDArray[np.str_] | None:
    return None if panel.area is None else group_names(panel.area)[order]


def _ties(ranked: _Ranked) -> list[Note]:
    """Count the households that are not listed because of their id alone."""
    number = ranked.ties
    key = "few_ties" if is_small(number) else "ties"
    return [Note(key, {"number": number, "least": MIN_HOUSEHOLDS})] if number else []


def _drawn(scored: Round, explore: Explore | None) -> list[Note]:
    """Say how many of the list are there by chance, whatever their risk."""
    if explore is None:
        return []
    listed = int(scored.table["listed"].sum())
    told = {"listed": listed, **asdict(explore)}
    if scored.drawn:
        return [Note("drawn", {"number": scored.drawn, **told})]
    return [Note("nobody_to_draw" if listed == len(scored.table) else "drawn_nobody", told)]


def _empty_areas(table: pd.DataFrame, capacity: Capacity) -> list[Note]:
    """Name the areas that have a capacity and no household in this round."""
    areas = capacity.empty_areas(table["area"].unique()) if "area" in table else []
    return named("empty_areas", areas)


def _all_listed(table: pd.DataFrame, capacity: Capacity) -> list[Note]:
    """Say where all households are listed, since the capacity has more slots.

    Areas of fewer than 10 households of the round are counted.
    """
    area = table.get("area")
    unfilled = Unfilled.of(capacity, np.zeros(len(table)), area)
    if area is None or not unfilled.areas:
        return [Note("all_listed")] if unfilled.short else []
    households = capacity.pooled(group_names(area))
    small = {name for name in unfilled.areas if (households == name).sum() < MIN_HOUSEHOLDS}
    return named("all_of_areas_listed", without_rare(unfilled.areas, small))


def _areas_without_a_place(table: pd.DataFrame, capacity: Capacity) -> list[Note]:
    """Name the areas none of whose households is listed, where all areas share the list.

    Areas of fewer than 10 households of the round are counted.
    """
    if "area" not in table or capacity.is_by_area:
        return []
    areas = areas_without_a_place(table["area"], table["inclusion_probability"])
    if not areas:
        return []
    known = len({*table["area"]} - {UNKNOWN})
    households = table["area"].value_counts()
    small = {area for area in areas if households[area] < MIN_HOUSEHOLDS}
    shown = [area for area in areas if area not in small]
    few = without_rare(areas, small)[len(shown) :]
    # a list of names would be cut after the first few
    names = [", ".join(shown)] if 0 < len(shown) <= LISTED_AREAS else shown
    values: dict[str, object] = {"number": len(areas), "areas": known, "names": [*names, *few]}
    return [Note("areas_without_a_place", values)]
