"""Commands killed at random moments and run again, and two commands at once."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from operating.manifest import manifest
from operating.rounds import EXPERIMENT, NAME, Operator
from operating.shell import Shell, Step, finish

LIST = "lists/round.csv"
STORE = ("data=store", "data.store=records")
INGEST = ("ingest", "-cd", "study", "data=service", "store=records")
TRAIN = ("train", "-cd", "study", "experiment=service")
WHO = ("by=kim", "why=at least as good as the rules")
WIDE = ("gates.auc=-1", "gates.average_precision=-1")  # it kills commands, whatever the model
PROMOTE = ("promote", *STORE, f"name={NAME}", *WHO, *WIDE)
ROLLBACK = ("rollback", f"name={NAME}", *WHO)
SCORE = (
    *("score", *STORE, f"model={NAME}@champion", "as_of=2025-01-01"),
    *(f"output={LIST}", "overwrite=true"),
)
READ = tuple(word.replace("as_of=2025-01-01", "as_of=2024-12-01") for word in SCORE)


class Killed(NamedTuple):
    """A command to kill: its words, and what tells how things stand after it."""

    words: tuple[str, ...]
    look: Callable[[Path], Any]


class Beside(NamedTuple):
    """Two commands at once: whether the outcome is that of one after the other, and their ends."""

    title: str
    holds: bool
    ends: tuple[str, ...]


@dataclass
class Outcome:
    """What the kills of one command gave."""

    command: str
    seconds: float
    kills: int = 0
    while_running: int = 0
    whole: int = 0
    equal: int = 0
    left: set[str] = field(default_factory=set)


def tables(folder: Path) -> Any:
    """Return the digest of what a store holds; it is read in Python, as that is no shell."""
    import riskmodel as rm

    return rm.read_records(folder / "records").digest


def versions(folder: Path) -> Any:
    """Return the versions of a registry, the digests of their files, and the aliases."""
    registry = folder / "riskmodel-registry"
    if not (registry / "mlflow.db").exists():
        return [], {}
    with sqlite3.connect(f"file:{registry / 'mlflow.db'}?mode=ro", uri=True) as database:
        if not database.execute("select * from sqlite_master").fetchall():
            return [], {}
        runs = database.execute("select run_id from model_versions order by version").fetchall()
        found = database.execute("select alias, version from registered_model_aliases").fetchall()
    return [_files(registry / "artefacts" / run) for (run,) in runs], dict(found)


def history_is_true(folder: Path) -> bool:
    """Tell whether a registry's events are linked, and the champion is where they set it."""
    from riskmodel.registry.events.chain import Chain

    with sqlite3.connect(
        f"file:{folder / 'riskmodel-registry' / 'mlflow.db'}?mode=ro", uri=True
    ) as database:
        tags = dict(database.execute("select key, value from registered_model_tags").fetchall())
        found = dict(
            database.execute("select alias, version from registered_model_aliases").fetchall()
        )
    chain = Chain.of(tags)
    champion = tuple(str(number) for alias, number in found.items() if alias == "champion")
    is_linked = not (chain.broken or chain.missing or chain.forks or chain.open_acts)
    return is_linked and chain.versions_with("champion") == champion


