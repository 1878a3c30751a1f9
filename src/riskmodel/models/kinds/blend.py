"""The blend: the mean of the margins of several kinds, which are its members."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.forests import Arrays, Background
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.folds import Folds
from riskmodel.models.kind import TREES, Core, CrossFit, Kind, method_by_background
from riskmodel.serving import BLEND as EVALUATOR
from riskmodel.serving import mean_of_members

NAME = "blend"
MEMBERS = ("lightgbm", "logistic")


@dataclass(frozen=True, eq=False)
class Blend(Core):
    """The mean of its members' margins, added from left to right.

    Attributes
    ----------
    cores : tuple of Core
    evaluators : tuple of str
        Which function reads the tables of each core.
    """

    cores: tuple[Core, ...]
    evaluators: tuple[str, ...]

    def margin(
        self,
        matrix: Floats,
        area: NDArray[Any] | None = None,
        *,
        threads: int = 0,
    ) -> Floats:
        """Return the mean of the members' margins."""
        return mean_of_members(core.margin(matrix, area, threads=threads) for core in self.cores)

    def background(self, matrix: Floats, *, threads: int = 1) -> Background | None:
        """Return the counts of the member of trees; the others keep means of their own."""
        counted = (core.background(matrix, threads=threads) for core in self.cores)
        return next((counts for counts in counted if counts is not None), None)

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the tables of all members, each name with the number of its member."""
        return self._joined([core.tables(background) for core in self.cores])

    def sketch(self) -> Arrays:
        """Return the sketches of all members, each name with the number of its member."""
        return self._joined([core.sketch() for core in self.cores])

    def joint_tables(self, background: Background | None, outputs: Sequence[int]) -> Arrays | None:
        """Return tables whose trees take the columns of one output for one player, or None.

        The other members are sums of one term a column, of which the group's value is the sum.
        """
        joint = [core.joint_tables(background, outputs) for core in self.cores]
        if all(tables is None for tables in joint):
            return None
        members = zip(joint, self.cores, strict=True)
        return self._joined([own or core.tables(background) for own, core in members])

    def audit_texts(self) -> Mapping[str, str]:
        """Return the texts of all members."""
        return {name: text for core in self.cores for name, text in core.audit_texts().items()}

    def _joined(self, tables: Sequence[Arrays]) -> Arrays:
        numbered = {
            f"{number}.{name}": array
            for number, own in enumerate(tables)
            for name, array in own.items()
        }
        base = fmean(float(own["base"]) for own in tables)
        rows = min(int(own["background_rows"]) for own in tables)
        return {
            **numbered,
            "evaluators": np.array(self.evaluators),
            "base": np.array(base),
            "background_rows": np.array(rows),
        }


def blended(kind: str, members: Sequence[str] | None) -> tuple[str, ...]:
    """Return the kinds that a model is a blend of: none, unless it is one.

    Examples
    --------
    >>> blended("blend", None), blended("logistic", None)
    (('lightgbm', 'logistic'), ())
    """
    return tuple(members or MEMBERS) if kind == NAME else ()


def blend_of(kinds: Mapping[str, Kind]) -> Kind:
    """Return the kind that blends some of these kinds."""

    def fit(rows: Rows, settings: FitSettings, folds: Folds) -> CrossFit:
        names = blended(NAME, settings.params["members"])
        fitted = [kinds[name].fit(rows, settings, folds) for name in names]
        cores = tuple(member.core for member in fitted)
        evaluators = tuple(str(kinds[name].evaluator) for name in names)
        return CrossFit(
            Blend(cores, evaluators), mean_of_members(member.margin for member in fitted)
        )

    return Kind(name=NAME, fit=fit, evaluator=EVALUATOR, complexity=4)


def check_members(kind: str, members: object, kinds: Mapping[str, Kind]) -> None:
    """Refuse members of another kind than a blend, and members that cannot be blended.

    These are kinds whose margin is not in log-odds or not a function of the features, fewer than
    two kinds, one twice, or two kinds of trees, of which a model keeps the counts of one.

    Raises
    ------
    ConfigError
    """
    if members is None:
        return
    able = [name for name, known in kinds.items() if _can_be_blended(known)]
    refuse = _refusal(able)
    if kind != NAME:
        refuse(f"kind {kind!r} has no members", f"write kind={NAME!r}, or leave members out")
    if isinstance(members, str) or not isinstance(members, Sequence):
        refuse(f"members is a {type(members).__name__}", "name the kinds in a list")

    for name in members:
        if name not in able:
            refuse(f"{name!r} is no member of a blend", did_you_mean(str(name), able))
    if len(set(members)) < max(2, len(members)):
        refuse("members does not name two kinds or more, each once", "name other kinds")
    if sum(kinds[name].evaluator == TREES for name in members) > 1:
        refuse("members names several kinds of trees", "name one of them")


def _can_be_blended(kind: Kind) -> bool:
    is_of_log_odds = kind.method is method_by_background
    return kind.evaluator is not None and is_of_log_odds and kind.name != NAME


def _refusal(able: list[str]) -> Callable[[str, str], NoReturn]:
    def refuse(message: str, next_step: str) -> NoReturn:
        raise ConfigError(
            message,
            code="models.members",
            allowed=able,
            next_step=next_step,
        )

    return refuse
