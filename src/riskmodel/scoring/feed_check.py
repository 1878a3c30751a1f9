"""Before a round is listed: did the feeds bring what they brought before the rounds of training."""

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
    """Refuse a round before which a feed brought far less or far more than before any training round.

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
    named = [accepted] if isinstance(accepted, str) else list(accepted)
    for name in named:
        if name not in recipe.catalogue:
            raise ConfigError(
                f"accept_feeds names {name!r}, which is no indicator of the model",
                code="scoring.accept_feeds",
                allowed=list(recipe.catalogue),
                next_step=did_you_mean(name, recipe.catalogue),
            )
    if recipe.feed_volumes is None:
        return []
    seen = recipe.feed_volumes.during(training)
    came = count_households(records, seen.shares, np.array([day], "datetime64[D]"), seen.span)
    outside = seen.outside({code: int(n[0]) / rows for code, n in came.items()}, rows)
    refused = {code: shares for code, shares in outside.items() if code not in named}
    if refused:
        raise RecordsError(
            f"{len(refused)} feeds are not as in training: {_ranges(refused)}",
            code="scoring.feeds",
            place=f"round {day}, what came in within {seen.span}",
            allowed=f"shares of households between a fifth of the least and {TIMES:g} times the largest in training",
            next_step=f"ask the agency; or score without trusting it: accept_feeds={list(refused)}"
            f" (in the shell accept_feeds=[{','.join(refused)}])",
        )
    return [Note("accepted_feeds", {"ranges": _ranges(outside)})] if outside else []


def _ranges(outside: Mapping[str, tuple[float, float, float]]) -> str:
    return "; ".join(
        f"{code} {share:.2%} ({least:.2%} to {largest:.2%})"
        for code, (share, least, largest) in outside.items()
    )
