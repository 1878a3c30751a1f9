"""Refuses to publish figures and codes of so few households that they tell of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from riskmodel.errors import RegistryError
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS

if TYPE_CHECKING:
    from riskmodel.panel import Column, Recipe

_SHOWN = 5


def refuse_few_households(counts: Mapping[str, int]) -> None:
    """Refuse a model, an evaluation or a reference of fewer than 10 households.

    Parameters
    ----------
    counts : mapping of str to int
        By what is published, the number of households that its figures are of.

    Raises
    ------
    RegistryError

    Examples
    --------
    >>> refuse_few_households({"the fit": 4_000, "the reference": 10})
    """
    few = [what for what, count in counts.items() if count < MIN_HOUSEHOLDS]
    if few:
        raise RegistryError(
            f"figures of fewer than {MIN_HOUSEHOLDS} households may tell of one of them: "
            f"{', '.join(few)}",
            code="registry.few_households",
            allowed=f"rows of at least {MIN_HOUSEHOLDS} households",
            next_step="fit and evaluate on more households; without reference= the percentiles "
            "and bands refer to the rounds of the evaluation",
        )


def refuse_rare_codes(recipe: Recipe | None) -> None:
    """Refuse codes of few households that stand in no catalogue; the message names none of them.

    Parameters
    ----------
    recipe : Recipe or None
        Of the model; None where it was fitted on a frame, whose columns a person has named.

    Raises
    ------
    RegistryError
    """
    if recipe is None or not recipe.catalogue.rare:
        return
    raise RegistryError(
        f"codes may name a person: {len(recipe.catalogue.rare):,} of the model stand in no "
        f"catalogue and in the records of fewer than {MIN_HOUSEHOLDS} households",
        code="registry.rare_codes",
        allowed=f"codes of a catalogue, and others of at least {MIN_HOUSEHOLDS} households each",
        next_step="give them names in the catalogue, or name the other codes in features=; "
        "records.summary().indicators, which is a table, names and counts each code",
    )


def refuse_columns_of_few(columns: Iterable[Column]) -> None:
    """Refuse columns of a frame that tell of few households; the message names none of them.

    Parameters
    ----------
    columns : iterable of Column
        Of the model.

    Raises
    ------
    RegistryError
    """
    places = [place for place, column in enumerate(columns, start=1) if column.of_few]
    if not places:
        return
    shown = ", ".join(map(str, places[:_SHOWN])) + (" and others" if len(places) > _SHOWN else "")
    raise RegistryError(
        f"columns may be named after a person: in {len(places):,} of them fewer than "
        f"{MIN_HOUSEHOLDS} households have another number than the usual one",
        place=f"feature_names_in_, no. {shown}",
        code="registry.rare_columns",
        allowed=f"columns that tell of at least {MIN_HOUSEHOLDS} households each, and columns that "
        "a catalogue describes",
        next_step="leave them out or join them into one column; or say what each is: "
        "Panel.from_frame(..., catalogue={column: {'en': 'what it is'}})",
    )
