"""What a version publishes of the margins of its rounds: percentiles, and no household's margin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from mended import Note
from riskmodel.models import Reference


@pytest.mark.parametrize("rows", [1, 9, 10, 25, 800, 5_000, 30_000])
def test_no_margin_of_a_household_is_published(rows: int, mended: Note) -> None:
    margin = np.random.default_rng(rows).normal(-3, 1.5, rows)
    reference = Reference.of(margin)
    cuts = [band["from_margin"] for band in reference.bands if band["from_margin"] is not None]
    published = {*reference.quantiles, *cuts}
    found = len(published.intersection(margin.tolist()))
    assert found == 0
    assert len(reference.quantiles) == min(1_000, max(rows // 10, 1))
    mended("personal data", tried=f"reference.json of {rows} rows",
           before="1,000 of the margins themselves", now=f"{found} of them")  # fmt: skip


@pytest.mark.parametrize("rows", [11, 21, 45, 105, 1_005, 11_000])
def test_no_margin_is_the_difference_of_two_published_means(rows: int, mended: Note) -> None:
    margin = np.random.default_rng(rows).normal(-3, 1.5, rows)
    reference = Reference.of(margin)
    cuts = [band["from_margin"] for band in reference.bands if band["from_margin"] is not None]
    told = np.subtract.outer(11 * np.array(reference.quantiles), 10 * np.array(cuts))
    found = int(np.isclose(told[..., None], margin, rtol=0, atol=1e-9).sum())
    assert found == 0
    mended("personal data", tried=f"a block's mean less a cut's, {rows} rows",
           before="one for 11, 21, 45, 105 rows", now=f"{found} margins")  # fmt: skip


def households_by_block(households: pd.Index, blocks: int) -> list[int]:
    """Return the number of households in each of so many blocks of sorted rows."""
    edges = np.linspace(0, len(households), blocks + 1).round().astype(int)
    return [households[start:end].nunique() for start, end in pairwise(edges)]


@pytest.mark.parametrize("rounds", [1, 2, 6, 12])
def test_a_mean_is_of_ten_households_where_each_has_several_rows(rounds: int, mended: Note) -> None:
    households = pd.Index(np.repeat(np.arange(300), rounds))
    margin = np.arange(len(households), dtype=float)
    found = Reference.of(margin, households=households).quantiles
    fewest = min(households_by_block(households, len(found)))
    assert fewest == 10
    rows = len(households)
    assert len(found) == rows // (10 * rounds)
    before = min(households_by_block(households, rows // 10))
    mended("personal data", tried=f"a mean of the reference over {rounds} rounds",
           before=f"of {before} households at least", now=f"of {fewest} at least")  # fmt: skip


def test_the_household_with_most_rows_decides_the_size_of_a_block() -> None:
    households = pd.Index([*range(100), *([7] * 19)])
    margin = np.arange(len(households), dtype=float)
    assert len(Reference.of(margin, households=households).quantiles) == 1


def test_published_means_have_four_digits() -> None:
    quantiles = Reference.of(np.random.default_rng(0).normal(-3, 1.5, 800)).quantiles
    assert list(quantiles) == [float(f"{mean:.4g}") for mean in quantiles]


def test_percentiles_and_bands_are_those_of_the_rows() -> None:
    margin = np.random.default_rng(0).normal(size=5_000)
    reference = Reference.of(margin)
    exact = 100 * (np.searchsorted(np.sort(margin), margin) + 0.5) / len(margin)
    assert np.abs(reference.percentile(margin) - exact).max() <= 0.21
    shares = {name: np.mean([band == name for band in reference.band(margin)])
              for name in ("very high", "high", "raised", "usual")}  # fmt: skip
    assert shares == pytest.approx(
        {"very high": 0.01, "high": 0.04, "raised": 0.15, "usual": 0.8}, abs=0.002
    )


def test_a_block_of_equal_margins_is_that_margin_and_ties_count_half() -> None:
    reference = Reference.of(np.zeros(100))
    assert reference.quantiles == (0.0,) * 10
    assert reference.percentile(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 50, 100]
