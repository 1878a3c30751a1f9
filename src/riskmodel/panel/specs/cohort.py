"""Who is scoreable on a date: households with a visible fact, listed ones, and conditions."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.doors import door, refused
from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import Span
from riskmodel.panel.specs.aggregates import AGGREGATES
from riskmodel.panel.specs.feature_columns import EVER, Agg, clean
from riskmodel.panel.specs.features import Features
from riskmodel.schema.mappings import read_fields
from riskmodel.texts import plain_text, plain_word


@door
@dataclass(frozen=True)
class Cohort:
    """Who is scoreable on an as_of_date; by default every household with a visible fact.

    Parameters
    ----------
    seen_within : str, optional
        Span before the date in which a fact must lie.
    codes : str or list of str, optional
        Indicators whose facts make a household scoreable; default: all.
    exclude : mapping of code to span or "ever", optional
        Households with a visible fact of the code in that span are left out.
    where : str, optional
        A condition on features at that date, such as ``"visit__count__ever <= 2"``.
    listed : bool, default False
        Every household whose attributes have a known_date before the date, with or without facts.
        An `always` attribute never makes a household scoreable: it would reveal which households
        will ever appear.

    Examples
    --------
    >>> Cohort(seen_within="12M", exclude={"crisis": "6M"}).to_dict()
    {'seen_within': '12M', 'exclude': {'crisis': '6M'}}
    """

    seen_within: str | None = None
    codes: str | Iterable[str] | None = None
    exclude: Annotated[Any, Mapping[str, str]] = None
    where: str | None = None
    listed: bool = False

    def __post_init__(self) -> None:
        if self.codes is not None:
            codes = (self.codes,) if isinstance(self.codes, str) else tuple(self.codes)
            for code in codes:
                if not isinstance(code, str):
                    raise refused("codes", code, "a text or a list of texts")
            object.__setattr__(self, "codes", tuple(plain_word(code) for code in codes))
        if self.exclude is not None:
            pairs = _pairs(self.exclude)
            plain = tuple((plain_word(str(code)), str(span)) for code, span in pairs)
            object.__setattr__(self, "exclude", plain)
        named = [("exclude", span) for _, span in self.exclude or ()]
        for argument, span in (("seen_within", self.seen_within), *named):
            if span not in (None, EVER):
                Span.parse(span, argument)
        if not isinstance(self.listed, bool):
            raise refused("listed", self.listed, "True or False")
        if self.where is not None:
            object.__setattr__(self, "where", plain_text(str(self.where)))
            _parse(self.where)

    @property
    def needs_fact(self) -> bool:
        """Whether a household needs a visible fact."""
        return not self.listed or self.seen_within is not None or self.codes is not None

    def names(self) -> tuple[str, ...]:
        """Return the features that `where` names."""
        if self.where is None:
            return ()
        nodes = ast.walk(_parse(self.where))
        return tuple(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))

    def features(self, catalogue: Catalogue) -> Features:
        """Return the features that `where` needs, or refuse a name that is none."""
        return Features(_aggregate(name, catalogue) for name in self.names())

    def holds(self, columns: Mapping[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
        """Tell for each row whether `where` holds; what is missing fulfils no comparison."""
        assert self.where is not None
        return np.asarray(_evaluate(_parse(self.where).body, columns), dtype=bool)

    def to_dict(self) -> dict[str, Any]:
        """Return what differs from the default, as plain data."""
        data: dict[str, Any] = {
            "seen_within": self.seen_within,
            "codes": None if self.codes is None else list(self.codes),
            "exclude": None if self.exclude is None else dict(self.exclude),
            "where": self.where,
            "listed": self.listed or None,
        }
        return {key: value for key, value in data.items() if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> Cohort:
        """Read what `to_dict` wrote."""
        return cls(**read_fields(cls, data or {}, "cohort"))


def _aggregate(name: str, catalogue: Catalogue) -> Agg:
    by_name = {clean(code): code for code in catalogue}
    code, operation, span = [*name.rsplit("__", 2), "", ""][:3]
    if code in by_name and operation in AGGREGATES:
        return Agg(operation, (by_name[code],), (span,))
    columns = Features.default(catalogue).columns(catalogue)
    known = [column.name for column in columns if column.indicator in catalogue.known]
    raise ConfigError(
        f"where names {name!r}, which is no feature",
        code="cohort.where",
        allowed="indicator__aggregate__window, such as visit__count__ever",
        next_step=did_you_mean(name, known),
    )


_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: lambda a, b: (a != b) & ~np.isnan(a) & ~np.isnan(b),
}
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.BitAnd: np.logical_and,
    ast.BitOr: np.logical_or,
}
_SIGN: dict[type, Callable[[Any], Any]] = {
    ast.Not: np.logical_not,
    ast.Invert: np.logical_not,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def _pairs(exclude: Any) -> Iterable[tuple[object, object]]:
    """Return the codes that leave a household out, each with its span."""
    if isinstance(exclude, Mapping):
        return exclude.items()
    if isinstance(exclude, tuple):  # as a cohort keeps them
        return exclude
    step = "write exclude={'crisis': '6M'}"
    raise refused("exclude", exclude, "a mapping of codes to spans", step)


def _parse(where: str) -> ast.Expression:
    if "#" in where:
        raise _no_condition()  # a comment would be kept in the recipe and told on the card
    try:
        tree = ast.parse(where, mode="eval")
    except SyntaxError:
        raise _no_condition() from None
    for node in ast.walk(tree):
        if not _is_allowed(node):
            raise _no_condition()
    if not isinstance(tree.body, (ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp)):
        raise _no_condition()
    return tree


def _is_allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float))
    shapes = (
        ast.Expression,
        ast.Compare,
        ast.BoolOp,
        ast.BinOp,
        ast.UnaryOp,
        ast.Name,
        ast.Load,
        ast.And,
        ast.Or,
    )
    return isinstance(node, (*shapes, *_COMPARE, *_ARITHMETIC, *_SIGN))


def _no_condition() -> ConfigError:
    return ConfigError(
        "where is not a condition on features",
        code="cohort.where",
        allowed="features, numbers, comparisons, and, or, not, + - *; no text and no comment",
        next_step="write for instance where='visit__count__ever <= 2 and rent__sum__12M > 0'",
    )


def _evaluate(node: ast.expr, columns: Mapping[str, NDArray[np.float32]]) -> Any:
    if isinstance(node, ast.Name):
        return columns[node.id]
    if isinstance(node, ast.Constant):
        return np.float64(float(node.value))  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp):
        return _SIGN[type(node.op)](_evaluate(node.operand, columns))
    if isinstance(node, ast.BinOp):
        return _ARITHMETIC[type(node.op)](
            _evaluate(node.left, columns), _evaluate(node.right, columns)
        )
    if isinstance(node, ast.BoolOp):
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return join.reduce([_evaluate(value, columns) for value in node.values])
    assert isinstance(node, ast.Compare)
    values = [_evaluate(value, columns) for value in (node.left, *node.comparators)]
    steps = zip(node.ops, values, values[1:], strict=False)
    return np.logical_and.reduce([_COMPARE[type(op)](left, right) for op, left, right in steps])
