"""The labelled rows of an evaluation whose scores are probabilities."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from riskmodel.errors import PanelError
from riskmodel.evaluation.evaluation_result import Evaluation
from riskmodel.keys import HOUSEHOLD
from riskmodel.metrics import Floats, Ints, log_odds


class LabelledProbabilities(NamedTuple):
    """Labelled rows with a probability, and the number of each row's cluster or household.

    Attributes
    ----------
    y, probability, weight : ndarray of float, shape (n_rows,)
    unit : ndarray of int, shape (n_rows,)
    households : int
    """

    y: Floats
    probability: Floats
    weight: Floats
    unit: Ints
    households: int

    @classmethod
    def of(cls, evaluation: Evaluation, code: str) -> Self:
        """Take the rows of an evaluation that have a label and a weight above 0.

        Parameters
        ----------
        evaluation : Evaluation
        code : str
            Of the error for scores that are no probabilities.
        """
        evaluation.need_labels_of_all("a reliability, decision or recalibration curve")
        scores = evaluation.scores
        used = scores[scores["y"].notna() & (scores["weight"] > 0)]
        probability = used["score"].to_numpy(np.float64)
        if np.isnan(probability).any():
            raise PanelError(
                f"the scores of {evaluation.name} are not said to be probabilities",
                code=code,
                allowed="an evaluation of a model, or of a Series of probabilities",
                next_step="write rm.evaluate(series, panel, probability=True) if they are",
            )
        ids = used.index.get_level_values(HOUSEHOLD)
        unit = pd.factorize(used.get("cluster", ids), sort=True)[0].astype(np.intp)
        y, weight = (used[name].to_numpy(np.float64) for name in ("y", "weight"))
        return cls(y, probability, weight, unit, ids.nunique())

    @property
    def odds(self) -> Floats:
        """The log-odds of the probabilities."""
        return log_odds(self.probability)

    def by_probability(self) -> Self:
        """Return the rows in rising order of their probability."""
        order = np.argsort(self.probability, kind="stable")
        return self._replace(
            y=self.y[order],
            probability=self.probability[order],
            weight=self.weight[order],
            unit=self.unit[order],
        )
