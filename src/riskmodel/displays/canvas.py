"""Axes to draw on, and a font that holds Korean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from riskmodel.errors import RiskmodelError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KOREAN_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "AppleGothic")


def axes(ax: Axes | None) -> Axes:
    """Return the given axes, or those of a new figure."""
    if ax is not None:
        return ax
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise RiskmodelError(
            "matplotlib is not installed",
            code="displays.matplotlib",
            next_step="pip install 'riskmodel[plot]'",
        ) from None
    return Figure(figsize=(6, 4), layout="constrained").add_subplot()


def font_for(texts: Iterable[str]) -> str | None:
    """Return an installed font with Korean where the texts need one, else None for the default."""
    from matplotlib import font_manager

    if all(text.isascii() for text in texts):
        return None
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in KOREAN_FONTS if name in installed), None)
