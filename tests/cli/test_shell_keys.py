"""The shell's keys: no refusal shows a value of another shape, and help prints what is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from riskmodel.cli.shell_keys import SECTIONS, CommandKeys, shown, typed
from riskmodel.errors import ConfigError
from riskmodel.schema.refusals import keys_of

SECRET = "비밀칠칠호"
GIVEN: dict[str, dict[str, Any]] = {"label": {"outcome": "crisis", "window": "6M"}}
FREE = {("model", "params"), ("capacity", "contacts"), ("", "override")}
# refused by the classes that read them, not by the shell's keys
FREE |= {("outreach", key) for key in keys_of(SECTIONS["outreach"])}


class Secretive:
    """An object that would tell its secret to whoever prints it."""

    def __repr__(self) -> str:
        return SECRET


def fields() -> Iterator[tuple[str, str]]:
    for section, model in SECTIONS.items():
        yield from ((section, key) for key in keys_of(model))
    yield from (("", key) for key in keys_of(CommandKeys))


@pytest.mark.parametrize(("section", "key"), list(fields()), ids=lambda value: value)
def test_no_refusal_shows_a_value_of_another_shape(section: str, key: str) -> None:
    refusals = 0
    for value in ([[SECRET]], {"a": [SECRET]}, Secretive(), [Secretive()]):
        written = {section: GIVEN.get(section, {}) | {key: value}} if section else {key: value}
        try:
            typed(written)
        except ConfigError as error:
            refusals += 1
            assert error.__cause__ is None  # noqa: PT017
            assert error.__context__ is None  # noqa: PT017
            assert SECRET not in str(error)  # noqa: PT017
    assert refusals or (section, key) in FREE


def test_what_no_schema_knows_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown key 'pulish'.*did you mean 'publish'"):
        typed({"pulish": "no"})


def test_help_prints_what_is_written() -> None:
    written = {"a": "3", "b": ["0.10", "010", "true", "1e3"], "c": None, "d": "0.1", "e": 4}
    assert shown(written) == {
        "a": 3,
        "b": ["0.10", "010", True, "1e3"],
        "c": None,
        "d": 0.1,
        "e": 4,
    }
