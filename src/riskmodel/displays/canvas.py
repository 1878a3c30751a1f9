"""Axes to draw on, and a font that holds Korean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from riskmodel.errors import RiskmodelError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KOREAN_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "AppleGothic")


def axes(ax: Axes | None) -> Any:
    """Return the given axes, or those of a new figure."""
    if ax is not None:
        return ax
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise RiskmodelError(
            "matplotlib is not installed", code="displays.matplotlib", next_step="pip install 'riskmodel[plot]'"
        ) from None
    return Figure(figsize=(6, 4), layout="constrained").add_subplot()


def korean_font() -> str | None:
    """Return the name of an installed font that holds Korean, or None."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in KOREAN_FONTS if name in installed), None)
