"""How long after their day facts and deliveries of a feed become known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from riskmodel.errors import ConfigError
from riskmodel.indicators import Catalogue
from riskmodel.keys import Span
from riskmodel.records.sources.entries import Entry


@dataclass(frozen=True)
class Lags:
    """The lags of feeds: as the sources of events state them, else as the catalogue does.

    Attributes
    ----------
    events : tuple of Entry
        The sources of events.
    catalogue : Catalogue
    """

    events: tuple[Entry, ...]
    catalogue: Catalogue

    def usual(self, feed: str) -> Span:
        """Return the usual lag of a feed; of several the longest."""
        stated = [span for span in map(stated_lag, self._known_dates(feed)) if span is not None]
        if not stated:
            return self._of_catalogue(feed)
        return max(stated, key=lambda lag: lag.after("2024-01-01"))

    def of_delivery(self, entry: Entry) -> Span:
        """Return the lag of a delivery that is written out in the manifest.

        Raises
        ------
        ConfigError
            If a rhythm is declared and nothing states how late its deliveries may come.
        """
        own, feed = stated_lag(entry["known_date"]), entry["feed"]
        if own is not None:
            return own
        if entry["every"] and self._stands_in_a_column(feed) and not self._of_catalogue(feed).count:
            raise ConfigError(
                f"nothing states how late deliveries of {feed!r} may come: "
                "their known dates stand in a column",
                place=entry.place,
                code="manifest.deliveries",
                allowed="known_date: {lag: SPAN}",
                next_step="add known_date: {lag: 20D} for a delivery that is known within 20 days "
                "of its day",
            )
        return self.usual(feed)

    def _stands_in_a_column(self, feed: str) -> bool:
        known_dates = self._known_dates(feed)
        return any(written is not None and stated_lag(written) is None for written in known_dates)

    def _known_dates(self, feed: str) -> Iterator[object]:
        """Yield what the sources of a feed say of its known dates."""
        own = [entry for entry in self.events if entry.names(feed)]
        by_column = [entry for entry in self.events if isinstance(entry["code"], Mapping)]
        return (entry["known_date"] for entry in own or by_column)

    def _of_catalogue(self, feed: str) -> Span:
        return Span.parse(self.catalogue[feed].lag if feed in self.catalogue else "0D")


def stated_lag(written: object) -> Span | None:
    """Return the lag that stands under `known_date`, None for a day, a column or nothing."""
    if isinstance(written, Mapping) and "lag" in written:
        return Span.parse(written["lag"])
    return None
