"""Twelve rounds of a service by the shell alone, and processes killed at random moments.

python benchmarks/operate.py [--households 2_000] [--rounds 12] [--kills 3] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from operating.kills import Beside, Outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--households", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--commands", nargs="+", help="those to kill; default: all")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--check", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.check is not None:
        from operating.checks import check

        print(json.dumps(check(asked.folder, asked.check)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        return 0 if run(asked.folder or Path(temporary), asked) else 1


def run(folder: Path, asked: argparse.Namespace) -> bool:
    """Print the tables, and tell whether everything held."""
    from operating.printed import is_well

    rows = list(run_rounds(folder / "rounds", asked)) if asked.rounds else []
    outcomes, besides = run_kills(folder / "kills", asked) if asked.kills else ([], [])
    return is_well(rows, outcomes, besides)


def run_rounds(folder: Path, asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from operating.printed import head, line
    from operating.rounds import Operator

    folder.mkdir(parents=True)
    operator = Operator(folder, asked.households)
    print(f"{asked.households:,} households, {asked.rounds} rounds; CPU seconds of each command")
    print(head())
    for number in range(asked.rounds + 1):
        row = operator.round(number)
        print(line(row), flush=True)
        yield row


def run_kills(folder: Path, asked: argparse.Namespace) -> tuple[list[Outcome], list[Beside]]:
    from operating.kills import COMMANDS, Trials
    from operating.printed import beside_line, kills_head, kills_line

    folder.mkdir(parents=True)
    trials = Trials(folder, asked.households)
    print(kills_head())
    outcomes, besides = [], []
    for command in asked.commands or COMMANDS:
        outcomes.append(trials.kill(command, asked.kills))
        print(kills_line(outcomes[-1]), flush=True)
    for beside in trials.at_once() if asked.commands is None else []:
        besides.append(beside)
        print(beside_line(beside), flush=True)
    return outcomes, besides


if __name__ == "__main__":
    raise SystemExit(main())
