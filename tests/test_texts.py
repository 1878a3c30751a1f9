"""The rule of text: what looks the same is the same, in Python and in SQL."""

from __future__ import annotations

import random
import sys
import unicodedata
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.characters import BLANKS, FOLDED, INVISIBLE
from riskmodel.no_ids import NO_IDS
from riskmodel.records.sources import cell_sql
from riskmodel.serving import plain_texts
from riskmodel.texts import (
    SPACES,
    are_marked,
    are_rounded,
    are_styled,
    as_ids,
    as_texts,
    as_words,
    plain_text,
    plain_word,
)

SAME = {
    "composed": "가-1",
    "decomposed": unicodedata.normalize("NFD", "가-1"),
    "zero-width space": "가\u200b-1",
    "zero-width joiner": "가-\u200d1",
    "soft hyphen": "가\u00ad-1",
    "byte order mark": "\ufeff가-1",
    "variation selector": "가-1\ufe0f",
    "mark of direction": "\u200e가-1\u202c",
    "Hangul filler": "가\u3164-1",
    "filler between jamo": "\u1100\u200b\u1161-1",
}
OTHER_FORMS = {
    "full-width": ("Ａ－１２３", "A-123"),
    "Arabic-Indic digits": ("A-١٢٣", "A-123"),
    "Persian digits": ("۱۲۳", "123"),
    "Devanagari digits": ("१२३", "123"),
    "mathematical digits": ("𝟏𝟐𝟑", "123"),
    "half-width Katakana": ("ｶﾞｽ", "ガス"),
    "half-width Hangul": ("ﾡ-1", "ㄱ-1"),
    "a radical": ("⼀-1", "一-1"),
    "an en dash": ("A–1", "A-1"),
    "a hyphen at which no line breaks": ("A\u20111", "A-1"),
    "a minus sign": ("−5", "-5"),
    "full-width punctuation": ("（주）１", "(주)1"),
}
STYLED_IDS = ["A-①", "10²", "Ⅲ-1", "№1", "㈜-1", "ﬁ", "𝐀1", "❶", "½", "🄰1"]
MARKED = ["1,234", "12,345", "1,234,567", "1,234.0", " 999,000.00 "]
ROUNDED = ["1.23457E+11", "1,23457E+11", "1E+11", "1.23457e+011", "1.23457E11", "9.9e5"]
WHOLE = ["12E3", "E+11", "1E-05", "1E11", "12.3E+4", "1.23457E+1111", "A1.2E+3", "1.2"]


def in_sql(texts: list[str], expression: str) -> list[object]:
    """Return what an expression of SQL makes of the column `c`."""
    con = duckdb.connect()
    con.register("cells", pa.table({"c": pa.array(texts, pa.string())}))
    return [value for (value,) in con.execute(f"SELECT {expression} FROM cells").fetchall()]


@pytest.mark.parametrize("written", SAME.values(), ids=SAME)
def test_what_looks_the_same_is_one_text(written: str) -> None:
    assert plain_text(written) == "가-1"


