"""Margins by region: each region's own level and slope, where the tables of a model hold them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskmodel.serving.reader_types import Arrays, Evaluator, Floats

REGION = "region_column"


class RegionLines(NamedTuple):
    """The line of each row's region: margin = slope * national margin + shift.

    Attributes
    ----------
    slope, shift : ndarray, shape (n_rows,)
        1 and 0 where the region is unknown, or has no line of its own.
    """

    slope: Floats
    shift: Floats

    @classmethod
    def of(cls, t: Arrays, X: Floats) -> RegionLines:
        """Read the lines of rows by their codes in the column of the region."""
        code = X[:, int(t[REGION])]
        at = np.where(np.isnan(code), len(t["region_slope"]), code).astype(np.intp)
        return cls(np.append(t["region_slope"], 1.0)[at], np.append(t["region_shift"], 0.0)[at])

    def margin(self, national: Floats) -> Floats:
        """Return the margins after the lines."""
        return self.slope * national + self.shift


def margin_by_region(t: Arrays, X: Floats, national: Floats) -> Floats:
    """Return margins by region, or the national ones where the tables hold no regions."""
    return RegionLines.of(t, X).margin(national) if REGION in t else national


def parts_by_region(t: Arrays, X: Floats, national: Floats, output: int | None = None) -> Floats:
    """Return contributions that add up to the margins by region.

    Parameters
    ----------
    t : mapping of str to ndarray
        The tables of a model.
    X : ndarray, shape (n_rows, n_columns)
    national : ndarray, shape (n_rows, n_outputs)
        Contributions that add up, with ``t["base"]``, to the national margins.
    output : int, optional
        To which the region's own part is added; by default the column of the region.

    Notes
    -----
    The slope multiplies all contributions. What it makes of the base, and the shift, are the part
    of the region.
    """
    if REGION not in t:
        return national
    lines = RegionLines.of(t, X)
    parts = lines.slope[:, None] * national
    parts[:, int(t[REGION]) if output is None else output] += (lines.slope - 1) * t[
        "base"
    ] + lines.shift
    return parts


def with_regions(evaluate: Evaluator, t: Arrays) -> Evaluator:
    """Return an evaluator whose margins and contributions are those by region."""

    def evaluate_by_region(X: Floats) -> tuple[Floats, Floats]:
        margin, phi = evaluate(X)
        return margin_by_region(t, X, margin), parts_by_region(t, X, phi)

    return evaluate_by_region
