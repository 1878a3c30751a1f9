"""All that a search of the registry finds: MLflow answers page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

Found_co = TypeVar("Found_co", covariant=True)


class Page(Protocol, Generic[Found_co]):
    """One page of what was found, with the token of the next."""

    token: str | None

    def __iter__(self) -> Iterator[Found_co]: ...


class Search(Protocol, Generic[Found_co]):
    """A search that returns the page of a token, the first where there is none."""

    def __call__(self, *, page_token: str | None) -> Page[Found_co]:
        """Return one page."""


def every(search: Search[Found_co]) -> Iterator[Found_co]:
    """Yield what a search finds on all of its pages."""
    token: str | None = None
    while True:
        page = search(page_token=token)
        yield from page
        token = page.token
        if not token:
            return
