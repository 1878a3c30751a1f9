"""Axes to draw on, and a font that holds Korean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from riskmodel.errors import RiskmodelError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskmodel.displays.picture import Picture

KOREAN_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "AppleGothic")


class Drawn:
    """What all displays have in common: in a notebook the value of a cell is shown as its picture.

    A picture that `plot` makes is shown below the cell.
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw on the given axes, or on those of a new figure."""
        raise NotImplementedError

    def png(self) -> bytes:
        """Return the picture as the bytes of a PNG file."""
        picture = _new_picture()
        self.plot(picture.add_subplot())
        return picture.png()

    def _repr_png_(self) -> bytes:
        return self.png()


def axes(ax: Axes | None) -> Axes:
    """Return the given axes, or those of a new figure, which a notebook shows by itself."""
    if ax is not None:
        return ax
    picture = _new_picture()
    from riskmodel.displays.picture import show_below_cell

    show_below_cell(picture)
    return picture.add_subplot()


def _new_picture() -> Picture:
    try:
        from riskmodel.displays.picture import new_picture
    except ImportError:
        raise RiskmodelError(
            "matplotlib is not installed",
            code="displays.matplotlib",
            next_step="pip install 'riskmodel[plot]'",
        ) from None
    return new_picture()


def font_for(texts: Iterable[str]) -> str | None:
    """Return an installed font with Korean where the texts need one, else None for the default."""
    from matplotlib import font_manager

    if all(text.isascii() for text in texts):
        return None
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in KOREAN_FONTS if name in installed), None)
