"""Processes of `riskmodel`, measured each."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

COMMAND = [str(Path(sys.executable).with_name("riskmodel"))]


@dataclass(frozen=True)
class Step:
    """What one process did and took."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str
    cpu: float
    wall: float
    memory: float

    @property
    def refusal(self) -> str:
        """The line that says why it refused; empty where it worked."""
        lines = [line for line in self.err.splitlines() if line.startswith("riskmodel: ")]
        return lines[-1] if self.code and lines else ""


class Shell:
    """Runs commands in one folder, and keeps what each took."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Step] = []

    def run(self, *words: str, code: int = 0) -> Step:
        """Run a command to its end, and check how it ends."""
        step = finish(self.start(*words), words)
        self.steps.append(step)
        if step.code != code:
            raise SystemExit(f"{' '.join(words)}\nended with {step.code}, not {code}\n{step.err}")
        return step

    def start(self, *words: str) -> Running:
        """Start a command, and return at once."""
        return Running([*COMMAND, *words], self.folder)


class Running:
    """A process whose output goes to files, so that no full pipe can stop it."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.logs = Path(tempfile.mkdtemp(prefix="operate-"))
        environment = os.environ | {"PYTHONUTF8": "1"}
        with (self.logs / "out").open("wb") as out, (self.logs / "err").open("wb") as err:
            self.began = time.perf_counter()
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=out, stderr=err, env=environment
            )

    def kill_after(self, seconds: float) -> bool:
        """Kill the process at a moment; return whether it was still running."""
        time.sleep(max(0.0, self.began + seconds - time.perf_counter()))
        if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return False
        self.process.send_signal(signal.SIGKILL)
        return True


def finish(running: Running, words: tuple[str, ...]) -> Step:
    """Wait for a process, and return what it did and took."""
    _, status, used = os.wait4(running.process.pid, 0)
    wall = time.perf_counter() - running.began
    running.process.returncode = os.waitstatus_to_exitcode(status)
    out, err = ((running.logs / name).read_text(encoding="utf-8") for name in ("out", "err"))
    shutil.rmtree(running.logs)
    return Step(
        words=words,
        code=running.process.returncode,
        out=out,
        err=err,
        cpu=used.ru_utime + used.ru_stime,
        wall=wall,
        memory=used.ru_maxrss / 1024,
    )
