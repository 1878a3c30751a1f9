"""The type of a model: what a fitted classifier and a published version have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskmodel.forests import Arrays, Background
from riskmodel.indicators import Catalogue
from riskmodel.models.fit_rows import Floats
from riskmodel.models.inputs import Frame
from riskmodel.models.reference import Reference
from riskmodel.models.sigmoid import Calibration
from riskmodel.models.training import Training

if TYPE_CHECKING:
    from riskmodel.panel import Column, Label, Panel, Recipe


@runtime_checkable
class RiskModel(Protocol):
    """A fitted model. `RiskClassifier` implements it once fitted, and so does `riskmodel.registry.LoadedModel`.

    Functions that take a model name this type. They read its attributes and never ask which class
    it has.
    """

    @property
    def kind(self) -> str:
        """The kind of model: one of `riskmodel.models.KINDS`."""
        ...

    @property
    def title(self) -> str:
        """What lists and tables call it: its version, or its kind where it is not published."""
        ...

    @property
    def recipe(self) -> Recipe | None:
        """How its features are built from records; None for a model of a frame."""
        ...

    @property
    def label(self) -> Label | None:
        """The outcome that it predicts."""
        ...

    @property
    def n_jobs(self) -> int | None:
        """Number of threads; None for the CPUs that the process may use."""
        ...

    @property
    def columns_(self) -> tuple[Column, ...]:
        """What each column is made of, in the order of the fit, with its direction and categories."""
        ...

    @property
    def catalogue_(self) -> Catalogue:
        """The indicators of its columns."""
        ...

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Names of the columns, in the order of the fit."""
        ...

    @property
    def classes_(self) -> NDArray[Any]:
        """The two classes; the second is the crisis class."""
        ...

    @property
    def training_(self) -> Training:
        """Which rows it was fitted on."""
        ...

    @property
    def calibration_(self) -> Calibration:
        """The sigmoid that turns margins into log-odds."""
        ...

    @property
    def reference_(self) -> Reference | None:
        """What percentiles and bands refer to; None until a version of the model is published."""
        ...

    def encode(self, X: Panel | Frame) -> Floats:
        """Return the matrix that the model sees."""
        ...

    def margin(self, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the margin of each row; more means more risk."""
        ...

    def log_odds(self, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the calibrated log-odds of the crisis class."""
        ...

    def predict_proba(self, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the probabilities of the other class and of the crisis class, shape (n_rows, 2)."""
        ...

    def unseen_categories(self, X: Panel | Frame) -> dict[str, int]:
        """Return by column how many rows hold a category that the fit did not see."""
        ...

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the arrays that margins and contributions are computed from."""
        ...

    def joint_tables(self, outputs: list[int]) -> Arrays | None:
        """Return tables in which the columns of one output join and leave together; None where it has none."""
        ...

    def score_rows(
        self, X: Panel | Frame, lang: str = "en", top: int = 3, *, masked: bool = True
    ) -> pd.DataFrame:
        """Return score, percentile, band and reasons of each row, whatever the other rows are."""
        ...
