"""RiskClassifier: one estimator for every kind of model, and for the baselines that a model must beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from riskmodel.errors import ConfigError
from riskmodel.forests import Arrays, Background
from riskmodel.indicators import Catalogue
from riskmodel.models.contributions import evaluator_of
from riskmodel.models.encoding import Encoder
from riskmodel.models.fit_data import FitData
from riskmodel.models.fit_rows import FitSettings, Floats, thread_count
from riskmodel.models.inputs import FitInput, Frame, areas_of, features_of, read_directions
from riskmodel.models.kind import Core, Kind
from riskmodel.models.kinds import kind_of, parameter_ranges
from riskmodel.models.reference import Reference
from riskmodel.models.scored import ScoredByMargin
from riskmodel.models.sigmoid import Calibration, calibrate
from riskmodel.models.training import Training, training_of

if TYPE_CHECKING:
    from riskmodel.panel import Column, Label, Panel, Recipe

RandomState = int | np.random.RandomState | None


class _Compiled(NamedTuple):
    """The tables of a core, and the background that they were filled against."""

    background: Background | None
    tables: Arrays


_COMPILED: WeakKeyDictionary[Core, _Compiled] = WeakKeyDictionary()


class RiskClassifier(ScoredByMargin, ClassifierMixin, BaseEstimator):
    """A calibrated classifier whose margin adds up and keeps the risk directions.

    Parameters
    ----------
    kind : {"lightgbm", "logistic", "ebm", "indicator_count", "longest_arrears", "area_rate"}
        The seed ensemble, a linear or an additive model (``"ebm"``, with the extra of that name),
        or one of the baselines.
    seeds : int, default 4
        Boosters whose margins are averaged; bags of ``kind="ebm"``.
    n_estimators, num_leaves, max_depth, learning_rate, min_child_samples, subsample, colsample,
    reg_lambda
        Of each booster: LightGBM's. ``min_child_samples=None`` is a hundredth of the rows, from 20
        to 200; ``colsample=None`` is all of up to 40 columns and, of more, 40 or three in ten.
    l2 : float, default 1
        Penalty of ``kind="logistic"`` on standardised terms.
    prior : float, default 50
        Rows by which ``kind="area_rate"`` draws an area to the overall rate.
    random_state : int, RandomState or None, default 0
    n_jobs : int, optional
        Threads; default: the CPUs that the process may use, fewer for few rows. Nothing fitted
        depends on it.
    directions : mapping of str to {-1, 0, 1}, optional
        1 where more of a column means more risk; default: as `columns` has it.
    label : Label, optional
        Its window and maturity are the embargo between the rounds fitted and calibrated on.
    recipe : Recipe, optional
        How X was built.
    columns : tuple of Column, optional
        What the columns of X are made of.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The second is the crisis class, of which every margin and score speaks.
    feature_names_in_ : ndarray of str, shape (n_features,)
    vocabulary_ : dict of str to list of str
        Categories by column; a code is a position in its list.
    core_ : Core
        What turns a matrix into margins; its class is that of the kind.
    calibration_ : Calibration
    background_ : Background or None
        What explanations of boosters compare with: how many of the rows fitted on met which
        conditions of the trees. None for other kinds, and where `max_depth` allows paths of more
        than eight features: contributions are then path-dependent.
    training_ : Training
        rows, positives, missing (labels), unweighted (weight 0), first_as_of, last_as_of, rounds.
    encoder_ : Encoder
        What turns a frame into the matrix.

    Notes
    -----
    The sigmoid is fitted on margins of later rounds from a model of earlier rounds, the embargo
    between them; then the model is fitted again on all labelled rows. Weights are relative: they
    are brought to a mean of 1.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"arrears__now__": rng.poisson(2.0, 2_000).astype("float32")})
    >>> y = rng.random(2_000) < 0.05 * (1 + X["arrears__now__"])
    >>> model = RiskClassifier(seeds=1, directions={"arrears__now__": 1}).fit(X, y)
    >>> bool(np.all(np.diff(model.margin(pd.DataFrame({"arrears__now__": [0.0, 1.0, 22.0]}))) >= 0))
    True
    """

    core_: Core
    training_: Training
    calibration_: Calibration
    background_: Background | None
    classes_: NDArray[Any]
    encoder_: Encoder

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
        random_state: RandomState = 0,
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

    def fit(
        self,
        X: Panel | Frame,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        area: ArrayLike | None = None,
    ) -> Self:
        """Fit on all rows with a label, and calibrate.

        Parameters
        ----------
        X : Panel, or DataFrame or array of shape (n_rows, n_features)
            With the index (household_id, as_of_date) rounds and households are known; otherwise
            each row is a household, all of one round. A Panel brings y, weights and areas along.
        y : array of shape (n_rows,)
            Two classes; what is missing is left out and counted.
        sample_weight : array of shape (n_rows,), optional
        area : array of shape (n_rows,), optional
            For ``kind="area_rate"``.

        Returns
        -------
        RiskClassifier
        """
        kind = self._checked_kind()
        given = FitInput.of(
            X,
            y=y,
            weight=sample_weight,
            area=area,
            label=self.label,
            columns=self.columns,
            recipe=self.recipe,
        )
        data = FitData.read(given)
        labelled = data.rows.labelled()
        threads = thread_count(self.n_jobs, labelled.matrix)
        seeds = check_random_state(self.random_state).randint(2**31 - 2, size=self.seeds + 1)
        fold_seed, *booster_seeds = seeds.tolist()
        settings = self._settings(given, data.encoder, tuple(booster_seeds))
        self.calibration_ = calibrate(
            labelled,
            lambda rows: kind.fit(rows, settings),
            given.label,
            seed=fold_seed,
            threads=threads,
        )
        self.core_ = kind.fit(labelled, settings)
        self.background_ = self.core_.background(labelled.matrix, threads=threads)
        self.encoder_, self.classes_ = data.encoder, data.classes
        self.training_ = training_of(data.rows, labelled)
        return self

    def margin(self, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the margin of each row, float64: what ranks, percentiles and bands are computed from."""
        check_is_fitted(self, "core_")
        matrix = self.encode(X)
        if not len(matrix):
            return np.zeros(0)
        areas = areas_of(X, area, len(matrix))
        return self.core_.margin(matrix, areas, threads=thread_count(self.n_jobs, matrix))

    def decision_function(self, X: Panel | Frame) -> Floats:
        """Return the calibrated log-odds of the crisis class."""
        return self.log_odds(X)

    def predict(self, X: Panel | Frame) -> NDArray[Any]:
        """Return the likelier class; a list under a capacity is drawn by the margin instead."""
        is_crisis = self.log_odds(X) > 0
        return self.classes_[is_crisis.astype(int)]

    def encode(self, X: Panel | Frame) -> Floats:
        """Return the matrix that the model sees, float64, C-contiguous; unseen categories are missing."""
        check_is_fitted(self, "core_")
        return self.encoder_.matrix(features_of(X))

    def unseen_categories(self, X: Panel | Frame) -> dict[str, int]:
        """Return by column how many rows of X hold a category that the fit did not see."""
        check_is_fitted(self, "core_")
        return self.encoder_.unseen(features_of(X))

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the arrays that margins and contributions are computed from: what is published as ``tables.npz``.

        Parameters
        ----------
        background : Background or ndarray of shape (n_rows, n_features), optional
            What contributions compare with; default: the rows of the fit, of which the model keeps
            counts or means.

        Raises
        ------
        ModelError
            For a kind that has no contributions.
        """
        check_is_fitted(self, "core_")
        evaluator_of(kind_of(self.kind))
        if background is not None:
            return self.core_.tables(background)
        known = _COMPILED.get(self.core_)
        if known is None or known.background is not self.background_:
            tables = self.core_.tables(self.background_)
            known = _COMPILED[self.core_] = _Compiled(self.background_, tables)
        return known.tables

    def joint_tables(self, outputs: list[int]) -> Arrays | None:
        """Return tables in which the columns of one output join and leave together; None without a background."""
        return self.core_.joint_tables(self.background_, outputs)

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

    def describe(self) -> dict[str, object]:
        """Return what was fitted on what, for cards and tables."""
        check_is_fitted(self, "core_")
        fitted = {**self.training_, "rounds": len(self.training_["rounds"])}
        c = self.calibration_
        sigmoid = {"slope": c.slope, "intercept": c.intercept, "calibrated_on": c.source}
        return {"kind": self.kind, "features": self.n_features_in_, **fitted, **sigmoid}

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        shown = f"{type(self).__name__}(kind={self.kind!r}, seeds={self.seeds}, random_state={self.random_state!r})"
        if "core_" not in vars(self):
            return shown
        t = self.training_
        return f"{shown} fitted on {t['rows']:,} rows with {t['positives']:,} positives; {self.calibration_.source}"

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _checked_kind(self) -> Kind:
        """Return the kind, or refuse it or a parameter."""
        kind = kind_of(self.kind)
        params = self.get_params(deep=False)
        for name, allowed in parameter_ranges().items():
            if not allowed.holds(params[name]):
                raise ConfigError(
                    f"{name} is {params[name]!r}",
                    code="models.parameter",
                    allowed=f"a number from {allowed.low} to {allowed.high}",
                    next_step=f"correct {name}",
                )
        return kind

    def _settings(self, given: FitInput, encoder: Encoder, seeds: tuple[int, ...]) -> FitSettings:
        names, vocabulary = encoder.names, encoder.vocabulary
        directions = read_directions(self.directions, given.columns, names)
        return FitSettings(
            names=names,
            directions=tuple(
                0 if name in vocabulary else int(directions.get(name, 0)) for name in names
            ),
            categories=tuple(len(vocabulary.get(name, ())) for name in names),
            params=self.get_params(deep=False),
            seeds=seeds,
            columns=given.columns,
            catalogue=Catalogue() if given.recipe is None else given.recipe.catalogue,
        )
