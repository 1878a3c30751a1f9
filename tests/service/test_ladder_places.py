"""Minutes for the draw: as many as its rounding can take at once, whichever way it rounds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.metrics.systematic import rounded_in_turn, whole_parts
from riskmodel.service.channels.ladder_places import _heaviest

AREAS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([10.0, 40.0, 75.0]), st.booleans()),
    min_size=1,
    max_size=12,
)


@given(areas=AREAS)
@settings(max_examples=200, deadline=None)
def test_what_is_set_aside_is_the_most_that_any_start_takes(
    areas: list[tuple[int, float, bool]],
) -> None:
    """Means in twentieths, so that a fine grid of starts meets every way of rounding."""
    mean = np.array([twentieths / 20 for twentieths, _, _ in areas])
    minutes = np.array([minutes for _, minutes, _ in areas])
    is_of_budget = np.array([is_of for _, _, is_of in areas])
    starts = (np.arange(40) + 0.5) / 40
    taken = [
        float((rounded_in_turn(mean, start) * minutes)[is_of_budget].sum()) for start in starts
    ]

    below, rest = whole_parts(mean)
    first = np.mod(-np.cumsum(rest), 1.0)
    own = np.flatnonzero(is_of_budget & (rest > 0))
    own = own[np.argsort(first[own], kind="stable")]
    most = float((below * minutes)[is_of_budget].sum())
    most += _heaviest(first[own], rest[own], minutes[own]) if len(own) else 0.0
    assert most == max(taken)
