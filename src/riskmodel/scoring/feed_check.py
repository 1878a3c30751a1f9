"""Compares the feeds before a round with the feeds before the training rounds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from riskmodel.errors import ConfigError, RecordsError, did_you_mean
from riskmodel.panel import Recipe
from riskmodel.panel.filling.feed_volumes import TIMES, count_households
from riskmodel.records import Records
from riskmodel.scoring.notes import Note


def check_feeds(
    recipe: Recipe,
    training: Collection[str],
    records: Records,
    day: str,
    rows: int,
    accepted: Iterable[str],
) -> list[Note]:
    """Refuse a round before which a feed's volume was out of the range of the training rounds.

    Returns
    -------
    list of Note
        The feeds that were accepted although they are out of range.

    Raises
    ------
    ConfigError
        For an accepted name that is no indicator of the model.
    RecordsError
        For feeds out of range that are not accepted; they are named, with their shares.
    """
    names = [accepted] if isinstance(accepted, str) else list(accepted)
    _check_names(names, recipe)
    if recipe.feed_volumes is None:
        return []

    usual = recipe.feed_volumes.during(training)
    days = np.array([day], "datetime64[D]")
    households = count_households(records, usual.shares, days, usual.span)
    shares = {code: int(number[0]) / rows for code, number in households.items()}
    outside = usual.outside(shares, rows)

    refused = {code: share for code, share in outside.items() if code not in names}
    if refused:
        raise RecordsError(
            f"{len(refused)} feeds are not as in training: {_ranges(refused)}",
            code="scoring.feeds",
            place=f"round {day}, what came in within {usual.span}",
            allowed="shares of households between a fifth of the least and "
            f"{TIMES:g} times the largest in training",
            next_step=f"ask the agency; or score without trusting it: accept_feeds={list(refused)}"
            f" (in the shell accept_feeds=[{','.join(refused)}])",
        )
    return [Note("accepted_feeds", {"ranges": _ranges(outside)})] if outside else []


def _check_names(names: Iterable[str], recipe: Recipe) -> None:
    for name in names:
        if name not in recipe.catalogue:
            raise ConfigError(
                f"accept_feeds names {name!r}, which is no indicator of the model",
                code="scoring.accept_feeds",
                allowed=list(recipe.catalogue),
                next_step=did_you_mean(name, recipe.catalogue),
            )


def _ranges(outside: Mapping[str, tuple[float, float, float]]) -> str:
    return "; ".join(
        f"{code} {share:.2%} ({least:.2%} to {largest:.2%})"
        for code, (share, least, largest) in outside.items()
    )
