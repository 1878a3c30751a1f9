"""Words of the command line in, an exit code out: 0 only when it worked."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from riskmodel.cli import commands, outreach_commands, store_commands
from riskmodel.cli.configs import compose
from riskmodel.cli.console import UNREAD, Console, NobodyReadsError
from riskmodel.cli.resolved import as_yaml, for_help, resolved
from riskmodel.disks import disk_error
from riskmodel.errors import ConfigError, RiskmodelError, did_you_mean
from riskmodel.registry import registry_at

USAGE = """\
usage: riskmodel COMMAND [-cd FOLDER] [key=value ...]

  ingest      append new deliveries to a store of records; all of them or none
  undo        a delivery of a store set aside, as if it had never come
  deliveries  what was delivered to a store, and what became of its rows
  quarantine  which rows of which file were refused, and why
  prune       what runs that broke off left, removed from store, lists and registry
  train       panel -> backtest -> fit -> evaluate -> refit -> publish as challenger
  score       one round's list from a published version
  outreach    one round's plan: who is turned to, by which channel, and who is not; the books
  returned    the books that came back, checked, as contacts for the next ingest
  trace       one household's score on one date, listed or not, and why
  review      one household's rounds: what was known, listed, done and left undone
  promote     gates on unseen rounds, then alias champion; written down
  history     what was published, promoted and rolled back under a name
  rollback    back to the champion before; written down
  registry    registry move: the folder in which a registry lies now becomes its place
  retire      a version taken out of the registry, with its files; written down
  lists       of a folder: whence each list is, and whether it is as it was written
  verify      compares all files of a version, code and metadata among them, with what was published
  schema      the JSON Schema of a manifest, by which editors complete and check it
  doctor      what is installed, what is missing, and whether the registry answers

  -cd FOLDER        a folder of your own configurations (data/, experiment/, ...)
  key=value         as in Hydra: experiment=nyc_evictions model.seeds=2
  -h, --help        this text;  riskmodel COMMAND --help shows the command's configuration

exit codes: 0 it worked; 1 any other refusal; 2 configuration; 3 records; 4 panel or split;
            5 model; 6 registry; 130 interrupted; 141 nobody reads what it only prints"""


class Command(NamedTuple):
    """A command of the shell.

    Attributes
    ----------
    configuration : str
        The name of its configuration.
    carry_out : callable
    only_prints : callable
        Whether a configuration only prints.
    first : str, optional
        The key of a first word that is written without one.
    """

    configuration: str
    carry_out: Callable[[dict[str, Any], Console], object]
    only_prints: Callable[[dict[str, Any]], bool] = lambda _: False
    first: str | None = None


def _always(_: dict[str, Any]) -> bool:
    return True


def _without_output(config: dict[str, Any]) -> bool:
    return config["output"] is None


def _dry(config: dict[str, Any]) -> bool:
    return bool(config["dry"])


def _without_publication(config: dict[str, Any]) -> bool:
    return _without_output(config) and not config["publish"]


COMMANDS: dict[str, Command] = {
    "ingest": Command("ingest", commands.ingest),
    "undo": Command("undo", store_commands.undo),
    "deliveries": Command("deliveries", store_commands.deliveries, _always),
    "quarantine": Command("quarantine", store_commands.quarantine, _always),
    "prune": Command("prune", store_commands.prune, _dry),
    "train": Command("train", commands.train, _without_publication),
    "score": Command("score", commands.score),
    "outreach": Command("plan", outreach_commands.outreach),
    "returned": Command("returned", outreach_commands.returned, first="folder"),
    "trace": Command("trace", store_commands.trace, _always),
    "review": Command("review", store_commands.review, _always),
    "promote": Command("promote", commands.promote),
    "history": Command("version", commands.history, _always),
    "registry": Command("relocate", commands.registry, first="action"),
    "retire": Command("retire", commands.retire),
    "rollback": Command("version", commands.rollback),
    "lists": Command("lists", commands.lists, _always, first="folder"),
    "verify": Command("version", commands.verify, _always),
    "schema": Command("schema", commands.schema, _without_output),
    "doctor": Command("version", commands.doctor, _always),
}


class CommandLine(NamedTuple):
    """The words after a command: a folder (``-cd``), overrides, and whether help is wanted."""

    folder: str | None
    overrides: list[str]
    wants_help: bool


def run_words(words: list[str]) -> int:
    """Run one command, given as the words after ``riskmodel``, and return its exit code."""
    console = Console()
    code = _exit_code(words, console)
    console.close()
    return UNREAD if code == 0 and console.is_lost and console.only_prints else code


def _exit_code(words: list[str], console: Console) -> int:
    """Run one command, say what went wrong, and return its exit code."""
    try:
        if not words or words[0] in ("-h", "--help"):
            console.write(f"{USAGE}\n")
        else:
            run(words[0], words[1:], console)
    except NobodyReadsError:
        return UNREAD
    except RiskmodelError as error:
        console.tell(f"riskmodel: {error}")
        return error.exit_code
    except OSError as error:
        refusal = disk_error(error)
        console.tell(f"riskmodel: {refusal}")
        return refusal.exit_code
    except KeyboardInterrupt:
        console.tell("riskmodel: interrupted; nothing half-written is in use, run it again")
        return 130
    except Exception as error:
        console.tell(f"riskmodel: {_defect(error)}")
        return 1
    return 0


def _defect(error: Exception) -> RiskmodelError:
    """Return a refusal that says where an unexpected error arose; its text may hold cells."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return RiskmodelError(
        f"unexpected {type(error).__name__} at {' > '.join(where[-4:])}",
        code="cli.defect",
        next_step="this is a defect of riskmodel: please report this line; nothing half-written "
        "is in use",
    )


