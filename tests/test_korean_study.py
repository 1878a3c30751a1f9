"""A study in Korean, from cp949 files to a round's list.

Codes, columns, files and groups keep their names.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import riskmodel as rm
from korean_files import CRISIS, write_office
from riskmodel.scoring import score_round

CAPACITY = {"역삼1동": 8, "역삼2동": 8, "역삼3동": 4}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Return a store of ingested deliveries, and a model trained on it."""
    folder = tmp_path_factory.mktemp("행복이음")
    manifest = write_office(folder / "원자료")
    ingested = rm.ingest(manifest, folder / "저장소")
    records = rm.read_records(folder / "저장소")
    label = rm.Label(CRISIS, window="6M", maturity="2M")
    panel = rm.build_panel(
        records, rounds=records.rounds, label=label, cohort=rm.Cohort(listed=True)
    )
    train, test = rm.TemporalSplit(test_rounds=1).last(panel)
    model = rm.make_classifier(panel, seeds=1, n_estimators=40).fit(train.X, train.y)
    return SimpleNamespace(
        folder=folder,
        manifest=manifest,
        ingested=ingested,
        records=records,
        panel=panel,
        model=model,
        test=test,
    )


@pytest.fixture(scope="module")
def listed(office: SimpleNamespace) -> object:
    """Return the list of one round."""
    return score_round(office.model, office.records, "2024-03-01", CAPACITY, lang="ko")


def test_files_of_an_office_are_read_as_they_are(office: SimpleNamespace) -> None:
    records = office.records
    assert records.digest == rm.read_records(office.manifest).digest
    assert (records.counts["quarantined"] == 0).all()
    assert {"건강보험료 체납", "자살 위험", CRISIS} <= set(records.catalogue)
    assert set(records.attributes["text"]) == set(CAPACITY)
    assert office.ingested.frame()["file"].str.startswith("월별 전산자료/2022년").any()


def test_columns_and_groups_are_korean(office: SimpleNamespace) -> None:
    assert "건강보험료_체납__now__ever" in office.panel.X.columns
    assert set(office.panel.groups.columns) == {"읍면동"}
    evaluation = rm.evaluate(office.model, office.test, capacity=CAPACITY)
    assert all(area in evaluation.by_area.to_csv() for area in CAPACITY)
    assert evaluation.metrics["auc"] > 0.5


def test_the_list_speaks_korean_and_opens_in_spreadsheets(
    listed: rm.Records, tmp_path: Path
) -> None:
    csv = listed.to_csv(tmp_path / "3월 명단.csv", encoding="utf-8-sig")
    assert csv.read_bytes().startswith(b"\xef\xbb\xbf")
    sheet = listed.to_excel(tmp_path / "3월 명단.xlsx")
    back = pd.read_excel(sheet, dtype={"가구": str})
    assert back["가구"].tolist() == listed.listed["household_id"].tolist()
    assert back["명단 포함"].sum() == sum(CAPACITY.values())
    assert back.groupby("지역")["명단 포함"].sum().to_dict() == CAPACITY
    assert back.loc[back["명단 포함"], "사유 1"].str.contains("[가-힣]").all()
    assert set(back["층"]) == {"확정"}
    files = {"3월 명단.csv", "3월 명단.xlsx"}
    assert {path.name for path in tmp_path.iterdir()} == files | {f"{name}.json" for name in files}


def test_suicide_and_violence_are_masked_in_every_list(
    office: SimpleNamespace, tmp_path: Path
) -> None:
    words = [name for name, i in office.records.catalogue.items() if i.masked]
    said = [*words, *(office.records.catalogue[word].en for word in words)]
    counting = rm.make_classifier(office.panel, kind="indicator_count").fit(office.panel)

    def written(lang: str, *, masked: bool) -> str:
        listed = score_round(
            counting, office.records, "2024-03-01", 500, lang=lang, top=8, masked=masked
        )
        listed.to_csv(tmp_path / "list.csv")
        return (
            (tmp_path / "list.csv").read_text(encoding="utf-8")
            + repr(listed)
            + listed._repr_html_()
        )

    assert len(words) == 2
    for lang in ("ko", "en"):
        assert not [word for word in said if word in written(lang, masked=True)]
    assert "민감 정보" in written("ko", masked=True)
    assert "자살 위험" in written("ko", masked=False)  # so there was something to hide


STUDY = """
import sys, warnings
for other in ("numba", "joblib", "openpyxl"):
    warnings.filterwarnings("ignore", category=EncodingWarning, module=other)
with warnings.catch_warnings(action="ignore"):
    import numpy.testing  # which some versions open the machine's description with
import riskmodel as rm
from riskmodel.scoring import score_round
records = rm.ingest(sys.argv[1], sys.argv[2]).records
label = rm.Label("위기확인", window="6M", maturity="2M")
cohort = rm.Cohort(listed=True)
panel = rm.build_panel(records, rounds=records.rounds[3:8], label=label, cohort=cohort)
panel.to_parquet(sys.argv[2] + "/../panel.parquet")
model = rm.make_classifier(panel, kind="logistic").fit(panel)
listed = score_round(model, records, "2024-03-01", 10, lang="ko")
listed.to_csv(sys.argv[2] + "/../명단.csv", encoding="utf-8-sig")
listed.to_excel(sys.argv[2] + "/../명단.xlsx")
print(listed, records.summary())
"""


def test_no_file_is_opened_in_the_encoding_of_the_machine(
    office: SimpleNamespace, tmp_path: Path
) -> None:
    quiet = {"PYTHONWARNDEFAULTENCODING": "1", "PYTHONIOENCODING": "utf-8"}
    words = [
        sys.executable,
        "-W",
        "error::EncodingWarning",
        "-c",
        STUDY,
        str(office.manifest),
        str(tmp_path / "s"),
    ]
    done = subprocess.run(
        words, env=os.environ | quiet, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert "EncodingWarning" not in done.stderr
