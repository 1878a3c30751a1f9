"""The commands of the shell: each calls the library's own functions and prints what they return."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from riskmodel.cli.console import Console
from riskmodel.cli.doctor import say_findings
from riskmodel.cli.outputs import ListTarget, calibration_table, save_tables
from riskmodel.cli.shell_keys import shown
from riskmodel.cli.studies import (
    Config,
    backtest_split,
    capacity_of,
    check_params,
    classifier,
    compete,
    manifest_of,
    newest_round,
    own_capacity_of,
    panel_of,
    read,
    repeated,
    split_of,
    version_of,
)
from riskmodel.disks import on_disk
from riskmodel.errors import ConfigError, RecordsError
from riskmodel.evaluation import Backtest
from riskmodel.metrics.explored_share import Explore
from riskmodel.models import RiskClassifier, check_language, refit
from riskmodel.panel import Panel
from riskmodel.records import ingest as ingest_records
from riskmodel.records.sources.editor_schema import manifest_json_schema
from riskmodel.registry import (
    Publication,
    Version,
    check_folder,
    gates_with,
    is_there,
    move_registry,
    one_at_a_time,
    publish_once,
)
from riskmodel.registry import history as registry_history
from riskmodel.registry import promote as registry_promote
from riskmodel.registry import retire as registry_retire
from riskmodel.registry import rollback as registry_rollback
from riskmodel.registry import score as registry_score
from riskmodel.registry import verify as registry_verify
from riskmodel.scoring import lists_in, sidecar_of
from riskmodel.splits import GroupSplit

ALL_DELIVERIES = "All deliveries together:"
ANOTHER = "again=true publishes one more of the same"


def train(config: Config, console: Console) -> None:
    """Panel -> backtest -> fit -> evaluate -> refit -> publish as challenger."""
    capacity_of(config)
    check_params(config)
    check_language(config["lang"])
    split = split_of(config["split"])
    if config["publish"]:
        check_folder()

    records = read(config)
    if isinstance(split, GroupSplit):
        split.check(records)
    console.say(records.summary())
    panel = panel_of(records, config)
    console.say(panel)
    with one_at_a_time() if config["publish"] and is_there() else nullcontext():
        repeat = repeated(panel, config)
    if repeat is not None and config["output"] is None:
        console.say(repeat, ANOTHER)
        return

    train_rows, _ = split.last(panel)
    choice = compete(train_rows, config, backtest_split(config["split"]))
    console.say("On the training rounds, to choose:", choice)

    competition = compete(panel, config, split)
    final = competition.only(choice.chosen)
    evaluation = final.evaluations[choice.chosen]
    console.say(
        "On the test rows, evaluated once:", final, evaluation, calibration_table(evaluation)
    )
    save_tables(
        config["output"],
        backtest=choice.frame(),
        test=final.frame(),
        reliability=evaluation.reliability,
        leaks=final.leaks.frame(),
    )

    if repeat is not None:
        console.say(repeat, ANOTHER)
    elif config["publish"]:
        fitted = classifier(panel, config, choice.chosen).fit(train_rows)
        console.say(*_published_once(refit(fitted, panel), final, panel, config))


def _published_once(
    model: RiskClassifier, final: Backtest, panel: Panel, config: Config
) -> tuple[object, ...]:
    """Publish the refitted model with the one comparison on the test rows.

    Where another run has published the same meanwhile, that is told.
    """
    (evaluation,) = [final.evaluations[name] for name in final.candidates]
    publication = Publication(
        model,
        evaluation,
        name=config["name"],
        backtest=final,
        reference=newest_round(panel),
        lang=config["lang"],
        configuration=shown(config),
    )
    done = publish_once(publication, config["by"], lambda: repeated(panel, config))
    return (done, _head(done.head)) if isinstance(done, Version) else (done, ANOTHER)


def ingest(config: Config, console: Console) -> None:
    """Append to a store what a manifest names and the store does not hold yet."""
    done = ingest_records(
        manifest_of(config, "ingest"),
        config["store"],
        accept_changes=config["accept_changes"],
        again=config["again"],
    )
    console.say(done, replace(done.records.summary(), title=ALL_DELIVERIES))
    names = done.left_out["file"].drop_duplicates().tolist()
    if names:
        raise RecordsError(
            f"{', '.join(names)}: left out, since {'it is' if len(names) == 1 else 'they are'} not "
            "whole; all else is in",
            code="records.left_out",
            next_step="run this again once the files are whole",
        )


def score(config: Config, console: Console) -> None:
    """Write one round's list."""
    Explore.parse(config["explore"], config["seed"])
    target = ListTarget.of(
        config["output"], config["mode"], whole=config["whole"], overwrite=config["overwrite"]
    )
    if config["proposal"] is not None:
        target.check_proposal(config["proposal"])
    capacity = own_capacity_of(config)
    if config["lang"] is not None:
        check_language(config["lang"])
    records = read(config)
    as_of = config["as_of"] or str(records.today)
    listed = registry_score(
        config["model"],
        records,
        as_of=as_of,
        capacity=capacity,
        lang=config["lang"],
        accept_feeds=config["accept_feeds"],
        explore=config["explore"],
        seed=config["seed"],
        digest=config["digest"],
    )
    path = target.write(listed)
    said = [f"written to {path}; whence it is, to {sidecar_of(path).name} beside it"]
    if config["proposal"] is not None:
        proposed = target.propose(listed, config["proposal"])
        said.append(f"every household's chance, for lists: of a manifest, written to {proposed}")
    console.say(listed, *said)


