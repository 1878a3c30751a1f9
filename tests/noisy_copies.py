"""Three noisy copies of the outcome, as columns of a panel that should not be there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

import riskmodel as rm

COPIES = ("copy_flipped", "copy_blurred", "copy_of_household")
FLIPPED, BLUR = 0.02, 0.3


def with_copies(panel: rm.Panel, seed: int = 0) -> rm.Panel:
    """Return the panel with y where 2 % are flipped, y blurred, and the household's y in any round.

    Rows without a label have the copies of 0.
    """
    assert panel.y is not None
    rng, y = np.random.default_rng(seed), panel.y.fillna(0)
    ever = y.groupby(panel.households).transform("max").to_numpy()
    household = pd.factorize(panel.households)[0]
    is_flipped = rng.random(len(y)) < FLIPPED
    is_other_household = (rng.random(household.max() + 1) < FLIPPED)[household]
    values = (
        np.where(is_flipped, 1 - y, y),
        y.to_numpy() + rng.normal(0, BLUR, len(y)),
        np.where(is_other_household, 1 - ever, ever),
    )
    copies = {name: value.astype(np.float32) for name, value in zip(COPIES, values, strict=True)}
    return replace(panel, X=panel.X.assign(**copies))
