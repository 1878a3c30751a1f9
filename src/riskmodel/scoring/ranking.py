"""One round's households in one total order, scored by the model's own recipe."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, ModelError
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, as_days
from riskmodel.metrics import Capacity, Selection, group_names, select
from riskmodel.models import Reference, RiskModel, standing_of
from riskmodel.panel import Panel, Recipe, build_panel
from riskmodel.records import Records
from riskmodel.scoring.notes import Note, named

CERTAIN = "certain"

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


def rank_round(model: RiskModel, records: Records, as_of: DateLike, capacity: Capacity) -> Round:
    """Build the cohort's features by the model's own recipe, score and rank it, and draw the list's line."""
    recipe = recipe_of(model)
    day = str(as_days(as_of))
    notes = _compared_catalogues(recipe, records)
    panel = build_panel(
        records_by_recipe(recipe, records),
        rounds=[day],
        label=None,
        cohort=recipe.cohort,
        features=recipe.features,
    )
    margin = model.margin(panel)
    ranked = _ranked(panel, margin, capacity)
    reference = model.reference_
    if reference is None:
        reference = Reference.of(margin, [day])
        notes.append(Note("not_published"))
    table = ranked.table
    table = table.join(standing_of(model, reference, table["margin"].to_numpy()))
    notes += [
        *_not_delivered(panel),
        *named("partly_covered", panel.partly_covered),
        *_unseen_categories(model, panel),
        *_ties(ranked),
        *_empty_areas(table, capacity),
    ]
    return Round(day, panel, table, reference, notes)


def records_by_recipe(recipe: Recipe, records: Records) -> Records:
    """Return the records with the recipe's own definition of each indicator that it uses."""
    known = records.catalogue.items()
    return records.replace(
        catalogue=Catalogue(tuple(recipe.catalogue.get(code, found) for code, found in known))
    )


def recipe_of(model: RiskModel) -> Recipe:
    """Return how a model's features are built, or refuse a model that does not know."""
    if model.recipe_ is None:
        raise ModelError(
            "the model does not know how its features are built from records",
            code="scoring.no_recipe",
            allowed="a model made by make_classifier(panel) on a panel built from records, or a published one",
            next_step="score a frame of your own with model.predict_proba(X)",
        )
    return model.recipe_


def _compared_catalogues(recipe: Recipe, records: Records) -> list[Note]:
    """Refuse records that do not know what the model needs; name what they know and the model doesn't."""
    cohort = recipe.cohort
    needed = dict.fromkeys(
        [
            *(
                column.indicator
                for column in recipe.features.columns(recipe.catalogue)
                if column.indicator
            ),
            *(cohort.codes or ()),
            *(code for code, _ in cohort.exclude or ()),
            *cohort.features(recipe.catalogue).codes,
        ]
    )
    missing = [code for code in needed if code not in records.catalogue]
    if missing:
        raise ConfigError(
            f"the records do not know {len(missing)} indicators that the model needs: {', '.join(missing)}",
            code="scoring.unknown_indicator",
            allowed="records whose catalogue holds every indicator of the model",
            next_step="map the codes in the manifest; name an indicator in the catalogue even if nothing was delivered",
        )
    unused = [code for code in records.catalogue if code not in recipe.catalogue]
    changed = [
        code for code in needed if records.catalogue[code].kind != recipe.catalogue[code].kind
    ]
    return [*named("ignored_indicators", unused), *named("other_kind", changed)]


def _not_delivered(panel: Panel) -> list[Note]:
    """Name the indicators of which nothing is delivered on this day: the model sees them as missing."""
    empty = panel.X.isna().all()
    codes = [column.indicator for column in panel.columns if column.indicator]
    delivered = {column.indicator for column in panel.columns if not empty[column.name]}
    return named("not_delivered", dict.fromkeys(code for code in codes if code not in delivered))


class _Ranked(NamedTuple):
    """The households by rank, and how the list was drawn."""

    table: pd.DataFrame
    selection: Selection


def _ranked(panel: Panel, margin: Floats, capacity: Capacity) -> _Ranked:
    """Return the households by margin, ties by household_id, the first of each cell listed."""
    household = panel.households.to_numpy(dtype=object).astype(str)
    order = np.lexsort((household, -margin))
    margin, area = margin[order], _areas(panel, order)

    selection = select(margin, capacity, np.zeros(len(order)), area)
    listed = selection.listed()
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
            "inclusion_probability": listed.astype(float),
            "seed": pd.array([pd.NA] * len(order), dtype="Int64"),
        }
    )
    table["stratum"] = pd.Series(CERTAIN, index=table.index, dtype="str").where(table["listed"])
    return _Ranked(table if area is None else table.assign(area=area), selection)


def _areas(panel: Panel, order: NDArray[np.intp]) -> NDArray[np.str_] | None:
    return None if panel.area is None else group_names(panel.area)[order]


def _ties(ranked: _Ranked) -> list[Note]:
    """Count the households that are left out by their id alone."""
    out = int((~ranked.table["listed"] & (ranked.selection.inclusion > 0)).sum())
    return [Note("ties", {"number": out})] if out else []


def _empty_areas(table: pd.DataFrame, capacity: Capacity) -> list[Note]:
    areas = capacity.empty_areas(table["area"].unique()) if "area" in table else []
    return named("empty_areas", areas)


def _unseen_categories(model: RiskModel, panel: Panel) -> list[Note]:
    unseen = model.unseen_categories(panel)
    return [
        Note("unseen_category", {"column": column, "rows": rows})
        for column, rows in unseen.items()
        if rows
    ]