def lists(config: Config, console: Console) -> None:
    """Say whence the lists of a folder are, and whether their files are as they were written."""
    console.say(lists_in(config["folder"]))


def promote(config: Config, console: Console) -> None:
    """Put a version through the gates and make it the champion."""
    capacity = own_capacity_of(config)
    gates_with(config["gates"])  # refused before the records are read
    promotion = registry_promote(
        version_of(config, default="challenger"),
        on=read(config),
        by=config["by"],
        why=config["why"],
        capacity=capacity,
        gates=config["gates"],
        override=config["override"],
        external=config["external"],
        accept_feeds=config["accept_feeds"],
        rules=config["rules"],
        among=config["among"],
        digest=config["digest"],
        damaged_champion=config["damaged_champion"],
    )
    console.say(promotion, _head(promotion.head))


def history(config: Config, console: Console) -> None:
    """Say what was published, promoted and rolled back under a name."""
    console.say(registry_history(config["name"], config["head"]))


def rollback(config: Config, console: Console) -> None:
    """Go back to the champion before, or to an earlier one."""
    version = registry_rollback(config["name"], by=config["by"], why=config["why"], to=config["to"])
    console.say(version, _head(version.head))


def retire(config: Config, console: Console) -> None:
    """Take a version out of the registry."""
    wanted = f"{config['name']}/{config['version']}"
    version = registry_retire(wanted, by=config["by"], why=config["why"])
    console.say(f"{version} is taken out", _head(version.head))


def registry(config: Config, console: Console) -> None:
    """Make the folder in which a registry lies its place."""
    if config["action"] != "move":
        raise ConfigError(
            "the registry can be moved, and nothing else",
            code="cli.action",
            allowed=["move"],
            next_step="write riskmodel registry move",
        )
    console.say(move_registry())


def _head(head: str) -> str:
    """Return the line that a log of one's own keeps of a name's history."""
    return f"head of the history: {head}"


def verify(config: Config, console: Console) -> None:
    """Compare all files of a version with what was published, and run none of them."""
    console.say(registry_verify(version_of(config, default="champion"), config["digest"]))


def schema(config: Config, console: Console) -> None:
    """Write the JSON Schema of a manifest."""
    text = json.dumps(manifest_json_schema(), indent=2, ensure_ascii=False)
    if config["output"] is None:
        console.write(f"{text}\n")
        return
    path = Path(config["output"])
    with on_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    console.say(f"written to {path}")


def doctor(_: Config, console: Console) -> None:
    """Say what is installed, what is missing, and whether the registry answers."""
    say_findings(console)
