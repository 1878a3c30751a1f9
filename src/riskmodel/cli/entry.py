"""The way into the shell; where a library cannot be loaded, the doctor alone answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from riskmodel.cli.console import UNREAD, Console, NobodyReadsError, open_standard_streams
from riskmodel.cli.doctor import say_findings
from riskmodel.errors import RiskmodelError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Words after ``riskmodel``; default: those of the process.

    Examples
    --------
    >>> main(["trian"])
    2
    """
    words = list(sys.argv[1:] if argv is None else argv)
    open_standard_streams()
    try:
        # the commands load nearly every library
        from riskmodel.cli import shell
    except (ImportError, OSError) as error:
        return _without_commands(words, error)
    return shell.run_words(words)


def _without_commands(words: list[str], error: Exception) -> int:
    """Say what is missing, in full where the doctor was asked."""
    console = Console()
    try:
        if words[:1] == ["doctor"]:
            say_findings(console)
        raise RiskmodelError(
            f"a library cannot be loaded ({str(error).splitlines()[0]})",
            code="cli.not_installed",
            next_step="run riskmodel doctor, which says what is missing",
        )
    except NobodyReadsError:
        return UNREAD
    except RiskmodelError as refusal:
        console.tell(f"riskmodel: {refusal}")
        return refusal.exit_code
