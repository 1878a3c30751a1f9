"""A figure of our own, which a notebook shows below the cell that drew it.

It is not pyplot's: a script that draws many pictures keeps none of them, and pyplot's current
figure stays what it was.
"""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any

from matplotlib.figure import Figure

_waiting: list[Picture] = []


class Picture(Figure):
    """A figure that is shown once: where it is the value of a cell, or else below the cell."""

    def png(self) -> bytes:
        """Return the picture as the bytes of a PNG file."""
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()

    def _ipython_display_(self) -> None:
        from IPython.display import Image, display

        _waiting[:] = [other for other in _waiting if other is not self]
        display(Image(self.png()))


def new_picture() -> Picture:
    """Return an empty picture."""
    return Picture(figsize=(6, 4), layout="constrained")


def show_below_cell(picture: Picture) -> None:
    """Show a picture when the notebook's cell has run; in a script or a terminal do nothing."""
    shell = _shell()
    if shell is None or not shell.has_trait("kernel"):
        return
    _waiting.append(picture)
    shell.events.register("post_execute", _show_waiting)


def _show_waiting() -> None:
    while _waiting:
        _waiting[0]._ipython_display_()


def _shell() -> Any:
    """Return IPython's running shell, or None; IPython is never loaded for it."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()
