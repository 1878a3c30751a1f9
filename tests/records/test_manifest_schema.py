"""The manifest's schema: texts are typed by their field, and no refusal shows a value."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from manifests import TODAY, entry

from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue, Indicator
from riskmodel.indicators.reading import INDICATOR_KEYS
from riskmodel.records.sources.manifest import Manifest, read_manifest
from riskmodel.records.sources.manifest_schema import TABLES, ManifestKeys
from riskmodel.schema.refusals import keys_of

SECRET = "비밀칠칠호"
ENTRIES: dict[str, dict[str, Any]] = {
    "events": entry(file="e.csv"),
    "attributes": {
        "file": "e.csv",
        "household_id": "id",
        "known_date": "always",
        "columns": {"borough": "b"},
    },
    "members": {"file": "e.csv", "person_id": "id", "household_id": "home"},
    "contacts": {"file": "e.csv", "household_id": "id", "as_of_date": "day", "result": "r"},
    "lists": {
        "file": "e.csv",
        "household_id": "id",
        "as_of_date": "day",
        "list": "ai",
        "probability": "p",
        "drawn": "d",
    },
    "requests": {"file": "e.csv", "household_id": "id", "kind": "objection", "received": "day"},
    "referrals": {"file": "e.csv", "household_id": "id", "referred_by": "self", "received": "day"},
    "cases": {"file": "e.csv", "household_id": "id", "kind": "public_care", "from": "day"},
    "signs": {"file": "e.csv", "household_id": "id", "sign": "s", "seen": "day"},
    "coverage": {"feed": "fire"},
    "deliveries": {"feed": "fire", "event_date": "2024-01-31"},
}
INDICATOR_FIELDS = list(keys_of(INDICATOR_KEYS))
# Of these, the refusal names the word itself, so that it can advise; a wrong shape it never shows.
WORDS_NAMED = {"today", "since", "complete_before", "rounds", "catalogue", "groups", "area"}
WORDS_NAMED |= {"every", "kind", "family", "sensitivity", "direction", "roll_up"}


class Secretive:
    """An object that would tell its secret to whoever prints it."""

    def __repr__(self) -> str:
        return SECRET


WRONG_SHAPES = [
    [SECRET],
    [[SECRET]],
    {"column": [SECRET]},
    {"column": "day", "lag": [SECRET]},
    {"column": "day", "map": [SECRET]},
    {"a": [SECRET]},
    Secretive(),
    pd.DataFrame({"id": [SECRET]}),
]


def read_text(folder: Path, text: str) -> Manifest:
    path = folder / "m.yaml"
    path.write_text(text, encoding="utf-8")
    return read_manifest(path)


def fields() -> Iterator[tuple[str, str]]:
    yield from (("manifest", key) for key in keys_of(ManifestKeys))
    for table, model in TABLES.items():
        yield from ((table, key) for key in keys_of(model))
    yield from (("catalogue", key) for key in INDICATOR_FIELDS)


def planted(where: str, key: str, value: Any) -> dict[str, Any]:
    manifest: dict[str, Any] = {"today": TODAY, "events": [ENTRIES["events"]]}
    if where == "manifest":
        return manifest | {key: value}
    if where == "catalogue":
        return manifest | {"catalogue": {"fire": {key: value}}}
    return manifest | {where: [ENTRIES[where] | {key: value}]}


def refusal_of(manifest: dict[str, Any]) -> str:
    """Return all that a refusal shows; an accepted manifest shows nothing."""
    try:
        read_manifest(manifest)
    except ConfigError as error:
        return "".join(traceback.format_exception_only(error)) + chain_of(error)
    return ""


def chain_of(error: BaseException) -> str:
    """Return what hangs on an error, even where a traceback leaves it out."""
    linked = (error.__cause__, error.__context__)
    return "".join(repr(other) + chain_of(other) for other in linked if other is not None)


@pytest.mark.parametrize(("where", "key"), list(fields()), ids=lambda value: str(value))
def test_no_refusal_shows_a_value_of_another_shape(where: str, key: str) -> None:
    wrong = WRONG_SHAPES[1:] if key in ("rounds", "groups") else WRONG_SHAPES  # these are lists
    shown = [refusal_of(planted(where, key, value)) for value in wrong]
    assert any(shown) or key == "frame"
    assert not [text for text in shown if SECRET in text or "input" in text or "pydantic" in text]


@pytest.mark.parametrize(("where", "key"), list(fields()), ids=lambda value: str(value))
def test_a_word_is_shown_only_where_the_refusal_advises_on_it(where: str, key: str) -> None:
    shown = refusal_of(planted(where, key, SECRET))
    assert SECRET not in shown or key in WORDS_NAMED


def test_texts_are_typed_by_their_field(tmp_path: Path) -> None:
    manifest = read_text(
        tmp_path,
        """\
today: 2025-01-01
max_quarantined: 1e-1
events:
  - {file: 010, household_id: no, code: 010, event_date: 2024, max_quarantined: 0.5}
  - {file: e.csv, household_id: id, values: {010: no, y: 1e3}, event_date: day}
contacts:
  - file: c.csv
    household_id: id
    as_of_date: day
    result: {column: r, map: {01: no_need, no: refused}}
deliveries:
  - {feed: 010, event_date: [2024-01-31, 2024-02-29], delivered: no}
  - {file: l.csv, feed: no, event_date: day, delivered: {column: c, map: {1: true, 0: no}}}
catalogue:
  010: {direction: -1, minimum: 0, maximum: 1e3, verified: yes, unit: 1_000, live_from: 2024-01-01}
  no: {en: no}
""",
    )
    first, second = manifest.of("events")
    assert first.keys == {
        "file": "010",
        "household_id": "no",
        "code": "010",
        "event_date": "2024",
        "max_quarantined": 0.5,
    }
    assert second["values"] == {"010": "no", "y": "1e3"}
    (contact,) = manifest.of("contacts")
    assert contact["result"]["map"] == {"01": "no_need", "no": "refused"}
    days, log = manifest.of("deliveries")
    assert days.keys == {
        "feed": "010",
        "event_date": ["2024-01-31", "2024-02-29"],
        "delivered": False,
    }
    assert log["delivered"]["map"] == {"1": True, "0": False}
    assert manifest.max_quarantined == 0.1
    assert manifest.catalogue["010"] == Indicator(
        "010",
        direction=-1,
        minimum=0,
        maximum=1000,
        verified=True,
        unit="1_000",
        live_from="2024-01-01",
    )
    assert manifest.catalogue["no"].en == "no"


def test_a_file_is_read_as_the_same_keys_in_python_are(tmp_path: Path) -> None:
    text = "{today: 2025-01-01, events: [{file: e, household_id: i, code: fire, event_date: d}]}"
    given = {"today": TODAY, "events": [entry(file="e", household_id="i", event_date="d")]}
    assert read_text(tmp_path, text).entries == read_manifest(given).entries


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("minimum", "5 %", "minimum of indicator 'fire' is no number"),
        ("threshold", True, "threshold of indicator 'fire' is no number"),
        ("verified", "maybe", "verified of indicator 'fire' is neither true nor false"),
        ("en", ["fire"], "en of indicator 'fire' is no text"),
    ],
)
def test_a_field_of_an_indicator_has_its_type(field: str, value: Any, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        Catalogue.read({"fire": {field: value}})


@pytest.mark.parametrize(("where", "key"), list(fields()))
def test_every_key_stands_in_the_page_on_manifests(where: str, key: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "manifest.md"
    assert re.search(rf"`{key}`|\b{key}:", page.read_text(encoding="utf-8"))
