"""Every configuration composes, and a typo lists the options."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskmodel.cli.configs import SCHEMA, compose, conf_folder
from riskmodel.errors import ConfigError

OPTIONS = [
    (group.name, option.stem)
    for group in sorted(conf_folder().iterdir())
    if group.is_dir()
    for option in sorted(group.glob("*.yaml"))
]


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=lambda value: value)
def test_every_option_composes(group: str, option: str) -> None:
    config = compose("train", [f"{group}={option}"])
    assert set(SCHEMA) <= set(config)


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


@pytest.mark.parametrize("number", ["0.1", "40"])
def test_a_capacity_may_be_said_as_a_number(number: str) -> None:
    assert compose("train", [f"capacity={number}"])["capacity"] == {"contacts": float(number)}


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


def test_korean_names_in_lists_need_no_quotes() -> None:
    assert compose("score", ["accept_feeds=[통신비체납, '관리비 체납']"])["accept_feeds"] == [
        "통신비체납",
        "관리비 체납",
    ]
    with pytest.raises(ConfigError, match="file of your own folder"):
        compose("score", ["capacity.contacts={강동면: 5}"])
