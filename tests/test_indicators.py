"""The catalogue: reading, round trip, and the answers to a typo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue, Indicator

RENT = {
    "ko": "임대료 체납",
    "en": "rent arrears",
    "kind": "state",
    "direction": 1,
    "unit": "months",
    "family": "housing",
}


def test_a_catalogue_survives_its_own_dictionary() -> None:
    catalogue = Catalogue.read({"rent": RENT, "aid": None})
    assert Catalogue.read(catalogue.to_dict()) == catalogue
    assert catalogue.digest == Catalogue.read(catalogue.to_dict()).digest
    assert catalogue.digest != Catalogue.read({"rent": RENT}).digest


def test_yaml_is_read_as_utf8(tmp_path: Path) -> None:
    path = tmp_path / "indicators.yaml"
    path.write_text("rent: {ko: 임대료 체납, direction: 1}\n", encoding="utf-8")
    assert Catalogue.read(path)["rent"].name("ko") == "임대료 체납"


def test_a_name_is_found_in_either_language_or_is_the_code() -> None:
    catalogue = Catalogue.read({"rent": RENT, "aid": {"ko": "지원"}, "bare": None})
    assert [catalogue[code].name("en") for code in catalogue] == ["rent arrears", "지원", "bare"]


def test_codes_of_the_records_join_as_plain_events() -> None:
    catalogue = Catalogue.read({"rent": RENT}).with_codes(["rent", "fire"])
    assert list(catalogue) == ["rent", "fire"]
    assert (catalogue["fire"].direction, catalogue["fire"].kind) == (0, "event")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"kimd": "state"}, "unknown field 'kimd'.*did you mean 'kind'"),
        ({"kind": "stat"}, "did you mean 'state'"),
        ({"direction": 2}, "-1, 0, 1"),
        ({"family": "hosing"}, "did you mean 'housing'"),
        ({"sensitivity": "secret"}, "suicide"),
    ],
)
def test_a_typo_lists_what_is_allowed(entry: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        Catalogue.read({"rent": entry})


LANGUAGE_DOORS: dict[str, Callable[[dict[str, str]], object]] = {
    "Catalogue.read": lambda label: Catalogue.read({"rent": {"label": label}}),
    "Indicator": lambda label: Indicator("rent", label=label),
    "Panel.from_frame": lambda label: rm.Panel.from_frame(
        pd.DataFrame({"id": ["a", "b"], "rent": [0, 1], "crisis": [0, 1]}),
        household_id="id",
        as_of_date="2024-05-01",
        y="crisis",
        catalogue={"rent": {"label": label}},
    ),
}


@pytest.mark.parametrize("door", LANGUAGE_DOORS)
@pytest.mark.parametrize(
    ("written", "meant"),
    [("kr", "ko"), ("KO", "ko"), ("koraen", "ko"), ("jp", "ja"), ("en_US", "en"), ("vn", "vi")],
)
def test_a_name_in_what_is_no_language_is_refused_with_the_one_that_is_meant(
    door: str, written: str, meant: str, mended: Note
) -> None:
    with pytest.raises(ConfigError, match=f"did you mean '{meant}'") as refusal:
        LANGUAGE_DOORS[door]({written: "임대료"})
    assert refusal.value.code == "catalogue.language"
    assert "임대료" not in str(refusal.value)
    mended(
        "yaml",
        tried=f"label: {{{written}: NAME}} of an indicator, {door}",
        before="taken silently; the name was never shown",
        now=refusal.value.next_step,
    )


@pytest.mark.parametrize("language", ["vi", "uk", "zh-TW", "hmn", "no"])
def test_a_name_in_a_third_language_is_kept(language: str) -> None:
    catalogue = Catalogue.read({"rent": {"en": "rent", "label": {language: "x"}}})
    assert catalogue["rent"].name(language) == "x"


def test_a_name_in_a_language_that_resembles_none_asks_for_a_code() -> None:
    with pytest.raises(ConfigError, match=r"Next: write the code of the language"):
        Indicator("rent", label={"qq": "x"})


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'rent'"):
        Catalogue.read({"rent": RENT}).require("rnt")


@pytest.mark.parametrize(("content", "text"), [(": :", "not YAML"), ("- a\n- b\n", "no mapping")])
def test_a_broken_file_says_what_to_write(tmp_path: Path, content: str, text: str) -> None:
    path = tmp_path / "indicators.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=text):
        Catalogue.read(path)
    with pytest.raises(ConfigError, match="does not exist"):
        Catalogue.read(tmp_path / "none.yaml")
