"""RiskClassifier: one estimator for the seed ensemble and for the baselines that it must beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.forests import Background
from riskmodel.indicators import Catalogue
from riskmodel.models.additive import fit_additive
from riskmodel.models.baselines import fit_area_rate, fit_indicator_count, fit_longest_arrears
from riskmodel.models.boosters import fit_boosters
from riskmodel.models.calibration import Calibration, calibrate
from riskmodel.models.encoding import Encoder, narrowest, read_array
from riskmodel.models.inputs import (
    Given,
    check_same_keys,
    read_area,
    read_directions,
    read_keys,
    read_target,
    read_weight,
)
from riskmodel.models.linear import fit_linear
from riskmodel.models.reference import Reference
from riskmodel.models.rows import Core, Design, Floats, Rows, thread_count
from riskmodel.models.training import Training, training_of

if TYPE_CHECKING:
    from riskmodel.panel import Column, Label, Recipe

KINDS: Mapping[str, Callable[[Rows, Design], Core]] = {
    "lightgbm": fit_boosters,
    "logistic": fit_linear,
    "ebm": fit_additive,
    "indicator_count": fit_indicator_count,
    "longest_arrears": fit_longest_arrears,
    "area_rate": fit_area_rate,
}
_RANGES = {
    "seeds": (1, np.inf),
    "n_estimators": (1, np.inf),
    "num_leaves": (2, np.inf),
    "learning_rate": (1e-6, 1),
    "subsample": (1e-3, 1),
    "reg_lambda": (0, np.inf),
    "l2": (0, np.inf),
    "prior": (1e-9, np.inf),
}


class RiskClassifier(ClassifierMixin, BaseEstimator):
    """A calibrated classifier whose margin adds up and keeps the risk directions.

    Parameters
    ----------
    kind : {"lightgbm", "logistic", "ebm", "indicator_count", "longest_arrears", "area_rate"}
        The seed ensemble, a linear or an additive model (``"ebm"``, with the extra of that name), or one of the
        baselines.
    seeds : int, default 4
        Boosters whose margins are averaged; bags of ``kind="ebm"``.
    n_estimators, num_leaves, max_depth, learning_rate, min_child_samples, subsample, colsample, reg_lambda
        Of each booster: LightGBM's. ``min_child_samples=None`` is a hundredth of the rows, from 20 to 200;
        ``colsample=None`` is all of up to 40 columns and, of more, 40 or three in ten.
    l2 : float, default 1
        Penalty of ``kind="logistic"`` on standardised terms.
    prior : float, default 50
        Rows by which ``kind="area_rate"`` draws an area to the overall rate.
    random_state : int, RandomState or None, default 0
    n_jobs : int, optional
        Threads; default: the CPUs that the process may use, fewer for few rows. Nothing fitted depends on it.
    directions : mapping of str to {-1, 0, 1}, optional
        1 where more of a column means more risk; default: as `columns` has it.
    label : Label, optional
        Its window and maturity are the embargo between the rounds fitted and calibrated on.
    recipe : Recipe, optional
        How X was built.
    columns : tuple of Column, optional
        What X's columns tell of which indicator.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The second is the crisis class, of which every margin and score speaks.
    feature_names_in_ : ndarray of str, shape (n_features,)
    vocabulary_ : dict of str to list of str
        Categories by column; a code is a position in its list.
    core_ : Boosters, Linear, Additive, IndicatorCount, LongestArrears or AreaRate
        What turns a matrix into margins.
    calibration_ : Calibration
    background_ : Background or None
        What explanations of boosters compare with: how many of the rows fitted on met which conditions of the trees.
        None for other kinds, and where `max_depth` allows paths of more than eight features: contributions are then
        path-dependent.
    training_ : dict
        rows, positives, missing (labels), unweighted (weight 0), first_as_of, last_as_of, rounds.

    Notes
    -----
    The sigmoid is fitted on margins of later rounds from a model of earlier rounds, the embargo between them; then
    the model is fitted again on all labelled rows. Weights are relative: they are brought to a mean of 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"arrears__now__": rng.poisson(2.0, 2_000).astype("float32")})
    >>> y = rng.random(2_000) < 0.05 * (1 + X["arrears__now__"])
    >>> model = RiskClassifier(seeds=1, directions={"arrears__now__": 1}).fit(X, y)
    >>> bool(np.all(np.diff(model.margin(pd.DataFrame({"arrears__now__": [0.0, 1.0, 22.0]}))) >= 0))
    True
    """

    core_: Any
    training_: Training
    calibration_: Calibration
    classes_: NDArray[Any]
    encoder_: Encoder
    background_: Background | None

    def __init__(
        self,
        kind: str = "lightgbm",
        seeds: int = 4,
        n_estimators: int = 150,
        num_leaves: int = 31,
        max_depth: int = 6,
        learning_rate: float = 0.04,
        min_child_samples: int | None = None,
        subsample: float = 0.7,
        colsample: float | None = None,
        reg_lambda: float = 10.0,
        l2: float = 1.0,
        prior: float = 50.0,
        random_state: Any = 0,
        n_jobs: int | None = None,
        directions: Mapping[str, int] | None = None,
        label: Label | None = None,
        recipe: Recipe | None = None,
        columns: tuple[Column, ...] | None = None,
    ) -> None:
        self.kind = kind
        self.seeds = seeds
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.min_child_samples = min_child_samples
        self.subsample = subsample
        self.colsample = colsample
        self.reg_lambda = reg_lambda
        self.l2 = l2
        self.prior = prior
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.directions = directions
        self.label = label
        self.recipe = recipe
        self.columns = columns

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, area: Any = None) -> Self:
        """Fit on all rows with a label, and calibrate.

        Parameters
        ----------
        X : Panel, or DataFrame or array of shape (n_rows, n_features)
            With the index (household_id, as_of_date) rounds and households are known; otherwise each row is a
            household, all of one round. A Panel brings y, weights and areas along.
        y : array of shape (n_rows,)
            Two classes; what is missing is left out and counted.
        sample_weight : array of shape (n_rows,), optional
        area : array of shape (n_rows,), optional
            For ``kind="area_rate"``.

        Returns
        -------
        RiskClassifier
        """
        fit_core = self._checked()
        given = Given.of(
            X,
            y=y,
            weight=sample_weight,
            area=area,
            label=self.label,
            columns=self.columns,
            recipe=self.recipe,
        )
        X = given.X if isinstance(given.X, pd.DataFrame) else read_array(given.X)
        check_same_keys(X, y=given.y, sample_weight=given.weight, area=given.area)
        classes, target = read_target(given.y, len(X))
        encoder = Encoder.learn(X, ~np.isnan(target), {c.name: c.categories for c in given.columns})
        rows = Rows(
            encoder.matrix(X, narrowest(X)),
            target,
            *read_keys(X, len(X)),
            weight=read_weight(given.weight, len(X)),
            area=read_area(given.area, len(X)),
        )
        labelled = rows.labelled()
        fold_seed, *seeds = (
            check_random_state(self.random_state).randint(2**31 - 2, size=self.seeds + 1).tolist()
        )
        design = self._design(given, encoder, tuple(seeds))
        threads = thread_count(self.n_jobs, labelled.matrix)
        calibration = calibrate(
            labelled,
            lambda part: fit_core(part, design),
            given.label,
            seed=fold_seed,
            threads=threads,
        )
        self.core_, self.calibration_ = fit_core(labelled, design), calibration
        self.background_ = (
            self.core_.background(labelled.matrix, threads=threads)
            if self.kind == "lightgbm"
            else None
        )
        self.encoder_, self.classes_, self.training_ = encoder, classes, training_of(rows, labelled)
        return self

    def margin(self, X: Any, area: Any = None) -> Floats:
        """Return the margin of each row, float64: what ranks, percentiles and bands are computed from."""
        check_is_fitted(self, "core_")
        given = Given.of(X, area=area)
        matrix = self.encoder_.matrix(given.X)
        if not len(matrix):
            return np.zeros(0)
        areas = read_area(given.area, len(matrix))
        return self.core_.margin(matrix, areas, threads=thread_count(self.n_jobs, matrix))

    def log_odds(self, X: Any, area: Any = None) -> Floats:
        """Return the calibrated log-odds of the crisis class: slope * margin + intercept."""
        margin = self.margin(X, area)
        return self.calibration_.log_odds(margin)

    def decision_function(self, X: Any) -> Floats:
        """Return the calibrated log-odds of the crisis class."""
        return self.log_odds(X)

    def predict_proba(self, X: Any, area: Any = None) -> Floats:
        """Return the probabilities of the other class and of the crisis class, shape (n_rows, 2)."""
        crisis = expit(self.log_odds(X, area))
        return np.column_stack([1 - crisis, crisis])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likelier class; a list under a capacity is drawn by the margin instead."""
        crisis = self.log_odds(X) > 0
        return self.classes_[crisis.astype(int)]

    def encode(self, X: Any) -> Floats:
        """Return the matrix that the model sees, float64, C-contiguous; unseen categories are missing."""
        check_is_fitted(self, "core_")
        return self.encoder_.matrix(Given.of(X).X)

    def unseen_categories(self, X: Any) -> dict[str, int]:
        """Return by column how many rows of X hold a category that the fit did not see."""
        check_is_fitted(self, "core_")
        return self.encoder_.unseen(Given.of(X).X)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Columns in the order of the fit; x0, x1, ... for an array."""
        return np.array(self.encoder_.names, dtype=object)

    @property
    def n_features_in_(self) -> int:
        """Number of columns."""
        return len(self.encoder_.names)

    @property
    def vocabulary_(self) -> dict[str, list[str]]:
        """Categories by column."""
        return {name: list(categories) for name, categories in self.encoder_.vocabulary.items()}

    @property
    def boosters_(self) -> list[Any]:
        """The LightGBM boosters, in order (kind lightgbm)."""
        return list(self.core_.boosters)

    @property
    def linear_(self) -> dict[str, NDArray[Any]]:
        """The arrays of the linear margin (kind logistic)."""
        return dict(self.core_.arrays)

    @property
    def title(self) -> str:
        """What lists and tables call it: its kind."""
        return self.kind

    @property
    def columns_(self) -> tuple[Column, ...]:
        """What each column is made of, in the order of the fit, with its direction and categories."""
        from riskmodel.panel import Column

        known = {column.name: column for column in self.columns or ()}
        vocabulary = self.encoder_.vocabulary
        directions = self.directions or {}

        def resolved(name: str) -> Column:
            column = known.get(name, Column(name))
            direction = directions.get(name, column.direction)
            return replace(column, direction=direction, categories=vocabulary.get(name))

        return tuple(map(resolved, self.encoder_.names))

    @property
    def reference_(self) -> Reference | None:
        """What percentiles and bands refer to: nothing, until a version of the model is published."""
        return None

    @property
    def catalogue_(self) -> Catalogue:
        """The indicators of its columns."""
        return Catalogue() if self.recipe is None else self.recipe.catalogue

    def describe(self) -> dict[str, Any]:
        """Return what was fitted on what, for cards and tables."""
        check_is_fitted(self, "core_")
        fitted = {**self.training_, "rounds": len(self.training_["rounds"])}
        c = self.calibration_
        sigmoid = {"slope": c.slope, "intercept": c.intercept, "calibrated_on": c.source}
        return {"kind": self.kind, "features": self.n_features_in_, **fitted, **sigmoid}

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        shown = f"{type(self).__name__}(kind={self.kind!r}, seeds={self.seeds}, random_state={self.random_state!r})"
        if not hasattr(self, "core_"):
            return shown
        t = self.training_
        return f"{shown} fitted on {t['rows']:,} rows with {t['positives']:,} positives; {self.calibration_.source}"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _checked(self) -> Callable[[Rows, Design], Core]:
        """Return the function that fits this kind, or refuse the parameters."""
        check_kind(self.kind)
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not (isinstance(value, (int, float, np.number)) and low <= value <= high):
                raise ConfigError(
                    f"{name} is {value!r}",
                    code="models.parameter",
                    allowed=f"a number from {low} to {high}",
                    next_step=f"correct {name}",
                )
        return KINDS[self.kind]

    def _design(self, given: Given, encoder: Encoder, seeds: tuple[int, ...]) -> Design:
        names, vocabulary = encoder.names, encoder.vocabulary
        directions = read_directions(self.directions, given.columns, names)
        return Design(
            names=names,
            directions=tuple(
                0 if name in vocabulary else int(directions.get(name, 0)) for name in names
            ),
            categories=tuple(len(vocabulary.get(name, ())) for name in names),
            settings=self.get_params(deep=False),
            seeds=seeds,
            columns=given.columns,
            catalogue=Catalogue() if given.recipe is None else given.recipe.catalogue,
        )


def check_kind(kind: str) -> None:
    """Refuse a kind that isn't one of `KINDS`."""
    if kind not in KINDS:
        raise ConfigError(
            f"unknown kind {kind!r}",
            code="models.kind",
            allowed=KINDS,
            next_step=did_you_mean(kind, KINDS),
        )
