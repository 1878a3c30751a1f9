"""The type of a model, which a fitted classifier and a published version have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskmodel.forests import Arrays, Background
from riskmodel.indicators import Catalogue
from riskmodel.models.fit_rows import Floats
from riskmodel.models.identity import Identity
from riskmodel.models.inputs import Frame
from riskmodel.models.reference import Reference
from riskmodel.models.regional import Regions
from riskmodel.models.settings import Settings
from riskmodel.models.sigmoid import Calibration
from riskmodel.models.training import Training

if TYPE_CHECKING:
    from riskmodel.panel import Column, Label, Panel, Recipe


@runtime_checkable
class RiskModel(Protocol):
    """A fitted model.

    A fitted `RiskClassifier` and a `riskmodel.registry.LoadedModel` implement it. Functions that
    take a model name this type. They read its attributes and never check its class.
    """

    @property
    def kind(self) -> str:
        """The kind of model: one of `riskmodel.models.KINDS`."""
        ...

    @property
    def title(self) -> str:
        """The model's name in lists and tables: its version, or its kind if not published."""
        ...

    @property
    def identity(self) -> Identity:
        """Which published version it is."""
        ...

    @property
    def settings(self) -> Settings:
        """The capacity, one-line rules and language of its experiment."""
        ...

    @property
    def recipe_(self) -> Recipe | None:
        """How its features are built from records; None for a model of a frame."""
        ...

    @property
    def label_(self) -> Label | None:
        """The outcome that it predicts."""
        ...

    @property
    def n_jobs(self) -> int | None:
        """Number of threads; None for the CPUs that the process may use."""
        ...

    @property
    def columns_(self) -> tuple[Column, ...]:
        """What each column is made of, in the order of the fit."""
        ...

    @property
    def catalogue_(self) -> Catalogue:
        """The indicators of its columns, or what the columns of its frame are called."""
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
    def regions_(self) -> Regions | None:
        """The levels and slopes of its regions; None for a model without regions."""
        ...

    @property
    def reference_(self) -> Reference | None:
        """What percentiles and bands refer to; None for a model that is not published."""
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
        """Return the probabilities of both classes, shape (n_rows, 2); the crisis class is last."""
        ...

    def unseen_categories(self, X: Panel | Frame) -> dict[str, int]:
        """Return by column how many rows hold a category outside of the vocabulary."""
        ...

    def unseen_cells(self, X: Panel | Frame) -> NDArray[np.bool_]:
        """Return which cells hold a category outside of the vocabulary, shape of the matrix."""
        ...

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the arrays that margins and contributions are computed from."""
        ...

    def sketch(self) -> Arrays:
        """Return tables for a first look at contributions: of a part of the trees."""
        ...

    def joint_tables(self, outputs: list[int]) -> Arrays | None:
        """Return tables in which the columns of one output count as one player, or None."""
        ...

    def score_rows(
        self,
        X: Panel | Frame,
        lang: str | None = None,
        top: int = 3,
        *,
        masked: bool = True,
    ) -> pd.DataFrame:
        """Return score, percentile, band and reasons of each row, whatever the other rows are."""
        ...
