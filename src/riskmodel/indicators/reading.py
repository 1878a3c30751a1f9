"""Indicators out of a catalogue's YAML file or mapping, each field of its type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators.indicator import CHOICES, REDEFINITION_KEYS, Indicator, no_choice
from riskmodel.schema import values
from riskmodel.schema.mappings import model_of
from riskmodel.schema.refusals import UNKNOWN_KEY, Fault, validated
from riskmodel.schema.yaml_files import YamlKind, read_yaml
from riskmodel.texts import plain_word

INDICATOR_KEYS = model_of(Indicator, without=("code",))
CATALOGUE_FILE = YamlKind(
    "catalogue",
    "catalogue.missing",
    "catalogue.yaml",
    "give the path relative to the manifest, or write the catalogue inline",
)
_ENTRIES = "code: {field: value} entries"


def indicators_in(source: Mapping[str, object] | str | Path) -> tuple[Indicator, ...]:
    """Return the indicators of a YAML file or of a mapping ``{code: {field: value}}``.

    Raises
    ------
    ConfigError
        For a file that cannot be read, and a field that is unknown or holds what it may not.
    """
    entries = _entries_of(Path(source)) if isinstance(source, (str, Path)) else source
    if not isinstance(entries, Mapping):
        raise _no_entry("the catalogue holds no mapping of codes")
    return tuple(_indicator(plain_word(str(code)), entry) for code, entry in entries.items())


def _entries_of(path: Path) -> Mapping[str, object]:
    content = read_yaml(path, CATALOGUE_FILE)
    if not isinstance(content, Mapping):
        raise ConfigError(
            f"catalogue {path.name} holds no mapping of codes",
            code="catalogue.yaml",
            allowed=_ENTRIES,
            next_step="write one entry for each indicator",
        )
    return content


def _indicator(code: str, entry: object) -> Indicator:
    written = {} if entry is None else entry
    if not isinstance(written, Mapping):
        raise _no_entry(f"indicator {code!r} holds no fields")
    fields = validated(INDICATOR_KEYS, written, lambda fault: _refusal(code, fault)).given()
    _check_bounds(code, fields.get("minimum"), fields.get("maximum"))
    changes = fields.pop("redefined", ())
    redefined = tuple(_redefinition(code, change) for change in changes)
    return Indicator(code, redefined=redefined, **fields)


def _refusal(code: str, fault: Fault) -> ConfigError:
    """Return the refusal of a field of an indicator."""
    name = str(fault.path[0])
    if fault.kind == UNKNOWN_KEY:
        return ConfigError(
            f"unknown field {name!r} of indicator {code!r}",
            code="catalogue.field",
            allowed=fault.known,
            next_step=did_you_mean(name, fault.known),
        )
    if name == "redefined":
        return _no_redefinition(code)
    if name == "label":
        return _no_label(code)
    return no_choice(code, name) if name in CHOICES else _no_value(code, name, fault.kind)


def _no_value(code: str, name: str, kind: str) -> ConfigError:
    """Return the refusal of a value that is not of its field's type."""
    field = f"{name} of indicator {code!r}"
    if kind == values.NO_NUMBER:
        return ConfigError(
            f"{field} is no number",
            code="catalogue.number",
            allowed="a number, or nothing",
            next_step=f"write {name}: 0",
        )
    if kind == values.NO_FLAG:
        return ConfigError(
            f"{field} is neither true nor false",
            code="catalogue.flag",
            allowed="true or false",
            next_step=f"write {name}: true",
        )
    return ConfigError(
        f"{field} is no text",
        code="catalogue.text",
        allowed="one text",
        next_step=f"write {name}: TEXT",
    )


def _no_label(code: str) -> ConfigError:
    return ConfigError(
        f"label of indicator {code!r} is no mapping of languages to names",
        code="catalogue.text",
        allowed="a name in each language",
        next_step="write label: {vi: NAME}, or en: NAME and ko: NAME beside it",
    )


def _no_entry(what: str) -> ConfigError:
    return ConfigError(
        what,
        code="catalogue.entry",
        allowed=_ENTRIES,
        next_step="write one entry for each indicator, such as rent: {direction: 1}",
    )


def _check_bounds(code: str, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ConfigError(
            f"minimum of indicator {code!r} lies above its maximum",
            code="catalogue.number",
            allowed="a minimum up to the maximum",
            next_step="swap them",
        )


def _redefinition(code: str, written: Mapping[str, object]) -> dict[str, str]:
    """Return one change of a definition: its day, and what is written of it."""
    if set(written) - set(REDEFINITION_KEYS):
        raise _no_redefinition(code)
    texts = {key: str(written[key]) for key in REDEFINITION_KEYS if key in written}
    try:
        return {**texts, "from": date.fromisoformat(texts["from"]).isoformat()}
    except (ValueError, KeyError):
        raise _no_redefinition(code) from None


def _no_redefinition(code: str) -> ConfigError:
    return ConfigError(
        f"redefined of indicator {code!r} does not say when, or says what is not known",
        code="catalogue.redefined",
        allowed=REDEFINITION_KEYS,
        next_step='write redefined: [{from: 2023-01-01, note: "the cap of 10 million won becomes '
        '20 million"}]',
    )
