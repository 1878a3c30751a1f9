"""The kinds of model, one file each; everything that lists kinds reads `KINDS`."""

from collections.abc import Mapping

import numpy as np

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.models.kind import Kind, Range
from riskmodel.models.kinds.area_rate import AREA_RATE
from riskmodel.models.kinds.blend import blend_of, check_members
from riskmodel.models.kinds.ebm import EBM
from riskmodel.models.kinds.indicator_count import INDICATOR_COUNT
from riskmodel.models.kinds.lightgbm import LIGHTGBM
from riskmodel.models.kinds.logistic import LOGISTIC
from riskmodel.models.kinds.longest_arrears import LONGEST_ARREARS

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (LIGHTGBM, LOGISTIC, EBM, INDICATOR_COUNT, LONGEST_ARREARS, AREA_RATE)
}
KINDS["blend"] = blend_of(KINDS)
OF_EVERY_KIND = {
    "seeds": Range(1, np.inf, whole=True),
    "random_state": Range(0, 2**32 - 1, whole=True, optional=True),
    "n_jobs": Range(1, np.inf, whole=True, optional=True, besides=(-1, "all processors")),
}
BASELINES = tuple(name for name, kind in KINDS.items() if kind.baseline)


def kind_of(name: str) -> Kind:
    """Return a kind by its name.

    Raises
    ------
    ConfigError
        For a name that is no kind; the kinds are listed.
    """
    if name not in KINDS:
        raise ConfigError(
            f"unknown kind {name!r}",
            code="models.kind",
            allowed=KINDS,
            next_step=did_you_mean(name, KINDS),
        )
    return KINDS[name]


def check_kind(name: str, members: object) -> Kind:
    """Return a kind by its name, and refuse members that it cannot have.

    Raises
    ------
    ConfigError
    """
    kind = kind_of(name)
    check_members(name, members, KINDS)
    return kind


def check_ranges(kind: Kind, params: Mapping[str, object]) -> None:
    """Refuse a numeric parameter that lies outside its range.

    The range of a parameter that several kinds have is the one of the kind that is fitted.

    Raises
    ------
    ConfigError
    """
    for name, allowed in _ranges(kind).items():
        is_generator = isinstance(params[name], np.random.RandomState) and name == "random_state"
        if not is_generator and not allowed.holds(params[name]):
            raise ConfigError(
                f"{name} is {params[name]!r}",
                code="models.parameter",
                allowed=str(allowed),
                next_step=f"correct {name}",
            )


def _ranges(kind: Kind) -> dict[str, Range]:
    ranges = dict(OF_EVERY_KIND)
    for other in KINDS.values():
        ranges |= other.ranges
    return ranges | dict(kind.ranges)
