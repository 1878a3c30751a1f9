"""What of an experiment's configuration is printed and kept: known keys, figures, single words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import TypeAlias

from riskmodel.datasets import make_households
from riskmodel.errors import RegistryError, did_you_mean

LEFT_OUT = "(left out)"

# How the value of a known key is kept. PLAIN: figures and single words, in lists and mappings too.
# SCALAR: the same without mappings, whose keys would name areas. COLUMN: the name of a column,
# which a mapping gives, and not a word for all rows, which may name a person or a place.
# FREE: what people write, of which nothing is kept. AWAY: not even the key.
PLAIN, SCALAR, COLUMN, FREE, AWAY = "plain", "scalar", "column", "free", "away"

Rule: TypeAlias = "str | Mapping[str, Rule]"


def _rules(plain: str, **others: Rule) -> dict[str, Rule]:
    return {**dict.fromkeys(plain.split(), PLAIN), **others}


_COLUMN = _rules("column date_format lag", map=FREE)
_COLUMNS = (
    "household_id person_id dwelling_id code event_date known_date value detail retracted_date "
    "from to as_of_date channel attempt contact_date probability result support reason "
    "contact_id blind feed delivered drawn seed score rank percentile kind received due decided "
    "outcome effect request_id referred_by answered referral_id case_id sign seen seen_by sign_id"
)
_ENTRY: dict[str, Rule] = {
    **dict.fromkeys(_COLUMNS.split(), _COLUMN),
    **_rules("encoding decimal date_format fact_id columns numbers every line_break_at_end"),
    **_rules("allow_personal_numbers max_quarantined redelivered partitions delivered_on"),
    **dict.fromkeys(("stratum", "reader", "area", "by"), COLUMN),
    **dict.fromkeys(("list", "model", "band", "plan_id", "rule", "service"), COLUMN),
    **dict.fromkeys(("file", "sheet", "query", "where", "values", "frame"), FREE),
}
_TABLES = (
    *("events", "attributes", "members", "contacts", "lists", "requests", "referrals", "cases"),
    *("signs", "coverage", "deliveries"),
)
_GRID = _rules("start end every")
_DATA: dict[str, Rule] = {
    **_rules("name site since today household complete_before groups area"),
    **_rules("max_quarantined keep_files"),
    **dict.fromkeys(_TABLES, _ENTRY),
    "rounds": _GRID,
    "catalogue": FREE,
    "accept_feeds": SCALAR,
    "root": AWAY,
    "store": FREE,
    "simulated": {**dict.fromkeys(signature(make_households).parameters, PLAIN), "folder": AWAY},
}
RULES: dict[str, Rule] = {
    "data": _DATA,
    "cohort": _rules("seen_within codes exclude listed", where=FREE),
    "label": {**_rules("outcome window maturity min_count observed_by first"), "reader": PLAIN},
    "features": {
        "aggregates": _rules("operation codes spans"),
        "kinds": _rules("family codes spans"),
        "attributes": _rules("name number direction"),
        "partly_covered": PLAIN,
    },
    "split": _rules(
        "test_rounds test_from backtest_cuts test_share by random_state",
        rounds=_GRID,
        leave_out=FREE,
    ),
    "model": _rules("kinds seeds random_state rules params"),
    "capacity": {"contacts": SCALAR},
    "gates": PLAIN,
    **_rules("name publish whole published as_of lang rules accept_rounds min_households version"),
    **_rules("accept_changes delivery erase masked age dry cells explore seed among"),
    **_rules("due area_prices rest_from today delete_by"),
    "outreach": {
        **_rules("cool_off after_refusal elsewhere urgent ladder barred"),
        **dict.fromkeys(("must_visit", "floors", "channels"), FREE),
    },
    "accept_feeds": SCALAR,
    "external": FREE,
    "store": FREE,
    **dict.fromkeys(
        ("registry", "output", "again", "by", "why", "household", "lists", "proposal"), AWAY
    ),
    **dict.fromkeys(("folder", "overwrite", "mode", "digest", "override"), AWAY),
    **dict.fromkeys(("to", "head", "damaged_champion", "action"), AWAY),
    **dict.fromkeys(("plan", "rest_of", "hand_out", "people", "password"), AWAY),
}

_WORD = re.compile(r"[\w][\w.%*+-]{0,59}(?:@(?:champion|challenger|\d+))?")
_DATE_FORMAT = re.compile(r"(?:(?:%-?[A-Za-z]|Y{2,4}|M{1,2}|D{1,2})[-./: T]?)+")


def kept(configuration: Mapping[str, object]) -> dict[str, object]:
    """Return what of a configuration may be printed and kept.

    Figures and single words of known keys stay. In place of what people write freely (conditions,
    queries, words that are mapped, a catalogue, texts with blanks) stands ``"(left out)"``.
    Folders, addresses, accounts and keys that no experiment has are not there.

    Examples
    --------
    >>> kept({"name": "a", "data": {"events": [{"code": "rent", "where": "note = 'Kim'"}]}})
    {'name': 'a', 'data': {'events': [{'code': 'rent', 'where': '(left out)'}]}}
    >>> kept({"registry": {"uri": "https://kim@host"}, "owner": "kim"})
    {}
    """
    return _Reader().mapping(configuration, RULES, ())


def require_known(configuration: Mapping[str, object]) -> None:
    """Refuse a configuration with keys that no experiment has.

    Raises
    ------
    RegistryError
    """
    reader = _Reader()
    reader.mapping(configuration, RULES, ())
    if not reader.unknown:
        return
    place, key, known = reader.unknown[0]
    raise RegistryError(
        f"unknown key {key!r}",
        code="registry.configuration",
        place=".".join(("configuration", *place)),
        allowed=sorted(known),
        next_step=f"{did_you_mean(key, known)}; only keys of an experiment file are kept",
    )


@dataclass
class _Reader:
    """Reads a configuration by the rules, and collects the keys that have none."""

    unknown: list[tuple[tuple[str, ...], str, list[str]]] = field(default_factory=list)

    def mapping(
        self, written: Mapping[str, object], rules: Mapping[str, Rule], place: tuple[str, ...]
    ) -> dict[str, object]:
        """Return the known keys of a mapping, each with what is kept of its value."""
        found: dict[str, object] = {}
        for key, value in written.items():
            rule = rules.get(str(key))
            if rule is None:
                self.unknown.append((place, str(key), list(rules)))
            elif rule != AWAY:
                found[str(key)] = self.value(value, rule, (*place, str(key)))
        return found

    def value(self, value: object, rule: Rule, place: tuple[str, ...]) -> object:
        """Return what is kept of the value of one key."""
        if value is None:
            return None
        if isinstance(value, (list, tuple)) and rule != FREE:
            return [self.value(item, rule, place) for item in value]
        if isinstance(rule, Mapping) and isinstance(value, Mapping):
            return self.mapping(value, rule, place)
        if rule == COLUMN and isinstance(value, Mapping):
            return self.mapping(value, _COLUMN, place)
        if rule in (FREE, COLUMN) or (rule == SCALAR and isinstance(value, Mapping)):
            return LEFT_OUT
        return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        has_words = all(_is_plain(str(key)) for key in value)
        return {str(key): _plain(part) for key, part in value.items()} if has_words else LEFT_OUT
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return _scalar(value)


def _scalar(value: object) -> object:
    """Return a figure, a day or a single word; of anything else, that it was left out."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = str(value) if isinstance(value, (str, dt.date)) else ""
    return text if _is_plain(text) else LEFT_OUT


def _is_plain(text: str) -> bool:
    return bool(_WORD.fullmatch(text) or _DATE_FORMAT.fullmatch(text))
