"""A study of two sites by shell alone: areas left out, attributes, percentiles, and promotion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.cli import main
from riskmodel.models import Reference

MANIFEST = """\
name: {name}
today: 2024-03-01
events:
  - {{file: {name}.parquet, household_id: id, code: {{column: code}}, event_date: day}}
attributes:
  - file: {name}-homes.parquet
    household_id: id
    known_date: always
    columns: {{district: district, tenure: tenure}}
area: district
groups: [district]
catalogue: {{arrears: {{direction: 1}}, crisis: {{direction: 1}}, registered: {{}}}}
rounds: {{start: 2023-01-01, end: 2023-11-01, every: 2M}}
"""
LABEL = ["label.outcome=crisis", "label.window=2M", "label.maturity=0D"]
AREAS = ["split=left_out_areas", "split.leave_out=[north]", "split.backtest_cuts=1"]
# whoever registered did so before the rounds of the other site, which are judged
AWAY = ["data=away", "accept_feeds=[registered]"]
TRAIN = ["train", "-cd", "study", "data=home", "model.kinds=[logistic]", *LABEL]
SCORE = ["score", "-cd", "study", "data=home", "model=household-crisis@challenger"]
PROMOTE = ["promote", "-cd", "study", "by=kim", "why=stands on both sites"]
quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def write_site(folder: Path, name: str, seed: int) -> None:
    """Write a site of 300 households in three districts; the later ids come late."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"{name}-{k:03d}" for k in range(300)])
    often = rng.gamma(1.0, 0.15, size=300)
    months = pd.date_range("2022-01-01", "2024-02-01", freq="MS")
    parts = []
    for code, rate in (("arrears", 1.0), ("crisis", 0.35)):
        is_there = rng.random((len(months), 300)) < np.minimum(often * rate, 0.9)
        month, who = np.nonzero(is_there)
        parts.append(pd.DataFrame({"id": ids[who], "code": code, "day": months[month]}))
    seen = pd.DataFrame({"id": ids, "code": "registered", "day": months[np.arange(300) % 12]})
    homes = {
        "district": np.tile(["north", "south", "west"], 100),
        "tenure": ["owned", "rented"] * 150,
    }
    pd.concat([*parts, seen]).to_parquet(folder / f"{name}.parquet")
    pd.DataFrame({"id": ids, **homes}).to_parquet(folder / f"{name}-homes.parquet")
    (folder / f"{name}.yaml").write_text(MANIFEST.format(name=name), encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study in which a version was trained on areas other than the north."""
    folder = tmp_path_factory.mktemp("two sites")
    (folder / "study" / "data").mkdir(parents=True)
    for name, seed in (("home", 1), ("away", 2)):
        write_site(folder / "study" / "data", name, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main([*TRAIN, *AREAS, "features.attributes=[tenure]", "output=tables"]) == 0
    return folder


@pytest.fixture
def study(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in that folder."""
    monkeypatch.chdir(trained)
    return trained


@quiet
def test_areas_left_out_are_tested_and_attributes_are_features(study: Path) -> None:
    version = rm.load("household-crisis@challenger")
    names = version.recipe_.features.names
    assert version.recipe_.features.attributes == (rm.Attribute("tenure"),)
    assert {"tenure", "arrears__count__12M"} < set(names)
    assert "district" not in names
    # the figures are of the north alone, and the published model is refitted on all areas
    assert version.card.evaluated["areas"] == ["north"]
    assert version.card.training["areas"] == ["north", "south", "west"]


@quiet
def test_percentiles_refer_to_the_newest_round(study: Path) -> None:
    version = rm.load("household-crisis@challenger")
    assert version.reference_.rounds == ("2023-11-01",)
    records = rm.read_records("study/data/home.yaml")
    newest = rm.build_panel(records, ["2023-11-01"], None, features=version.recipe_.features)
    assert version.reference_.quantiles == Reference.of(version.margin(newest)).quantiles


@quiet
@pytest.mark.parametrize(
    ("words", "code", "refusal"),
    [
        (["data=away"], 2, "recipes.other_site"),
        (["data=home", "external=another city"], 2, "recipes.same_site"),
        ([*AWAY, "external= "], 2, "recipes.external"),
        ([*AWAY, "external=another city", "version=7"], 6, "registry."),
        ([*AWAY, "external=another city", "name=nothing"], 6, "registry."),
        ([*AWAY, "external=another city", "capacity.contacts=0"], 2, "capacity"),
    ],
)
def test_a_promotion_that_cannot_be_is_refused_and_moves_nothing(
    words: list[str], code: int, refusal: str, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*PROMOTE, *words]) == code
    assert refusal in capsys.readouterr().err.splitlines()[-1]
    assert main(["verify"]) == 6, "no champion yet"


