"""The arguments of `fit` in numbers: an encoder, the two classes, the rows and the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import ModelError
from riskmodel.indicators import check_apart
from riskmodel.models.encoding import Encoder, narrowest
from riskmodel.models.fit_rows import FitSettings, Floats, Rows
from riskmodel.models.inputs import (
    FitInput,
    check_same_keys,
    read_area,
    read_directions,
    read_keys,
    read_target,
    read_weight,
)
from riskmodel.models.plain_arrays import read_array
from riskmodel.panel.specs.vocabulary import Vocabulary, is_of_few


@dataclass(frozen=True, eq=False)
class FitData:
    """The rows that a kind is fitted on, and the encoder that made their matrix.

    Attributes
    ----------
    encoder : Encoder
    classes : ndarray of shape (2,)
    rows : Rows
    rare : mapping of str to int
        By column of categories, how many of them fewer than 10 households of the rows have.
    of_few : frozenset of str
        The columns of numbers in which fewer than 10 households have another than the usual one.
    """

    encoder: Encoder
    classes: NDArray[Any]
    rows: Rows
    rare: Mapping[str, int]
    of_few: frozenset[str]

    @classmethod
    def read(cls, given: FitInput) -> FitData:
        """Read the arguments of `fit`, or refuse them with the fix."""
        X = given.X if isinstance(given.X, pd.DataFrame) else read_array(given.X)
        check_same_keys(X, {"y": given.y, "sample_weight": given.weight, "area": given.area})
        target = read_target(given.y, len(X), given.positive)
        vocabularies = {column.name: column.categories for column in given.columns}
        encoder = Encoder.learn(X, ~np.isnan(target.y), vocabularies)
        _refuse_no_column(encoder)
        _check_apart(given, encoder.names)
        keys = read_keys(X)
        rows = Rows(
            matrix=encoder.matrix(X, narrowest(X)),
            y=target.y,
            household=keys.household,
            as_of=keys.as_of,
            weight=read_weight(given.weight, len(X)),
            area=read_area(given.area, len(X)),
            cluster=None if given.cluster is None else pd.factorize(given.cluster, sort=True)[0],
        )
        known = {column.name for column in given.columns} | {*given.catalogue}
        of_few = _columns_of_few(encoder, rows, known)
        encoder = replace(encoder, rare=of_few | _rare_columns(given))
        return cls(encoder, target.classes, rows, _rare_categories(encoder, rows), of_few)

    def settings(
        self,
        given: FitInput,
        directions: Mapping[str, int] | None,
        params: Mapping[str, object],
        seeds: tuple[int, ...],
    ) -> FitSettings:
        """Return what the columns mean, and the parameters of the model."""
        names = self.encoder.names
        vocabulary = self.encoder.vocabulary
        chosen = read_directions(directions, given.columns, names, self.encoder.rare)
        numbers = {name: sign for name, sign in chosen.items() if name not in vocabulary}
        return FitSettings(
            names=names,
            directions=tuple(int(numbers.get(name, 0)) for name in names),
            categories=tuple(len(vocabulary.get(name, ())) for name in names),
            params=params,
            seeds=seeds,
            columns=given.columns,
            catalogue=given.catalogue,
        )


def _refuse_no_column(encoder: Encoder) -> None:
    if not encoder.names:
        raise ModelError(
            "X has rows and no column, so that there is nothing to learn from",
            code="models.no_features",
            allowed="one column or more",
            next_step="name aggregates or attributes (features.aggregates, features.attributes), "
            "or leave features out for those of the catalogue",
        )


def _check_apart(given: FitInput, names: Iterable[str]) -> None:
    code_of = {column.name: column.part for column in given.columns}
    check_apart({name: code_of.get(name, "") for name in names})


def _rare_categories(encoder: Encoder, rows: Rows) -> dict[str, int]:
    return {
        name: _rare(rows.matrix[:, encoder.names.index(name)], rows.household, categories)
        for name, categories in encoder.vocabulary.items()
    }


def _columns_of_few(encoder: Encoder, rows: Rows, known: set[str]) -> frozenset[str]:
    """Return the columns of few households among those that no panel has looked at."""
    return frozenset(
        name
        for name, values in zip(encoder.names, rows.matrix.T, strict=True)
        if name not in known
        and name not in encoder.vocabulary
        and is_of_few(values, rows.household)
    )


def _rare_columns(given: FitInput) -> frozenset[str]:
    """Return the columns that the panel of the fit calls rare."""
    rare = given.catalogue.rare
    return frozenset(c.name for c in given.columns if c.of_few or c.indicator in rare)


def _rare(codes: Floats, household: NDArray[np.intp], categories: tuple[str, ...]) -> int:
    whole = np.where(np.isnan(codes), -1, codes).astype(np.int64)
    return Vocabulary.of(pd.Categorical.from_codes(whole, pd.Index(categories)), household, 1).rare
