"""An experiment file of one's own works as written: every key counts, or is refused by name."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.mended import Note

import riskmodel as rm
from riskmodel.cli import main
from riskmodel.cli.configs import compose, conf_folder
from riskmodel.cli.shell_keys import shown
from riskmodel.cli.studies import panel_of, read
from riskmodel.errors import ConfigError
from riskmodel.panel import Recipe
from riskmodel.recipes import panel_by_recipe

REPOSITORY = Path(__file__).parents[2]
CODES = ["crisis", "power_cut", "gas_cut", "nhi_arrears", "loan_overdue", "card_overdue"]
MANIFEST = """\
name: mine
today: 2024-11-01
events:
  - file: events.csv
    household_id: household_id
    code: {column: code}
    event_date: day
    known_date: known
"""
# the same records, with a condition that names a household, a person and an address
PERSONAL = f"""{MANIFEST}    where: code <> 'HHIDMARK00007, Mrs Lee Whereman, 12 Rose Lane'
"""


def written(page: str) -> str:
    """Return the experiment file that a page of the documentation shows whole."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(# my_study/experiment/mine\.yaml\n.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def study(folder: Path, experiment: str, **files: str) -> Path:
    """Write an experiment and other files of one's own."""
    own = {"experiment/mine.yaml": experiment, "data/umd.yaml": MANIFEST, **files}
    for name, text in own.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def composed(folder: Path, experiment: str, *words: str, **files: str) -> dict[str, Any]:
    return compose("train", ["experiment=mine", *words], study(folder, experiment, **files))


@pytest.mark.parametrize(
    "head",
    ["", "# @package _global_\n", "# mine\n\n# @package _global_\n", "# of mine\n# @kim: see b\n"],
    ids=["no header", "header", "header below", "a comment like a header"],
)
def test_a_file_works_as_written_whatever_stands_above_it(
    tmp_path: Path, head: str, mended: Note
) -> None:
    config = composed(tmp_path, f"{head}name: mine\ndata: umd\ncapacity: 0.1\n")
    assert (config["name"], config["data"]["name"]) == ("mine", "mine")
    assert config["capacity"] == {"contacts": 0.1}
    assert "simulated" not in config["data"]
    mended(
        "experiment",
        tried=f"name, data and capacity in a file that begins with {head!r}",
        before="ignored, exit 0; with the header ValueError and TypeError",
        now=f"name {config['name']}, data {config['data']['name']}, {config['capacity']}",
    )


@pytest.mark.parametrize(
    ("experiment", "text"),
    [
        ("cohorts: seen", r"experiment mine: unknown key 'cohorts'.*did you mean 'cohort'"),
        ("splitt: {test_rounds: 2}", "unknown key 'splitt'.*did you mean 'split'"),
        ("sead: 3", "unknown key 'sead'"),
        ("nmae: a", "did you mean 'name'"),
        ("gates: default", "unknown key 'gates'"),
        ("experiment: demo", "unknown key 'experiment'"),
        ("model.seeds: 2", "unknown key 'model.seeds'.*did you mean"),
        ("model: {sedes: 2}", "unknown key model.sedes.*did you mean 'seeds'"),
        ("model: lightgmb", "no option 'lightgmb' in group 'model'.*did you mean 'lightgbm'"),
        ("label: {windw: 3M}", "did you mean 'window'"),
        ("split: {rounds: {begin: 2024-01-01, end: 2024-05-01}}", "split.rounds.begin"),
        ("features: {aggregates: [{operatoin: count, codes: a}]}", "did you mean 'operation'"),
        ("capacity: {contact: 0.1}", "did you mean 'contacts'"),
        (
            "capacity: {north: 5, 강남: 3}",
            r"capacity: \{contacts: \{AREA: NUMBER, AREA: NUMBER\}\}",
        ),
        ("capacity: [5, 3]", "the name of an option, a number, or a mapping of keys"),
        ("data: {simulated: {nn: 3}}", "unknown key data.simulated.nn"),
        ("data: {simulated: {n: 3}, today: 2024-01-01}", "unknown key data.today"),
        ("data: {simulated: 3}", "data.simulated is not a mapping"),
        ("data: {store: a, n: 3}", "data names simulated households and a store"),
        ("data: ume", "no option 'ume' in group 'data'.*did you mean 'umd'"),
        ("label: 3", "no option '3' in group 'label'"),
        ("label: [a, b]", "mine.yaml: label is neither a name nor a mapping"),
        ("publish: {a: b}", "publish is neither true nor false"),
        ("name: [a]", "name is not a name"),
        ("defaults: umd", "mine.yaml: defaults is not a list"),
        ("- name: a", "mine.yaml holds no keys"),
        ("mine", "mine.yaml holds no keys"),
    ],
)
@pytest.mark.parametrize("head", ["", "# @package _global_\n"], ids=["", "header"])
def test_every_key_is_known_or_refused(
    tmp_path: Path, head: str, experiment: str, text: str, mended: Note
) -> None:
    with pytest.raises(ConfigError, match=text) as refused:
        composed(tmp_path, f"{head}{experiment}\n")
    if not head:
        mended(
            "experiment",
            tried=f"{experiment} in the file",
            before="ignored, or an error of Python",
            now=refused.value,
        )


