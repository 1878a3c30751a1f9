"""Why a household is not in the cohort: each condition is checked alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from riskmodel.errors import PanelError
from riskmodel.keys import AS_OF, HOUSEHOLD
from riskmodel.panel import Cohort, Features, Panel, Recipe, build_panel
from riskmodel.recipes import Note, records_by_recipe
from riskmodel.records import Records


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
    own_records = records_by_recipe(recipe, records)
    rows = _rows(household, day)
    conditions = _conditions(recipe.cohort)
    return [one.unmet for one in conditions if not _meets(one.cohort, own_records, rows)]


class _Condition(NamedTuple):
    """A cohort with one condition only, and the note for a household that does not meet it."""

    cohort: Cohort
    unmet: Note


def _conditions(cohort: Cohort) -> Iterator[_Condition]:
    alone = Cohort(listed=cohort.listed)
    if cohort.listed:
        yield _Condition(alone, Note("because_no_attributes"))
    if cohort.needs_fact:
        with_fact = replace(alone, seen_within=cohort.seen_within, codes=cohort.codes)
        yield _Condition(with_fact, _no_fact_note(cohort))
    for code, span in cohort.exclude or ():
        excluded = Note("because_excluded", {"code": code, "span": span})
        yield _Condition(replace(alone, exclude={code: span}), excluded)
    if cohort.where is not None:
        not_where = Note("because_where", {"condition": cohort.where})
        yield _Condition(replace(alone, where=cohort.where), not_where)


def _no_fact_note(cohort: Cohort) -> Note:
    within = Note("within_span", {"span": cohort.seen_within}) if cohort.seen_within else ""
    of = Note("of_codes", {"names": ", ".join(cohort.codes)}) if cohort.codes else ""
    return Note("because_no_fact", {"of": of, "within": within})


def _meets(cohort: Cohort, records: Records, rows: pd.DataFrame) -> bool:
    """Tell whether a row is in a cohort; a panel without any row is refused."""
    try:
        build_panel(records, rounds=rows, label=None, cohort=cohort, features=Features([]))
    except PanelError as refusal:
        if refusal.code != "panel.nobody":
            raise
        return False
    return True


def _rows(household: str, day: str) -> pd.DataFrame:
    return pd.DataFrame({HOUSEHOLD: [household], AS_OF: pd.to_datetime([day])})
