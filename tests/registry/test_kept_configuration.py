"""Of a configuration, figures and single words of known keys are kept; nothing written freely."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import riskmodel as rm
from mended import Note
from riskmodel.cli.shell_keys import SECTIONS, CommandKeys
from riskmodel.errors import RegistryError
from riskmodel.records.sources.manifest_schema import TABLES, ManifestKeys
from riskmodel.registry import kept
from riskmodel.registry.artefacts.kept_configuration import RULES
from riskmodel.schema.refusals import keys_of

ADDRESS = "Mrs Lee Whereman, 12 Rose Lane"

FREE = {
    "a condition": {"where": f"hh <> 'HHIDMARK00007' and note <> '{ADDRESS}'"},
    "a condition on a number": {"where": "hh <> 9912345"},
    "a comment in a condition": {"where": f"true -- {ADDRESS}"},
    "a query": {"query": f"SELECT * FROM source WHERE note = $${ADDRESS}$$"},
    "words that are mapped": {"result": {"column": "res", "map": {ADDRESS: "need_confirmed"}}},
    "cells that are codes": {"values": {ADDRESS: "rent"}},
    "a column with blanks": {"code": ADDRESS},
    "a column of attributes": {"columns": {ADDRESS: "town"}},
    "a file's name": {"file": f"/srv/{ADDRESS}.csv"},
    "a path from home": {"file": "~Whereman/x.csv"},
    "a path upwards": {"file": "../Lee Whereman/x.csv"},
    "a share": {"file": r"\\srv\Whereman\x.csv"},
    "a file of one word": {"file": "Whereman.csv"},
    "a sheet": {"sheet": "Whereman"},
    "a reader of all rows": {"reader": "Whereman"},
    "a stratum of all rows": {"stratum": "Whereman"},
    "an area of all rows": {"area": "Whereman"},
}


@pytest.mark.parametrize("what", FREE)
def test_what_people_write_into_an_entry_is_left_out(what: str, mended: Note) -> None:
    shown = json.dumps(kept({"data": {"events": [FREE[what]]}}))
    leaks = [mark for mark in ("HHIDMARK", "Lee", "Whereman", "9912345") if mark in shown]
    assert leaks == []
    assert next(iter(FREE[what])) in shown
    mended(
        "personal data",
        tried=what,
        before="settings.json and the printed configuration held it as written",
        now=shown,
    )


@pytest.mark.parametrize(
    "written",
    [
        {"cohort": {"where": "visit__count__ever <= 2"}},
        {"data": {"catalogue": {"rent": {"en": ADDRESS}}}},
        {"data": {"store": "~Whereman/records"}},
        {"store": "Whereman"},
        {"external": f"households of {ADDRESS}"},
        {"capacity": {"contacts": {"Whereman": 3}}},
        {"split": {"leave_out": "Whereman"}},
        {"split": {"leave_out": ["Whereman"]}},
        {"data": {"coverage": [{"feed": "rent", "area": "Whereman"}]}},
        {"data": {"deliveries": [{"feed": "rent", "area": "Whereman"}]}},
        {"accept_feeds": {"rent": ADDRESS}},
        {"model": {"params": {ADDRESS: 1}}},
        {"model": {"params": {"max_depth": 3, ADDRESS: 1}}},
        {"name": "http://kim:pw@Whereman/x"},
    ],
)
def test_so_is_what_they_write_elsewhere(written: dict[str, Any]) -> None:
    shown = json.dumps(kept(written))
    assert "(left out)" in shown
    assert "Whereman" not in shown


def test_figures_single_words_and_days_stay() -> None:
    written = {
        "name": "gangnam-crisis",
        "model": {"kinds": ["lightgbm"], "seeds": 2, "params": {"min_child_samples": 20}},
        "capacity": {"contacts": 0.05},
        "cohort": {"exclude": {"crisis": "6M"}},
        "split": {"rounds": {"start": "2022-07-01", "every": "2M"}, "test_from": None},
        "data": {
            "today": "2024-05-01",
            "simulated": {"n": 300},
            "events": {"household_id": "가구번호", "date_format": "%d/%m/%Y"},
            "contacts": {"reader": {"column": "심사자"}, "channel": "visit"},
            "lists": {"list": {"column": "명부"}, "probability": "확률", "drawn": "선정"},
            "requests": {"kind": "objection", "received": "접수일", "outcome": "결과"},
            "referrals": {"referred_by": {"column": "의뢰"}, "received": "접수일"},
            "cases": {"kind": "public_care", "service": {"column": "사업"}, "from": "시작"},
            "signs": {"sign": "징후", "seen": "본날", "seen_by": "carrier"},
        },
        "published": "household-crisis@champion",
    }
    assert kept(written) == written


@pytest.mark.parametrize("key", ["registry", "output", "by", "why"])
def test_addresses_and_people_are_gone_with_their_keys(key: str) -> None:
    assert kept({key: "kim", "data": {"root": "/home/kim", "simulated": {"folder": "/k"}}}) == {
        "data": {"simulated": {}}
    }


UNKNOWN = {
    "an address": ({"uri": "http://kim:pw@host/x"}, "configuration: unknown key 'uri'"),
    "a share": ({"file": r"\\srv\kim\x.csv"}, "configuration: unknown key 'file'"),
    "accounts": ({"user": "kim", "owner": "kim"}, "configuration: unknown key 'user'"),
    "a key of a source": ({"data": {"events": [{"owner": "kim"}]}}, "configuration.data.events"),
    "a misspelled key": ({"modle": {}}, "did you mean 'mode' or 'model'"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_a_key_that_no_experiment_has_is_refused(
    what: str, study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    written, said = UNKNOWN[what]
    with pytest.raises(RegistryError, match=said) as error:
        rm.save(study.model, study.evaluation, tmp_path / "model", configuration=written)
    assert error.value.code == "registry.configuration"
    assert "pw" not in str(error.value)
    assert not (tmp_path / "model").exists()
    mended(
        "personal data",
        tried=f"save(configuration=) with {what}",
        before="kept in settings.json",
        now=f"refused: {error.value.code}",
    )


def test_a_version_keeps_what_is_printed_of_it(study: SimpleNamespace, tmp_path: Path) -> None:
    written = {"data": {"name": "umd", "events": [{"where": f"note <> '{ADDRESS}'"}]}, "by": "kim"}
    folder = rm.save(study.model, study.evaluation, tmp_path / "model", configuration=written)
    assert "Whereman" not in (folder / "settings.json").read_text(encoding="utf-8")
    assert rm.open(folder).settings.configuration == kept(written)


def test_every_key_of_the_shell_has_a_rule() -> None:
    data, sections = dict(RULES["data"]), dict(RULES)
    without = set(keys_of(ManifestKeys)) - set(data)
    without |= {key for table in TABLES for key in set(keys_of(TABLES[table])) - set(data[table])}
    without |= set(keys_of(CommandKeys)) - set(sections)
    for name in SECTIONS.keys() - {"gates", "registry"}:
        without |= set(keys_of(SECTIONS[name])) - set(sections[name])
    assert without == set()
