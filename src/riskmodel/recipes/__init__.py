"""A model's recipe on other records: what differs from the fit, and the rows built by it."""

from riskmodel.recipes.by_recipe import hidden_codes, panel_by_recipe, recipe_of, records_by_recipe
from riskmodel.recipes.catalogue_check import compared_catalogues
from riskmodel.recipes.external import (
    NOT_STATED,
    External,
    check_external,
    external_statement,
    is_other_site,
)
from riskmodel.recipes.feed_check import check_feeds, compared_feeds, told_feeds
from riskmodel.recipes.fit_judged import EARLIER, OTHER_HOUSEHOLDS, FitJudged
from riskmodel.recipes.in_sample import in_sample
from riskmodel.recipes.notes import Note, named, without_rare, written
from riskmodel.recipes.origin import Origin
from riskmodel.recipes.rounds_to_judge import mature_rounds, rounds_mature_before, unseen_rounds
from riskmodel.recipes.row_check import compared_rows, unheard_indicators, unseen_categories

__all__ = [
    "EARLIER",
    "NOT_STATED",
    "OTHER_HOUSEHOLDS",
    "External",
    "FitJudged",
    "Note",
    "Origin",
    "check_feeds",
    "compared_catalogues",
    "compared_feeds",
    "compared_rows",
    "external_statement",
    "hidden_codes",
    "in_sample",
    "is_other_site",
    "mature_rounds",
    "named",
    "panel_by_recipe",
    "recipe_of",
    "rounds_mature_before",
    "told_feeds",
    "records_by_recipe",
    "check_external",
    "unheard_indicators",
    "unseen_categories",
    "unseen_rounds",
    "without_rare",
    "written",
]
