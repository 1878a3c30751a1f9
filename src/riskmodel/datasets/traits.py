"""What lasts where a service meets people: telephone numbers, who is out, and how workers read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.datasets.course import Flags, Population
from riskmodel.datasets.meetings import ALWAYS_RIGHT
from riskmodel.datasets.service_layers import ServiceLayers
from riskmodel.datasets.world import Floats, log_odds, sigmoid

WORKERS_PER_AREA = 3


class Traits(NamedTuple):
    """Traits of households, all in their order; hidden but for the numbers on record.

    Attributes
    ----------
    has_number, is_wrong_number : ndarray of bool, shape (n,)
        Whether a telephone number is on record, and whether it is another one than theirs.
    is_at_work : ndarray of bool, shape (n,)
        Nobody is at home in office hours.
    """

    has_number: Flags
    is_wrong_number: Flags
    is_at_work: Flags


def traits_of(people: Population, layers: ServiceLayers) -> Traits:
    """Draw the traits of households."""
    block = people.block
    known, wrong = layers.phones or (1.0, 0.0)
    known_share, wrong_share = block.stream("phones").random((block.n, 2)).T
    has_number = known_share < known
    at_work = block.stream("at work").random(block.n) < layers.at_work
    return Traits(has_number, has_number & (wrong_share < wrong), at_work)


def skills_of_workers(people: Population, layers: ServiceLayers) -> Floats:
    """Return sensitivity and specificity, shape (2, n_areas, `WORKERS_PER_AREA`)."""
    shape = (2, people.block.n_areas, WORKERS_PER_AREA)
    mean = np.broadcast_to(np.array(layers.reader or ALWAYS_RIGHT)[:, None, None], shape)
    if not layers.workers_differ:
        return mean
    shift = layers.workers_differ * people.block.stream("workers").normal(size=shape)
    return sigmoid(log_odds(np.clip(mean, 1e-12, 1 - 1e-12)) + shift)