@quiet
def test_a_version_is_promoted_on_another_sites_records(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # few households rule out no small difference of two models
    wide = ["gates.auc=-1", "gates.average_precision=-1"]
    assert main([*PROMOTE, *AWAY, "external=another city, ids of its own", *wide]) == 0
    said = capsys.readouterr().out
    assert "rows of away" in said
    assert "stated: another city, ids of its own" in said
    assert main(["verify"]) == 0
    assert main(["history"]) == 0
    assert "promoted" in capsys.readouterr().out


@quiet
@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ([], "split.leave_out must be given"),
        (["split.leave_out=[nowhere]"], "north, south, west"),
        (["split.leave_out=[north]", "split.by=town"], "no group 'town'"),
    ],
    ids=["none", "an unknown one", "an unknown group"],
)
def test_left_out_areas_are_checked_before_the_panel_is_built(
    words: list[str], refusal: str, study: Path, capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    # a cohort of nobody is refused by the panel
    late = ["split.rounds={start: 2021-01-01, end: 2021-03-01, every: 2M}"]
    assert main([*TRAIN, "split=left_out_areas", *words, *late]) == 2
    told = capsys.readouterr()
    assert refusal in told.err.splitlines()[-1]
    mended(
        "operating",
        tried=f"left_out_areas {' '.join(words)}",
        before="refused after the panel was built",
        now="refused before it",
    )


@quiet
@pytest.mark.parametrize(
    ("words", "code", "refusal"),
    [
        ([*TRAIN, "split=left_out_areas"], 2, "split.leave_out must be given"),
        ([*TRAIN, "split=left_out_areas", "split.leave_out=[nowhere]"], 2, "north, south, west"),
        ([*TRAIN, "model.kinds=[]"], 2, "model.kinds is empty"),
        ([*TRAIN, "features.attributes=[tenur]"], 4, "did you mean 'tenure'"),
        ([*TRAIN, "split.test_rounds=9"], 4, "split.too_few_rounds"),
        ([*SCORE, "as_of=2021-01-01"], 4, "nobody"),
        ([*SCORE, "accept_feeds=[arears]"], 2, "did you mean 'arrears'"),
        ([*SCORE, "output=study/data/home.yaml/list.csv"], 1, "File exists"),
        (["ingest", "data=store", "store=s"], 2, "ingest reads the files that a manifest names"),
        (["train", "-cd", "nowhere"], 2, "nowhere"),
        (["schema", "output=study"], 1, "Is a directory"),
        (["history", "name=nothing"], 6, "nothing"),
        (["verify", "version=one"], 6, "one"),
        (["rollback", "why=kim is away"], 2, "by is empty"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else None,
)
def test_an_unhappy_path_ends_with_its_code_in_one_line(
    words: list[str], code: int, refusal: str, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path for path in study.rglob("*"))
    assert main(words) == code
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("riskmodel: ")
    assert refusal in last
    assert sorted(path for path in study.rglob("*")) == before, "nothing is written"


@quiet
def test_a_version_whose_file_was_changed_is_neither_whole_nor_scored(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (card,) = (study / "riskmodel-registry").rglob("card.json")
    whole = card.read_bytes()
    assert main(["verify", "version=1"]) == 0
    card.write_bytes(whole.replace(b"north", b"south"))
    assert main(["verify", "version=1"]) == 6
    assert main(SCORE) == 6
    assert "card.json" in capsys.readouterr().err.splitlines()[-1]
    card.write_bytes(whole)
    assert main(["verify", "version=1"]) == 0
