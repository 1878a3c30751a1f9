"""What a frame of one's own promises beside its shape: mature outcomes, and nothing personal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from riskmodel.errors import ConfigError, PanelError, RiskmodelError

KEYS: dict[str, Any] = {"household_id": "id", "as_of_date": "d"}
LABEL = rm.Label("crisis", "6M", maturity="2M")
Mended = Callable[..., None]


def frame(*days: str) -> pd.DataFrame:
    x = np.arange(600) % 7
    rounds = [pd.DataFrame({"id": range(600), "d": day, "x": x, "y": x > 4}) for day in days]
    return pd.concat(rounds, ignore_index=True).astype({"y": float})


def refused(df: pd.DataFrame, **arguments: Any) -> RiskmodelError:
    with pytest.raises((PanelError, ConfigError)) as caught:
        rm.Panel.from_frame(df, **KEYS | {"y": "y"} | arguments)
    return caught.value


def test_outcomes_of_windows_that_are_open_are_missing(mended: Mended) -> None:
    df = frame("2023-01-01", "2024-05-01")
    panel = rm.Panel.from_frame(df, **KEYS, y="y", label=LABEL, today="2024-06-01")
    before_today = panel.as_of < "2024-01-01"
    assert panel.y[before_today].notna().all()
    assert panel.y[~before_today].isna().all()
    assert panel.counts["immature"] == 600
    assert "600 immature" in repr(panel)

    model = rm.make_classifier(panel, kind="logistic").fit(panel)
    assert f"on {before_today.sum()} rows" in repr(model)
    assert rm.evaluate(model, panel).rows == 600
    mended(
        "today",
        tried="from_frame(label=, today=) with a round whose window is open",
        before="0 immature; fit and evaluate took all 1,200 rows",
        now=f"{panel.counts['immature']} immature; {repr(model).split('fitted ')[1]}",
    )


@pytest.mark.parametrize(("today", "immature"), [("2025-01-01", 0), ("2024-12-31", 600)])
def test_a_window_is_over_on_the_day_on_which_it_matures(today: str, immature: int) -> None:
    panel = rm.Panel.from_frame(frame("2024-05-01"), **KEYS, y="y", label=LABEL, today=today)
    assert panel.counts["immature"] == immature


def test_without_a_mature_row_nothing_is_fitted() -> None:
    panel = rm.Panel.from_frame(frame("2024-05-01"), **KEYS, y="y", label=LABEL, today="2024-06-01")
    assert panel.counts["immature"] == len(panel)
    with pytest.raises(RiskmodelError):
        rm.make_classifier(panel, kind="logistic").fit(panel)
    with pytest.raises(RiskmodelError):
        rm.evaluate(pd.Series(panel.X["x"], panel.X.index), panel, capacity=50)


PERSONAL = {
    "phone numbers": lambda n: f"010-1234-{n:04d}",
    "registration numbers": lambda n: f"880101-1{n:06d}",
    "e-mail addresses": lambda n: f"someone{n}@example.org",
}
ROLES: dict[str, dict[str, Any]] = {
    "household_id": {"household_id": "told"},
    "categories": {"categories": ["told"]},
    "groups": {"groups": ["told"]},
    "area": {"area": "told"},
    "cluster": {"cluster": "told"},
    "round": {"round": "told"},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("what", PERSONAL)
def test_personal_numbers_are_refused_by_column_and_count(
    what: str, role: str, mended: Mended
) -> None:
    told = [PERSONAL[what](n) for n in range(600)]
    error = refused(frame("2024-05-01").assign(told=told), **ROLES[role])
    assert error.code == "frame.personal_numbers"
    assert f"column 'told' looks like {what} (600 of 600 values)" in str(error)
    assert told[0] not in str(error)
    mended("personal data", tried=f"{what} as {role} of from_frame", before="taken", now=error.code)


def test_personal_numbers_stored_as_numbers_are_refused_too() -> None:
    phones = 1_012_340_000 + np.arange(600)
    error = refused(frame("2024-05-01").assign(phone=phones))
    assert "'phone' looks like phone numbers" in str(error)


def test_what_only_looks_personal_is_let_through_by_name() -> None:
    df = frame("2024-05-01").assign(told=1_012_340_000 + np.arange(600))
    panel = rm.Panel.from_frame(df, **KEYS, y="y", allow_personal_numbers=["told"])
    assert "told" in panel.X
    running = df.assign(told=1_000_000_001 + np.arange(600))
    assert "told" in rm.Panel.from_frame(running, **KEYS, y="y").X


def test_names_of_persons_are_to_leave_first() -> None:
    error = refused(frame("2024-05-01").assign(성명="김철수"))
    assert error.code == "frame.text"
    assert str(error.next_step).startswith("drop names and addresses of persons")
    assert "김철수" not in str(error)


def test_numbers_kept_as_texts_are_to_become_numbers_first(mended: Mended) -> None:
    df = frame("2024-05-01")
    texts = df.assign(x=df["x"].astype(str))
    error = refused(texts)
    first, second = str(error.next_step).split("; ")
    assert "df['x'] = pd.to_numeric(df['x'])" in first
    assert "categories=['x']" in second
    mended("friction", tried="numbers as texts in from_frame", before="categories=['x']", now=first)

    both = refused(texts.assign(job="baker"))
    assert "pd.to_numeric(df['x'])" in str(both)
    assert "pd.to_numeric(df['job'])" not in str(both)
    assert "drop names" in str(both)
    days = texts.assign(x=pd.Timestamp("2024-01-01"))
    assert "to_numeric" not in str(refused(days))


@pytest.mark.parametrize(("name", "near"), [("dd", "d"), ("기준날", "기준일")])
def test_a_mistyped_column_of_dates_names_the_nearest(name: str, near: str, mended: Mended) -> None:
    df = frame("2024-05-01").rename(columns={"d": near})
    error = refused(df, as_of_date=name)
    assert error.code == "frame.column"
    assert f"no column {name!r}" in str(error)
    assert f"did you mean {near!r}" in str(error)
    mended("friction", tried=f"as_of_date={name!r}", before="not a date", now=error.next_step)


def test_a_label_that_is_a_text_is_refused_at_once(mended: Mended) -> None:
    error = refused(frame("2024-05-01"), label="crisis")
    assert error.code == "arguments.type"
    assert "rm.Label('crisis', window='6M')" in str(error)
    mended("friction", tried="from_frame(label='crisis')", before="AttributeError", now=error.code)

    panel = rm.Panel.from_frame(frame("2024-05-01"), **KEYS, y="y")
    with pytest.raises(ConfigError, match="rm.Label"):
        panel.with_label("crisis")
