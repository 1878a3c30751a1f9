"""A published model: a function of one row, read from a verified artefact."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from riskmodel.serving.column_words import column_words
from riskmodel.serving.evaluators import EVALUATORS
from riskmodel.serving.impossible_cells import PossibleCells
from riskmodel.serving.input_rows import InputMatrix, input_matrix
from riskmodel.serving.locales import LANGUAGES
from riskmodel.serving.reader_types import (
    Arrays,
    Band,
    ColumnEntry,
    Evaluator,
    Floats,
    Rows,
    Scores,
)
from riskmodel.serving.reason_writer import ReasonWriter, is_number_of_reasons
from riskmodel.serving.refusal import ServingError
from riskmodel.serving.region_lines import with_regions
from riskmodel.serving.stored_parts import arrays_of, check_parts, json_part
from riskmodel.serving.table_checks import check_tables
from riskmodel.serving.verification import read_files, read_manifest

# what may be told of a language that is not known: anything else may be a household's cell
_LANGUAGE = re.compile(r"[A-Za-z_-]{1,8}")
PARTS = ("model", "features", "indicators", "calibration", "reference", "settings")
TABLES = "tables.npz"
SCORER_FILES = (*(f"{part}.json" for part in PARTS), TABLES)
TOLERANCE = 1e-6
# the code of a version whose reasons are not those of its scores
AUDIT = "serving.audit"
# the band of a row of which nothing was delivered
UNDELIVERED = "undelivered"


def read(folder: str | Path, digest: str | None = None) -> Scorer:
    """Verify an artefact against its manifest, and only then read it.

    Parameters
    ----------
    folder : str or Path
    digest : str, optional
        The sha256 of its manifest.json, from a place that you trust: the version's tag, or your
        own configuration.

    Returns
    -------
    Scorer

    Raises
    ------
    ServingError
        Where a file is missing or is not the one that was published, or cannot be read.
    """
    manifest = read_manifest(Path(folder), digest)
    return scorer_from(read_files(Path(folder), manifest, SCORER_FILES), manifest.digest)


def scorer_from(files: Mapping[str, bytes], digest: str = "") -> Scorer:
    """Return the scorer of verified files, given by name, and of their manifest's sha256.

    Raises
    ------
    ServingError
        For a file that cannot be read, or tables that do not fit each other.
    """
    missing = [name for name in SCORER_FILES if name not in files]
    if missing:
        raise ServingError(
            f"the manifest lists no {', '.join(missing)}",
            "serving.incomplete",
            next_step="publish it again",
        )
    parts = {part: json_part(f"{part}.json", files[f"{part}.json"]) for part in PARTS}
    check_parts(parts)
    evaluator = parts["model"].get("evaluator")
    if not isinstance(evaluator, str) or evaluator not in EVALUATORS:
        raise ServingError("the kind of model is not known", "serving.kind", ", ".join(EVALUATORS))
    tables = arrays_of(TABLES, files[TABLES])
    check_tables(evaluator, tables, parts["features"]["columns"])
    return Scorer(**parts, tables=tables, digest=digest)


@dataclass(frozen=True, eq=False)
class Scorer:
    """A published model: what it gives for a row depends on that row alone.

    Attributes
    ----------
    model, features, indicators, calibration, reference, settings : mapping
        The artefact's JSON parts.
    tables : mapping of str to ndarray
        What margin and contributions are computed from.
    digest : str
        sha256 of the manifest.
    """

    model: Mapping[str, Any]
    features: Mapping[str, Any]
    indicators: Mapping[str, Any]
    calibration: Mapping[str, Any]
    reference: Mapping[str, Any]
    settings: Mapping[str, Any]
    tables: Arrays
    digest: str = ""

    @property
    def columns(self) -> list[ColumnEntry]:
        """The columns, in order."""
        return list(self.features["columns"])

    def words(self, lang: str | None = None) -> dict[str, str]:
        """Return what each column is, in a language; by default in the version's own.

        Raises
        ------
        ServingError
            For an unknown language.
        """
        lang = self.lang if lang is None else lang
        _check_language(lang)
        return {one["name"]: column_words(one, self.indicators)[lang] for one in self.columns}

    @property
    def lang(self) -> str:
        """The language that the version was published with."""
        return str(self.settings["lang"])

    def margin(self, X: Floats) -> Floats:
        """Return the margins of a matrix: those of the published model, bit for bit."""
        return self._evaluate(X)[0]

    def contributions(self, X: Floats) -> Floats:
        """Return each column's part of the margin; with `tables["base"]` they add up to it."""
        return self._evaluate(X)[1]

    def _evaluate(self, X: Floats) -> tuple[Floats, Floats]:
        """Return margins and contributions, or refuse tables whose sums are not the margins."""
        margin, phi = self._evaluator(X)
        difference = np.abs(self.tables["base"] + phi.sum(axis=1) - margin)
        off = int((~(difference <= TOLERANCE)).sum())
        if off:
            raise ServingError(
                f"contributions do not add up to the score on {off} of {len(X)} rows",
                AUDIT,
                f"a difference of at most {TOLERANCE}",
                "do not use this version, and tell who published it",
            )
        return margin, phi

    @cached_property
    def _writer(self) -> ReasonWriter:
        return ReasonWriter(self.columns, self.indicators)

    @cached_property
    def _possible(self) -> PossibleCells:
        return PossibleCells(self.columns)

    @cached_property
    def _evaluator(self) -> Evaluator:
        evaluate = EVALUATORS[self.model["evaluator"]](self.tables)
        return with_regions(evaluate, self.tables)

    def matrix(self, rows: Rows) -> InputMatrix:
        """Return rows (a DataFrame, a mapping of columns, a list of mappings) as a matrix."""
        return input_matrix(self.columns, rows)

    def score(
        self, rows: Rows, lang: str | None = None, top: int = 3, *, masked: bool = True
    ) -> Scores:
        """Score rows.

        Parameters
        ----------
        rows : DataFrame, mapping of columns, list of mappings or one mapping
        lang : str, optional
            The language of texts. Default: the version's own.
        top : int, default 3
            Reasons per row at most.
        masked : bool, default True
            Whether sensitive indicators are named as such only.

        Returns
        -------
        Scores
            margin, score (probability of the crisis class), percentile (of the publishing round),
            band (its name in every language; ``"undelivered"`` for a row of which no indicator was
            delivered, whatever its score), band_text (in the language asked for), reasons (a
            list per row), weaker (how many more indicators in the record raised the score, a number
            per row), digest (the artefact's, the same for each row; empty for a scorer that was not
            read from a folder). And, a list of names per row: missing (what was not delivered),
            partly_missing (what was not delivered in full), no_value (of what no value is on
            record), unseen (of what the category is outside of the vocabulary), impossible (columns
            with a number that no record gives).

        Raises
        ------
        ServingError
            For an unknown language, a number of reasons below 1, rows that cannot be read, or
            tables that fail their audit.
        """
        lang = self.lang if lang is None else lang
        _check_texts_asked_for(lang, top)
        X, unseen = self.matrix(rows)
        margin, phi = self._evaluate(X)
        slope, intercept = self.calibration["slope"], self.calibration["intercept"]
        logit = slope * margin + intercept
        writer = self._writer
        gone = writer.nothing_delivered(X).tolist()
        named = bands(margin, self.reference["bands"])
        band = [UNDELIVERED if is_gone else name for name, is_gone in zip(named, gone, strict=True)]
        told = writer.reasons(X, slope * phi, lang, top, masked=masked)
        gaps = writer.gaps(X, writer.any_of_key(unseen), lang, masked=masked)
        impossible = self._possible.impossible(X)
        return {
            "margin": margin,
            "score": 1 / (1 + np.exp(np.minimum(-logit, 700.0))),
            "percentile": percentile(margin, self.reference["quantiles"]),
            "band": band,
            "band_text": [LANGUAGES[lang].band(name) for name in band],
            "reasons": told.reasons,
            "weaker": told.weaker,
            "missing": gaps.missing,
            "partly_missing": gaps.partly_missing,
            "no_value": gaps.no_value,
            "unseen": gaps.unseen,
            "impossible": writer.shown_columns(impossible, lang, masked=masked),
            "digest": [self.digest] * len(X),
        }