@pytest.mark.parametrize("word", ["data.n=300", "data.simulated.n=300", "data={n: 300}"])
def test_simulated_households_are_as_many_as_said(tmp_path: Path, word: str, mended: Note) -> None:
    if word.startswith("data={"):
        config = composed(tmp_path, "data: {n: 300}\n")
    else:
        config = composed(tmp_path, "data: {n: 70}\n", word)
    assert shown(config["data"]) == {
        "simulated": {"n": 300, "preset": "default", "random_state": 0}
    }
    mended(
        "experiment",
        tried=word,
        before="5,000 households" if word == "data.n=300" else "300, or ignored in a file",
        now=f"{config['data']['simulated']['n']} households",
    )


@pytest.mark.parametrize("word", ["data.n=300", "data.store=here", "data.simulated.preset=easy"])
def test_two_kinds_of_records_are_refused(tmp_path: Path, word: str, mended: Note) -> None:
    words = ["data.simulated.n=3", word] if "store" in word else [word]
    file = "" if "store" in word else "data: umd\n"
    with pytest.raises(ConfigError, match="data names .* and ") as refused:
        composed(tmp_path, file, *words)
    mended("experiment", tried=f"{word} over data: umd", before="ignored", now=refused.value)


@pytest.mark.parametrize(
    ("experiment", "words", "place", "value"),
    [
        ("capacity: 0.1", ["capacity=0.2"], ("capacity", "contacts"), 0.2),
        ("capacity: 0.1", ["capacity=share"], ("capacity", "contacts"), 0.02),
        ("capacity: 0.1", ["capacity=share", "capacity.contacts=7"], ("capacity", "contacts"), 7),
        ("model: {seeds: 2}", ["model.seeds=3"], ("model", "seeds"), 3),
        ("model: {seeds: 2}", ["model=best"], ("model", "seeds"), 4),
        ("model: {seeds: 2}", [], ("model", "seeds"), 2),
        ("data: umd", ["data=simulated"], ("data", "simulated", "preset"), "default"),
        ("data: {n: 20}", ["data=umd"], ("data", "name"), "mine"),
        ("name: a", ["name=b"], ("name",), "b"),
        ("name: a\nlabel:\nname2:\n", [], ("label", "window"), "6M"),
    ],
)
def test_the_command_line_stands_above_the_file_and_the_file_above_the_defaults(
    tmp_path: Path, experiment: str, words: list[str], place: tuple[str, ...], value: object
) -> None:
    found: Any = composed(tmp_path, experiment, *words)
    for step in place:
        found = found[step]
    assert found == value


def test_defaults_and_a_chain_of_experiments_go_on_working(tmp_path: Path) -> None:
    first = "defaults:\n  - override /data: umd\n  - override /model: best\ncapacity: 9\n"
    config = composed(
        tmp_path,
        "defaults:\n  - first\ncohort: listed\nmodel: {seeds: 2}\n",
        **{"experiment/first.yaml": first},
    )
    assert config["data"]["name"] == "mine"
    assert config["cohort"] == {"listed": True}
    assert (config["model"]["kinds"], config["model"]["seeds"]) == (["lightgbm", "logistic"], 2)
    assert config["capacity"] == {"contacts": 9}


def test_a_manifest_in_the_file_itself_finds_its_files_beside_it(tmp_path: Path) -> None:
    manifest = yaml.safe_load(MANIFEST)
    manifest["today"] = str(manifest["today"])
    config = composed(tmp_path, yaml.safe_dump({"data": manifest}))
    assert config["data"]["root"] == str(tmp_path / "experiment")
    assert "simulated" not in config["data"]


