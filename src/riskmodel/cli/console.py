"""What the shell says on standard output and standard error, whoever still reads it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TextIO

from riskmodel.disks import disk_error
from riskmodel.errors import DiskError

UNREAD = 141
"""The exit code of a process that a closed pipe ends."""


class NobodyReadsError(Exception):
    """What a command prints can no longer be written."""


@dataclass
class Console:
    """The two streams of one command.

    Attributes
    ----------
    only_prints : bool
        Whether printing is all that the command does, so that it ends where nobody reads it.
    is_lost : bool
        Whether standard output can no longer be written.
    """

    only_prints: bool = True
    is_lost: bool = False

    def say(self, *things: object) -> None:
        """Write each thing to standard output, a blank line after it.

        Raises
        ------
        NobodyReadsError
            If it cannot be written and the command only prints. Any other command goes on.
        """
        self.write("".join(f"{thing}\n\n" for thing in things))

    def write(self, text: str) -> None:
        """Write a text to standard output as it is; see `say`."""
        if not self.is_lost:
            fault = _written(sys.stdout, text)
            self.is_lost = fault is not None
            if isinstance(fault, OSError) and not isinstance(fault, BrokenPipeError):
                self.tell(f"riskmodel: {_unwritten(fault)}")
        if self.is_lost and self.only_prints:
            raise NobodyReadsError

    def tell(self, text: str) -> None:
        """Write a line to standard error, if that can be written."""
        _written(sys.stderr, f"{text}\n")

    def close(self) -> None:
        """Write what libraries left in the streams, so that nothing fails at the very end."""
        _written(sys.stderr, "")
        if not self.is_lost:
            self.is_lost = _written(sys.stdout, "") is not None


def open_standard_streams() -> None:
    """Open the standard streams that are closed, so that no file takes their number.

    Libraries print to number 1 and 2 directly, and would print into such a file.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        # NumPy before 2.1 takes a method of it while it is loaded
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _written(stream: TextIO | None, text: str) -> OSError | ValueError | None:
    """Write a text at once, escaping what the stream cannot say; return what went wrong."""
    if stream is None:
        return BrokenPipeError()
    encoding = stream.encoding or "utf-8"
    sayable = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(sayable)
        stream.flush()
    except (OSError, ValueError) as fault:
        _send_nowhere(stream)
        return fault
    return None


def _unwritten(fault: OSError) -> DiskError:
    """Return the refusal of a standard output that cannot be written, which ends no work."""
    return DiskError(
        f"cannot be written ({fault.strerror})",
        code=disk_error(fault).code,
        place="standard output",
        next_step="free some space, or print elsewhere; what is written into files is whole",
    )


def _send_nowhere(stream: TextIO) -> None:
    """Send what a stream still holds nowhere, so that Python does not fail on it at its end."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
