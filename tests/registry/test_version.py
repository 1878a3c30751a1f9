"""How a version is named, and what a wrong name is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ConfigError, RegistryError
from riskmodel.registry import Version, versions_by_records
from riskmodel.registry.backend.connection import open_registry
from riskmodel.registry.backend.responsible import require_reason
from riskmodel.registry.backend.version import RECORDS_TAG, check_name


@pytest.mark.parametrize("name", ["household-crisis", "위기가구 2026", "a.b_c", "7"])
def test_names_of_any_script_are_taken(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "a/b", "a:b", "a@b", " a", "a ", "-a", "a'b", "a" * 201, None, 7]
)
def test_a_name_that_no_address_can_hold_is_refused(name: object) -> None:
    with pytest.raises(RegistryError, match=r"a model cannot be called .*\[registry.name\]"):
        check_name(name)  # type: ignore[arg-type]


@pytest.mark.parametrize("reference", ["household-crisis", "a@", "a/b", "a/1@x"])
def test_a_reference_that_names_no_version_is_refused(registry: Path, reference: str) -> None:
    with pytest.raises(RegistryError, match=r"names no version.*NAME@ALIAS or NAME/NUMBER"):
        rm.load(reference)


def test_a_number_is_no_reference(registry: Path) -> None:
    with pytest.raises(ConfigError, match=r"Allowed: a text or a Version.*arguments.type"):
        rm.load(7)  # type: ignore[arg-type]


def test_an_unknown_model_is_refused_in_an_empty_registry(registry: Path) -> None:
    with pytest.raises(RegistryError, match="holds no model 'household-crisis'.*publish one first"):
        rm.load("household-crisis@champion")


def test_a_version_prints_itself() -> None:
    version = Version("household-crisis", "3", "champion", "ab" * 32, "sqlite:///x")
    assert repr(version).startswith(
        "household-crisis version 3 (champion), models:/household-crisis/3 in sqlite:///x"
    )
    assert version.frame().loc[0, "uri"] == "models:/household-crisis/3"


@pytest.mark.parametrize(
    "told",
    [
        "call 010-1234-5678",
        "kim@example.org agreed",
        "see /home/kim/list.csv",
        "see C:\\Users\\kim\\list.csv",
    ],
)
@pytest.mark.parametrize("key", ["by", "why"])
def test_a_reason_that_holds_personal_data_is_refused_without_it(key: str, told: str) -> None:
    with pytest.raises(RegistryError, match=f"{key} holds a") as refusal:
        require_reason(**{"by": "Kim", "why": "passed all gates", key: told})
    assert refusal.value.code == "registry.personal"
    assert told not in str(refusal.value)


NAMING = [
    "H0000001 asked",
    "for (H0000001).",
    "as said of 'H0000001'",
    "H0000001은 이사했다",
    "세대H0000001",
    "h0000001 asked",
    "Ｈ００００００１ asked",
    "H000\u200b0001 asked",
]


@pytest.mark.parametrize("told", NAMING)
@pytest.mark.parametrize("key", ["by", "why"])
def test_so_is_one_that_names_a_household_of_the_records(key: str, told: str, mended: Note) -> None:
    records = rm.make_households(50, random_state=0)
    with pytest.raises(RegistryError, match=f"{key} holds a household_id") as refusal:
        require_reason(**{"by": "Kim", "why": "passed all gates", key: told}, records=records)
    assert told not in str(refusal.value)
    assert "0001" not in str(refusal.value)
    mended(
        "personal data",
        tried=f"promote({key}=) with the id of a household",
        before="kept in the registry, or found as a word of its own spelling only",
        now=f"refused: {refusal.value.code}",
    )


def test_a_reason_of_figures_and_words_is_kept() -> None:
    records = rm.make_households(50, random_state=0)
    require_reason("kim", "AUC .77 and/or 100 listed, see ticket 2024-11", records)
    require_reason("Kim of H00000011", "xH0000001 is no id, H000000 neither: 0.0000001", records)


def test_registries_of_many_names_are_read_whole(registry: Path, mended: Note) -> None:
    """MLflow answers a hundred names at a time."""
    names = [f"m{number:03d}" for number in range(102)]
    with open_registry() as opened:
        for name in names:
            opened.client.create_registered_model(name)
        last = opened.client.create_model_version(
            names[-1], source="file:///none", tags={RECORDS_TAG: "abc"}
        )
        opened.client.set_registered_model_alias(names[-1], "champion", last.version)
    (made,) = versions_by_records()
    assert repr(made) == "m101 version 1 (champion)"
    with pytest.raises(RegistryError, match="holds no model 'm10l'.*did you mean 'm10") as refusal:
        rm.history("m10l")
    assert names[-1] in str(refusal.value.allowed)
    mended("undo", tried="a version of the 102nd name, which rests on a delivery",
           before="m101 version 1", now=repr(made))  # fmt: skip
