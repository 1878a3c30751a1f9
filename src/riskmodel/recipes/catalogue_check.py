"""Compares the indicators of a model with those of other records."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from riskmodel import few
from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue, Indicator
from riskmodel.panel import Recipe
from riskmodel.panel.specs.aggregates import AGGREGATES
from riskmodel.recipes.notes import Note, named
from riskmodel.serving import LANGUAGES

UNIT = "unit"
NOT_SAID = "-"


def compared_catalogues(recipe: Recipe, catalogue: Catalogue) -> list[Note]:
    """Compare the indicators that a recipe needs with the same ones in another catalogue.

    Returns
    -------
    list of Note
        Differences of kind, direction, unit and threshold; the fit's definition stands.

    Raises
    ------
    ConfigError
        For an indicator that the catalogue does not hold, or values in another unit.
    """
    needed = needed_indicators(recipe)
    _refuse_unknown(needed, catalogue, recipe.catalogue.rare)
    return _differences(recipe, catalogue, needed)


def compared_definitions(recipe: Recipe, catalogue: Catalogue) -> list[Note]:
    """Compare the indicators that both know, as `compared_catalogues` does."""
    needed = needed_indicators(recipe)
    return _differences(recipe, catalogue, [code for code in needed if code in catalogue])


def needed_indicators(recipe: Recipe) -> list[str]:
    """Return the indicators of a recipe's features and of its cohort, each once."""
    cohort = recipe.cohort
    columns = recipe.features.columns(recipe.catalogue)
    codes = [column.indicator for column in columns if column.indicator]
    codes += [code for column in columns for code in column.codes]
    codes += cohort.codes or ()
    codes += [code for code, _ in cohort.exclude or ()]
    codes += cohort.features(recipe.catalogue).codes
    return list(dict.fromkeys(codes))


class _Pair(NamedTuple):
    """One indicator as it was defined in the fit, and as it is defined here."""

    fitted: Indicator
    here: Indicator

    def differ(self, field: str) -> bool:
        return getattr(self.fitted, field) != getattr(self.here, field)

    def told(self, field: str) -> str:
        fitted, here = (_said(getattr(one, field)) for one in self)
        return f"{self.fitted.code} ({fitted} -> {here})"

    @property
    def has_other_unit(self) -> bool:
        units = (self.fitted.unit, self.here.unit)
        return all(units) and not _are_one_unit(*units)

    @property
    def lacks_unit(self) -> bool:
        return bool(self.fitted.unit) != bool(self.here.unit)


def _said(value: object) -> str:
    return NOT_SAID if value in (None, "") else str(value)


def _differences(recipe: Recipe, catalogue: Catalogue, codes: Sequence[str]) -> list[Note]:
    pairs = [_Pair(recipe.catalogue[code], catalogue[code]) for code in codes]
    read = set(_read_by_value(recipe))
    _refuse_other_units([pair for pair in pairs if pair.has_other_unit and pair.here.code in read])
    unit = [pair for pair in pairs if pair.has_other_unit or pair.lacks_unit]
    return [
        *named("other_kind", (p.told("kind") for p in pairs if p.differ("kind"))),
        *named("other_direction", (p.told("direction") for p in pairs if p.differ("direction"))),
        *named("other_unit", (p.told(UNIT) for p in unit)),
        *named("other_threshold", (p.told("threshold") for p in pairs if p.differ("threshold"))),
    ]


def _read_by_value(recipe: Recipe) -> Iterator[str]:
    """Yield the indicators whose values, and not only whose facts, are used."""
    catalogue = recipe.catalogue
    features = (recipe.features, recipe.cohort.features(catalogue))
    for column in (column for part in features for column in part.columns(catalogue)):
        if column.indicator and AGGREGATES[column.aggregate].reads_value:
            yield column.indicator


def _are_one_unit(one: str, other: str) -> bool:
    """Tell whether some language writes two units alike."""
    if one.strip().casefold() == other.strip().casefold():
        return True
    written = [(units.get(one, one), units.get(other, other)) for units in _units()]
    return any(a == b for a, b in written)


def _units() -> Iterator[dict[str, str]]:
    return (dict(language.units) for language in LANGUAGES.values())


def _refuse_unknown(needed: Sequence[str], catalogue: Catalogue, rare: Collection[str]) -> None:
    missing = [code for code in needed if code not in catalogue]
    if missing:
        raise ConfigError(
            f"the records do not know {len(missing)} indicators that the model needs: "
            f"{', '.join(few.named(missing, rare, 'code'))}",
            code="scoring.unknown_indicator",
            allowed="records whose catalogue holds every indicator of the model",
            next_step="map the codes in the manifest; name an indicator in the catalogue even if "
            "nothing was delivered",
        )


def _refuse_other_units(pairs: Sequence[_Pair]) -> None:
    if not pairs:
        return
    raise ConfigError(
        "values come in another unit than in the fit (fit -> here): "
        f"{', '.join(p.told(UNIT) for p in pairs)}",
        code="recipes.unit",
        place="catalogue",
        allowed="the units of the fit",
        next_step="convert the column before it is read, and name the unit of the fit in the "
        "catalogue; where only its name differs, correct the name",
    )
