"""From a fault of pydantic to our refusal: only its place and kind are used, never a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.keys import SPANS_ALLOWED
from riskmodel.schema.values import (
    NO_CHOICE,
    NO_DAY,
    NO_FLAG,
    NO_NUMBER,
    NO_SHARE,
    NO_SPAN,
    NO_WHOLE,
    REPEATED,
    SHAPE_SEPARATOR,
    SHAPES,
)

Model = TypeVar("Model", bound=BaseModel)
Path = tuple[str | int, ...]

UNKNOWN_KEY, MISSING_KEY, NO_MAPPING = "extra_forbidden", "missing", "model_type"


@dataclass(frozen=True)
class Fault:
    """What is wrong in a mapping, and where.

    Attributes
    ----------
    kind : str
        A kind of pydantic's or of `values`, or the shapes that are allowed.
    path : tuple of str and int
        Keys and positions that lead there.
    known : tuple of str
        The keys that may stand there, where one is unknown.
    """

    kind: str
    path: Path
    known: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key at fault, with the position in its list."""
        return place_of(self.path[self._of_key :])

    @property
    def parent(self) -> Path:
        """The path to the mapping that holds the key."""
        return self.path[: self._of_key]

    @property
    def _of_key(self) -> int:
        texts = [number for number, step in enumerate(self.path) if isinstance(step, str)]
        return texts[-1] if texts else 0

    @property
    def shapes(self) -> tuple[str, ...]:
        """The shapes that are allowed, if the fault is one of shape."""
        named = tuple(self.kind.split(SHAPE_SEPARATOR))
        return named if set(named) <= set(SHAPES) else ()


def place_of(path: Path) -> str:
    """Return a path as messages write it.

    Examples
    --------
    >>> place_of(("events", 0, "known_date"))
    'events[0].known_date'
    """
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".")


def value_at(written: object, path: Path) -> object:
    """Return the value that is written at a path; a mapping alone stands for a list of it."""
    value: Any = written
    for step in path:
        if isinstance(step, int) and not isinstance(value, Mapping):
            value = list(value)[step]
        elif isinstance(value, Mapping) and not isinstance(step, int):
            value = value.get(step)
    return value


def validated(
    model: type[Model], written: object, refusal: Callable[[Fault], ConfigError]
) -> Model:
    """Return a mapping as its model, or raise the refusal of its first fault."""
    try:
        return model.model_validate(written)
    except ValidationError as error:
        fault = _first(model, error)
    # Outside of the handler: pydantic's error, which holds the values, must not hang on ours.
    raise refusal(fault)


def unknown_key(fault: Fault, code: str, place: str | None) -> ConfigError:
    """Return the refusal of a key that is not known, with the nearest that is."""
    return ConfigError(
        f"unknown key {fault.key!r}",
        place=place,
        code=code,
        allowed=fault.known,
        next_step=did_you_mean(fault.key, fault.known),
    )


_CONFIG_WORDS: Mapping[str, tuple[str, str]] = {
    NO_NUMBER: ("is not a number", "a number, such as 0.05"),
    NO_WHOLE: ("is not a whole number", "a whole number, such as 4"),
    NO_FLAG: ("is neither true nor false", "true or false"),
    NO_DAY: ("is not a date", "a day such as 2024-05-01"),
    NO_SHARE: ("is not a share", "a number from 0 to 1"),
    NO_SPAN: ("is not a length of time", SPANS_ALLOWED),
    NO_MAPPING: ("is not a mapping", "a mapping of keys"),
    NO_CHOICE: ("is not one word", "one word"),
    REPEATED: ("holds two keys that look the same", "each key once"),
}


def config_refusal(fault: Fault, section: str | None) -> ConfigError:
    """Return the refusal of a fault in one section of a configuration, or beside the sections."""
    above = () if section is None else (section,)
    here = place_of((*above, *fault.parent)) if fault.path and (above or fault.parent) else None
    if fault.kind == UNKNOWN_KEY:
        return unknown_key(fault, "config.key", here)
    if fault.kind == MISSING_KEY:
        return ConfigError(
            f"{fault.key} is missing",
            place=here,
            code="config.missing",
            next_step=f"add {fault.key}: ...",
        )
    name = fault.key if fault.path else section
    what, allowed = _CONFIG_WORDS.get(fault.kind) or _shape_words(fault)
    return ConfigError(
        f"{name} {what}",
        place=here,
        code="config.value",
        allowed=allowed,
        next_step=f"correct {name}",
    )


def _shape_words(fault: Fault) -> tuple[str, str]:
    neither = "neither " if len(fault.shapes) > 1 else "not "
    return f"is {neither}{' nor '.join(fault.shapes)}", " or ".join(fault.shapes)


def _first(model: type[BaseModel], error: ValidationError) -> Fault:
    """Return the fault nearest to the top; unknown keys come first there, and missing ones last."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    faults = [Fault(detail["type"], _path(detail["loc"])) for detail in details]
    first = min(faults, key=_rank)
    if first.kind == UNKNOWN_KEY:
        return Fault(first.kind, first.path, tuple(keys_of(_model_at(model, first.parent))))
    return first


def _path(loc: Path) -> Path:
    return tuple(step for step in loc if step not in SHAPES)


def _rank(fault: Fault) -> tuple[bool, int]:
    middle = 1 if fault.kind != MISSING_KEY else 2
    return len(fault.path) > 1, 0 if fault.kind == UNKNOWN_KEY else middle


def keys_of(model: type[BaseModel]) -> Iterator[str]:
    """Yield the keys of a model as they are written."""
    return (field.alias or name for name, field in model.model_fields.items())


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    here = model
    for step in path:
        for name, field in here.model_fields.items():
            if step in (name, field.alias):
                here = next(_models_in(field.annotation), here)
                break
    return here


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
