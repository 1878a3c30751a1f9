"""The layers of a service that carries out plans: those of `make_households`, and some more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskmodel.datasets.layer import Layer, declared_layers, layer
from riskmodel.datasets.layer_checks import AT_LEAST_0, SHARE, Check, is_share
from riskmodel.datasets.layers import IGNORED, NOTHING, Layers, attributes_text
from riskmodel.records.contact_words import CHANNELS

USUAL_REACH: Mapping[str, float] = {
    "ai_call": 0.5,
    "call": 0.55,
    "text_message": 0.1,
    "mail": 0.1,
    "mail_carrier": 0.3,
    "visit": 0.7,
    "office": 0.2,
    "online": 0.05,
}
BY_PHONE = ("ai_call", "call", "text_message")
AT_ADDRESS = ("mail", "mail_carrier", "visit")
IN_OFFICE_HOURS = ("call", "mail_carrier", "visit", "office")
# what only a service with a list of its own has
LEGACY = ("random_share", "private")


def _is_reach(value: Any) -> bool:
    if value is None:
        return True
    return bool(value) and set(value) <= set(CHANNELS) and all(map(is_share, value.values()))


def _all_channels(value: Any) -> Any:
    return {**USUAL_REACH, **value} if value and set(value) <= set(CHANNELS) else value


def _is_pair_of_shares(value: Any) -> bool:
    return value is None or (len(value) == 2 and all(map(is_share, value)))


def _are_pairs_of_shares(value: Any) -> bool:
    return value is None or all(map(_is_pair_of_shares, value.values()))


PAIR_OF_SHARES = Check(_is_pair_of_shares, "a pair of shares, each from 0 to 1")
SKILL_BY_STRATUM = Check(
    _are_pairs_of_shares,
    "pairs of sensitivity and specificity by stratum, each from 0 to 1",
    lambda value: value or None,
)
REACH_BY_STEP = Check(_is_reach, f"a chance for some of {', '.join(CHANNELS)}", _all_channels)


@dataclass(frozen=True)
class ServiceLayers(Layers):
    """The layers of `open_service`: all of `Layers`, and those below.

    The service that fills a `capacity` by its own rule works in the rounds before the first alone.
    """

    reach: Mapping[str, float] | None = layer(
        None,
        REACH_BY_STEP,
        "Chance to reach a household by one step of each channel; a channel that is left out has a "
        "usual one. Off: every step reaches.",
        NOTHING,
    )
    phones: tuple[float, float] | None = layer(
        None,
        PAIR_OF_SHARES,
        "Share of households of which a telephone number is on record (attribute ``phone``), and "
        "share of these numbers that are wrong: no call and no text message gets through. Off: all "
        "numbers are known and right.",
        NOTHING,
    )
    returned_mail: float = layer(
        0.0,
        SHARE,
        "Share of letters to households that do not live where they are registered that come back, "
        "which ends their round (reason ``moved``).",
        NOTHING,
        needs="mismatch",
    )
    at_work: float = layer(
        0.0,
        SHARE,
        "Share of households of which nobody is at home in office hours: calls by officers, mail "
        "carriers, visits and the office reach them a third as often.",
        NOTHING,
    )
    reader_by_stratum: Mapping[str, tuple[float, float]] | None = layer(
        None,
        SKILL_BY_STRATUM,
        "Sensitivity and specificity of the first reader in some strata, such as one who confirms "
        "more where the list is sure.",
        (IGNORED,),
    )
    workers_differ: float = layer(
        0.0,
        AT_LEAST_0,
        "Spread, in log-odds, of the sensitivity and the specificity of first readers: each area "
        "has three, whose pseudonyms stand in ``by``.",
        (IGNORED,),
        needs="reader",
    )
    self_referral: float = layer(
        0.0,
        SHARE,
        "Chance, per round, that a household in need turns to the service by itself (table "
        "``referrals``); others do so a twentieth as often. Of those who do, 89 % have no "
        "indicator on file of the twelve months before, as far as there are such households.",
        (IGNORED,),
    )
    second_list: float = layer(
        0.0,
        SHARE,
        "Share of households that another service lists in each round by knowledge of its own "
        "(list ``second``): those in need ten times as often. Whom it finds in need is its case "
        "for six months (table ``cases``).",
        (IGNORED,),
    )

    def _require_needed(self, one: Layer, declared: Mapping[str, Layer]) -> None:
        if one.needs != "capacity" or one.name in LEGACY:
            super()._require_needed(one, declared)


_OWN = {
    name: one
    for name, one in declared_layers(ServiceLayers).items()
    if one != declared_layers(Layers).get(name)
}
ServiceLayers.__doc__ = f"{ServiceLayers.__doc__}\n{attributes_text(_OWN)}\n"
