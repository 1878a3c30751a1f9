"""The commands of the shell: each calls the library's own functions and prints what they return."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel import keys
from riskmodel.cli.doctor import examine
from riskmodel.datasets import make_households
from riskmodel.errors import ConfigError, RiskmodelError
from riskmodel.evaluation import Backtest, Evaluation, backtest
from riskmodel.keys import AS_OF
from riskmodel.metrics import Capacity
from riskmodel.models import RiskClassifier, check_parameters, make_classifier, refit
from riskmodel.panel import Cohort, Features, Label, Panel, build_panel
from riskmodel.records import Records, open_store, read_records
from riskmodel.records import ingest as ingest_records
from riskmodel.records.sources.editor_schema import manifest_json_schema
from riskmodel.registry import check_folder, load, publish
from riskmodel.registry import history as registry_history
from riskmodel.registry import promote as registry_promote
from riskmodel.registry import rollback as registry_rollback
from riskmodel.registry import score as registry_score
from riskmodel.schema.values import as_written
from riskmodel.scoring import ScoreList
from riskmodel.splits import HouseholdSplit, TemporalSplit

Config = Mapping[str, Any]
ENDINGS = (".csv", ".xlsx", ".parquet")


def say(*things: object) -> None:
    """Write each thing to standard output, a blank line after it."""
    for thing in things:
        sys.stdout.write(f"{thing}\n\n")
    sys.stdout.flush()


def train(config: Config) -> None:
    """Panel -> backtest -> fit -> evaluate -> refit -> publish as challenger."""
    capacity_of(config)
    if config["publish"]:
        check_folder()
    records = read(config)
    say(records.summary())
    panel = panel_of(records, config)
    say(panel)
    train_rows, _ = split_of(config["split"]).last(panel)
    choice = compete(train_rows, config, backtest_split(config["split"]))
    say("On the training rounds, to choose:", choice)
    final = compete(panel, config, split_of(config["split"]))
    final = dataclasses.replace(final, candidates=(choice.chosen,))
    evaluation = final.evaluations[choice.chosen]
    say("On the test rounds, judged once:", final, evaluation, calibration_table(evaluation))
    save_tables(
        config["output"],
        backtest=choice.frame(),
        test=final.frame(),
        reliability=evaluation.reliability,
    )
    if config["publish"]:
        model = refit(classifier(panel, config, choice.chosen).fit(train_rows), panel)
        newest = panel[panel.X.index.get_level_values(AS_OF) == panel.as_of[-1]]
        say(publish(model, evaluation, name=config["name"], backtest=final, reference=newest))


def ingest(config: Config) -> None:
    """Append to a store what a manifest names and the store does not hold yet."""
    data = dict(config["data"])
    if not {"simulated", "store"}.isdisjoint(data):
        raise ConfigError(
            "only what a manifest names can be ingested",
            code="cli.ingest",
            allowed="data=NAME of a manifest in data/",
            next_step="add your manifest as my_study/data/NAME.yaml, and run "
            "riskmodel ingest -cd my_study data=NAME",
        )
    done = ingest_records(data, config["store"])
    say(done, done.records.summary())


def score(config: Config) -> None:
    """Write one round's list."""
    path, capacity = output_of(config), capacity_of(config)
    records = read(config)
    as_of = config["as_of"] or str(records.today)
    listed = registry_score(
        config["model"],
        records,
        as_of=as_of,
        capacity=capacity,
        lang=config["lang"],
        accept_feeds=config["accept_feeds"],
    )
    say(listed)
    say(f"written to {write_list(listed, path)}")


def promote(config: Config) -> None:
    """Put a version through the gates and make it the champion."""
    capacity = capacity_of(config)
    suffix = "@challenger" if config["version"] is None else f"/{config['version']}"
    promotion = registry_promote(
        f"{config['name']}{suffix}",
        on=read(config),
        by=config["by"],
        why=config["why"],
        capacity=capacity,
        gates=config["gates"],
    )
    say(promotion)


def history(config: Config) -> None:
    """Say what was published, promoted and rolled back under a name."""
    say(registry_history(config["name"]))


def rollback(config: Config) -> None:
    """Go back to the champion before."""
    say(registry_rollback(config["name"], by=config["by"], why=config["why"]))


