"""The types of fields: a value of Python is taken as it is, a text of YAML for what it says.

A fault carries its kind and its place alone; the refusals find words for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from numbers import Real
from os import PathLike, fspath
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Discriminator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from riskmodel.errors import ConfigError
from riskmodel.keys import Span, as_days
from riskmodel.schema.yaml_files import Written
from riskmodel.texts import plain_text

NAME, LIST, MAPPING = "a name", "a list", "a mapping"
SHAPES = (NAME, LIST, MAPPING)
LISTS = (list, tuple, pd.DatetimeIndex)
# Kinds of fault; a fault of shape has the allowed shapes for its kind, joined by the separator.
NO_NUMBER, NO_WHOLE, NO_FLAG, NO_CHOICE = "number", "whole", "flag", "choice"
NO_SHARE, NO_DAY, NO_SPAN = "share", "day", "span"
REPEATED = "repeated"
SHAPE_SEPARATOR = "|"


def fault(kind: str) -> PydanticCustomError:
    """Return a fault that says its kind and nothing of the value."""
    return PydanticCustomError(kind, "refused")


def shape_of(value: object) -> str | None:
    """Return whether a value is a name, a list or a mapping; None for anything else."""
    if isinstance(value, LISTS):
        return LIST
    if isinstance(value, Mapping):
        return MAPPING
    return NAME if isinstance(value, (str, Real, date, np.generic, PathLike)) else None


def _shape_of_words(value: object) -> str | None:
    shape = shape_of(value)
    return None if shape == NAME and not isinstance(value, str) else shape


def by_shape(*shapes: str, numbers: bool = True) -> Discriminator:
    """Choose between tagged types by the shape of what is written."""
    return Discriminator(
        shape_of if numbers else _shape_of_words,
        custom_error_type=SHAPE_SEPARATOR.join(shapes),
        custom_error_message="refused",
    )


def _text(value: object) -> str:
    if shape_of(value) != NAME:
        raise fault(NAME)
    return plain_text(str(fspath(value)) if isinstance(value, PathLike) else str(value))


def listed(value: object) -> list[object]:
    """Return a list, a tuple or an index of days as a list."""
    if not isinstance(value, LISTS):
        raise fault(LIST)
    return list(value)


def mapped(value: object) -> dict[str, object]:
    """Return a mapping by texts, without what is blank."""
    if not isinstance(value, Mapping):
        raise fault(MAPPING)
    filled = [(_text(key), item) for key, item in value.items() if item is not None]
    if len(dict(filled)) < len(filled):
        raise fault(REPEATED)
    return dict(filled)


def _number_or(kind: str, written: object) -> float:
    value = written.number() if isinstance(written, Written) else written
    if isinstance(value, bool) or not isinstance(value, Real):
        raise fault(kind)
    return value if isinstance(value, (int, float)) else float(value)  # a number of NumPy


def _number(value: object) -> float:
    return _number_or(NO_NUMBER, value)


def _whole(value: object) -> int:
    number = _number_or(NO_WHOLE, value)
    if number % 1 != 0:
        raise fault(NO_WHOLE)
    return int(number)


def _flag(value: object) -> bool:
    written = value.flag() if isinstance(value, Written) else value
    if not isinstance(written, (bool, np.bool_)):
        raise fault(NO_FLAG)
    return bool(written)


def _flag_or_text(value: object) -> bool | str:
    written = value.flag() if isinstance(value, Written) else value
    return written if isinstance(written, bool) else _text(value)


def _share(value: object) -> float:
    number = _number_or(NO_SHARE, value)
    if not 0 <= number <= 1:
        raise fault(NO_SHARE)
    return float(number)


def _day(value: object) -> str:
    if shape_of(value) != NAME:
        raise fault(NO_DAY)
    try:
        return str(as_days(value if isinstance(value, (date, np.datetime64)) else str(value)))
    except ConfigError:
        raise fault(NO_DAY) from None


def _span(value: object) -> str:
    if not isinstance(value, (str, Span)):
        raise fault(NO_SPAN)
    try:
        return str(Span.parse(value))
    except ConfigError:
        raise fault(NO_SPAN) from None


def as_written(value: object) -> object:
    """Return a value with its texts out of YAML as the numbers and truth values that they are."""
    if isinstance(value, Mapping):
        return {str(key): as_written(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_written(item) for item in value]
    return plain(value) if isinstance(value, Written) else value


def choice(value: object) -> object:
    """Return one word or number; the record that holds it knows which are allowed."""
    if shape_of(value) != NAME:
        raise fault(NO_CHOICE)
    return plain(value) if isinstance(value, Written) else value


def mappings(value: object) -> list[object]:
    """Return a list of mappings; a mapping alone stands for a list of it."""
    items = [value] if isinstance(value, Mapping) else value
    if not isinstance(items, LISTS) or not all(isinstance(item, Mapping) for item in items):
        raise fault(SHAPE_SEPARATOR.join((LIST, MAPPING)))
    return list(items)


def plain(text: Written) -> bool | float | str:
    """Return a text as the number or truth value that it is in YAML 1.2, else as the text.

    Examples
    --------
    >>> plain(Written("3")), plain(Written("true")), plain(Written("no"))
    (3, True, 'no')
    """
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    number = text.number()
    return str(text) if number is None else number


Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number"]})]
Number = Annotated[int | float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer"})]
Flag = Annotated[
    bool,
    BeforeValidator(_flag),
    WithJsonSchema({"enum": [True, False, "yes", "no", "on", "off"]}),
]
FlagOrText = Annotated[
    bool | str,
    BeforeValidator(_flag_or_text),
    WithJsonSchema({"type": ["boolean", "string", "number"]}),
]
Share = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
Day = Annotated[str, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
SpanText = Annotated[
    str, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": r"^\s*\d+[DM]\s*$"})
]
Free = Annotated[Any, BeforeValidator(as_written)]
Mappings = Annotated[
    list[Any], BeforeValidator(mappings), WithJsonSchema({"type": ["array", "object"]})
]
TextList = Annotated[list[Text], BeforeValidator(listed)]
TextMap = Annotated[dict[str, Text], BeforeValidator(mapped)]
DayList = Annotated[list[Day], BeforeValidator(listed)]
DayMap = Annotated[dict[str, Day], BeforeValidator(mapped)]
Names = Annotated[
    Annotated[Text, Tag(NAME)] | Annotated[TextList, Tag(LIST)],
    by_shape(NAME, LIST, numbers=False),
]
_NameOrNames = Annotated[
    Annotated[Text, Tag(NAME)] | Annotated[TextList, Tag(LIST)], by_shape(NAME, LIST)
]
NamesMap = Annotated[dict[str, _NameOrNames], BeforeValidator(mapped)]
