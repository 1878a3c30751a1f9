"""Refuses to publish figures of so few households that they tell of one of them."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.errors import RegistryError
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS


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
    few = [f"{what} is of {count:,}" for what, count in counts.items() if count < MIN_HOUSEHOLDS]
    if few:
        raise RegistryError(
            f"figures of fewer than {MIN_HOUSEHOLDS} households may tell of one of them: "
            f"{', '.join(few)}",
            code="registry.few_households",
            allowed=f"rows of at least {MIN_HOUSEHOLDS} households",
            next_step="fit and evaluate on more households; without reference= the percentiles "
            "and bands refer to the rounds of the evaluation",
        )