def verify(config: Config) -> None:
    """Check a version's files against the digest written when it was published."""
    suffix = "@champion" if config["version"] is None else f"/{config['version']}"
    loaded = load(f"{config['name']}{suffix}")
    say(
        f"{loaded.version} is whole: "
        "every file has the size and sha256 that were written when it was published"
    )


def schema(config: Config) -> None:
    """Write the JSON Schema of a manifest."""
    text = json.dumps(manifest_json_schema(), indent=2, ensure_ascii=False)
    if config["output"] is None:
        sys.stdout.write(f"{text}\n")
        return
    path = Path(config["output"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="utf-8")
    say(f"written to {path}")


def doctor(_: Config) -> None:
    """Say what is installed, what is missing, and whether the registry answers."""
    examination = examine()
    say(examination)
    if not examination.well:
        missing = ", ".join(item.name for item in examination.findings if not item.well)
        raise RiskmodelError(
            f"not well: {missing}", code="doctor", next_step="mend what is marked MISSING above"
        )


def read(config: Config) -> Records:
    """Return the configured records: simulated households, a store, or what a manifest names."""
    data = dict(config["data"])
    if data.get("simulated") is not None:
        parameters: Any = as_written(data["simulated"])
        return make_households(**parameters)
    return open_store(data["store"]) if data.get("store") is not None else read_records(data)


def capacity_of(config: Config) -> Capacity:
    """Return the configured capacity, or refuse it before any record is read."""
    return Capacity.parse(config["capacity"]["contacts"])


def panel_of(records: Records, config: Config) -> Panel:
    """Build the panel that the configuration describes."""
    grid = config["split"].get("rounds")
    features = config["features"]
    listed = None if features["aggregates"] is None else Features.from_dict(features)
    return build_panel(
        records,
        rounds=records.rounds if grid is None else keys.rounds(**grid),
        label=Label.from_dict(config["label"]),
        cohort=Cohort.from_dict(config["cohort"]),
        features=listed,
        attributes=features["attributes"] if listed is None else (),
    )


def split_of(section: Config) -> TemporalSplit | HouseholdSplit:
    """Return the split that holds back test rounds, or test households where there is one date."""
    if section.get("test_share") is not None:
        return HouseholdSplit(
            test_share=section["test_share"], random_state=section.get("random_state", 0)
        )
    if section.get("test_from") is not None:
        return TemporalSplit(test_from=section["test_from"])
    return TemporalSplit(test_rounds=section["test_rounds"])


def backtest_split(section: Config) -> TemporalSplit | HouseholdSplit:
    """Return the cuts on which kinds and baselines compete, all inside the training rounds."""
    if section.get("test_share") is not None:
        return split_of(section)
    return TemporalSplit(n_splits=section.get("backtest_cuts", 1))


def classifier(panel: Panel, config: Config, kind: str) -> RiskClassifier:
    """Return an unfitted model of one kind."""
    section = config["model"]
    check_parameters(section["params"])
    return make_classifier(
        panel,
        kind=kind,
        seeds=section["seeds"],
        random_state=section["random_state"],
        **section["params"],
    )


def compete(panel: Panel, config: Config, split: TemporalSplit | HouseholdSplit) -> Backtest:
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
    )


def calibration_table(evaluation: Evaluation) -> str:
    """Return predicted against observed shares, as text."""
    shown = evaluation.reliability[["predicted", "observed", "low", "high", "rows"]]
    title = "Predicted against observed shares, with 95 % intervals"
    return f"{title}\n{shown.round(4).to_string(index=False)}"


def save_tables(folder: str | None, **tables: pd.DataFrame) -> None:
    """Write the tables of a run into a folder, if one is given."""
    if folder is None:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(Path(folder) / f"{name}.csv", index=False, encoding="utf-8-sig")


def output_of(config: Config) -> Path:
    """Return where the list goes, in a folder that exists."""
    path = Path(config["output"])
    if path.suffix not in ENDINGS:
        raise ConfigError(
            f"{path.name} has no known ending",
            code="cli.output",
            allowed=ENDINGS,
            next_step="write output=round.csv",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_list(listed: ScoreList, path: Path) -> Path:
    """Write a round's list, whole or not at all.

    CSV has the byte-order mark that Korean spreadsheets look for.
    """
    if path.suffix == ".parquet":
        return listed.to_parquet(path)
    return (
        listed.to_excel(path)
        if path.suffix == ".xlsx"
        else listed.to_csv(path, encoding="utf-8-sig")
    )
