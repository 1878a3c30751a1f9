"""References `${...}` of configurations: text in free text, and refused by name where unset."""

from __future__ import annotations

import re
from collections.abc import Mapping

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from riskmodel.errors import ConfigError

# A character for private use stands for the sign while OmegaConf reads the text.
_OPEN, _CLOSED = "${", "\ue000{"
# A manifest is often another's: it reads neither the environment nor other keys.
MANIFESTS = "data"
_FREE_KEYS = frozenset(("by", "why", "where", "query", "household"))
_FREE_SECTIONS = frozenset(("catalogue", "map", "columns", "numbers", "values", "accept_feeds"))
_VARIABLE = re.compile(r"Environment variable '([^']*)'")
_KEY = re.compile(r"Interpolation key '([^']*)'|resolving interpolation '\$\{([^}']*)\}'")


def as_texts(content: object, place: tuple[str, ...]) -> object:
    """Return what was read with plain texts, which alone OmegaConf takes; free text is hidden.

    Examples
    --------
    >>> revealed(as_texts({"why": "costs ${5}"}, ()))
    {'why': 'costs ${5}'}
    """
    if isinstance(content, Mapping):
        return {str(key): as_texts(value, (*place, str(key))) for key, value in content.items()}
    if isinstance(content, list):
        return [as_texts(value, place) for value in content]
    return _hidden(str(content), place) if isinstance(content, str) else content


def _hidden(text: str, place: tuple[str, ...]) -> str:
    return text.replace(_OPEN, _CLOSED) if _is_free(place) else text


def revealed(value: object) -> object:
    """Return a value with its free texts as they are written."""
    if isinstance(value, Mapping):
        return {revealed(key): revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return value.replace(_CLOSED, _OPEN) if isinstance(value, str) else value


def resolved_values(config: DictConfig) -> dict[str, object]:
    """Return the plain values of a configuration, its references followed.

    Raises
    ------
    ConfigError
        For a variable of the environment that is not set, and a key that does not exist.
    """
    try:
        plain = OmegaConf.to_container(config, resolve=True)
    except OmegaConfBaseException as error:
        raise unresolved(error) from None
    assert isinstance(plain, dict)
    return {str(key): revealed(value) for key, value in plain.items()}


def unresolved(error: Exception) -> ConfigError:
    """Return the refusal of a reference that cannot be followed; it names what is missing."""
    text = str(error)
    variable, key = _VARIABLE.search(text), _KEY.search(text)
    if variable is not None:
        what = f"the variable {variable[1]} is not set"
        advice = f"set it, or write ${{oc.env:{variable[1]},DEFAULT}}"
    elif key is not None:
        what = f"${{{key[1] or key[2]}}} names no key"
        advice = "name a key of the configuration, or write \\${...} for the text itself"
    else:
        what = "a reference ${...} cannot be followed"
        advice = "close it and do not let it name itself, or write \\${...} for the text itself"
    return ConfigError(what, place=_place_of(error), code="config.reference", next_step=advice)


def _place_of(error: Exception) -> str | None:
    named = error.full_key if isinstance(error, OmegaConfBaseException) else None
    return str(named) if named else None


def _is_free(place: tuple[str, ...]) -> bool:
    if place[0] == MANIFESTS:
        return True
    return place[-1] in _FREE_KEYS or not _FREE_SECTIONS.isdisjoint(place[:-1])
