"""Refuses to publish figures and codes of so few households that they tell of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from riskmodel.errors import RegistryError
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS

if TYPE_CHECKING:
    from riskmodel.panel import Recipe


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
    if recipe is None or not recipe.rare_codes:
        return
    raise RegistryError(
        f"codes may name a person: {recipe.rare_codes:,} of the model stand in no catalogue and in "
        f"the records of fewer than {MIN_HOUSEHOLDS} households",
        code="registry.rare_codes",
        allowed=f"codes of a catalogue, and others of at least {MIN_HOUSEHOLDS} households each",
        next_step="give them names in the catalogue, or name the other codes in features=; "
        "records.summary().indicators counts the households of each code",
    )