def test_a_file_of_ones_own_stands_above_a_shipped_one(tmp_path: Path, mended: Note) -> None:
    own = {"model/best.yaml": "kinds: [logistic]\nseeds: 1\n"}
    config = composed(tmp_path, "model: best\n", **own)
    assert config["model"] == {"kinds": ["logistic"], "seeds": 1}
    mended(
        "experiment",
        tried="a file of one's own with the name of a shipped one",
        before="ignored: kinds lightgbm and logistic",
        now=f"kinds {config['model']['kinds']}",
    )


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (conf_folder() / "experiment").glob("*.yaml"))
)
def test_a_shipped_experiment_is_the_same_without_its_header(tmp_path: Path, name: str) -> None:
    text = (conf_folder() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8")
    without = text.replace("# @package _global_\n", "")
    assert without != text
    assert composed(tmp_path, without) == compose("train", [f"experiment={name}"])


def test_an_apostrophe_in_the_folders_name_is_part_of_it(tmp_path: Path, mended: Note) -> None:
    folder = tmp_path / "Kim's data, 100% {1} [2] #3"
    config = composed(folder, "name: mine\n")
    assert config["name"] == "mine"
    mended(
        "numbers",
        tried='-cd "Kim\'s data, 100% {1} [2] #3"',
        before="lexer error, exit 2",
        now=f"name: {config['name']}",
    )


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md"])
def test_the_documented_file_says_what_it_says(tmp_path: Path, page: str) -> None:
    config = composed(tmp_path, written(page), **{"data/mine.yaml": MANIFEST})
    assert (config["name"], config["data"]["name"]) == ("gangnam-crisis", "mine")
    assert config["capacity"] == {"contacts": 0.05}
    assert config["cohort"] == {"seen_within": "12M"}
    assert config["model"]["seeds"] == 2


def test_an_experiment_says_below_how_many_households_a_category_is_other(
    tmp_path: Path, mended: Note
) -> None:
    config = composed(tmp_path, written("docs/guide.md"), **{"data/mine.yaml": MANIFEST})
    assert config["min_households"] == 20
    shipped = compose("train", [])
    assert shipped["min_households"] == 10
    with pytest.raises(ConfigError, match="did you mean 'min_households'"):
        compose("train", ["min_household=5"])

    small = ["data.n=60", "min_households=25"]
    chosen = compose("train", small)
    records = read(chosen)
    panel = panel_of(records, chosen)
    assert panel.recipe is not None
    assert panel.recipe.min_households == 25
    assert Recipe.from_dict(panel.recipe.to_dict()) == panel.recipe
    rebuilt = panel_by_recipe(panel.recipe, records, panel.recipe.rounds[-1:])
    named = {name: set(panel.vocabulary_of(name).names) for name in panel.groups}
    own = rm.build_panel(records, label=None, cohort=panel.recipe.cohort)
    before = {name: set(own.vocabulary_of(name).names) for name in own.groups}
    assert any(len(named[name]) < len(before[name]) for name in named)
    assert rebuilt.recipe is not None
    assert rebuilt.recipe.min_households == 25
    mended(
        "experiment",
        tried="min_households=25 on the command line, 60 households",
        before="unknown key: only in Python, and promotion took 10",
        now=f"names of groups {sum(map(len, named.values()))}, by default "
        f"{sum(map(len, before.values()))}",
    )


@pytest.mark.parametrize("value", ["2.5", "many"])
def test_what_is_no_number_of_households_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="min_households"):
        compose("train", [f"min_households={value}"])


def test_no_household_at_all_is_refused_as_in_python() -> None:
    config = compose("train", ["min_households=0", "data.n=60"])
    records = read(config)
    with pytest.raises(ConfigError, match="min_households is 0"):
        panel_of(records, config)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
def test_the_documented_file_trains_on_its_own_records_and_the_version_keeps_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    mended: Note,
) -> None:
    folder = study(
        tmp_path / "김 주무관's study", written("README.md"), **{"data/mine.yaml": PERSONAL}
    )
    events = rm.make_households(n=400, n_rounds=11, random_state=1, preset="easy").events
    events = events[events["code"].isin(CODES)]
    events = events.rename(columns={"event_date": "day", "known_date": "known"})
    columns = ["household_id", "code", "day", "known"]
    events[columns].to_csv(folder / "data" / "events.csv", index=False)
    monkeypatch.chdir(tmp_path)

    small = ["model.kinds=[logistic]", "model.seeds=1"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert main(["train", "-cd", str(folder), "experiment=mine", *small]) == 0
        kept = rm.load("gangnam-crisis@challenger").settings

    out, err = capsys.readouterr()
    assert f"{events['household_id'].nunique()} households" in out
    assert kept.capacity.value == 0.05
    assert kept.rules == ("power_cut__count__12M",)
    assert kept.configuration == yaml.safe_load(err.split("\n\n")[0])
    assert kept.configuration["data"]["events"][0]["file"] == "(left out)"
    assert kept.configuration["data"]["events"][0]["where"] == "(left out)"
    assert [mark for mark in ("HHIDMARK", "Whereman", "Rose Lane") if mark in err] == []
    assert str(tmp_path) not in err
    assert "김" not in err
    mended(
        "experiment",
        tried="README's experiment file on records of one's own",
        before="trained on simulated households",
        now=f"{out.splitlines()[0]} of {kept.configuration['data']['name']}; kept as printed",
    )
