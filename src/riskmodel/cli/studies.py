"""What a configuration describes: its records, panel, splits and models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskmodel import keys
from riskmodel.cli.shell_keys import shown
from riskmodel.datasets import make_households
from riskmodel.errors import ConfigError
from riskmodel.evaluation import Backtest, backtest
from riskmodel.metrics import Capacity
from riskmodel.models import RiskClassifier, check_parameters, make_classifier
from riskmodel.panel import Cohort, Features, Label, Panel, build_panel
from riskmodel.records import Records, open_store, read_records
from riskmodel.registry import Repeat, experiment_digest, published_before
from riskmodel.schema.values import as_written
from riskmodel.splits import GroupSplit, HouseholdSplit, Split, TemporalSplit

Config = Mapping[str, Any]
OWN_KEYS = {"kind": "kinds", "seeds": "seeds", "random_state": "random_state"}


def read(config: Config) -> Records:
    """Return the configured records: simulated households, a store, or what a manifest names."""
    data = dict(config["data"])
    if data.get("simulated") is not None:
        parameters: Any = as_written(data["simulated"])
        return make_households(**parameters)
    return open_store(data["store"]) if data.get("store") is not None else read_records(data)


def manifest_of(config: Config, command: str) -> dict[str, object]:
    """Return the configured manifest, or refuse other records, whose files no command can read."""
    data = dict(config["data"])
    if not {"simulated", "store"}.isdisjoint(data):
        raise ConfigError(
            f"{command} reads the files that a manifest names, and data names none",
            code="cli.ingest",
            allowed="data=NAME of a manifest in data/",
            next_step="write -cd my_study data=NAME store=FOLDER; the manifest is "
            "my_study/data/NAME.yaml",
        )
    return data


def capacity_of(config: Config) -> Capacity:
    """Return the configured capacity, or refuse it before any record is read."""
    return Capacity.parse(config["capacity"]["contacts"])


def own_capacity_of(config: Config) -> Capacity | None:
    """Return the configured capacity, None for that of the version."""
    return None if config["capacity"]["contacts"] is None else capacity_of(config)


def check_params(config: Config) -> None:
    """Refuse further parameters that are none, or that have a key of their own."""
    params = config["model"]["params"]
    if not isinstance(params, Mapping):
        raise ConfigError(
            "model.params is not a mapping",
            code="config.value",
            allowed="a mapping of parameters of riskmodel.make_classifier",
            next_step="write model.params={n_estimators: 100}",
        )
    check_parameters(params)
    for key, instead in OWN_KEYS.items():
        if key in params:
            raise ConfigError(
                f"model.params.{key} has a key of its own",
                code="config.key",
                allowed=f"model.{instead}",
                next_step=f"write model.{instead}=...",
            )


def panel_of(records: Records, config: Config) -> Panel:
    """Build the panel that the configuration describes."""
    grid = config["split"].get("rounds")
    features = config["features"]
    is_default = features["aggregates"] is None and features.get("kinds") is None
    listed = None if is_default else Features.from_dict(features)
    return build_panel(
        records,
        rounds=records.rounds if grid is None else keys.rounds(**grid),
        label=Label.from_dict(config["label"]),
        cohort=Cohort.from_dict(config["cohort"]),
        features=listed,
        attributes=features["attributes"] if listed is None else (),
        min_households=config["min_households"],
    )


def repeated(panel: Panel, config: Config) -> Repeat | None:
    """Return the version that the same experiment was published as, unless it is wanted again."""
    if not config["publish"] or config["again"] or panel.recipe is None:
        return None
    experiment = experiment_digest(panel.recipe, shown(config))
    return published_before(config["name"], experiment)


def newest_round(panel: Panel) -> Panel:
    """Return the rows of the panel's newest round.

    Rows stand by household, so that the last row is of the last household's own last round.
    """
    return panel[panel.as_of == panel.as_of.max()]


def version_of(config: Config, *, default: str) -> str:
    """Return the name of the configured version, or of the one under an alias."""
    version = config["version"]
    return f"{config['name']}@{default}" if version is None else f"{config['name']}/{version}"


def split_of(section: Config) -> Split:
    """Return the split that holds back test rounds, areas, or else households."""
    if section.get("test_share") is not None:
        return HouseholdSplit(
            test_share=section["test_share"], random_state=section.get("random_state", 0)
        )
    if section.get("by") is not None or section.get("leave_out") is not None:
        return _group_split(section)
    if section.get("test_from") is not None:
        return TemporalSplit(test_from=section["test_from"])
    return TemporalSplit(test_rounds=section["test_rounds"])


def _group_split(section: Config) -> GroupSplit:
    if not section.get("leave_out"):
        raise ConfigError(
            "split.leave_out must be given: it names the areas that are tested",
            code="config.missing",
            next_step="add for instance split.leave_out=[north]",
        )
    return GroupSplit(
        by=section.get("by") or "area",
        leave_out=section["leave_out"],
        test_rounds=section.get("test_rounds") or 1,
        test_from=section.get("test_from"),
    )


def backtest_split(section: Config) -> Split:
    """Return the cuts on which kinds and baselines compete, all inside the training rounds."""
    if section.get("test_share") is not None:
        return split_of(section)
    return TemporalSplit(n_splits=section.get("backtest_cuts", 1))


def classifier(panel: Panel, config: Config, kind: str) -> RiskClassifier:
    """Return an unfitted model of one kind."""
    section = config["model"]
    return make_classifier(
        panel,
        kind=kind,
        seeds=section["seeds"],
        random_state=section["random_state"],
        accept_rounds=config["accept_rounds"],
        **section["params"],
    )


def compete(panel: Panel, config: Config, split: Split) -> Backtest:
    """Let every configured kind, baseline and one-line rule compete on the same rows."""
    section = config["model"]
    if not section["kinds"]:
        raise ConfigError(
            "model.kinds is empty", code="config.kinds", next_step="name one kind, such as lightgbm"
        )
    first, *others = (classifier(panel, config, kind) for kind in section["kinds"])
    return backtest(
        first,
        panel,
        split=split,
        capacity=capacity_of(config),
        kinds=others,
        rules=section["rules"],
        among=config["among"],
    )
