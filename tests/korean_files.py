"""Simulated households as a Korean office holds them: cp949 files, wide tables, Korean names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

import riskmodel as rm

CODES = [
    "nhi_arrears",
    "telecom_arrears",
    "loan_overdue",
    "public_rent_arrears",
    "power_cut",
    "medical_overspend",
    "suicide_related",
    "domestic_violence",
]
CRISIS = "위기확인"


def write_office(folder: Path, n: int = 500) -> Path:
    """Write a year and more of deliveries, and their manifest; return the manifest's path."""
    records = rm.make_households(n, random_state=0)
    name_of = {code: records.catalogue[code].ko for code in CODES}
    events = records.events.assign(month=lambda e: e["event_date"].dt.strftime("%Y%m"))
    households = sorted(records.attributes["household_id"].unique())
    months = sorted(events["month"].unique())
    (folder / "월별 전산자료").mkdir(parents=True)
    for month in months:
        facts = events[(events["month"] == month) & events["code"].isin(CODES)]
        cells = facts.assign(value=facts["value"].fillna(1)).pivot_table(
            index="household_id", columns="code", values="value", aggfunc="max"
        )
        wide = (
            cells.reindex(index=households, columns=CODES)
            .fillna(0)
            .astype(int)
            .rename(columns=name_of)
        )
        wide.insert(0, "기준년월", month)
        path = folder / "월별 전산자료" / f"{month[:4]}년 {month[4:]}월.csv"
        wide.rename_axis("세대번호").reset_index().to_csv(path, index=False, encoding="cp949")
    outcomes = events.loc[events["code"] == "crisis", ["household_id", "event_date", "known_date"]]
    outcomes.columns = pd.Index(["세대번호", "확인일자", "등록일자"])
    dated = outcomes.assign(
        **{c: outcomes[c].dt.strftime("%Y%m%d") for c in ("확인일자", "등록일자")}
    )
    dated.to_csv(folder / "위기확인.csv", index=False, encoding="cp949")
    homes = pd.DataFrame(
        {"세대번호": households, "읍면동": [f"역삼{k % 3 + 1}동" for k in range(len(households))]}
    )
    homes.assign(전입일자="00000000", 기준일자="20210101").to_csv(
        folder / "세대.csv", index=False, encoding="cp949"
    )
    catalogue = {name_of[code]: _entry(records, code) for code in CODES} | {
        CRISIS: {"family": "other", "kind": "event"}
    }
    _write(folder / "지표.yaml", catalogue)
    _write(folder / "자료.yaml", _manifest(str(records.today)))
    return folder / "자료.yaml"


def _entry(records: rm.Records, code: str) -> dict[str, object]:
    found = records.catalogue[code]
    return {
        "ko": found.ko,
        "en": found.en,
        "agency": found.agency,
        "family": found.family,
        "kind": found.kind,
    } | {
        "direction": found.direction,
        "sensitivity": found.sensitivity,
        "unit": found.unit,
    }


def _manifest(today: str) -> dict[str, object]:
    return {
        "name": "강남구 위기가구",
        "today": today,
        "household": "세대",
        "catalogue": "지표.yaml",
        "rounds": {"start": "2022-01-01", "end": "2024-03-01", "every": "2M"},
        "events": [
            {
                "file": "월별 전산자료/*.csv",
                "encoding": "cp949",
                "household_id": "세대번호",
                "values": {"match": "[^호월]$"},
                "event_date": "기준년월",
                "date_format": "YYYYMM",
                "known_date": {"lag": "10D"},
            },
            {
                "file": "위기확인.csv",
                "encoding": "cp949",
                "household_id": "세대번호",
                "code": CRISIS,
                "event_date": "확인일자",
                "known_date": "등록일자",
                "date_format": "YYYYMMDD",
            },
        ],
        "attributes": [
            {
                "file": "세대.csv",
                "encoding": "cp949",
                "household_id": "세대번호",
                "known_date": "기준일자",
                "columns": {"읍면동": "읍면동"},
            }
        ],
        "groups": ["읍면동"],
        "area": "읍면동",
    }


def _write(path: Path, values: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")
