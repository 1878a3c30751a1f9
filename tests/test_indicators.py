"""The catalogue: reading, round trip, and the answers to a typo."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue

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
