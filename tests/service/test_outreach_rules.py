"""The rules of outreach: what is read is what was written; what is wrong is refused by place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from riskmodel.cli.configs import conf_folder
from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue, Indicator
from riskmodel.service import OutreachRules, floor_needs
from riskmodel.service.rules.rule_parts import Bar, Floor, MustVisit, Rung
from riskmodel.service.rules.rule_sets import SETS


def refusal(source: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        OutreachRules.read(source)
    return caught.value


@pytest.mark.parametrize("name", SETS)
def test_conf_repeats_the_sets_that_have_a_name(name: str) -> None:
    path = conf_folder() / "outreach" / f"{name}.yaml"
    read = OutreachRules.read(SETS[name])
    assert OutreachRules.read(path) == OutreachRules.read(name) == read
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(read.to_dict()) <= set(written)  # a reader of the file sees every rule
    assert OutreachRules.read(written) == read


def test_the_default_set_is_what_the_class_is_without_arguments() -> None:
    assert OutreachRules.read() == OutreachRules.read("default") == OutreachRules()


@pytest.mark.parametrize("name", SETS)
def test_plain_data_reads_back(name: str) -> None:
    rules = OutreachRules.read(name)
    assert OutreachRules.read(rules.to_dict()) == rules
    assert OutreachRules.read(rules) is rules


def test_the_channels_of_a_file_are_left_to_their_reader(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("after_refusal: 4M\nchannels: {call: {minutes: 10}}\n", encoding="utf-8")
    assert OutreachRules.read(path) == OutreachRules(after_refusal="4M")


MISSPELT: dict[str, tuple[dict[str, Any], str, str]] = {
    "a key": ({"cool_of": {"span": "6M"}}, "outreach", "cool_off"),
    "a key inside": ({"cool_off": {"spam": "6M"}}, "outreach.cool_off", "span"),
    "a key of a rung": (
        {"ladder": [{"channel": "call", "within": "1D", "trys": 2}]},
        "outreach.ladder[0]",
        "tries",
    ),
    "a channel": ({"ladder": [{"channel": "visits", "within": "1D"}]}, "ladder", "visit"),
    "what lifts": ({"cool_off": {"lifted_by": ["new_kinds"]}}, "cool_off.lifted_by", "new_kind"),
    "a sensitivity": (
        {"barred": [{"channels": "ai_call", "sensitivity": "suicides"}]},
        "barred.sensitivity",
        "suicide",
    ),
    "a family": (
        {"barred": [{"channels": "ai_call", "families": "finances"}]},
        "barred.families",
        "finance",
    ),
    "a kind of case": ({"elsewhere": ["public_cares"]}, "elsewhere", "public_care"),
    "a channel of a must-visit": (
        {"must_visit": [{"name": "r", "channel": "vist", "any_of": ["fire"]}]},
        "must_visit, r",
        "visit",
    ),
}


@pytest.mark.parametrize(("source", "place", "nearest"), MISSPELT.values(), ids=MISSPELT)
def test_what_is_misspelt_is_refused_with_its_place_and_the_nearest(
    source: dict[str, Any], place: str, nearest: str
) -> None:
    error = refusal(source)
    assert error.place == place
    assert f"did you mean '{nearest}'" in str(error)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a must-visit without a channel": (
        {"must_visit": [{"name": "rent", "any_of": ["fire"]}]},
        "must-visit 'rent' names no channel",
    ),
    "a must-visit of no indicator": (
        {"must_visit": [{"name": "rent", "channel": "visit"}]},
        "names no indicator",
    ),
    "a must-visit beside the ladder": (
        {"must_visit": [{"name": "rent", "channel": "office", "any_of": ["fire"]}]},
        "which is no rung",
    ),
    "two must-visits of one name": (
        {"must_visit": [{"name": "rent", "channel": "visit", "any_of": ["fire"]}] * 2},
        "'rent' stands twice",
    ),
    "a channel that stands twice": (
        {"ladder": [{"channel": "call", "within": "1D"}] * 2},
        "'call' stands twice",
    ),
    "no rung": ({"ladder": []}, "the ladder has no rung"),
    "a ladder that is barred": (
        {"ladder": [{"channel": "ai_call", "within": "1D"}]},
        "every channel of the ladder is barred",
    ),
    "AI calls alone": (
        {"ladder": [{"channel": "ai_call", "within": "1D"}], "barred": []},
        "every channel of the ladder is barred",
    ),
    "no tries": (
        {"ladder": [{"channel": "call", "within": "1D", "tries": 0}]},
        "no number of attempts",
    ),
    "a bar of nothing": ({"barred": [{"channels": ["ai_call"]}]}, "names no channel, or no"),
    "an urgent call by a machine": ({"urgent": {"channel": "ai_call"}}, "unknown word 'ai_call'"),
    "a span that is none": ({"cool_off": {"span": "half a year"}}, "is not a length of time"),
    "a floor of more than all": (
        {"floors": [{"name": "rural", "least": 1.5, "where": {"kind": "rural"}}]},
        "neither a share nor a number",
    ),
    "a floor for nobody": ({"floors": [{"name": "rural", "least": 2}]}, "says for whom"),
    "a floor without a number": (
        {"floors": [{"name": "rural", "where": {"kind": "rural"}}]},
        "least is missing",
    ),
    "a list of rules": ({"floors": {"name": "rural"}}, "is not a list"),
    "a floor of no value": (
        {"floors": [{"name": "rural", "least": 2, "where": {"kind": []}}]},
        "'kind' has no value",
    ),
    "a floor of a mapping": (
        {"floors": [{"name": "rural", "least": 2, "where": {"kind": {"rural": 1}}}]},
        "outreach.floors[0].where: kind is neither a name nor a list",
    ),
    "a must-visit that is called as a rule of ours": (
        {"must_visit": [{"name": "overdue", "channel": "visit", "any_of": ["fire"]}]},
        "'overdue' is a rule of every service",
    ),
    "a floor without a name": (
        {"floors": [{"name": " ", "least": 2, "where": {"kind": "rural"}}]},
        "a rule has no name",
    ),
    "a key left empty": ({"barred": None}, "outreach.barred: nothing is written here"),
    "a key left empty inside": (
        {"cool_off": {"span": None}},
        "outreach.cool_off.span: nothing is written here",
    ),
    "an entry left empty": ({"ladder": [None]}, "outreach.ladder[0]: nothing is written here"),
    "channels, misspelt": ({"chanels": {}}, "unknown key 'chanels'"),
}


@pytest.mark.parametrize(("source", "message"), WRONG.values(), ids=WRONG)
def test_rules_that_make_no_sense_are_refused(source: dict[str, Any], message: str) -> None:
    assert message in str(refusal(source))
    assert refusal(source).next_step


FILES: dict[str, tuple[str, str]] = {
    "nothing": ("# only this\n", "the file of outreach holds nothing"),
    "a list": ("- cool_off\n", "the file of outreach holds a list"),
    "a text": ("korea\n", "the file of outreach holds a text"),
    "a tab": ("cool_off:\n\tspan: 6M\n", "is not YAML at line 2"),
    "a key twice": ("after_refusal: 3M\nafter_refusal: 6M\n", "'after_refusal' stands twice"),
    "an empty key": ("elsewhere:\n", "outreach.elsewhere: nothing is written here"),
    "Korean keys": ("휴지기: {span: 6M}\n", "unknown key '휴지기'"),
    "off for none": ("elsewhere: off\n", "unknown word 'off'"),
}


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES)
def test_a_file_that_says_nothing_or_something_else_is_refused(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "규칙.yaml"
    path.write_text(text, encoding="utf-8")
    error = refusal(path)
    assert message in str(error)
    assert error.next_step


def test_words_of_a_file_stay_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "urgent: {codes: [010, 1e3, yes]}\n"
        "floors: [{name: off, where: {dong: 011, alone: no}, least: 2}]\n",
        encoding="utf-8",
    )
    rules = OutreachRules.read(path)
    assert rules.urgent.codes == ("010", "1e3", "yes"), "no octal, no number, no truth"
    assert rules.floors[0].name == "off"
    assert rules.floors[0].where == {"dong": ("011",), "alone": ("no",)}


def test_an_unknown_set_is_no_file() -> None:
    assert "did you mean 'korea'" in str(refusal("kora"))
    assert refusal(Path("nowhere/rules.yaml")).code == "outreach.missing"


def test_a_code_that_the_catalogue_does_not_have_is_refused_with_the_nearest() -> None:
    catalogue = Catalogue((Indicator("power_cut"), Indicator("gas_cut")))
    rules = OutreachRules(must_visit=(MustVisit("cut", "visit", any_of=("power_cuts",)),))
    with pytest.raises(ConfigError, match="did you mean 'power_cut'") as caught:
        rules.check_codes(catalogue)
    assert caught.value.place == "must_visit, cut"
    bars = OutreachRules(barred=(Bar(("ai_call",), codes=("gas_cut",)),))
    bars.check_codes(catalogue)


def frame_of(*floors: tuple[str, ...], area: str = "A") -> pd.DataFrame:
    return pd.DataFrame({"area": area, "floors": list(floors)})


def floors_of(**least: float) -> OutreachRules:
    floors = [Floor(name, number, {"kind": (name,)}) for name, number in least.items()]
    return OutreachRules(floors=tuple(floors))


def test_a_share_of_the_places_is_rounded_up_and_bound_by_who_is_there() -> None:
    frame = frame_of(*[("rural",)] * 4, *[()] * 20)
    assert floor_needs(frame, floors_of(rural=0.25), 9) == {"rural": 3}
    assert floor_needs(frame, floors_of(rural=0.3), 10) == {"rural": 3}
    assert floor_needs(frame, floors_of(rural=9), 10) == {"rural": 4}


def test_who_counts_for_two_floors_fills_one_place() -> None:
    both = frame_of(*[("old", "rural")] * 5)
    assert floor_needs(both, floors_of(old=5, rural=5), 5) == {"old": 5, "rural": 5}
    apart = frame_of(*[("old",)] * 5, *[("rural",)] * 5)
    with pytest.raises(ConfigError, match="floors ask for 10 households, and there is room for 9"):
        floor_needs(apart, floors_of(old=5, rural=5), 9)


def test_floors_must_fit_into_the_places_of_their_areas() -> None:
    frame = pd.concat([frame_of(*[("rural",)] * 5), frame_of(*[()] * 5, area="B")])
    assert floor_needs(frame, floors_of(rural=3), {"A": 3, "B": 3}) == {"rural": 3}
    with pytest.raises(ConfigError, match="elsewhere than they live"):
        floor_needs(frame, floors_of(rural=3), {"A": 2, "B": 3})


def test_rungs_are_checked_where_they_are_made() -> None:
    with pytest.raises(ConfigError, match="did you mean 'visit'"):
        Rung("visist", "14D")
