"""What a judged model was fitted on, and why its figures are those of rows that it did not see."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.keys import as_days
from riskmodel.models import RiskModel
from riskmodel.models.seen_households import households_seen_by
from riskmodel.panel import Label, Panel
from riskmodel.recipes.rounds_to_judge import rounds_mature_before

EARLIER, OTHER_HOUSEHOLDS, NOT_APART = "earlier", "other households", ""


@dataclass(frozen=True)
class FitJudged:
    """What a model was fitted on whose scores were judged.

    Attributes
    ----------
    model : str
        A digest of its rows, its settings and its calibration: two fits share none.
    settings : str
        A digest of its parameters and columns, whatever the seed.
    keys : str
        A digest of the households and dates of its rows; empty where the fit named none.
    rounds : tuple of str
    rows : int
    apart : {"earlier", "other households", ""}
        Why it has not seen the rows judged: every outcome of its fit was final before them, or
        none of their households is one of the fit's. Empty where neither is known.
    """

    model: str
    settings: str
    keys: str
    rounds: tuple[str, ...]
    rows: int
    apart: str = NOT_APART

    @classmethod
    def of(cls, model: RiskModel, panel: Panel | None = None) -> FitJudged:
        """Return what a model was fitted on, and how it lies to the labelled rows of a panel."""
        training = model.training_
        content = {"training": training, "calibration": vars(model.calibration_)}
        text = json.dumps(content, sort_keys=True, default=str)
        return cls(
            model=hashlib.sha256(text.encode()).hexdigest(),
            settings=training["settings"],
            keys=training["keys"],
            rounds=tuple(training["rounds"]),
            rows=training["rows"],
            apart=NOT_APART if panel is None else _apart(model, panel),
        )

    @property
    def window(self) -> str:
        """The first and the last round."""
        return f"{self.rounds[0]} to {self.rounds[-1]}"


def can_be_judged(panel: Panel) -> NDArray[np.bool_]:
    """Return which rows judge a model: those with a label; all of a panel without any."""
    return np.ones(len(panel), bool) if panel.y is None else panel.y.notna().to_numpy()


def not_final(model: RiskModel, panel: Panel) -> list[str]:
    """Return the rounds of a fit whose outcomes were not final before the rows judged."""
    label: Label | None = model.label_ or panel.label
    judged = np.unique(as_days(panel.as_of[can_be_judged(panel)])).astype(str).tolist()
    if label is None or not judged:
        return []
    fitted = model.training_["rounds"]
    final = rounds_mature_before(fitted, label, judged)
    return [day for day in fitted if day not in final]


def are_other_households(model: RiskModel, panel: Panel) -> bool:
    """Tell whether it is known that no household judged is one of the fit's.

    The process that fitted the model knows its households. Elsewhere they are known to be others
    only where the panel was split by household, and the fit was on the training rows of that split.
    """
    seen = households_seen_by(model)
    if seen:
        return not panel.households[can_be_judged(panel)].isin(seen).any()
    keys = model.training_["keys"]
    return bool(keys) and keys == panel.apart_from


def _apart(model: RiskModel, panel: Panel) -> str:
    has_label = (model.label_ or panel.label) is not None
    if has_label and model.training_["rounds"] and not not_final(model, panel):
        return EARLIER
    return OTHER_HOUSEHOLDS if are_other_households(model, panel) else NOT_APART