@pytest.mark.parametrize(("written", "usual"), OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_a_character_of_another_form_is_the_usual_one(written: str, usual: str) -> None:
    assert plain_text(written) == usual


def test_every_digit_of_every_script_is_a_digit_of_ours() -> None:
    # beyond, each version of Unicode adds scripts
    digits = {chr(code): unicodedata.decimal(chr(code), None) for code in range(0x10000)}
    told = {character: str(digit) for character, digit in digits.items() if digit is not None}
    assert {character: plain_text(character) for character in told} == told


def test_styled_characters_in_ids_are_told() -> None:
    usual = ["A-1", "가-1", "ㄱ-1", "ガ", "Ａ１", None]
    assert are_styled(as_ids([*STYLED_IDS, *usual])).tolist() == [True] * 10 + [False] * 6
    told = in_sql([text or "" for text in (*STYLED_IDS, *usual)], cell_sql.is_styled("c"))
    assert told == [True] * 10 + [False] * 6


def test_blanks_of_any_width_are_spaces() -> None:
    assert {plain_text(f"a{chr(first)}b") for first, _ in BLANKS} == {"a b"}


@given(st.text())
def test_the_rule_changes_nothing_twice(text: str) -> None:
    once = plain_text(text)
    assert plain_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(first <= ord(c) <= last for c in once for first, last in (*INVISIBLE, *BLANKS))
    assert FOLDED.keys().isdisjoint(map(ord, once))


def test_sql_and_the_reader_say_the_same_of_every_character_and_of_marks_that_combine() -> None:
    characters = [chr(i) for i in range(1, sys.maxunicode + 1) if not 0xD800 <= i < 0xE000]
    rng = random.Random(0)
    marks = [*map(chr, range(0x300, 0x345)), *"\u200b\u00ad\u00a0\u1100\u1161\u11a8"]
    joined = [
        rng.choice("aeiKn가각") + "".join(rng.choices(marks, k=rng.randrange(4)))
        for _ in range(5_000)
    ]
    texts = [*(f"a{character}b" for character in characters), *joined]
    expected = [plain_text(text) for text in texts]
    assert in_sql(texts, cell_sql.plain("c")) == expected
    is_same = [text == plain for text, plain in zip(texts, expected, strict=True)]
    assert in_sql(texts, cell_sql.is_plain("c")) == is_same
    assert [plain_texts.plain_text(text) for text in texts] == expected
    assert plain_texts.SPACES == SPACES


@pytest.mark.parametrize(
    "written",
    [
        [30790.0, 7.0, None],
        np.array([30790.0, 7.0, None], dtype=object),
        pd.Series([30790, 7, None], dtype="Int64"),
        pd.Series([30790, 7, None], dtype="Float64"),
        pd.Series([30790, 7, None], dtype="float32"),
        pd.Series([30790.0, 7.0, None], dtype="category"),
        pd.Series([Decimal("30790.00"), Decimal(7), None]),
        pd.Series([Decimal("30790.00"), Decimal(7), None], dtype="object").astype("category"),
        pd.Series(pd.arrays.ArrowExtensionArray(pa.array([Decimal("30790.00"), Decimal(7), None]))),
        pd.Index(["30790", "7", None]),
        pd.Series(["30790", "7", None], dtype="object"),
    ],
    ids=[
        "floats",
        "objects",
        "Int64",
        "Float64",
        "float32",
        "category",
        "decimals",
        "categories of decimals",
        "Arrow's decimals",
        "texts",
        "texts as objects",
    ],
)
def test_a_whole_number_is_a_text_without_decimals(written: object) -> None:
    assert as_texts(written).tolist() == ["30790", "7", None]
    assert as_ids(written).tolist() == ["30790", "7", None]


@given(st.lists(st.one_of(st.none(), st.text(), st.integers(-(10**14), 10**14))))
def test_texts_are_plain_and_integers_are_their_digits(values: list[str | int | None]) -> None:
    expected = [None if value is None else plain_text(str(value)) for value in values]
    assert as_texts(np.array([*values, None], dtype=object)[:-1]).tolist() == expected


def test_fractions_and_numbers_beyond_a_float_stay_as_they_are() -> None:
    assert as_texts([2.5, 1e15, -0.5]).tolist() == ["2.5", "1000000000000000", "-0.5"]


@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize(("kind", "beyond"), [("float64", 2.0**53), ("float32", 2.0**24)])
@given(st.lists(st.one_of(st.integers(-(2**60), 2**60), st.sampled_from([np.inf, -np.inf]))))
def test_floats_in_sql_are_the_texts_of_frames_and_rounded_ones_are_told(
    kind: str, beyond: float, written: list[float]
) -> None:
    values = np.array([*written, beyond - 1, beyond, -beyond, np.nan], dtype=kind)
    con = duckdb.connect()
    con.register("cells", pa.table({"c": pa.array(values)}))
    text = cell_sql.text("c", "DOUBLE" if kind == "float64" else "FLOAT")
    texts = [value for (value,) in con.execute(f"SELECT {text} FROM cells").fetchall()]
    assert texts == as_texts(values).tolist() == as_texts([*values]).tolist()
    assert are_rounded(as_ids(values)).tolist() == (np.abs(values) >= beyond).tolist()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(st.sampled_from('019.E+ \t가각A\u200b\u00a0,n-="１Ａ'), max_size=8),
            st.sampled_from(
                [
                    "nan",
                    "NULL",
                    " None ",
                    "7.0",
                    "07.0",
                    "7.00",
                    "0.0",
                    "0000.00",
                    *ROUNDED,
                    *MARKED,
                ]
            ),
            st.sampled_from([*NO_IDS, *(word.upper() for word in NO_IDS)]),
            st.sampled_from(['="007"', ' ="7.0"', '=" #N/A "', '="007', '=007"', '="0""7"', '=""']),
        )
    )
)
def test_ids_in_sql_are_the_ids_of_frames(written: list[str]) -> None:
    text = cell_sql.text("c", "VARCHAR")
    plain = [plain_text(one) for one in written]
    identity = f"(SELECT {cell_sql.identity('t')} FROM (SELECT {text} AS t))"
    assert in_sql(plain, identity) == as_ids(written).tolist()
    assert in_sql(plain, cell_sql.is_rounded(identity)) == are_rounded(as_ids(written)).tolist()
    assert in_sql(plain, cell_sql.is_marked(identity)) == are_marked(as_ids(written)).tolist()


