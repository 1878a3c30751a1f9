"""Twelve rounds as an operator runs them: by the shell alone, with all that goes wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from operating.manifest import SILENT, manifest
from operating.service import (
    AWAY,
    BROKEN,
    CAMPAIGN,
    LAG,
    REDEFINED,
    ROLLED_BACK,
    WRONG,
    Service,
    Told,
    day_of,
)
from operating.shell import Shell, Step

NAME = "service-crisis"
EXPERIMENT = {
    "name": NAME,
    "data": {"store": "records"},
    "cohort": {"seen_within": "12M"},
    "label": {"outcome": "crisis", "window": "2M", "maturity": "1M"},
    "split": {"test_rounds": 1, "backtest_cuts": 1},
    "model": {"kinds": ["lightgbm", "logistic"], "seeds": 1, "params": {"n_estimators": 40}},
    "capacity": 0.05,
    "lang": "en",
}


class Operator:
    """One who runs the service's rounds in a folder."""

    def __init__(self, folder: Path, households: int) -> None:
        self.folder, self.shell = folder, Shell(folder)
        self.service = Service(folder / "inbox", households)
        self.store = "records"
        self.version = ""
        self.delivered: list[dict[str, Any]] = []
        self.told: list[Told] = []
        for group in ("data", "experiment"):
            (folder / "study" / group).mkdir(parents=True)
        self.write("experiment", EXPERIMENT)

    def round(self, number: int) -> dict[str, Any]:
        """Take in what came, score, and have the outcome checked; return a row of the table."""
        first = len(self.shell.steps)
        files = self.service.deliver(number)
        self.told = list(self.service.told[number])
        self._state(manifest(number) | ({"accept_feeds": {}} if number == CAMPAIGN else {}))
        self._take_in(number, files)
        if number in (0, REDEFINED):
            self._train_and_promote()
        if number == ROLLED_BACK:
            self.shell.run("rollback", f"name={NAME}", "by=kim", "why=complaints about the list")
            self.version = f"{NAME}/1"
        listed = self._score(number)
        found = self._checked(number, listed)
        return row(number, self.shell.steps[first:], self._sizes(files)) | found

    def _take_in(self, number: int, files: list[Path]) -> None:
        if number == BROKEN:
            files = self._mistakes(number, files)
        if number == REDEFINED:
            self._ingest(code=3)
            self._ingest("accept_changes=[direction]")
        else:
            self._ingest()
        if number == LAG:
            self.told.append(Told(None, "water_cut", date(2024, 1, 1)))
        self._keep(number, files)
        if number == WRONG:
            self._undo(number)
        if number == AWAY:
            shutil.move(self.folder / "inbox", self.folder / "archive")

    def _mistakes(self, number: int, files: list[Path]) -> list[Path]:
        """Set a day back; ingest while a file is copied, which is left out, and the others go in.

        Returns
        -------
        list of Path
            The file that is whole now.
        """
        self._state(manifest(number, day_of(number - 2)))
        self._ingest(code=3)
        self._state(manifest(number))
        path = self.folder / f"inbox/people/stays_{number:02d}.csv"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * 2 // 3])
        self._ingest(code=3)
        self._keep(number, [file for file in files if file != path])
        path.write_bytes(whole)
        return [path]

    def _undo(self, number: int) -> None:
        """A wrong file is taken in, noticed on the list, and set aside; it stays in the inbox."""
        self.service.wrong(number)
        self._ingest()
        self._list(number, "lists/wrong.csv")
        delivery, why = f"delivery={len(self.delivered) + 1}", "why=a month of another system"
        store = f"store={self.store}"
        self.shell.run("undo", "-cd", "study", "data=service", store, delivery, why)

    def _train_and_promote(self) -> None:
        self.shell.run("train", "-cd", "study", "experiment=service")
        wide = ("gates.auc=-1", "gates.average_precision=-1")  # it times commands, not models
        signed = ("by=kim", "why=at least as good as the rules")
        self.shell.run("promote", "data=store", self._data, f"name={NAME}", *signed, *wide)
        self.version = f"{NAME}@champion"

    def _score(self, number: int) -> str:
        path = f"lists/{day_of(number)}.csv"
        if number == CAMPAIGN:
            self._list(number, path, code=3)
            self._state(manifest(number))
            self._ingest()
        if number in SILENT:
            self._list(number, path, code=3)
            self._list(number, path, f"accept_feeds=[{','.join(SILENT[number])}]")
        else:
            self._list(number, path)
        return path

    def _list(self, number: int, path: str, *more: str, code: int = 0) -> Step:
        model, as_of = f"model={self.version}", f"as_of={day_of(number)}"
        words = ("score", "data=store", self._data, model, as_of, f"output={path}", *more)
        return self.shell.run(*words, code=code)

    def _ingest(self, *words: str, code: int = 0) -> Step:
        store = f"store={self.store}"
        return self.shell.run("ingest", "-cd", "study", "data=service", store, *words, code=code)

    @property
    def _data(self) -> str:
        return f"data.store={self.store}"

    def _state(self, keys: dict[str, Any]) -> None:
        self.write("data", keys)

    def write(self, group: str, content: dict[str, Any]) -> None:
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (self.folder / "study" / group / "service.yaml").write_text(text, encoding="utf-8")

    def _keep(self, number: int, files: list[Path]) -> None:
        """Keep a copy of what was taken in, for the rebuild."""
        name = f"{len(self.delivered) + 1:02d}"
        for path in files:
            copy = self.folder / "delivered" / name / path.relative_to(self.folder / "inbox")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        self.delivered.append({"name": name, "today": str(day_of(number))})

    def _checked(self, number: int, listed: str) -> dict[str, Any]:
        state = {
            "store": self.store,
            "delivered": self.delivered,
            "list": listed,
            "version": self.version,
            "today": str(day_of(number)),
            "told": [[household, code, str(since)] for household, code, since in self.told],
        }
        (self.folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
        door = Path(__file__).parents[1] / "operate.py"
        command = [sys.executable, str(door), "--check", str(number), "--folder", "."]
        done = subprocess.run(
            command, cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def _sizes(self, files: list[Path]) -> dict[str, float]:
        folders = {"store_MB": self.store, "registry_MB": "riskmodel-registry"}
        sizes = {title: size(self.folder / name) for title, name in folders.items()}
        copies = self.folder / "delivered" / self.delivered[-1]["name"]
        return {"files": len(files), "delivered_MB": size(copies), **sizes}


def size(folder: Path) -> float:
    """Return the size of a folder's files in MB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def row(number: int, steps: list[Step], sizes: dict[str, float]) -> dict[str, Any]:
    """Return the figures of a round's processes."""
    cpu = {"ingest": 0.0, "score": 0.0, "other": 0.0}
    for step in steps:
        title = step.words[0] if step.words[0] in cpu else "other"
        cpu[title] += step.cpu
    refused = [step.refusal for step in steps if step.code]
    memory = max(step.memory for step in steps)
    return {"round": number, **cpu, "peak_MB": memory, "refused": refused, **sizes}
