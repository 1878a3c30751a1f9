"""One household's explanation prints itself: id, dates, signs, sum and score; nothing sensitive."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import ModelError
from riskmodel.explanation import Explanation


@pytest.fixture(scope="module")
def explained(study: SimpleNamespace) -> Explanation:
    return rm.explain(study.models["lightgbm"], study.panel)


def last_numbers(text: str, start: str) -> list[float]:
    line = next(line for line in text.splitlines() if line.startswith(start))
    return [float(word) for word in line.removeprefix(start).split()]


def test_signs_id_date_score_and_sum_are_told(explained: Explanation, mended: Note) -> None:
    household = explained.log_odds.idxmax()[0]
    one = explained.household(household, as_of="2024-03-01")
    text = repr(one)
    assert text.startswith(f"{household} explained exactly (interventional)")
    assert "2024-03-01" in text
    assert last_numbers(text, "score") == [pytest.approx(one.scores.item(), abs=5e-4)]
    assert last_numbers(text, "sum (log-odds)") == [pytest.approx(one.log_odds.item(), abs=5e-4)]

    numbers = [float(line.split()[-1]) for line in text.split("\n\n")[1].splitlines()[1:]]
    *parts, base, total, _ = numbers
    assert min(parts) < 0 < max(parts)
    assert base + sum(parts) == pytest.approx(total, abs=0.01)
    assert "<table" in one._repr_html_()
    mended(
        "reasons",
        tried="explanation.household(id, as_of)",
        before="'1 rows explained', absolute contributions, no id, date, sum or score",
        now=" / ".join(text.split("\n\n")[1].splitlines()[:2]),
    )


def test_each_date_of_a_household_is_a_column(explained: Explanation) -> None:
    household = explained.log_odds.index[0][0]
    rows = explained.household(household)
    assert len(rows) > 1
    dates = [str(day.date()) for day in rows.log_odds.index.get_level_values(1)]
    assert repr(rows).split("\n\n")[1].splitlines()[0].split() == dates
    assert last_numbers(repr(rows), "score") == pytest.approx(rows.scores.tolist(), abs=5e-4)


def test_what_is_sensitive_is_not_named_beside_an_id(
    study: SimpleNamespace, explained: Explanation
) -> None:
    shown = study.panel.X["domestic_violence__count__ever"] > 0
    household = study.panel.X.index[shown][0][0]
    text = repr(explained.household(household))
    assert "violence" not in text
    assert "suicide" not in text


def test_rows_of_several_households_are_means_and_a_row_without_keys_is_named_by_its_place(
    study: SimpleNamespace, explained: Explanation
) -> None:
    assert "mean |contribution|" in repr(explained)
    array = rm.explain(study.models["logistic"], study.test.X.reset_index(drop=True))
    assert repr(array[3]).startswith("row 3 explained exactly")
    for by in ("indicator", "family"):
        one = rm.explain(study.models["lightgbm"], study.test.X.head(1), by=by)
        assert last_numbers(repr(one), "base") == [pytest.approx(one.base, abs=5e-4)]


@pytest.mark.parametrize("rows", [0, 2, 5])
def test_a_waterfall_is_of_one_row(explained: Explanation, rows: int, mended: Note) -> None:
    with pytest.raises(ModelError, match=f"explanation of {rows} rows is not one score") as refusal:
        rm.displays.WaterfallDisplay.from_explanation(explained[np.arange(rows)])
    assert refusal.value.code == "explanation.one_row"
    assert "explanation.household(household_id, as_of)" in refusal.value.next_step
    mended(
        "reasons",
        tried=f"a waterfall of {rows} rows",
        before="the first row, or an IndexError",
        now=refusal.value,
    )