WORDS = {
    "'A01'": "A01",
    '"A01"': "A01",
    "‘A01’": "A01",
    "“A01”": "A01",
    " ' A01 ' ": "A01",
    "A  town": "A town",
    "A\u3000 town": "A town",
    "O'Neill": "O'Neill",
    "'s-Hertogenbosch": "'s-Hertogenbosch",
    "'a' or 'b'": "'a' or 'b'",
    "5' 11\"": "5' 11\"",
    "''": "",
    "'": "'",
    " ": "",
}


def test_quotes_and_blanks_around_a_word_are_no_part_of_it() -> None:
    assert [plain_word(text) for text in WORDS] == list(WORDS.values())
    assert [plain_texts.plain_word(text) for text in WORDS] == list(WORDS.values())
    assert as_words(list(WORDS)).tolist() == [word or None for word in WORDS.values()]
    in_files = in_sql([plain_text(text) for text in WORDS], cell_sql.text("c", "VARCHAR"))
    assert in_files == [word or None for word in WORDS.values()]


@pytest.mark.parametrize("written", ["'00123", "’00123", "'00123'", '"00123"', "'00123.0"])
def test_an_apostrophe_that_keeps_zeros_is_no_part_of_an_id(written: str) -> None:
    expected = "00123"
    assert as_ids([written]).tolist() == [expected]
    text = f"(SELECT {cell_sql.text('c', 'VARCHAR')})"
    assert in_sql([plain_text(written)], cell_sql.identity(text)) == [expected]


def test_a_number_with_marks_of_thousands_is_told_from_a_code() -> None:
    assert are_marked(as_ids(MARKED)).all()
    others = ["1,23", "12,3456", "0,123", "A-1,234", "1234", "1.234", "1,234.5", "1,2345,678", ""]
    assert not are_marked(as_ids(others)).any()


def test_a_rounded_number_is_told_from_a_code() -> None:
    assert are_rounded(as_ids(ROUNDED)).all()
    assert not are_rounded(as_ids(WHOLE)).any()
    assert are_rounded(as_ids([1e16, 1e15, 123.0])).tolist() == [True, False, False]


def test_ascii_costs_next_to_nothing() -> None:
    text = f"A-1{SPACES}"
    assert plain_text(text) is text
