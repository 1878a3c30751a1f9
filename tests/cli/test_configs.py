"""Every configuration composes, and a typo lists the options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mended import Note
from riskmodel.cli import main
from riskmodel.cli.configs import compose, conf_folder
from riskmodel.cli.shell_keys import SECTIONS
from riskmodel.errors import ConfigError
from riskmodel.panel import Agg, Cohort, Features, Label
from riskmodel.records.sources.manifest import read_manifest

OPTIONS = [
    (group.name, option.stem)
    for group in sorted(conf_folder().iterdir())
    if group.is_dir()
    for option in sorted(group.glob("*.yaml"))
]


@pytest.mark.parametrize(
    ("command", "key"),
    [("ingest", "store"), ("score", "output"), ("train", "name"), ("train", "output")],
)
def test_a_folder_that_is_named_like_a_key_is_no_group(
    command: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "study"
    for folder in (tmp_path / key, own / key, own / "experiment"):
        folder.mkdir(parents=True)
    (own / key / f"{key}.yaml").write_text("a: 1", encoding="utf-8")
    needed = ["store=s"] if command == "ingest" and key != "store" else []
    assert compose(command, [*needed, f"{key}={key}"], own)[key] == key
    if command == "train":
        (own / "experiment" / "mine.yaml").write_text(f"{key}: {key}", encoding="utf-8")
        assert compose(command, ["experiment=mine"], own)[key] == key


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=lambda value: value)
def test_every_option_composes(group: str, option: str) -> None:
    signed = ["by=kim", "why=better"] if group == "gates" else []
    command = "plan" if group == "outreach" else "promote" if signed else "train"
    config = compose(command, [f"{group}={option}", *signed])
    assert group == "experiment" or group in config


def test_every_group_with_declared_keys_is_an_option_of_some_command() -> None:
    promoted = compose("promote", ["by=kim", "why=better"])
    assert set(SECTIONS) <= {*compose("train"), *promoted, *compose("plan")}


@pytest.mark.parametrize("name", ["train", "score", "version"])
def test_every_command_composes(name: str) -> None:
    assert compose(name)["registry"] == {"uri": None}


@pytest.mark.parametrize(
    ("override", "text"),
    [
        (
            "experiment=nyc_eviction",
            "no option 'nyc_eviction' in group 'experiment'.*nyc_evictions",
        ),
        ("modell=lightgbm", "unknown key or group 'modell'.*did you mean 'model'"),
        ("model.sedes=3", r"unknown key 'model.sedes'.*did you mean 'seeds'"),
        ("+model.sedes=3", r"unknown key '?model.sedes'?.*did you mean 'seeds'"),
        ("label.windw=3M", r"did you mean 'window'"),
        ("nmae=x", "did you mean 'name'"),
    ],
)
def test_a_typo_lists_the_options(override: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        compose("train", [override])


def test_what_must_be_given_is_named() -> None:
    with pytest.raises(ConfigError, match="by, why must be given"):
        compose("promote")


def test_free_text_may_hold_anything() -> None:
    config = compose("promote", ["by=김 주무관", "why=beats 'all', and (more)", "name=위기가구"])
    assert (config["by"], config["why"], config["name"]) == (
        "김 주무관",
        "beats 'all', and (more)",
        "위기가구",
    )


@pytest.mark.parametrize("number", ["0.1", ".05", "40", "-3"])
def test_a_capacity_may_be_said_as_a_number(number: str) -> None:
    assert compose("train", [f"capacity={number}"])["capacity"] == {"contacts": float(number)}


def test_a_capacity_in_per_cent_is_told_its_share(
    capsys: pytest.CaptureFixture[str], mended: Note
) -> None:
    assert main(["train", "capacity=2%"]) != 0
    said = capsys.readouterr().err
    assert "write 0.02 for 2%" in said
    mended(
        "friction",
        tried="riskmodel train capacity=2%",
        before="no option '2%' in group 'capacity'. Allowed: share, version",
        now=said.partition("Next: ")[2],
    )


@pytest.mark.parametrize("override", ["label=3", "capacity=many", "data=null"])
def test_a_value_for_a_group_is_refused_in_words(override: str) -> None:
    with pytest.raises(ConfigError):
        compose("train", [override])


def test_a_folder_of_ones_own_is_searched(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(
        "# @package _global_\nname: mine\n", encoding="utf-8"
    )
    assert compose("train", ["experiment=mine"], tmp_path)["name"] == "mine"
    with pytest.raises(ConfigError, match=r"no option 'mien'.*mine"):
        compose("train", ["experiment=mien"], tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="configuration folder .* does not exist"):
        compose("train", [], tmp_path / "nowhere")


def test_whom_a_label_of_contacts_is_judged_for_is_a_key_of_train_and_promote() -> None:
    assert compose("train", [])["among"] == "all"
    promoted = compose("promote", ["by=kim", "why=better", "among=contacted"])
    assert promoted["among"] == "contacted"
    with pytest.raises(ConfigError, match="did you mean 'among'"):
        compose("train", ["amogn=all"])


def test_korean_names_in_lists_need_no_quotes() -> None:
    assert compose("score", ["accept_feeds=[통신비체납, '관리비 체납']"])["accept_feeds"] == [
        "통신비체납",
        "관리비 체납",
    ]
    capacity = compose("score", ["capacity.contacts={강동면: 5}"])["capacity"]
    assert capacity == {"contacts": {"강동면": 5}}


MANIFEST = """\
today: 2025-01-01
events:
  - {file: 010.csv, household_id: no, code: 010, event_date: day, max_quarantined: 1e-1}
deliveries:
  - {feed: 010, event_date: [2024-01-31], delivered: no}
catalogue:
  010: {direction: 1, maximum: 1e3, unit: 1_000}
