"""Compares the feeds before some rounds with the feeds before the training rounds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, RecordsError, did_you_mean
from riskmodel.keys import as_days
from riskmodel.models import RiskModel
from riskmodel.panel import Panel, Recipe
from riskmodel.panel.filling.feed_arrivals import LateFeed, late_feeds
from riskmodel.panel.filling.feed_volumes import (
    TIMES,
    FeedVolumes,
    UnusualVolume,
    count_households,
)
from riskmodel.recipes.by_recipe import recipe_of
from riskmodel.recipes.notes import Note, named, written
from riskmodel.records import Records


def check_feeds(
    model: RiskModel,
    records: Records,
    day: str,
    rows: int,
    accepted: Iterable[str],
) -> list[Note]:
    """Refuse a round before which a feed's volume was out of the range of the training rounds.

    So is one before which a feed was late in some areas only.

    A feed whose columns were constant in the fit is told instead: it is new, and the fit learnt
    nothing from it.

    Returns
    -------
    list of Note
        The feeds that are new, those that were accepted although they are out of range, and those
        that the call accepts although they are not.

    Raises
    ------
    ConfigError
        For an accepted name that is no indicator of the model.
    RecordsError
        For feeds out of range that are not accepted; they are named, with their shares. For feeds
        that are late in some areas and not accepted; they are named with the areas.
    """
    recipe = recipe_of(model)
    by_call = tuple(accepted)
    names = _accepted(by_call, records, recipe)
    if recipe.feed_volumes is None:
        return _by_call(by_call)
    new, outside = _feeds_of_round(recipe.feed_volumes, model, records, day, rows)
    refused = {code: share for code, share in outside.items() if code not in names}
    if refused:
        raise RecordsError(
            f"feeds are not as in training: {_ranges(refused)}",
            code="scoring.feeds",
            place=f"round {day}, what came in within {recipe.feed_volumes.span}",
            allowed="shares of households between a fifth of the least and "
            f"{TIMES:g} times the largest in training",
            next_step=f"ask the agency; or score without trusting it: accept_feeds={list(refused)}"
            f" (in the shell accept_feeds=[{','.join(refused)}]; for every round, in the manifest "
            f"accept_feeds: {{{next(iter(refused))}: REASON}})",
        )
    late = _late_feeds(recipe, records, day)
    _refuse_late([own for own in late if own.feed not in names], recipe, day)
    taken = [Note("accepted_feeds", {"ranges": _ranges(outside)})] if outside else []
    within = _by_call(by_call, told=(*new, *outside, *(own.feed for own in late)))
    told = [*taken, *named("accepted_late_feeds", _told_late(late))]
    return [*_new(new, recipe), *told, *within, *_reasons(records, recipe)]


def told_feeds(model: RiskModel, records: Records, day: str, rows: int) -> list[Note]:
    """Return what `check_feeds` says of a round; feeds that it would refuse are told, too."""
    recipe = recipe_of(model)
    if recipe.feed_volumes is None:
        return []
    new, outside = _feeds_of_round(recipe.feed_volumes, model, records, day, rows)
    accepted = {code: own for code, own in outside.items() if code in records.accept_feeds}
    refused = {code: own for code, own in outside.items() if code not in accepted}
    taken = [Note("accepted_feeds", {"ranges": _ranges(accepted)})] if accepted else []
    told = [Note("feeds_to_accept", {"ranges": _ranges(refused)})] if refused else []
    late = _late_feeds(recipe, records, day)
    to_accept = [own for own in late if own.feed not in records.accept_feeds]
    told += named("late_feeds_to_accept", _told_late(to_accept))
    by_manifest = [own for own in late if own.feed in records.accept_feeds]
    taken += named("accepted_late_feeds", _told_late(by_manifest))
    return [*_new(new, recipe), *told, *taken, *_reasons(records, recipe)]


def _late_feeds(recipe: Recipe, records: Records, day: str) -> list[LateFeed]:
    """Return the feeds that are late in some places only."""
    return late_feeds(recipe.feed_arrivals, records, np.datetime64(day))


def _told_late(late: Iterable[LateFeed]) -> list[Note]:
    return [
        Note("late_feed", {"feed": own.feed, "names": list(own.places), "share": own.share})
        for own in late
    ]


def _refuse_late(late: Sequence[LateFeed], recipe: Recipe, day: str) -> None:
    if not late:
        return
    spans = " or ".join(own.span for own in recipe.feed_arrivals)
    feeds = list(dict.fromkeys(own.feed for own in late))
    raise RecordsError(
        f"feeds are late in some areas only: {'; '.join(written(_told_late(late)))}",
        code="scoring.late_feeds",
        place=f"round {day}, what came in within {spans}",
        allowed="at least half of what an area usually brings of the national volume",
        next_step="ask the agency; say under deliveries: what did not come, so that it is missing "
        f"there and not zero; or score what came as it is: accept_feeds={feeds}"
        f" (in the shell accept_feeds=[{','.join(feeds)}]; for every round, in the manifest "
        f"accept_feeds: {{{feeds[0]}: REASON}})",
    )


def _feeds_of_round(
    volumes: FeedVolumes, model: RiskModel, records: Records, day: str, rows: int
) -> tuple[list[str], dict[str, UnusualVolume]]:
    """Return of the feeds out of range before a round those that are new, and the others."""
    recipe, training = recipe_of(model), model.training_
    usual = volumes.during(training["rounds"])
    days = np.array([day], "datetime64[D]")
    households = count_households(records, usual.shares, days, usual.span)
    shares = {code: int(number[0]) / rows for code, number in households.items()}
    outside = usual.outside(shares, rows)
    new = [code for code in outside if _is_new(code, recipe, training["constant"])]
    return new, {code: volume for code, volume in outside.items() if code not in new}


def _new(codes: Sequence[str], recipe: Recipe) -> list[Note]:
    """Name the new feeds, and those of them that the number of kinds of their family counts."""
    counted = {code for kinds in recipe.features.kinds for code in kinds.codes}
    among = [code for code in codes if code in counted]
    return [*named("new_feeds", codes), *named("new_feeds_counted", among)]


def _is_new(code: str, recipe: Recipe, constant: Collection[str]) -> bool:
    """Tell whether all columns of a feed alone were constant in the fit."""
    columns = recipe.features.columns(recipe.catalogue)
    return all(column.name in constant for column in columns if column.indicator == code)


def compared_feeds(
    model: RiskModel, records: Records, panel: Panel, accepted: Iterable[str] = ()
) -> list[Note]:
    """Compare the feeds before the rounds of a panel with those before the training rounds.

    Returns
    -------
    list of Note
        The feeds that are out of range in some round, the silent ones that were accepted, and those
        that the call accepts although they brought something.

    Raises
    ------
    ConfigError
        For an accepted name that is no indicator of the model.
    RecordsError
        For feeds of the fit that brought nothing before any round and are not accepted.
    """
    recipe = recipe_of(model)
    by_call = tuple(accepted)
    names = _accepted(by_call, records, recipe)
    if recipe.feed_volumes is None:
        return _by_call(by_call)

    usual = recipe.feed_volumes.during(model.training_["rounds"])
    days, rows = np.unique(as_days(panel.as_of), return_counts=True)
    households = count_households(records, usual.shares, days, usual.span)
    silent = [code for code, shares in usual.shares.items() if any(shares)]
    silent = [code for code in silent if not households[code].any()]
    _refuse_silent([code for code in silent if code not in names])

    heard = {code: counts / rows for code, counts in households.items() if code not in silent}
    ranges = _ranges(_unusual(usual, heard, rows))
    return [
        *named("silent_feeds", silent),
        *_by_call(by_call, told=silent),
        *([Note("feeds_out_of_range", {"ranges": ranges})] if ranges else []),
        *_reasons(records, recipe),
    ]


def _unusual(
    usual: FeedVolumes, shares: Mapping[str, NDArray[np.float64]], rows: NDArray[np.intp]
) -> dict[str, UnusualVolume]:
    """Return the feeds out of range in some round, each with its share in the last such round."""
    found: dict[str, UnusualVolume] = {}
    for number, size in enumerate(rows.tolist()):
        found |= usual.outside({code: of_code[number] for code, of_code in shares.items()}, size)
    return found


def _refuse_silent(codes: Sequence[str]) -> None:
    if codes:
        raise RecordsError(
            f"{len(codes)} feeds of the fit brought nothing here: {', '.join(codes)}",
            code="scoring.feeds",
            place="before every round that would be judged",
            allowed="the feeds of the fit",
            next_step=f"ask the agency; or judge without them: accept_feeds={list(codes)}",
        )


def _accepted(given: Iterable[str], records: Records, recipe: Recipe) -> set[str]:
    """Return the feeds that the call or the records' manifest accepts."""
    names = list(given)
    _check_names(names, recipe)
    return {*names, *records.accept_feeds}


def _by_call(names: Iterable[str], told: Collection[str] = ()) -> list[Note]:
    """Return the feeds that a call accepts, but for those that another note tells."""
    return named("feeds_by_call", [name for name in dict.fromkeys(names) if name not in told])


def _reasons(records: Records, recipe: Recipe) -> list[Note]:
    """Return why the records' manifest accepts feeds of the model, whatever came in."""
    reasons = [
        Note("feed_and_reason", {"feed": feed, "reason": reason})
        for feed, reason in records.accept_feeds.items()
        if feed in recipe.catalogue
    ]
    return named("feeds_by_manifest", reasons)


def _check_names(names: Iterable[str], recipe: Recipe) -> None:
    for name in names:
        if name not in recipe.catalogue:
            raise ConfigError(
                f"accept_feeds names {name!r}, which is no indicator of the model",
                code="scoring.accept_feeds",
                allowed=recipe.catalogue.listed,
                next_step=did_you_mean(name, recipe.catalogue.known),
            )


def _ranges(outside: Mapping[str, tuple[float, float, float]]) -> str:
    return "; ".join(
        f"{code} {share:.2%} ({least:.2%} - {largest:.2%})"
        for code, (share, least, largest) in outside.items()
    )
