"""Figures as people read them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.evaluation.text_tables import bracket, html_table, number, text_table


@given(st.floats(0.001, 99) | st.floats(-99, -0.001))
def test_three_digits_tell_a_figure_to_half_a_percent(value):
    assert float(number(value)) == pytest.approx(value, rel=0.0051)


def test_nothing_is_printed_for_nothing():
    assert number(np.nan) == ""
    assert bracket(np.nan, 1.0) == ""


def test_columns_line_up():
    lines = text_table(
        ("metric", "value"), [("AUC", "0.75"), ("average precision", "0.25")]
    ).splitlines()
    assert {
        line.index(word) for line, word in zip(lines, ("value", "0.75", "0.25"), strict=True)
    } == {19}


def test_html_is_escaped():
    assert "<b>" not in html_table(("a",), [("<b>",)])
