"""RiskClassifier: one estimator for every kind of model, the baselines included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from inspect import signature
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from riskmodel.doors import door
from riskmodel.forests import Arrays, Background
from riskmodel.indicators import Catalogue
from riskmodel.keys import DateLike
from riskmodel.models.accepted_rounds import accepted_of
from riskmodel.models.classes import Class
from riskmodel.models.compiled_tables import compiled_tables
from riskmodel.models.contributions import evaluator_of
from riskmodel.models.encoding import Encoder
from riskmodel.models.fit_data import FitData
from riskmodel.models.fit_digests import FitDigests
from riskmodel.models.fit_rows import Floats, thread_count
from riskmodel.models.folds import Folds
from riskmodel.models.inputs import OF_THE_PANEL, FitInput, Frame, areas_of, features_of
from riskmodel.models.kind import Core
from riskmodel.models.kinds import check_kind, check_ranges, kind_of
from riskmodel.models.level_for import LABELLED, stands_for
from riskmodel.models.reference import Reference
from riskmodel.models.regional import Regions
from riskmodel.models.scored import ScoredByMargin
from riskmodel.models.seen_households import remember_households
from riskmodel.models.settings import Settings
from riskmodel.models.shrunk_lines import fit_regions, without_region
from riskmodel.models.sigmoid import Calibration, calibrate
from riskmodel.models.training import Training, training_of
from riskmodel.panel import Column, Label, Panel, Recipe

ALWAYS_SHOWN = ("kind", "seeds", "random_state")
RandomState = int | np.random.RandomState | None


class RiskClassifier(ScoredByMargin, ClassifierMixin, BaseEstimator):
    """A calibrated classifier whose margin adds up and keeps the risk directions.

    Parameters
    ----------
    kind : {"lightgbm", "logistic", "ebm", "blend", "indicator_count", "longest_arrears", \
"area_rate"}
        The seed ensemble, a linear or an additive model (``"ebm"``, with the extra of that name),
        a blend of some of these, or one of the baselines.
    seeds : int, default 4
        Boosters whose margins are averaged; bags of ``kind="ebm"``.
    n_estimators, num_leaves, max_depth, learning_rate, subsample, reg_lambda
        LightGBM's parameters of each booster.
    min_child_samples : int, optional
        Rows of a leaf, at least. Default: a hundredth of the rows, but at least 20 and at most 200.
    colsample : float, optional
        Share of the columns that each tree may use. Default: all columns up to 40; of more, 40 or
        three in ten, whichever is more.
    l2 : float, optional
        Penalty of ``kind="logistic"`` on standardised terms. By default it is 10, 100 or 1,000:
        the one by which models of other households predict best.
    prior : float, default 50
        How many rows of the overall rate ``kind="area_rate"`` adds to each area.
    members : list of str, optional
        The kinds whose margins ``kind="blend"`` averages. By default they are ``"lightgbm"`` and
        ``"logistic"``.
    random_state : int, RandomState or None, default 0
    n_jobs : int, optional
        Number of threads. By default it is the number of CPUs that the process may use, or fewer
        where there are few rows. The fitted model does not depend on it.
    directions : mapping of str to {-1, 0, 1}, optional
        1 where more of a column means more risk. By default it is the direction in `columns`.
    region : str, optional
        A column of categories, such as the province. Each region has a level and a slope of its
        own, shrunk to the national ones as far as regions do not differ. The margin of the kind
        does not see the column.
    label : Label, optional
        What the outcome is; by default that of the Panel fitted on.
    recipe : Recipe, optional
        How X was built; by default the recipe of the Panel fitted on.
    columns : tuple of Column, optional
        What the columns of X are made of; by default those of the Panel fitted on.
    positive : str, number or bool, optional
        The crisis class among the two values of y. By default it is the larger of two numbers or
        booleans. Words have no such order, so that a y of words needs it. scikit-learn's scorers do
        not know it and take the alphabet's last word: give them ``y == positive``.
    catalogue : Catalogue, optional
        What the columns of a frame are called; by default that of the Panel fitted on. Where there
        is a recipe, its catalogue counts.
    level_for : {"labelled", "everyone"}, default "labelled"
        For whom the mean probability is right. Where only those contacted have a label,
        ``"everyone"`` fits the intercept of the calibration by the chances on record
        (`chance_weights` without a cap), so that the Panel needs them. Margin, slope and ranks are
        the same.
    accept_rounds : list of date-like, optional
        Rounds to fit on although their outcomes look incomplete: far fewer than in the other
        rounds, or less and less of them before the day until which they are said to be complete.
    doubtful : dict of str to str, optional
        Why the outcomes of a round look incomplete, by round, as `Panel.doubtful` says. A fit on X
        and y looks for these rounds in the index of X; a fit on a Panel takes the Panel's own.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The second is the crisis class. Every margin and score refers to it.
    feature_names_in_ : ndarray of str, shape (n_features,)
    vocabulary_ : dict of str to list of str
        Categories by column; a code is a position in its list.
    label_ : Label or None
    recipe_ : Recipe or None
        What the fit was given, or what the Panel held.
    core_ : Core
        It computes margins from a matrix. Each kind has its own class.
    calibration_ : Calibration
    regions_ : Regions or None
        The levels and slopes of the regions; None without `region`.
    background_ : Background or None
        What explanations of boosters compare with: how many of the rows fitted on met which
        conditions of the trees, also of those in a blend. It is None for other kinds, and where
        `max_depth` allows paths of more than eight features; contributions are then path-dependent.
    training_ : Training
        Which rows and rounds the model was fitted on.
    encoder_ : Encoder
        It turns a frame into the matrix.

    Notes
    -----
    The model is fitted on all labelled rows. The sigmoid is fitted on margins of the same rows by
    models that are fitted without their household, or cluster, each with one seed. Weights are
    relative: they are scaled to a mean of 1.

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
    regions_: Regions | None
    background_: Background | None
    classes_: NDArray[Any]
    encoder_: Encoder

    @partial(door, types=False)
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
        l2: float | None = None,
        prior: float = 50.0,
        members: Sequence[str] | None = None,
        random_state: RandomState = 0,
        n_jobs: int | None = None,
        directions: Mapping[str, int] | None = None,
        region: str | None = None,
        label: Label | None = None,
        recipe: Recipe | None = None,
        columns: tuple[Column, ...] | None = None,
        positive: Class | None = None,
        catalogue: Catalogue | None = None,
        level_for: str = LABELLED,
        accept_rounds: Iterable[DateLike] | None = None,
        doubtful: Mapping[str, str] | None = None,
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
        self.members = members
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.directions = directions
        self.region = region
        self.label = label
        self.recipe = recipe
        self.columns = columns
        self.positive = positive
        self.catalogue = catalogue
        self.level_for = level_for
        self.accept_rounds = accept_rounds
        self.doubtful = doubtful

    @door
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
            The index (household_id, as_of_date) gives rounds and households. Without it each row is
            a household of one round. A Panel also has y, weights and areas.
        y : array of shape (n_rows,)
            Two classes: numbers or booleans, of which the larger is the crisis, or words, of which
            `positive` is. Rows without a label are left out and counted.
        sample_weight : array of shape (n_rows,), optional
        area : array of shape (n_rows,), optional
            For ``kind="area_rate"``.

        Returns
        -------
        RiskClassifier

        Raises
        ------
        ModelError
            For rows from which nothing can be learnt, a round whose outcomes look incomplete and
            that `accept_rounds` does not name, or a level for everyone without a Panel.
        """
        kind = check_kind(self.kind, self.members)
        params = self.get_params(deep=False)
        check_ranges(kind, params)

        given = FitInput.of(
            X,
            y=y,
            weight=sample_weight,
            area=area,
            label=self.label,
            columns=self.columns,
            recipe=self.recipe,
            positive=self.positive,
            catalogue=self.catalogue,
        )
        data = FitData.read(given)
        labelled = replace(data.rows, stands_for=stands_for(self.level_for, X)).labelled()
        accepted = accepted_of(labelled, given.doubtful, self.accept_rounds, known=self.doubtful)
        threads = thread_count(self.n_jobs, labelled.matrix)

        seeds = check_random_state(self.random_state).randint(2**31 - 2, size=self.seeds + 1)
        fold_seed, *booster_seeds = seeds.tolist()
        settings = data.settings(given, self.directions, params, tuple(booster_seeds))

        folds = Folds.of(labelled, fold_seed)
        blind = without_region(labelled, data.encoder, self.region)
        self.core_, margin = kind.fit(blind, settings, folds)
        self.regions_ = None
        if self.region is not None:
            self.regions_ = fit_regions(self.region, data.encoder, labelled, margin, folds)
            margin = self.regions_.margin(labelled.matrix, margin)
        self.calibration_ = calibrate(labelled, margin, folds)
        self.background_ = self.core_.background(labelled.matrix, threads=threads)
        self.encoder_ = data.encoder
        remember_households(self, given.X)
        self._label, self._recipe, self._columns = given.label, given.recipe, given.columns
        self._rare, self._of_few = data.rare, data.of_few
        self._catalogue = given.catalogue
        self.classes_ = data.classes
        site = "" if given.recipe is None else given.recipe.site
        digests = FitDigests.of(given.X, params, data.encoder.names)
        self.training_ = training_of(
            data.rows, labelled, data.encoder.names, accepted, site, given.areas, digests
        )
        return self

    def margin(self, X: Panel | Frame, area: ArrayLike | None = None) -> Floats:
        """Return the margin of each row, float64.

        Ranks, percentiles and bands are computed from it.
        """
        check_is_fitted(self, "core_")
        matrix = self.encode(X)
        if not len(matrix):
            return np.zeros(0)

        areas = areas_of(X, area, len(matrix))
        threads = thread_count(self.n_jobs, matrix)
        national = self.core_.margin(matrix, areas, threads=threads)
        return national if self.regions_ is None else self.regions_.margin(matrix, national)

    def decision_function(self, X: Panel | Frame) -> Floats:
        """Return the calibrated log-odds of the crisis class."""
        return self.log_odds(X)

    def predict(self, X: Panel | Frame) -> NDArray[Any]:
        """Return the likelier class of each row.

        A list under a capacity is drawn by the margin instead.
        """
        is_crisis = self.log_odds(X) > 0
        return self.classes_[is_crisis.astype(int)]

    def encode(self, X: Panel | Frame) -> Floats:
        """Return the matrix that the model sees, float64 and C-contiguous.

        A category outside of the vocabulary is its ``"other"`` in it, or else missing.
        """
        check_is_fitted(self, "core_")
        return self.encoder_.matrix(features_of(X))

    def unseen_categories(self, X: Panel | Frame) -> dict[str, int]:
        """Return by column how many rows of X hold a category outside of the vocabulary."""
        check_is_fitted(self, "core_")
        return self.encoder_.unseen(features_of(X))

    def unseen_cells(self, X: Panel | Frame) -> NDArray[np.bool_]:
        """Return which cells hold a category outside of the vocabulary, shape of the matrix."""
        check_is_fitted(self, "core_")
        return self.encoder_.unseen_cells(features_of(X))

    def tables(self, background: Background | NDArray[Any] | None = None) -> Arrays:
        """Return the arrays that margins and contributions are computed from.

        They are published as ``tables.npz``.

        Parameters
        ----------
        background : Background or ndarray of shape (n_rows, n_features), optional
            The rows that contributions compare with. By default they are the rows of the fit, of
            which the model keeps counts or means.

        Raises
        ------
        ModelError
            For a kind that has no contributions.
        """
        check_is_fitted(self, "core_")
        evaluator_of(kind_of(self.kind))
        if background is None:
            arrays = compiled_tables(self.core_, self.background_)
        else:
            arrays = self.core_.tables(background)
        return arrays if self.regions_ is None else {**arrays, **self.regions_.arrays()}

    def sketch(self) -> Arrays:
        """Return tables for a first look at contributions: of a part of the trees.

        They cost a twentieth of `tables`, and their shares of columns are about the same.

        Raises
        ------
        ModelError
            For a kind that has no contributions.
        """
        check_is_fitted(self, "core_")
        evaluator_of(kind_of(self.kind))
        arrays = self.core_.sketch()
        return arrays if self.regions_ is None else {**arrays, **self.regions_.arrays()}

    def joint_tables(self, outputs: list[int]) -> Arrays | None:
        """Return tables in which the columns of one output count as one player.

        They are None for a model without a background.
        """
        return self.core_.joint_tables(self.background_, outputs)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Names of the columns in the order of the fit; x0, x1, ... for an array."""
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
        """The model's name in lists and tables: its kind."""
        return self.kind

    @property
    def settings(self) -> Settings:
        """The settings of a model that is not published: the defaults."""
        return Settings()

    @property
    def label_(self) -> Label | None:
        """The label that the fit was given, or that of its Panel."""
        check_is_fitted(self, "core_")
        return self._label

    @property
    def recipe_(self) -> Recipe | None:
        """The recipe that the fit was given, or that of its Panel."""
        check_is_fitted(self, "core_")
        return self._recipe

    @property
    def columns_(self) -> tuple[Column, ...]:
        """What each column is made of, in the order of the fit."""
        known = {column.name: column for column in self._columns}
        vocabulary = self.encoder_.vocabulary
        directions = self.directions or {}

        def resolved(name: str) -> Column:
            column = known.get(name, Column(name))
            direction = directions.get(name, column.direction)
            rare = self._rare.get(name) if column.rare is None else column.rare
            of_few = column.of_few or (name not in known and name in self._of_few)
            return replace(
                column,
                direction=direction,
                categories=vocabulary.get(name),
                rare=rare,
                of_few=of_few,
            )

        return tuple(map(resolved, self.encoder_.names))

    @property
    def reference_(self) -> Reference | None:
        """What percentiles and bands refer to; None, since the model is not published."""
        return None

    @property
    def catalogue_(self) -> Catalogue:
        """The indicators of its columns, or what the columns of its frame are called."""
        check_is_fitted(self, "core_")
        return self._catalogue

    def describe(self) -> dict[str, object]:
        """Return what was fitted on what, for cards and tables."""
        check_is_fitted(self, "core_")
        calibration = self.calibration_
        return {
            "kind": self.kind,
            "features": self.n_features_in_,
            **self.training_,
            "rounds": len(self.training_["rounds"]),
            "areas": len(self.training_["areas"]),
            "slope": calibration.slope,
            "intercept": calibration.intercept,
            "calibrated_on": calibration.source,
            **({} if self.regions_ is None else self.regions_.facts()),
        }

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        shown = f"{type(self).__name__}({', '.join(self._shown_params())})"
        if "core_" not in vars(self):
            return shown

        training = self.training_
        rows = f"{training['rows']:,} rows with {training['positives']:,} positives"
        return f"{shown} fitted on {rows}; {self.calibration_.source}"

    def _shown_params(self) -> Iterator[str]:
        """Yield kind, seeds and random_state, and what else is not the default."""
        for name, parameter in signature(type(self)).parameters.items():
            value = getattr(self, name)
            is_changed = value is not parameter.default and value != parameter.default
            if name in ALWAYS_SHOWN or (is_changed and name not in OF_THE_PANEL):
                yield f"{name}={value!r}"

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags
