"""Under lang="ko" a list, a workbook and a trace hold no English words of ours."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.scoring import ScoreList, Trace, score_round
from riskmodel.serving import LANGUAGES

DAY, KIND = "2024-03-01", "reasons"


@pytest.fixture(scope="module")
def study() -> SimpleNamespace:
    made = rm.make_households(300, random_state=3)
    events = made.events[["household_id", "code", "event_date", "known_date"]]
    late = events.tail(3).assign(
        event_date=pd.to_datetime(["2024-02-10", "2024-02-11", "2024-03-01"]),
        known_date=pd.to_datetime(["2024-03-01", "2024-02-12", "2024-03-05"]),
        retracted_date=pd.to_datetime([None, "2024-02-20", None]),
        household_id=events["household_id"].iloc[0],
        code="loan_overdue",
    )
    records = rm.Records.from_frames(
        pd.concat([events, late], ignore_index=True),
        today=made.today,
        catalogue={code: {"ko": one.ko} for code, one in made.catalogue.items()},
        rounds=made.rounds,
    )
    panel = rm.build_panel(
        records,
        label=rm.Label("crisis", window="6M", maturity="2M"),
        features=rm.Features([rm.Agg.count(["crisis", "loan_overdue"], ["6M", "ever"])]),
    )
    train, _ = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, kind="logistic").fit(train)
    listed = score_round(model, records, DAY, capacity=10, lang="ko")
    household = late["household_id"].iloc[0]
    traced = rm.trace(model, records, DAY, household, lang="ko")
    english = rm.trace(model, records, DAY, household)
    return SimpleNamespace(listed=listed, traced=traced, english=english)


def test_a_list_is_printed_and_written_as_a_workbook_in_korean(
    study: SimpleNamespace, tmp_path: Path, mended: Note
) -> None:
    listed: ScoreList = study.listed
    title = LANGUAGES["ko"].title
    head = repr(listed).splitlines()[2]
    for name in ("rank", "household_id", "score", "band", "reason_1"):
        assert title(name) in head
    assert not re.search("[a-z]{3,}", head)
    assert "<th>가구</th>" in listed._repr_html_()

    book = pd.read_excel(listed.to_excel(tmp_path / "list.xlsx"))
    assert list(book) == [title(name) for name in listed.table]
    assert set(book["층"]) == {"확정"}
    assert set(book["위험 구간"]) <= set(LANGUAGES["ko"].bands.values())

    rows = pd.read_csv(listed.to_csv(tmp_path / "list.csv"))
    assert list(rows) == list(listed.table)
    mended(
        KIND,
        tried="the workbook of a list, lang=ko",
        before="heads household_id, stratum, band; cells certain, very high",
        now=f"heads {', '.join(list(book)[:3])}; cells {', '.join(set(book['층']))}",
    )


def test_a_trace_is_headed_in_korean_and_says_in_korean_what_was_not_visible(
    study: SimpleNamespace, mended: Note
) -> None:
    traced: Trace = study.traced
    said = set(traced.not_yet_visible["why_not"])
    assert said >= {"기준일 전에 철회됨", "기준일 이후에 알려짐", "기준일 이후에 일어남"}
    assert said == set(LANGUAGES["ko"].why_not.values())
    assert set(study.english.not_yet_visible["why_not"]) == set(LANGUAGES["en"].why_not.values())
    assert traced.visible["used"].any()

    for head in ("발생일", "입수일", "보이지 않는 까닭", "기여도"):
        assert head in repr(traced)
        assert head in traced._repr_html_()
    english = {"event_date", "known_date", "why_not", "contribution", "indicator"}
    assert not english & set(re.findall(r"\w+", repr(traced)))
    assert english <= set(re.findall(r"\w+", repr(study.english)))
    mended(
        KIND,
        tried="a trace, lang=ko",
        before="why_not: known on the date or later",
        now=f"{LANGUAGES['ko'].heads['why_not']}: {', '.join(sorted(said))}",
    )