def _files(run: Path) -> dict[str, str]:
    (path,) = run.rglob("artefact/manifest.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: own["sha256"] for name, own in content["files"].items()}


def the_list(folder: Path) -> Any:
    return (folder / LIST).read_bytes()


COMMANDS = {
    "ingest": Killed(INGEST, tables),
    "train": Killed(TRAIN, versions),
    "score": Killed(SCORE, the_list),
    "promote": Killed(PROMOTE, versions),
    "rollback": Killed(ROLLBACK, versions),
}


class Trials:
    """Starts each command from the same state, in one folder, as a registry has a place."""

    def __init__(self, folder: Path, households: int) -> None:
        self.folder, self.work = folder, folder / "work"
        self.shell = Shell(self.work)
        self._prepare(households)

    def _prepare(self, households: int) -> None:
        """Keep the state before each command."""
        self.work.mkdir()
        operator = Operator(self.work, households)
        operator.write("data", manifest(0))
        operator.service.deliver(0)
        self.shell.run(*INGEST)
        operator.write("experiment", {**EXPERIMENT, "model": {"kinds": ["logistic"]}})
        operator.write("data", manifest(1))
        operator.service.deliver(1)
        self._keep("ingest")
        self.shell.run(*INGEST)
        self._keep("train")
        self.shell.run(*TRAIN)
        self._keep("promote")
        self.shell.run(*PROMOTE)
        (self.work / LIST).parent.mkdir()
        (self.work / LIST).write_text("yesterday's list", encoding="utf-8")
        self._keep("score")
        self.shell.run(*TRAIN, "model.random_state=1")
        self.shell.run(*PROMOTE)
        self._keep("rollback")

    def _keep(self, state: str) -> None:
        shutil.copytree(self.work, self.folder / state)

    def begin(self, state: str) -> None:
        """Put back the state before a command."""
        shutil.rmtree(self.work)
        shutil.copytree(self.folder / state, self.work)

    def kill(self, command: str, kills: int) -> Outcome:
        """Kill a command at moments spread over the time that it takes, and run it again."""
        words, look = COMMANDS[command]
        self.begin(command)
        before = look(self.work)
        undisturbed = self.shell.run(*words)
        after = look(self.work)
        outcome = Outcome(command, undisturbed.wall)
        for moment in moments(command, kills, undisturbed.wall):
            self.begin(command)
            running = self.shell.start(*words)
            outcome.kills += 1
            outcome.while_running += running.kill_after(moment)
            finish(running, words)
            outcome.whole += self._is_whole(command, look(self.work), before, after)
            self.shell.run(*words)
            is_true = look is not versions or history_is_true(self.work)
            outcome.equal += is_true and look(self.work) == after
            outcome.left |= {_name(path) for path in self.work.rglob("*.part*")}
        return outcome

    def _is_whole(self, command: str, now: Any, before: Any, after: Any) -> bool:
        """Tell whether a killed run left the state before or after it, or a version unnamed."""
        unnamed = command == "train" and now == (after[0], before[1])
        return unnamed or now in (before, after)

    def at_once(self) -> Iterator[Beside]:
        """Run two commands beside each other; one works, the other works or refuses in a line."""
        yield self._beside("ingest", INGEST, INGEST, self._after("ingest"))
        yield self._beside("train", TRAIN, TRAIN, self._after("train"))
        yield self._beside("score", SCORE, SCORE, self._after("score"))
        self.begin("score")
        shutil.rmtree(self.work / "records")
        shutil.copytree(self.folder / "ingest" / "records", self.work / "records")
        shutil.copytree(self.work, self.folder / "reader")
        lists = [self._after("reader", *READ), self._after("reader", *INGEST, after=READ)]
        yield self._beside("reader", READ, INGEST, *lists)

    def _after(self, state: str, *words: str, after: tuple[str, ...] = ()) -> Any:
        """Return how things stand after commands that nothing disturbs."""
        self.begin(state)
        self.shell.run(*(words or COMMANDS[state].words))
        if after:
            self.shell.run(*after)
        return (the_list if state == "reader" else COMMANDS[state].look)(self.work)

    def _beside(
        self, state: str, one: tuple[str, ...], other: tuple[str, ...], *good: Any
    ) -> Beside:
        self.begin(state)
        first, second = self.shell.start(*one), self.shell.start(*other)
        steps = [finish(first, one), finish(second, other)]
        now = (the_list if state == "reader" else COMMANDS[state].look)(self.work)
        refused = [step for step in steps if step.code]
        in_one_line = all(
            step.refusal and step.err.endswith(f"{step.refusal}\n") for step in refused
        )
        holds = len(refused) < 2 and in_one_line and now in good
        return Beside(f"{one[0]} beside {other[0]}", holds, tuple(map(_ending, steps)))


def moments(command: str, kills: int, seconds: float) -> list[float]:
    """Return moments of a fixed seed, one in each part of the time."""
    rng = random.Random(f"{command} {kills}")
    return [(place + rng.random()) / kills * seconds for place in range(kills)]


def _ending(step: Step) -> str:
    return f"{step.code}" + (f" ({step.refusal})" if step.code else "")


def _name(path: Path) -> str:
    return "".join(path.suffixes)
