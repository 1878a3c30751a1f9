"""Why a household is not in the cohort: each condition is tried alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from riskmodel.errors import PanelError
from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.panel import Cohort, Features, Panel, Recipe, build_panel
from riskmodel.records import Records
from riskmodel.scoring.notes import Note
from riskmodel.scoring.ranking import records_by_recipe


def panel_of_one(records: Records, recipe: Recipe, household: str, day: str) -> Panel:
    """Return the features of one household, whether or not it is in the cohort."""
    return build_panel(
        records_by_recipe(recipe, records),
        rounds=_rows(household, day),
        label=None,
        features=recipe.features,
    )


def conditions_not_met(records: Records, recipe: Recipe, household: str, day: str) -> list[Note]:
    """Return which conditions of the cohort a household does not meet."""
    rows = _rows(household, day)

    def meets(cohort: Cohort) -> bool:
        try:
            build_panel(
                records_by_recipe(recipe, records),
                rounds=rows,
                label=None,
                cohort=cohort,
                features=Features([]),
            )
        except PanelError as refusal:
            if refusal.code != "panel.nobody":
                raise
            return False
        return True

    return [note for note, cohort in _conditions(recipe.cohort) if not meets(cohort)]


def _conditions(cohort: Cohort) -> Iterator[tuple[Note, Cohort]]:
    alone = Cohort(listed=cohort.listed)
    if cohort.listed:
        yield Note("because_no_attributes"), alone
    if cohort.needs_fact:
        within = Note("within_span", {"span": cohort.seen_within}) if cohort.seen_within else ""
        of = Note("of_codes", {"names": ", ".join(cohort.codes)}) if cohort.codes else ""
        wanted = replace(alone, seen_within=cohort.seen_within, codes=cohort.codes)
        yield Note("because_no_fact", {"of": of, "within": within}), wanted
    for code, span in cohort.exclude or ():
        excluded = Note("because_excluded", {"code": code, "span": span})
        yield excluded, replace(alone, exclude={code: span})
    if cohort.where is not None:
        unmet = Note("because_where", {"condition": cohort.where})
        yield unmet, replace(alone, where=cohort.where)


def _rows(household: str, day: str) -> pd.DataFrame:
    return pd.DataFrame({HOUSEHOLD: [household], AS_OF: pd.to_datetime([day])})
