"""Columns of registration or phone numbers are refused by name; running numbers pass."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from manifests import entry, read, read_csv, read_frame

from riskmodel.errors import RecordsError
from riskmodel.records import Records

RNG = np.random.default_rng(0)


def registration(
    n: int, *, dash: str = "-", tail: str | None = None, century: str = "1234"
) -> list[str]:
    return [
        f"{RNG.integers(100):02d}{RNG.integers(1, 13):02d}{RNG.integers(1, 29):02d}"
        f"{dash}{RNG.choice(list(century))}" + (tail or f"{RNG.integers(10**6):06d}")
        for _ in range(n)
    ]


def read_column(values: list[object], **keys: object) -> Records:
    return read_frame(
        {"id": [f"h{k}" for k in range(len(values))], "day": "2024-01-01", "number": values}, **keys
    )


@pytest.mark.parametrize(
    "values",
    [
        registration(50),
        registration(50, dash=""),
        registration(50, tail="******"),
        registration(50, dash="", tail="******"),
        registration(50, century="5678"),
        registration(50, tail="●●●●●●"),
        registration(50, tail="2*****"),
        [f"{text[:6]}-*******" for text in registration(50)],
        [f"******-{text[7:]}" for text in registration(50)],
        [int(text) for text in registration(50, dash="")],
        [None, *map(float, registration(50, dash=""))],
        [f" {text} " for text in registration(50)],
        [*registration(20), *[f"x{k}" for k in range(60)]],
    ],
)
def test_registration_numbers_are_refused_by_name(values: list[object]) -> None:
    with pytest.raises(
        RecordsError, match="column 'number' looks like registration numbers"
    ) as caught:
        read_column(values)
    assert caught.value.code == "records.personal_numbers"
    assert "allow_personal_numbers" in str(caught.value)
    assert not any(str(value)[:6] in str(caught.value) for value in values[:5] if value)


@pytest.mark.parametrize(
    "values",
    [
        [f"010-{k:04d}-{k:04d}" for k in range(1000, 1050)],
        [f"010{k:08d}" for k in range(23456789, 23456839)],
        [f"+82-10-{k:04d}-5678" for k in range(1000, 1050)],
        [f"02-{k}-1234" for k in range(500, 550)],
        [f"031) {k}-1234" for k in range(500, 550)],
        [1023456789 + 7 * k for k in range(50)],
        [f"011-{k}-1234" for k in range(500, 550)],
        [f"010 {k:04d} 5678" for k in range(1000, 1050)],
        [f"010–{k:04d}–5678" for k in range(1000, 1050)],
        [f"0507-{k:04d}-5678" for k in range(1000, 1050)],
    ],
)
def test_phone_numbers_are_refused_by_name(values: list[object]) -> None:
    with pytest.raises(RecordsError, match="column 'number' looks like phone numbers"):
        read_column(values)


def test_email_addresses_are_refused_by_name() -> None:
    addresses: list[object] = [f"kim{k}@welfare.go.kr" for k in range(50)]
    with pytest.raises(RecordsError, match="'number' looks like e-mail addresses") as caught:
        read_column(addresses)
    assert "kim1@" not in str(caught.value)
    assert len(read_column([f"kim{k}@office" for k in range(50)]).events) == 50


def harmless() -> Iterator[list[object]]:
    yield [1_000_000_000 + k for k in range(200)]
    yield [f"{1_000_000_000_000 + k}" for k in range(200)]
    yield [f"{k:013d}" for k in range(200)]
    yield RNG.integers(10**12, 10**13, 500).tolist()
    yield [
        f"2024{m:02d}{d:02d}{h:02d}0000"
        for m, d, h in itertools.product(range(1, 13), range(1, 5), range(4))
    ]
    yield [1_700_000_000 + 86_400 * k for k in range(200)]
    yield [f"{k:011d}" for k in range(1_000_000_000, 1_000_000_200)]
    yield [*registration(10), *[f"x{k}" for k in range(60)]]
    yield [*registration(1) * 50, *[f"x{k}" for k in range(60)]]


@pytest.mark.parametrize("values", list(harmless()))
def test_running_numbers_dates_and_few_matches_pass(values: list[object]) -> None:
    assert len(read_column(values).events) == len(values)


def test_columns_that_the_manifest_does_not_use_are_refused_too(tmp_path: Path) -> None:
    text = "id,day,memo\n" + "".join(
        f"{k},2024-01-01,{number}\n" for k, number in enumerate(registration(30))
    )
    with pytest.raises(RecordsError, match="column 'memo'"):
        read_csv(tmp_path, text)
    with pytest.raises(RecordsError, match="column 'memo'"):
        read_csv(tmp_path, text, query="SELECT id, day FROM source")


def test_a_file_without_a_header_does_not_give_its_first_row_away(tmp_path: Path) -> None:
    numbers = registration(30)
    with pytest.raises(RecordsError, match=r"column no\. 1 looks like registration") as caught:
        read_csv(tmp_path, "".join(f"{number},2024-01-01\n" for number in numbers))
    assert not any(number in str(caught.value) for number in numbers)


def test_a_column_may_be_let_through_by_name() -> None:
    values = registration(30)
    assert len(read_column(values, allow_personal_numbers=["number"]).events) == 30
    assert len(read_column(values, allow_personal_numbers="number").events) == 30
    with pytest.raises(RecordsError, match="registration"):
        read_column(values, allow_personal_numbers=["id"])


def test_attributes_and_contacts_are_looked_at_too() -> None:
    frame = pd.DataFrame({"id": registration(30), "a": "x"})
    with pytest.raises(RecordsError, match="column 'id' looks like registration numbers"):
        read(
            [entry(frame=pd.DataFrame({"id": ["a"], "day": ["2024-01-01"]}))],
            attributes=[
                {
                    "frame": frame,
                    "household_id": "id",
                    "known_date": "always",
                    "columns": {"a": "a"},
                }
            ],
        )
