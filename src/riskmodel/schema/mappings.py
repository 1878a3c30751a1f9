"""The keys of mappings as pydantic models, written out or taken from a dataclass's fields."""

from __future__ import annotations

import dataclasses
from collections import abc
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Tag,
    WithJsonSchema,
    create_model,
    model_validator,
)

from riskmodel.schema.refusals import config_refusal, validated
from riskmodel.schema.values import (
    MAPPING,
    NAME,
    Flag,
    Free,
    Mappings,
    Names,
    NamesMap,
    Number,
    Text,
    TextMap,
    Whole,
    by_shape,
    choice,
    listed,
    mapped,
)
from riskmodel.texts import plain_text

_SCALARS: Mapping[Any, Any] = {str: Text, int: Whole, float: Number, bool: Flag}
_NO_DEFAULT = dataclasses.MISSING


class Declared(BaseModel):
    """The keys of one mapping: none is unknown, and one without a value counts as absent."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, written: Any) -> Any:
        if not isinstance(written, Mapping):
            return written
        known = {field.alias or name for name, field in cls.model_fields.items()}
        # a misspelt key is refused, whatever stands there
        names = [plain_text(key) for key in written if isinstance(key, str)]
        return dict.fromkeys(name for name in names if name not in known) | mapped(written)

    def given(self) -> dict[str, Any]:
        """Return what is given, as plain data under the keys as they are written."""
        fields = type(self).model_fields
        return {
            field.alias or name: _plain(getattr(self, name))
            for name, field in fields.items()
            if name in self.model_fields_set
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Declared):
        return value.given()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


@cache
def model_of(record: type, *, without: tuple[str, ...] = ()) -> type[Declared]:
    """Return the model of the mappings that a dataclass is written as: its fields are the keys.

    Parameters
    ----------
    record : type
        A dataclass.
    without : tuple of str
        Fields that stand elsewhere.
    """
    hints = get_type_hints(record, include_extras=True)
    keys: dict[str, Any] = {
        field.name: _key(field, hints[field.name])
        for field in dataclasses.fields(record)
        if field.init and field.name not in without
    }
    return create_model(record.__name__, __base__=Declared, __doc__=_first_line(record), **keys)


def model_with(name: str, **types: Any) -> type[Declared]:
    """Return the model of mappings with these keys, each of which may be left out."""
    keys: dict[str, Any] = {key: (written_as | None, None) for key, written_as in types.items()}
    return create_model(name, __base__=Declared, **keys)


def list_of(item: Any) -> Any:
    """Return the type of a list of items."""
    return Annotated[list[item], BeforeValidator(listed)]


def name_or(model: type[Declared]) -> Any:
    """Return the type of a name, or a mapping that says more than the name."""
    name, mapping = Annotated[Text, Tag(NAME)], Annotated[model, Tag(MAPPING)]
    return Annotated[name | mapping, by_shape(NAME, MAPPING)]


def read_fields(record: type, written: object, place: str) -> dict[str, Any]:
    """Return what is written for the fields of a dataclass, each as its type.

    Raises
    ------
    ConfigError
        For a key that is no field, a field that is missing, or a value of another type.
    """
    return validated(model_of(record), written, lambda fault: config_refusal(fault, place)).given()


def _key(field: dataclasses.Field[Any], hint: Any) -> tuple[Any, Any]:
    if field.default is _NO_DEFAULT and field.default_factory is _NO_DEFAULT:
        return _written_as(hint), ...
    return _written_as(hint) | None, None


def _written_as(hint: Any) -> Any:
    """Return the type of what is written for a field of a dataclass.

    ``Annotated[Any, X]`` marks a field that is written as X and kept in another form.
    """
    if get_origin(hint) is Annotated:
        return _written_as(get_args(hint)[1])
    parts = [part for part in _parts(hint) if part is not NoneType]
    if any(get_origin(part) is Literal for part in parts):
        return _one_of(get_args(parts[0]))
    if any(_is_mappings(part) for part in parts):
        return Mappings
    if any(_is_mapping(part) and _is_texts(get_args(part)[1]) for part in parts):
        return NamesMap
    if any(_is_mapping(part) for part in parts):
        return TextMap
    if any(_is_texts(part) for part in parts):
        return Names
    return _SCALARS.get(parts[0], Free) if len(parts) == 1 else Free


def _parts(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _is_mapping(hint: Any) -> bool:
    return get_origin(hint) is abc.Mapping


def _is_mappings(hint: Any) -> bool:
    return get_origin(hint) is tuple and _is_mapping(get_args(hint)[0])


def _is_texts(hint: Any) -> bool:
    return get_origin(hint) in (tuple, list, abc.Iterable) and get_args(hint)[0] is str


def _one_of(allowed: tuple[Any, ...]) -> Any:
    """Return the type of one of a few words; the dataclass itself refuses others."""
    return Annotated[Any, BeforeValidator(choice), WithJsonSchema({"enum": list(allowed)})]


def _first_line(record: type) -> str:
    return (record.__doc__ or "").strip().splitlines()[0]
