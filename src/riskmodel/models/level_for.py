"""For whom the level of the probabilities is right, where only those contacted have a label."""

from __future__ import annotations

import numpy as np

from riskmodel.errors import ConfigError, ModelError, did_you_mean
from riskmodel.models.fit_rows import Floats
from riskmodel.models.weights_by_chance import chance_weights
from riskmodel.panel import Panel

LABELLED, EVERYONE = "labelled", "everyone"
LEVELS = (LABELLED, EVERYONE)
NO_CAP = 1e9


def stands_for(level_for: str, fitted_on: object) -> Floats | None:
    """Return in how many rows' place each row stands; None where the level is that of the labelled.

    Parameters
    ----------
    level_for : {"labelled", "everyone"}
    fitted_on : Panel
        With a label of contacts and chances on record.

    Raises
    ------
    ConfigError
        For another level.
    ModelError
        For a level for everyone of rows that are no Panel, whose chances nobody knows.
    PanelError
        For a panel without label or chances.
    """
    if level_for not in LEVELS:
        raise ConfigError(
            f"level_for={level_for!r}",
            code="models.level_for",
            allowed=LEVELS,
            next_step=did_you_mean(str(level_for), LEVELS),
        )
    if level_for == LABELLED:
        return None
    if not isinstance(fitted_on, Panel):
        raise ModelError(
            "a level for everyone is fitted by the chances of contact, which X does not hold",
            code="models.level_for",
            allowed="fit(panel), of a label of contacts with chances on record",
            next_step="fit on the panel, or leave level_for out",
        )
    return np.asarray(chance_weights(fitted_on, NO_CAP).weight, dtype=np.float64)
