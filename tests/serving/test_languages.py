"""A language is one file: every text in it, the same keys in each, and nothing else to write."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from published_models import households

import riskmodel
from riskmodel import indicators
from riskmodel.card import ModelCard
from riskmodel.models.reference import BANDS
from riskmodel.scoring import list_columns
from riskmodel.service.outreach_plan import CERTAIN, DRAWN, NO_CHANNEL, NO_GAIN, NO_ROOM
from riskmodel.service.rules.applied_rules import OVERDUE, RULES
from riskmodel.service.rules.rule_parts import LIFTS, NO_ANSWER
from riskmodel.serving import LANGUAGES, UNDELIVERED
from riskmodel.serving.language_texts import FOLDER, TEXTS
from riskmodel.serving.reason_writer import MASKED


def keys_of(texts: Mapping[str, Any]) -> Iterator[str]:
    for key, value in texts.items():
        yield key
        if isinstance(value, Mapping):
            yield from (f"{key}.{inner}" for inner in keys_of(value))


def fields_of(texts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of each template, but for the parts of a name that a language may choose."""
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from fields_of(value)
        else:
            found = set(re.findall(r"\{(\w+)", str(value))) - {"head", "tail", "name", "unit"}
            yield key, ",".join(sorted(found))


def test_the_languages_are_the_files() -> None:
    assert list(LANGUAGES) == sorted(path.stem for path in FOLDER.iterdir()) == ["en", "ko"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_same_keys_in_one_order(lang: str) -> None:
    assert list(keys_of(TEXTS[lang])) == list(keys_of(TEXTS["en"]))
    assert list(fields_of(TEXTS[lang])) == list(fields_of(TEXTS["en"]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_of_the_list_and_every_section_of_the_card_is_named(lang: str) -> None:
    assert list(TEXTS[lang]["titles"]) == [column.name for column in list_columns.COLUMNS]
    assert list(TEXTS[lang]["bands"]) == [*BANDS, UNDELIVERED]
    assert list(TEXTS[lang]["strata"]) == [CERTAIN, *DRAWN]
    assert list(TEXTS[lang]["rules"]) == [*RULES, NO_ROOM, NO_GAIN, NO_CHANNEL, OVERDUE]
    assert list(TEXTS[lang]["lifts"]) == [NO_ANSWER, *LIFTS, "with_news"]
    assert set(TEXTS[lang]["why_not"]) == {"retracted", "not_yet_happened", "not_yet_known"}
    head = {"name", "purpose", "not_for", "capacity"}
    assert set(TEXTS[lang]["headings"]) == {field.name for field in fields(ModelCard)} - head


def test_no_korean_text_stands_outside_of_its_file() -> None:
    package = Path(riskmodel.__file__).parent
    korean = re.compile(r"[\uac00-\ud7a3]")
    sources = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if korean.search(path.read_text(encoding="utf-8"))
    }
    # examples with Korean names, the names of places, how Hangul is composed and dates are written,
    # and words that say that there is no id
    assert sources <= ALLOWED


ALLOWED = {
    "evaluation/leaking_names.py",
    "days.py",
    "schema/ids_in_texts.py",
    "no_ids.py",
    "records/sources/cell_sql.py",
    "records/sources/date_forms.py",
    "records/sources/source_columns.py",
    "cli/overrides.py",
    "errors.py",
    "serving/locales.py",
    "serving/reason_texts.py",
    "registry/backend/version.py",
    "datasets/geography.py",
    "models/kinds/longest_arrears.py",
    "texts.py",
}


def test_what_is_masked_is_what_the_catalogue_masks() -> None:
    assert MASKED == indicators.MASKED


THIRD = """
import json, sys
from pathlib import Path
import numpy as np, pandas as pd
import riskmodel as rm
from riskmodel import serving
from riskmodel.indicators import Catalogue
from riskmodel.scoring import ScoreList

folder, rows = sys.argv[1], json.loads(sys.argv[2])
scored = serving.read(folder).score(rows, lang="vi")
X = pd.DataFrame({"arrears": [0, 3] * 200})
named = Catalogue.read({"arrears": {"en": "debts", "label": {"vi": "DEBTS"}}})
model = rm.RiskClassifier(kind="logistic", catalogue=named).fit(X, np.arange(400) % 4 == 1)
Path("alone").mkdir()
Path("alone/serving.py").write_text(serving.assembled_source(), encoding="utf-8")
table = pd.DataFrame({"household_id": ["H1"], "rank": [1], "band": ["high"], "listed": [True],
                      "reason_1": ["a"], "lang": ["vi"]})
listed = ScoreList(table, "model", "2024-01-01", 1)
try:
    serving.read(folder).score(rows, lang="yy")
except serving.ServingError as error:
    refused = str(error)
print(json.dumps({
    "scored": [r[0]["text"] for r in scored["reasons"]],
    "missing": scored["missing"],
    "bands": sorted(set(scored["band_text"])),
    "titled": listed.titled().to_dict("records"),
    "printed": repr(listed),
    "heading": serving.LANGUAGES["vi"].headings["population"],
    "explained": rm.explain(model, X.tail(1)).reasons(top=1, lang="vi")["reason_1"].tolist(),
    "refused": refused,
}))
"""
TITLED = {
    "<household>": "H1",
    "<rank>": 1,
    "<band>": "<high>",
    "<listed>": True,
    "<reason 1>": "a",
    "<language>": "vi",
}
ALONE = """
import json, sys, serving
scored = serving.read(sys.argv[1]).score(json.loads(sys.argv[2]), lang="vi")
print(json.dumps([r[0]["text"] for r in scored["reasons"]]))
"""


def made_up(english: str) -> str:
    """Return the English file with every text but units in brackets."""
    return re.sub(
        r'(?m)^(?!ending|months|years|days|KRW|won|[DM] )(.* = )"(.*)"', r'\1"<\2>"', english
    )


def test_one_file_more_is_one_language_more(
    published: dict[str, SimpleNamespace], tmp_path: Path
) -> None:
    package = Path(shutil.copytree(Path(riskmodel.__file__).parent, tmp_path / "riskmodel"))
    english = (FOLDER / "en.toml").read_text(encoding="utf-8")
    third = package / "serving" / "languages" / "vi.toml"
    third.write_text(made_up(english), encoding="utf-8")
    folder = str(published["logistic"].folder)
    X = households(30, 21).astype({"borough": str})
    rows = json.dumps(X.astype(object).where(X.notna(), None).to_dict("records"))

    def run(code: str, path: Path) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", code, folder, rows],
            cwd=path,
            env=os.environ | {"PYTHONPATH": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    printed = run(THIRD, tmp_path)
    in_english = published["logistic"].scorer.score(X, lang="en")
    first = [reasons[0]["text"] for reasons in in_english["reasons"]]
    assert {"nothing stands out", "sensitive information"} & set(first)
    for ours, theirs in zip(first, printed["scored"], strict=True):
        assert theirs.replace("<", "").replace(">", "") == ours
        assert theirs.startswith("<")
    assert printed["missing"] == in_english["missing"]
    assert printed["explained"] == ["<DEBTS 3>"]
    assert printed["bands"] == ["<high>", "<usual>"]
    assert printed["titled"] == [TITLED]
    assert "<household>" in printed["printed"]
    assert printed["heading"] == "<Who is scored>"
    assert "Allowed: en, ko, vi" in printed["refused"]
    assert run(ALONE, tmp_path / "alone") == printed["scored"]
