"""What a version publishes of the margins of its rounds: percentiles, and no household's margin."""

from __future__ import annotations

import numpy as np
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
    assert found == (1 if rows == 1 else 0)
    assert len(reference.quantiles) == min(1_000, max(rows // 10, 1))
    mended("personal data", tried=f"reference.json of {rows} rows",
           before="1,000 of the margins themselves", now=f"{found} of them")  # fmt: skip


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
