"""Measures the figures that the project promises, and marks each as met or missed, in one table.

Every part runs in a process of its own, two at a time, the longest first. A part that fails stands
in the table as failed, with its last words, and the command then fails, too; a missed bar is no
failure, but it is said. With `--small` every part runs on little, so that its figures mean nothing
and no bar is judged.

    python benchmarks/figures.py                         # all parts, to outputs/figures.md
    python benchmarks/figures.py --parts corp --small
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
INF = float("inf")


class Figure(NamedTuple):
    """One figure, between which bounds it should lie, and the command that shows more of it."""

    name: str
    value: float
    low: float
    high: float
    command: str

    @property
    def verdict(self) -> str:
        return "met" if self.low <= self.value <= self.high else "missed"

    @property
    def bar(self) -> str:
        if np.isinf(self.high):
            return f"at least {self.low:g}"
        return f"at most {self.high:g}" if np.isinf(self.low) else f"{self.low:g} to {self.high:g}"


class Done(NamedTuple):
    """What a part found, in how many seconds, and what it said last where it failed."""

    part: str
    figures: list[Figure]
    seconds: float
    fault: str


def efficiency(*, small: bool) -> Iterator[Figure]:
    import pandas as pd
    from ceiling import efficiency as of_seed

    households, seeds = (1_000, 1) if small else (40_000, 5)
    found = pd.concat([of_seed(households, seed, ["lightgbm"]) for seed in range(seeds)])
    command = "ceiling.py --households 40_000 --seeds 5"
    for column, bar in (("AUC gain", 0.96), ("P@1 %", 0.90), ("overlap", 0.80)):
        for name, value in (("mean", found[column].mean()), ("worst", found[column].min())):
            yield Figure(f"default model, {column}, {name}", value, bar, INF, command)


def calibration(*, small: bool) -> Iterator[Figure]:
    from calibration import KINDS, line, world
    from scipy.special import logit

    import riskmodel as rm

    households, worlds = (1_000, 2) if small else (5_000, 20)
    slopes: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for seed in range(worlds):
        case = world(households, seed)
        for kind, found in slopes.items():
            model = rm.make_classifier(case.train, kind=kind).fit(case.train)
            found.append(line(logit(model.predict_proba(case.test)[:, 1]), case.target)[0])
    command = "calibration.py --households 5_000 --worlds 20"
    for kind, found in slopes.items():
        yield Figure(f"slope of {kind}, mean of worlds", np.mean(found), 0.95, 1.05, command)
        yield Figure(f"slope of {kind}, deviation", np.std(found, ddof=1), -INF, 0.04, command)


def corp(*, small: bool) -> Iterator[Figure]:
    from corp import share_rejected

    seeds, draws = (range(4), 19) if small else (range(500), 199)
    command = "corp.py --samples 500"
    right, wrong = (share_rejected(seeds, slope, draws=draws) for slope in (1.0, 1.4))
    yield Figure("miscalibration test, right rejected", right, 0.02, 0.08, command)
    yield Figure("miscalibration test, slope 1.4 rejected", wrong, 0.95, 1.0, command)


def comparisons(*, small: bool) -> Iterator[Figure]:
    from comparing import POORER, held_together

    seeds = range(4 if small else 500)
    least = 0.93 - 2 * np.sqrt(0.93 * 0.07 / len(seeds))
    for name, apart in (("equal", 0.0), ("one poorer", POORER)):
        for metric, share in held_together(seeds, apart).items():
            title = f"three differences, {name}: intervals of {metric} hold together"
            yield Figure(title, share, least, 1.0, "comparing.py --samples 500")


def coverage(*, small: bool) -> Iterator[Figure]:
    from intervals import SETTINGS, too_low
    from intervals import coverage as in_setting

    from riskmodel.metrics import metrics_at_capacity

    repetitions = 4 if small else 1_000
    settings = dict(list(SETTINGS.items())[:1] if small else SETTINGS)
    population = 2_000 if small else 150_000
    found = {
        name: in_setting(setting, repetitions, population=population)
        for name, setting in settings.items()
    }
    of_list = [metric.name for metric in metrics_at_capacity()]
    command = "intervals.py --repetitions 1_000"
    for name, table in found.items():
        low, least = len(too_low(table, repetitions)), table["held"].min()
        what = f"{name}: of {len(table)} figures held too seldom, least coverage {least:.3f}"
        yield Figure(what, low, -INF, 0, command)
        given = table.loc[table.index.intersection(of_list), "given"].min()
        yield Figure(f"{name}: list figures with an interval", given, 1.0, 1.0, command)


def studies(*, small: bool) -> Iterator[Figure]:
    import pandas as pd
    from studies import SMALL, STUDIES, study, with_holm

    names = SMALL[:1] if small else STUDIES
    table = with_holm(pd.concat([study(name) for name in names], ignore_index=True))
    own = table[table["kind"] == "lightgbm"]
    behind = int((own["verdict"] == "behind").sum())
    command = f"studies.py --studies {' '.join(STUDIES)}"
    yield Figure("studies, figures of the default behind the best", behind, -INF, 0, command)


def evaluation(*, small: bool) -> Iterator[Figure]:
    import pandas as pd

    import riskmodel as rm

    households = 500 if small else 5_000
    rng = np.random.default_rng(0)
    arrears = rng.poisson(1.0, households)
    frame = pd.DataFrame({"id": range(households), "arrears": arrears})
    frame["crisis"] = (rng.random(households) < 0.02 + 0.03 * arrears).astype(int)
    panel = rm.Panel.from_frame(frame, household_id="id", as_of_date="2024-05-01", y="crisis")
    scores = (0.02 + 0.03 * panel.X["arrears"]).clip(upper=1.0)
    rm.evaluate(scores, panel, probability=True)  # compiled and imported before the clock runs
    start = time.process_time()
    rm.evaluate(scores, panel, probability=True)
    seconds = time.process_time() - start
    command = "figures.py --parts evaluation"
    yield Figure("all metrics with intervals, 5,000 households, CPU s", seconds, -INF, 2.0, command)


def groups(*, small: bool) -> Iterator[Figure]:
    from groups import SPREADS, share_found, shares_told

    samples = 5 if small else 200
    command = "groups.py --samples 200"
    for spread in SPREADS:
        told = shares_told(samples, spread)
        name = f"groups of at most 10 crises, spread {spread}"
        yield Figure(f"{name}, coverage", told.coverage, 0.915, 1, command)
        yield Figure(f"{name}, error over the oracle's", told.ours / told.oracle, 0, 1.1, command)
        if spread == min(SPREADS):
            yield Figure(f"{name}, error over raw", told.ours / told.raw, 0, 0.4, command)
    yield Figure("planted gap of a group, found", share_found(samples, 0.30), 0.8, 1, command)


def invariance(*, small: bool) -> Iterator[Figure]:
    yield from _tests("tests/test_append_invariance.py", small=small)


def canary(*, small: bool) -> Iterator[Figure]:
    yield from _tests("tests/test_canary.py", small=small)


def _tests(path: str, *, small: bool) -> Iterator[Figure]:
    """Run a file of tests, and yield how many fail and how many pass; `small` leaves out `slow`."""
    words = ["-q", "-p", "no:cacheprovider", "-m", "not slow" if small else "slow or not slow"]
    command = [sys.executable, "-m", "pytest", *words, path]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    counts = {what: int(n) for n, what in re.findall(r"(\d+) (passed|failed|error)", printed)}
    if not counts.get("passed"):
        raise RuntimeError(f"no test of {path} passed: {printed.splitlines()[-1:]}")
    shown = f"-m pytest {path} -m 'slow or not slow'"
    failed = counts.get("failed", 0) + counts.get("error", 0)
    yield Figure(f"{path}: tests that fail, of {sum(counts.values())}", failed, -INF, 0, shown)


Part = Callable[..., Iterator[Figure]]
PARTS: dict[str, Part] = {
    part.__name__: part  # the longest first
    for part in (
        efficiency,
        coverage,
        calibration,
        corp,
        studies,
        comparisons,
        invariance,
        canary,
        groups,
        evaluation,
    )
}


def run(part: str, *, small: bool) -> Done:
    """Run one part in a process of its own."""
    start = time.perf_counter()
    words = [sys.executable, __file__, "--run", part, *(["--small"] if small else [])]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        return Done(part, [], seconds, last)
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    figures = [Figure(*json.loads(line)) for line in lines]
    print(f"{part}: {len(figures)} figures in {seconds:.0f} s", flush=True)
    return Done(part, figures, seconds, "" if figures else "no figure")


def table(found: Sequence[Done], *, small: bool) -> str:
    """Return the figures of all parts in Markdown, with what was missed or failed on top."""
    every = [figure for done in found for figure in done.figures]
    missed = sum(figure.verdict == "missed" for figure in every)
    failed = [done for done in found if done.fault]
    counts = f"{len(every)} figures, {missed} missed; {len(failed)} of {len(found)} parts failed."
    note = "Run on little: the figures mean nothing, and no bar is judged." if small else counts
    lines = [
        "# Figures",
        "",
        note,
        "",
        "| figure | value | bar | | command |",
        "|---|---|---|---|---|",
    ]
    for figure in every:
        verdict = "not judged" if small else figure.verdict
        value = f"{figure.value:.4g}"
        lines.append(f"| {figure.name} | {value} | {figure.bar} | {verdict} | `{figure.command}` |")
    lines += [f"| {done.part} | | | failed: {done.fault} | |" for done in failed]
    times = ", ".join(f"{done.part} {done.seconds:.0f} s" for done in found)
    return "\n".join([*lines, "", f"Wall time: {times}.", ""])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--output", type=Path, default=ROOT / "outputs" / "figures.md")
    parser.add_argument("--at-once", type=int, default=2, help="how many parts run together")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--run", choices=list(PARTS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        for figure in PARTS[given.run](small=given.small):
            name, value, *others = figure
            print(json.dumps([name, float(value), *others]), flush=True)
        return 0
    with ThreadPoolExecutor(given.at_once) as pool:
        found = list(pool.map(lambda part: run(part, small=given.small), given.parts))
    text = table(found, small=given.small)
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(text, encoding="utf-8", newline="\n")
    print(text)
    return 1 if any(done.fault for done in found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