"""


def study(folder: Path, manifest: str) -> Path:
    (folder / "data").mkdir()
    (folder / "data" / "mine.yaml").write_text(manifest, encoding="utf-8")
    return folder / "data" / "mine.yaml"


def test_the_shell_and_the_library_read_one_file_the_same_way(tmp_path: Path) -> None:
    path = study(tmp_path, MANIFEST)
    composed = compose("train", ["data=mine"], tmp_path)["data"]
    there, here = read_manifest(composed), read_manifest(path)
    assert there.entries == here.entries
    assert there.catalogue == here.catalogue
    assert [entry["code"] for entry in here.of("events")] == ["010"]


@pytest.mark.parametrize(
    "path", sorted((conf_folder() / "data").glob("*.yaml")), ids=lambda p: p.stem
)
def test_a_shipped_manifest_is_read_the_same_way(path: Path) -> None:
    composed = compose("train", [f"data={path.stem}"])["data"]
    if "events" in composed:
        assert read_manifest(composed, root="x") == replace(
            read_manifest(path, root="x"), name=composed["name"]
        )
    else:
        assert set(composed) in ({"simulated"}, {"store"})


def test_values_of_a_manifest_may_be_overridden(tmp_path: Path) -> None:
    study(tmp_path, MANIFEST)
    words = ["data=mine", "data.today=2024-06-01", "data.max_quarantined=0.2", "data.area=null"]
    manifest = read_manifest(compose("train", words, tmp_path)["data"])
    assert (str(manifest.today), manifest.max_quarantined) == ("2024-06-01", 0.2)


def test_a_manifest_points_to_no_other_key_as_in_read_records(tmp_path: Path) -> None:
    study(tmp_path, MANIFEST + "name: of ${name}\n")
    assert compose("train", ["data=mine", "name=mine"], tmp_path)["data"]["name"] == "of ${name}"


@pytest.mark.parametrize(
    ("group", "text", "line"),
    [
        ("data", MANIFEST + "today: 2025-02-01\n", 8),
        ("label", "outcome: crisis\nwindow: 6M\nwindow: 3M\n", 3),
        ("experiment", "# @package _global_\nname: a\nlabel:\n  window: 3M\n  window: 6M\n", 5),
    ],
)
def test_a_key_twice_is_refused_with_its_file_and_line(
    tmp_path: Path, group: str, text: str, line: int
) -> None:
    (tmp_path / group).mkdir()
    (tmp_path / group / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"mine.yaml, line {line}: the key") as caught:
        compose("train", [f"{group}=mine"], tmp_path)
    assert caught.value.code == "yaml.repeated_key"


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    study(tmp_path, "a: [")
    with pytest.raises(ConfigError, match=r"configuration mine.yaml is not YAML"):
        compose("train", ["data=mine"], tmp_path)


def test_values_are_typed_by_their_key(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(
        "# @package _global_\n"
        "name: 010\npublish: no\n"
        "label: {outcome: 010, window: 3M, first: no}\n"
        "cohort: {exclude: {no: 1M}, listed: yes}\n"
        "features: {aggregates: [{operation: count, codes: 010}]}\n"
        "split: {rounds: {start: 2024-01-01, end: 2024-05-01}, test_rounds: 2}\n"
        "model: {seeds: 1e0, params: {learning_rate: 1e-2, n_estimators: 30, extra: true}}\n"
        "capacity: {contacts: {010: 5}}\n",
        encoding="utf-8",
    )
    config = compose("train", ["experiment=mine"], tmp_path)
    assert (config["name"], config["publish"]) == ("010", False)
    assert Label.from_dict(config["label"]) == Label("010", "3M", maturity="2M", first=False)
    assert Cohort.from_dict(config["cohort"]) == Cohort(exclude={"no": "1M"}, listed=True)
    assert Features.from_dict(config["features"]) == Features([Agg.count("010")])
    assert config["split"]["rounds"] == {"start": "2024-01-01", "end": "2024-05-01"}
    assert (config["split"]["test_rounds"], config["model"]["seeds"]) == (2, 1)
    assert config["model"]["params"] == {"learning_rate": 0.01, "n_estimators": 30, "extra": True}
    assert config["capacity"] == {"contacts": {"010": 5}}


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("model.seeds=many", "model: seeds is not a whole number"),
        ("split.test_from=soon", "split: test_from is not a date"),
        ("split.rounds={begin: 2024-01-01}", "unknown key split.rounds.begin"),
        ("label.first=perhaps", "label: first is neither true nor false"),
        ("cohort.exclude=[crisis]", "cohort: exclude is not a mapping"),
        ("publish=perhaps", "publish is neither true nor false"),
        ("label.outcome=null", "label: outcome is missing"),
    ],
)
def test_a_value_of_another_type_is_refused_by_place(override: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text) as caught:
        compose("train", [override])
    assert override.split("=")[1] not in str(caught.value) or "begin" in override


def test_a_key_that_is_called_otherwise_inside_is_named_as_users_write_it() -> None:
    with pytest.raises(ConfigError, match="did you mean 'mode' or 'model'") as error:
        compose("score", ["modle=gangnam@champion"])
    assert "published" not in str(error.value)
    assert compose("score", ["model=gangnam@champion"])["model"] == "gangnam@champion"


@pytest.mark.parametrize("written", ["mine.yaml", "folder/mine.yml", "/folder/mine.yaml"])
def test_a_file_of_ones_own_is_chosen_by_its_folder(written: str) -> None:
    with pytest.raises(ConfigError, match=r"in group 'data'.*-cd FOLDER data=mine\.") as refusal:
        compose("ingest", [f"data={written}", "store=st"])
    assert refusal.value.code == "config.option"
