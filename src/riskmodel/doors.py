"""The doors of the library: a call with a wrong argument is refused before anything runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import product
from os import PathLike
from types import NoneType
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from riskmodel.errors import ConfigError, did_you_mean

Door = TypeVar("Door", bound=Callable[..., object])


@runtime_checkable
class FrameLike(Protocol):
    """A frame of any library: what it offers is a stream of Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the stream."""


FRAME, PATH = "DataFrame", "path"
# What the names of an annotation mean, and how a refusal says it.
PLAIN: Mapping[str, tuple[type, str]] = {
    "None": (NoneType, "None"),
    "str": (str, "a text"),
    "Path": (PathLike, "a path"),
    "PathLike[str]": (PathLike, "a path"),
    "Mapping[str, object]": (Mapping, "a mapping of a manifest's keys"),
    "Mapping[str, int]": (Mapping, "a mapping of columns to 1, 0 or -1"),
}
# Classes of other rooms and libraries go by name, so that no door loads them.
BY_NAME: Mapping[str, tuple[tuple[str, ...], str]] = {
    "Panel": (("Panel",), "a Panel"),
    "Records": (("Records",), "Records"),
    "Backtest": (("Backtest",), "a Backtest"),
    "Evaluation": (("Evaluation",), "an Evaluation"),
    "Comparison": (("Comparison",), "a Comparison"),
    "Comparisons": (("Comparisons",), "Comparisons"),
    "Explanation": (("Explanation",), "an Explanation"),
    "Features": (("Features",), "Features"),
    "Label": (("Label",), "a Label"),
    "Cohort": (("Cohort",), "a Cohort"),
    "RiskClassifier": (("RiskClassifier",), "a RiskClassifier"),
    "Version": (("Version",), "a Version"),
    "Outreach": (("Outreach",), "a plan of outreach"),
    "OutreachRules": (("OutreachRules",), "OutreachRules"),
    "RiskModel": (("RiskClassifier", "LoadedModel"), "a fitted model"),
    "pd.DataFrame": (("DataFrame",), "a DataFrame"),
    "Frame": ((), "a DataFrame or an array"),
    "FrameLike": ((), "a table of Arrow or polars"),
}
# A text is a sequence of its letters, but no list of names.
LISTS: Mapping[str, str] = {
    "Sequence[str]": "a list of texts",
    "Iterable[str]": "a list of texts",
    "Iterable[str | Attribute]": "a list of names or Attributes",
    "Iterable[Agg | Kinds | Attribute]": (
        "a list of Agg.count(...) and the like, of Kinds and of Attributes"
    ),
    "Iterable[Evaluation]": "a list of evaluations",
}
CHECKED = {*BY_NAME, *PLAIN, *LISTS} - {"None", "str"}
# One value each; what is no container is checked by the function itself.
MEANINGS: Mapping[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
}
SINGLE = {*MEANINGS, "str", "None"}
SEVERAL = {"DataFrame", "Series", "Index", "ndarray", "Table", "list", "tuple", "dict", "set"}
NO_ROWS = {"str", "PurePath", "Records", "Evaluation", "RiskClassifier", "LoadedModel"}
# where an annotation's alternatives meet, outside of brackets
_OR = re.compile(r" \| (?![^\[]*\])")
POSITIONAL = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
IN_A_MANIFEST = (
    "name it in a manifest: {'today': ..., 'events': [{'frame': df, ...}]}; for rows of your own "
    "features rm.Panel.from_frame(df, ...)"
)
RECORDS_AFTER = "pass the model first and the records after it"
AFTER_THE_PANEL = "name what comes after the panel: split=..."
# The next step for what is wanted and what was given.
NEXT_STEPS = {
    ("Panel", FRAME): "make it: rm.Panel.from_frame(df, household_id=..., as_of_date=..., y=...)",
    ("Panel", PATH): "read it: rm.Panel.read_parquet(path)",
    ("Panel", "Records"): "build it: rm.build_panel(records, rounds, label)",
    ("Panel", "RiskClassifier"): "pass the model first and the panel after it",
    ("Panel", "TemporalSplit"): AFTER_THE_PANEL,
    ("Panel", "HouseholdSplit"): AFTER_THE_PANEL,
    ("Panel", "GroupSplit"): AFTER_THE_PANEL,
    ("Records", "Panel"): "pass the records that the panel was built from",
    ("Records", FRAME): "read them: rm.read_records({'today': ..., 'events': [{'frame': df}]})",
    ("Records", PATH): "read them: rm.read_records(path)",
    ("Records", "RiskClassifier"): RECORDS_AFTER,
    ("RiskModel", "Records"): RECORDS_AFTER,
    ("Frame", PATH): "read it: pd.read_csv(path) or pd.read_parquet(path)",
    ("Frame", "Records"): "build a panel: rm.build_panel(records, rounds, label)",
    ("Iterable[Evaluation]", "Evaluation"): "put it in a list: external=[evaluation]",
    ("Evaluation", "Panel"): "make it: rm.evaluate(model, panel)",
    ("Evaluation", "Series"): "make it: rm.evaluate(scores, panel)",
    ("Evaluation", "RiskClassifier"): "make it: rm.evaluate(model, panel)",
    ("Explanation", "Panel"): "make it: rm.explain(model, panel)",
    ("RiskModel", "Panel"): "pass the model first: rm.make_classifier(panel).fit(panel)",
    ("RiskClassifier", "Panel"): "make it: rm.make_classifier(panel)",
    ("RiskClassifier", PATH): "make it: rm.make_classifier(panel, kind)",
    ("RiskClassifier", "LoadedModel"): "fit one: rm.make_classifier(panel).fit(panel)",
    ("Label", PATH): "write label=rm.Label('crisis', window='6M')",
    ("Features", "list"): "wrap them: rm.Features([...])",
    ("Mapping[str, object]", FRAME): IN_A_MANIFEST,
    ("Outreach", PATH): "read it: riskmodel.service.Outreach.read(folder)",
    ("Outreach", FRAME): "pass the plan itself, as rm.outreach made it",
    ("OutreachRules", PATH): "read them: rm.OutreachRules.read('korea'), or of a path",
    ("OutreachRules", "dict"): "read them: rm.OutreachRules.read({...})",
    ("pd.DataFrame", PATH): "read it: pd.read_csv(path) or pd.read_parquet(path)",
}


def door(target: Door, *, types: bool = True) -> Door:
    """Check the arguments of a public function or class by its signature, before it runs.

    An argument that does not exist is refused with the nearest name. An argument that is to be a
    panel, records, a model, a path or the like is refused if it is something else.

    Parameters
    ----------
    target : callable
    types : bool
        Whether types are checked too; scikit-learn wants a constructor to take any value.

    Examples
    --------
    >>> @door
    ... def count(panel: "Panel", capacity: float = 0.02) -> None: ...
    >>> count(panel=None, capcity=0.1)
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: count() has no argument 'capcity'. Allowed: panel, capacity. ...
    """
    if isinstance(target, type):
        target.__init__ = _checked(target.__init__, types=types)  # type: ignore[misc]  # its own
        return target
    return cast("Door", _checked(target, types=types))


def refused(argument: str, value: object, allowed: str, next_step: str = "") -> ConfigError:
    """Return the refusal of a value that a class finds to be none of what its argument allows."""
    return ConfigError(
        f"{argument} is of type {type(value).__name__}",
        code="arguments.type",
        allowed=allowed,
        next_step=next_step or f"pass {allowed}",
    )


def _checked(function: Callable[..., object], *, types: bool) -> Callable[..., object]:
    parameters = list(inspect.signature(function).parameters.values())
    is_method = bool(parameters) and parameters[0].name in ("self", "cls")
    parameters = parameters[is_method:]
    positional = [parameter for parameter in parameters if parameter.kind in POSITIONAL]
    name = function.__qualname__.removesuffix(".__init__").rstrip("_")

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> object:
        _refuse_unknown(name, parameters, kwargs)
        by_position = zip(positional, args[is_method:], strict=False)
        others = (p for p in parameters if p.kind == p.VAR_POSITIONAL)
        further = product(others, args[is_method + len(positional) :])
        by_name = ((p, kwargs[p.name]) for p in parameters if p.name in kwargs)
        for parameter, value in (*by_position, *further, *by_name) if types else ():
            _refuse_type(name, parameter, value)
        return function(*args, **kwargs)

    return checked


def _refuse_unknown(
    function: str, parameters: list[inspect.Parameter], kwargs: Mapping[str, object]
) -> None:
    """Refuse an argument that the function does not have."""
    if any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters]
    for name in kwargs:
        if name not in known:
            raise ConfigError(
                f"{function}() has no argument {name!r}",
                code="arguments.name",
                allowed=known,
                next_step=did_you_mean(name, known),
            )


def _refuse_type(function: str, parameter: inspect.Parameter, value: object) -> None:
    """Refuse a value that is none of what the annotation names, where the annotation is known."""
    wanted = _OR.split(str(parameter.annotation))
    if not _is_refused(wanted, value):
        return
    meanings = dict.fromkeys(_meaning(name) for name in wanted if name != "None")
    allowed = " or ".join(meanings)
    raise ConfigError(
        f"{function}() was given {parameter.name!r} of type {type(value).__name__}",
        code="arguments.type",
        allowed=allowed,
        next_step=_next_step(wanted, value) or f"pass {allowed}",
    )


def _are_checked(wanted: list[str]) -> bool:
    """Tell whether every name of an annotation is known, and one of them is more than a text."""
    classes = {*wanted} - {"None", "str"}
    return bool(classes) and classes <= CHECKED


def _next_step(wanted: list[str], value: object) -> str:
    """Return what to do with what was given; nothing where no step is written for it."""
    given_as = [PATH] if isinstance(value, (str, PathLike)) else _class_names(value)
    steps = [NEXT_STEPS.get((name, given), "") for name in wanted for given in given_as]
    return next(filter(None, steps), "")


def _class_names(value: object) -> list[str]:
    """Return the names of a value's class and of those that it inherits from."""
    return [cls.__name__ for cls in type(value).__mro__]


def _is_refused(wanted: list[str], value: object) -> bool:
    """Tell whether a value is none of what is wanted, as far as that is known here."""
    if SINGLE.issuperset(wanted):
        return not SEVERAL.isdisjoint(_class_names(value))
    return _are_checked(wanted) and not any(_is(value, name) for name in wanted)


def _meaning(name: str) -> str:
    if name in MEANINGS:
        return MEANINGS[name]
    if name in LISTS:
        return LISTS[name]
    return BY_NAME[name][1] if name in BY_NAME else PLAIN[name][1]


def _is(value: object, name: str) -> bool:
    """Tell whether a value is what one name of an annotation means."""
    if name in LISTS:
        return isinstance(value, Iterable) and not isinstance(value, str)
    if name in PLAIN:
        return isinstance(value, PLAIN[name][0])
    if name == "FrameLike":
        return isinstance(value, FrameLike)
    classes = _class_names(value)
    if name == "Frame":
        return NO_ROWS.isdisjoint(classes)
    return any(known in classes for known in BY_NAME[name][0])