def _check_texts_asked_for(lang: object, top: object) -> None:
    """Refuse a language that is not known, and a number of reasons that is none."""
    _check_language(lang)
    if not is_number_of_reasons(top):
        raise ServingError(f"top is {top!r}", "models.top", "1, 2, 3, ...", "ask for 3")


def _check_language(lang: object) -> None:
    if not isinstance(lang, str) or lang not in LANGUAGES:
        shown = f" {lang!r}" if isinstance(lang, str) and _LANGUAGE.fullmatch(lang) else ""
        raise ServingError(f"unknown language{shown}", "serving.lang", ", ".join(LANGUAGES))


def percentile(margin: Floats, quantiles: Sequence[float]) -> Floats:
    """Return which percentage of a round's margins is below; ties count half."""
    below = np.searchsorted(quantiles, margin, "left")
    not_above = np.searchsorted(quantiles, margin, "right")
    return 50.0 * (below + not_above) / max(len(quantiles), 1)


def bands(margin: Floats, cuts: Sequence[Band]) -> list[str]:
    """Return the name of the highest band whose cut-off each margin reaches.

    Parameters
    ----------
    margin : ndarray
    cuts : sequence of Band
    """
    ordered = sorted(cuts, key=_from_margin)
    at = np.searchsorted([_from_margin(cut) for cut in ordered], margin, "right") - 1
    return [ordered[max(i, 0)]["name"] for i in at]


def _from_margin(cut: Band) -> float:
    return -np.inf if cut["from_margin"] is None else float(cut["from_margin"])
