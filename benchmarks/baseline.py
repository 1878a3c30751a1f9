"""What must not change while the code does: printed lines, the studies' tables, and what they cost.

Writes one file per part into a folder; run it before and after a change, and compare the folders.

    python benchmarks/baseline.py before
    python benchmarks/baseline.py after --against before
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUDIES = ("nyc_evictions", "gsoep_poverty", "gsoep_entry", "uci_new_arrears", "uci_default")
BENCHMARKS = {
    "features": ["features.py", "--events", "2_000_000", "--without-pandas"],
    "explanation": ["explanation.py"],
    "fitting": ["fitting.py"],
}
SHELL = "from riskmodel.cli import main; raise SystemExit(main())"
DIGEST = re.compile(r"sha256 [0-9a-f]{12}")  # of a manifest that says when it was written


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--parts", nargs="+", default=["lines", "studies", "costs"])
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    parts = {"lines": write_lines, "studies": write_studies, "costs": write_costs}
    for part in asked.parts:
        parts[part](asked.folder)
    return 0 if asked.against is None else compare(asked.against, asked.folder)


def write_lines(folder: Path) -> None:
    """Run the README's ten lines in an empty folder."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = readme.split("## Ten lines", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]
    with tempfile.TemporaryDirectory() as empty:
        printed, seconds = run([sys.executable, "-c", lines], Path(empty))
    write(folder / "lines.txt", DIGEST.sub("sha256 ...", printed))
    write(folder / "lines_cost.txt", f"{seconds:.1f} CPU s\n")


def write_studies(folder: Path) -> None:
    """Train each study without publishing, and keep what it prints."""
    for study in STUDIES:
        words = ["train", f"experiment={study}", "publish=false"]
        printed, seconds = run([sys.executable, "-c", SHELL, *words], ROOT)
        write(folder / f"{study}.txt", printed)
        write(folder / f"{study}_cost.txt", f"{seconds:.1f} CPU s\n")


def write_costs(folder: Path) -> None:
    """Run the small benchmarks.

    Their figures are ratios and CPU seconds, so they are read, not compared.
    """
    for name, (script, *words) in BENCHMARKS.items():
        printed, _ = run([sys.executable, str(ROOT / "benchmarks" / script), *words], ROOT)
        write(folder / f"{name}_cost.txt", printed)


def run(command: list[str], where: Path) -> tuple[str, float]:
    """Return what a command prints, and the CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONUTF8": "1"}
    done = subprocess.run(
        command,
        cwd=where,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done.stdout, seconds


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def compare(before: Path, after: Path) -> int:
    """Name each part that differs; costs are left out."""
    differ = 0
    for old in sorted(before.glob("*.txt")):
        new = after / old.name
        if old.stem.endswith("_cost") or not new.exists():
            continue
        is_equal = old.read_bytes() == new.read_bytes()
        differ += not is_equal
        print(f"{'equal' if is_equal else 'DIFFERS':8} {old.name}")
    return 1 if differ else 0


if __name__ == "__main__":
    raise SystemExit(main())
