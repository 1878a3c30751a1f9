"""A version answers in the language that it was published with, at every door, unless told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import riskmodel as rm
from mended import Note
from riskmodel.cli import main
from riskmodel.displays import WaterfallDisplay
from riskmodel.errors import RiskmodelError
from riskmodel.explanation import contents_of
from riskmodel.registry.backend.connection import silence
from riskmodel.registry.publishing.pyfunc import save_pyfunc
from riskmodel.serving import ServingError, read

HANGUL = re.compile("[가-힣]")
RISKY = "loan_overdue__count__ever"


@pytest.fixture(scope="module")
def korean(study: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What was published with lang="ko": the model, its reader, its package in MLflow, rows."""
    import mlflow

    folder = tmp_path_factory.mktemp("korean")
    artefact = rm.save(study.model, study.evaluation, folder / "artefact", lang="ko")
    model = rm.open(artefact)
    with silence():
        package = mlflow.pyfunc.load_model(str(save_pyfunc(folder / "model", artefact, model)))
    X = study.test.X[study.test.X[RISKY] > 0].head(5)
    return SimpleNamespace(study=study, model=model, scorer=read(artefact), package=package, X=X)


def _served(k: SimpleNamespace, params: dict[str, str]) -> str:
    from mlflow.pyfunc.scoring_server import invocations

    split = json.loads(k.X.reset_index(drop=True).to_json(orient="split"))
    body = json.dumps({"dataframe_split": split} | ({"params": params} if params else {}))
    answer = invocations(body, "application/json", k.package, k.package.metadata.get_input_schema())
    return str(json.loads(answer.response)["predictions"][0]["reasons"])


def _explained(k: SimpleNamespace) -> Any:
    return rm.explain(k.model, k.X)


def _day(k: SimpleNamespace) -> str:
    return str(k.study.records.rounds[-1].date())


DOORS: dict[str, Callable[[SimpleNamespace, dict[str, str]], Any]] = {
    "the reader alone": lambda k, lang: k.scorer.score(k.X, **lang)["reasons"],
    "its names of bands": lambda k, lang: k.scorer.score(k.X, **lang)["band_text"],
    "score_rows": lambda k, lang: k.model.score_rows(k.X, **lang)["reasons"].tolist(),
    "the package in MLflow": lambda k, lang: k.package.predict(k.X, params=lang).reasons.tolist(),
    "a model server": _served,
    "explain, reasons": lambda k, lang: _explained(k).reasons(**lang)["reason_1"].tolist(),
    "why": lambda k, lang: rm.why(_explained(k)[0], _explained(k)[1], **lang).table.to_dict(),
    "a waterfall": lambda k, lang: WaterfallDisplay.from_explanation(
        _explained(k)[0], **lang
    ).table.to_dict(),
    "rm.score": lambda k, lang: (
        rm.score(k.model, k.study.records, _day(k), **lang).titled().columns.tolist()
    ),
}
WAS_KOREAN = {"rm.score"}


@pytest.mark.parametrize("door", DOORS)
def test_the_versions_own_language_is_the_default(
    korean: SimpleNamespace, door: str, mended: Note
) -> None:
    unasked, asked = (str(DOORS[door](korean, lang)) for lang in ({}, {"lang": "en"}))
    assert HANGUL.search(unasked)
    assert not HANGUL.search(asked)
    assert unasked == str(DOORS[door](korean, {"lang": "ko"}))
    mended(
        "version's settings",
        tried=f"{door} of a version published with lang=ko, no language given",
        before="Korean" if door in WAS_KOREAN else "English",
        now="Korean" if HANGUL.search(unasked) else "English",
    )


REFUSING = {
    **{
        name: door
        for name, door in DOORS.items()
        if name not in ("the package in MLflow", "a model server")
    },
    "rm.trace": lambda k, lang: rm.trace(k.model, k.study.records, _day(k), "x", **lang),
    "contents_of": lambda k, lang: contents_of(_explained(k)[0], masked=True, **lang),
    "reference_in": lambda k, lang: _explained(k).reference_in(**lang),
}


@pytest.mark.parametrize("door", REFUSING)
def test_a_language_without_texts_is_refused_with_those_that_there_are(
    korean: SimpleNamespace, door: str
) -> None:
    with pytest.raises((RiskmodelError, ServingError), match="unknown language 'xx'") as refusal:
        REFUSING[door](korean, {"lang": "xx"})
    assert refusal.value.allowed == "en, ko"


@pytest.mark.parametrize("door", [rm.score, rm.trace])
def test_a_language_is_refused_before_a_registry_is_asked(
    study: SimpleNamespace,
    registry: Path,
    door: Callable[..., object],
    mended: Note,
) -> None:
    rest = ("H1",) if door is rm.trace else ()
    with pytest.raises(RiskmodelError) as refusal:
        door("no-such-model@champion", study.records, "2024-05-01", *rest, lang="kr")
    assert (refusal.value.code, refusal.value.allowed) == ("models.lang", "en, ko")
    mended(
        "version's settings",
        tried=f"rm.{door.__name__} by name, lang='kr'",
        before="registry.not_found: the language was looked at last",
        now=refusal.value.code,
    )


def test_the_shell_refuses_a_language_before_it_reads(
    registry: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["score", "model=no-such-model@champion", "lang=kr", "data.n=300"]) == 2
    assert "unknown language 'kr'. Allowed: en, ko" in capfd.readouterr().err
