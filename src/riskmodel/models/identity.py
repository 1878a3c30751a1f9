"""Which published version a model is."""

from __future__ import annotations

from typing import NamedTuple


class Identity(NamedTuple):
    """Name, number and digest of a version; all None for a model that is not published."""

    name: str | None = None
    version: str | None = None
    digest: str | None = None
