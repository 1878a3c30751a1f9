"""How much later than usual the crises of each household become known, in log-odds."""

from __future__ import annotations

import numpy as np

from riskmodel.datasets.course import Population
from riskmodel.datasets.layers import Layers
from riskmodel.datasets.world import Floats, World, log_odds, sigmoid

# by household type: single elder, single middle-aged, family
TYPES_LATER = (1.0, 0.0, -1.0)


def later_as_recorded(people: Population, layers: Layers) -> Floats | None:
    """Return what the recorded household type adds, shape (n,); None where it adds nothing."""
    if not layers.late_by_type:
        return None
    return layers.late_by_type * np.array(TYPES_LATER)[people.type]


def later(world: World, people: Population, layers: Layers) -> Floats | None:
    """Return the same of the recorded type and of the hidden severity together.

    Severity is the household's hidden frailty, in standard deviations from its mean.
    """
    recorded = later_as_recorded(people, layers)
    if not layers.late_by_severity:
        return recorded
    frailty, share = np.array(world.frailty), np.array(world.frailty_share)
    distance = frailty - (frailty * share).sum()
    spread = np.sqrt((distance**2 * share).sum())
    severity = distance / spread if spread > 0 else np.zeros(len(frailty))
    hidden = layers.late_by_severity * severity[people.frailty]
    return hidden if recorded is None else recorded + hidden


def known_later(share: Floats | float, later: Floats) -> Floats:
    """Return the share of crises known by some time, where they become known later.

    Parameters
    ----------
    share : float or ndarray of float
        The share that is usually known by then.
    later : ndarray of float
        Log-odds, which broadcast with `share`.

    Examples
    --------
    >>> known_later(np.array([0.5, 1.0]), np.log(4.0)).round(3).tolist()
    [0.2, 1.0]
    """
    with np.errstate(divide="ignore"):
        usual = log_odds(share)
    return sigmoid(usual - later)
