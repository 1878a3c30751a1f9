"""The keys of the shell's configurations, declared once: sections, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.panel import Cohort, Label
from riskmodel.panel.specs.features import FEATURE_KEYS
from riskmodel.records.sources.manifest_schema import RoundKeys
from riskmodel.registry import TOO_FEW_KEY, default_thresholds
from riskmodel.schema.mappings import Declared, model_of, model_with
from riskmodel.schema.refusals import (
    UNKNOWN_KEY,
    Fault,
    config_refusal,
    place_of,
    validated,
)
from riskmodel.schema.values import (
    LIST,
    Day,
    Flag,
    Free,
    Number,
    Text,
    TextList,
    Whole,
    plain,
)
from riskmodel.schema.yaml_files import Written, as_yaml_texts
from riskmodel.service import CHANNELS_KEY, OutreachRules


class SplitKeys(Declared):
    """The rounds, and which of them are held back."""

    rounds: RoundKeys | None = None
    test_rounds: Whole | None = None
    test_from: Day | None = None
    backtest_cuts: Whole | None = None
    test_share: Number | None = None
    by: Text | None = None
    leave_out: TextList | None = None
    random_state: Whole | None = None


class ModelKeys(Declared):
    """The kinds of model that compete, and how they are fitted."""

    kinds: TextList | None = None
    seeds: Whole | None = None
    random_state: Whole | None = None
    rules: TextList | None = None
    params: Free = None


class CapacityKeys(Declared):
    """Contacts per round: a share, a number, or one per area."""

    contacts: Free = None


# How a list is written on the command line, by the key that takes one.
_LISTS = {
    "accept_changes": "[today]",
    "accept_feeds": "[FEED]",
    "accept_rounds": "[2024-03-01]",
    "rules": "[power_cut__count__12M]",
}
BY_AREA = "capacity: {contacts: {AREA: NUMBER, AREA: NUMBER}}"
GATE_KEYS = model_with(
    "Gates",
    **dict.fromkeys(default_thresholds(), Number | None) | {TOO_FEW_KEY: Text},
)


class RegistryKeys(Declared):
    """Where versions are kept."""

    uri: Text | None = None


OUTREACH = "outreach"
OUTREACH_KEYS = model_with(
    "OutreachKeys", **dict.fromkeys((*OutreachRules.__dataclass_fields__, CHANNELS_KEY), Free)
)


class CommandKeys(Declared):
    """What stands beside the sections, in one command or another."""

    name: Text | None = None
    publish: Flag | None = None
    again: Flag | None = None
    output: Text | None = None
    overwrite: Flag | None = None
    mode: Text | None = None
    folder: Text | None = None
    whole: Flag | None = None
    explore: Number | None = None
    seed: Whole | None = None
    proposal: Text | None = None
    published: Text | None = None
    as_of: Day | None = None
    lang: Text | None = None
    rules: TextList | None = None
    accept_feeds: TextList | None = None
    accept_changes: TextList | None = None
    accept_rounds: TextList | None = None
    among: Text | None = None
    min_households: Whole | None = None
    external: Text | None = None
    store: Text | None = None
    delivery: Whole | None = None
    erase: Flag | None = None
    lists: Text | None = None
    household: Text | None = None
    masked: Flag | None = None
    cells: Flag | None = None
    age: Text | None = None
    dry: Flag | None = None
    version: Text | None = None
    digest: Text | None = None
    by: Text | None = None
    why: Text | None = None
    to: Text | None = None
    action: Text | None = None
    head: Text | None = None
    damaged_champion: Text | None = None
    override: Free = None
    rest_of: Text | None = None
    rest_from: Day | None = None
    due: Text | None = None
    area_prices: Flag | None = None
    hand_out: Text | None = None
    people: Text | None = None
    password: Text | None = None
    delete_by: Day | None = None
    plan: Text | None = None
    today: Day | None = None


SECTIONS: Mapping[str, type[Declared]] = {
    "cohort": model_of(Cohort),
    "label": model_of(Label),
    "features": FEATURE_KEYS,
    "split": SplitKeys,
    "model": ModelKeys,
    "capacity": CapacityKeys,
    "gates": GATE_KEYS,
    OUTREACH: OUTREACH_KEYS,
    "registry": RegistryKeys,
}


def typed(
    values: Mapping[str, object], outer_names: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Return a composed configuration with every value of its type.

    The sections of the records and of outreach stay as texts, which `read_records` and
    `OutreachRules.read` type. Refusals call a key by its
    outer name, as users write it.

    Raises
    ------
    ConfigError
        For an unknown key, or a value of another type.
    """
    names = outer_names or {}
    return {
        key: _typed(key, as_yaml_texts(value), names.get(key, key)) for key, value in values.items()
    }


def shown(values: Mapping[str, object]) -> dict[str, object]:
    """Return a composed configuration to print: texts that read as numbers become these numbers.

    A text that would be printed otherwise then, such as 010, stays a text.
    """
    return {str(key): _shown(item) for key, item in values.items()}


def _shown(value: object) -> object:
    if isinstance(value, Mapping):
        return shown(value)
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if not isinstance(value, str):
        return value
    read = plain(Written(value))
    return read if str(read).lower() == value else str(value)


def _typed(key: str, value: object, name: str) -> object:
    # read by classes of their own, as texts
    if value is None or key in ("data", OUTREACH):
        return value
    if key in SECTIONS:
        return _section(key, value)
    return getattr(validated(CommandKeys, {key: value}, _refusal_of(name)), key)


def _refusal_of(name: str) -> Callable[[Fault], ConfigError]:
    return lambda fault: _outer_refusal(replace(fault, path=(name, *fault.path[1:])), name)


def _outer_refusal(fault: Fault, name: str) -> ConfigError:
    """Return the refusal of a key beside the sections; of a list with the form that it has."""
    if fault.shapes != (LIST,) or name not in _LISTS:
        return config_refusal(fault, None)
    return ConfigError(
        f"{name} is not a list",
        code="config.value",
        allowed=f"a list, such as {_LISTS[name]}",
        next_step=f"write {name}={_LISTS[name]}, in brackets also for one",
    )


def _section(name: str, written: Any) -> dict[str, Any]:
    """Return a section; its blank keys stay, as None."""
    keys = validated(SECTIONS[name], written, lambda fault: _refusal(fault, name))
    return {**dict.fromkeys(written), **keys.given()}


def _no_capacity(fault: Fault, known: list[str]) -> ConfigError:
    """Return the refusal of a capacity whose areas, say, do not stand below `contacts`."""
    near = did_you_mean(fault.key, known)
    by_area = f"write a capacity by area as {BY_AREA}, one for all as capacity: NUMBER"
    return ConfigError(
        f"unknown key {place_of(('capacity', *fault.path))}",
        code="config.key",
        allowed="contacts: a share of each round, a number per round, or numbers by area",
        next_step=near if near.endswith("?") else by_area,
    )


def _refusal(fault: Fault, section: str) -> ConfigError:
    if fault.kind != UNKNOWN_KEY:
        return config_refusal(fault, section)
    known = sorted(fault.known)
    if section == "capacity":
        return _no_capacity(fault, known)
    return ConfigError(
        f"unknown key {place_of((section, *fault.path))}",
        code="config.key",
        allowed=known,
        next_step=did_you_mean(fault.key, known),
    )
