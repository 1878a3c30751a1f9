"""The README's ten lines run as they stand, in a cold folder, and print what the README shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")
DIGEST = re.compile(r"sha256 [0-9a-f]{12}")  # of a manifest that says when it was written


def block(language: str, after: str) -> str:
    """Return the first fenced block of a language after a heading."""
    return README.split(after, 1)[1].split(f"```{language}\n", 1)[1].split("```", 1)[0]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("quickstart")
    environment = os.environ | {"PYTHONUTF8": "1"}
    run = subprocess.run(
        [
            sys.executable,
            "-W",
            "error::FutureWarning:riskmodel",
            "-c",
            block("python", "## Ten lines"),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_ten_lines_print_the_words_of_the_readme(printed: str) -> None:
    def words(text: str) -> list[str]:
        return NUMBER.sub("#", DIGEST.sub("", text)).split()

    assert words(printed) == words(block("text", "## Ten lines"))


def test_the_ten_lines_print_the_figures_of_the_readme(printed: str) -> None:
    def numbers(text: str) -> list[float]:
        return [float(n.replace(",", "")) for n in NUMBER.findall(DIGEST.sub("", text))]

    assert numbers(printed) == pytest.approx(
        numbers(block("text", "## Ten lines")), rel=0.02, abs=0.02
    )