def run(command: str, words: list[str], console: Console) -> None:
    """Compose the command's configuration and carry it out, saying what comes back."""
    if command not in COMMANDS:
        raise ConfigError(
            f"unknown command {command!r}",
            code="cli.command",
            allowed=list(COMMANDS),
            next_step=did_you_mean(command, COMMANDS),
        )
    chosen = COMMANDS[command]
    line = read_words(words, chosen.first)
    config = compose(chosen.configuration, line.overrides, line.folder, wants_help=line.wants_help)
    if line.wants_help:
        shipped = compose(chosen.configuration, wants_help=True)
        console.write(f"{as_yaml(for_help(config, shipped))}\n")
        return
    console.only_prints = chosen.only_prints(config)
    console.tell(as_yaml(resolved(config)))
    with registry_at(config.get("registry", {}).get("uri")):
        chosen.carry_out(config, console)


def read_words(words: list[str], first: str | None = None) -> CommandLine:
    """Return what the words after a command say; `first` is the key of a first word without one."""
    folder, overrides, rest = None, [], iter(enumerate(words, start=1))
    wants_help = False
    for number, word in rest:
        if word in ("-cd", "--config-dir"):
            _, folder = next(rest, (number, None))
            if not folder:
                raise _no_folder(word)
        elif word in ("-h", "--help"):
            wants_help = True
        elif "=" in word:
            overrides.append(word)
        elif number == 1 and first is not None:
            overrides.append(f"{first}={word}")
        else:
            raise _no_override(number)
    return CommandLine(folder, overrides, wants_help)


def _no_folder(word: str) -> ConfigError:
    return ConfigError(
        f"{word} needs a folder", code="cli.config_dir", next_step="write -cd my_study"
    )


def _no_override(number: int) -> ConfigError:
    """Return the refusal of a word by its place; without its key it may be a name or an id."""
    return ConfigError(
        f"word {number} after the command is no override",
        code="cli.override",
        allowed="key=value",
        next_step="write experiment=nyc_evictions, or riskmodel --help",
    )
