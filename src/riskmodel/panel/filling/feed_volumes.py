"""How much each feed brought before each round, so that a silent or doubled feed is noticed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.keys import Days, Span, as_days
from riskmodel.records import Records
from riskmodel.records.engine import name_source, scan_engine

FEW = 10
TIMES = 5.0
USUAL_SPAN = "60D"


class UnusualVolume(NamedTuple):
    """A feed's share of the rows that is out of range, and the least and the largest before."""

    share: float
    least: float
    largest: float


@dataclass(frozen=True)
class FeedVolumes:
    """For each feed and round, the share of households with a new fact in the span before.

    Attributes
    ----------
    span : str
        The usual distance between rounds.
    rounds : tuple of str
    rows : tuple of int
        Rows of the cohort in each round.
    shares : mapping of code to tuple of float
        Households per row of the cohort in each round, to three digits. Fewer than `FEW` households
        count as 0.

    Examples
    --------
    >>> rounds, shares = ("2024-01-01", "2024-03-01"), {"rent": (0.05, 0.06), "fire": (0.0, 0.0)}
    >>> volumes = FeedVolumes("60D", rounds, rows=(1000, 1000), shares=shares)
    >>> volumes.outside({"rent": 0.0, "fire": 0.04}, 1000)
    {'rent': UnusualVolume(share=0.0, least=0.05, largest=0.06)}
    """

    span: str
    rounds: tuple[str, ...]
    rows: tuple[int, ...]
    shares: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(
        cls, records: Records, codes: Iterable[str], dates: Days, rows: Sequence[int]
    ) -> FeedVolumes:
        """Count them before each date.

        Parameters
        ----------
        records : Records
        codes : iterable of str
        dates : ndarray of datetime64[D]
        rows : sequence of int
            Rows of the cohort on each date.
        """
        span = f"{int(np.median(np.diff(dates).astype(int)))}D" if len(dates) > 1 else USUAL_SPAN
        counts = count_households(records, codes, dates, span)
        shares = {code: _shares(of_code, rows) for code, of_code in counts.items()}
        return cls(span, tuple(map(str, dates)), tuple(map(int, rows)), shares)

    def during(self, rounds: Collection[str]) -> FeedVolumes:
        """Return the volumes of some rounds."""
        is_kept = [day in rounds for day in self.rounds]
        return FeedVolumes(
            self.span,
            tuple(compress(self.rounds, is_kept)),
            tuple(compress(self.rows, is_kept)),
            {code: tuple(compress(shares, is_kept)) for code, shares in self.shares.items()},
        )

    def outside(self, shares: Mapping[str, float], rows: int) -> dict[str, UnusualVolume]:
        """Return the feeds whose share is out of range, with the least and the largest so far.

        A share is out of range if it is less than the least share divided by `TIMES`, or more than
        `TIMES` times the largest. No share is too small for a feed that had fewer than `FEW`
        households in some round. Rounds of less than half the usual rows do not count: in the
        first ones, of a few households, any share would be usual.
        """
        unusual = {}
        is_full = [size >= np.median(self.rows) / 2 for size in self.rows]
        smallest = min([rows, *compress(self.rows, is_full)])
        for code, of_code in self.shares.items():
            earlier = list(compress(of_code, is_full))
            if not earlier or code not in shares:
                continue
            volume = UnusualVolume(shares[code], min(earlier), max(earlier))
            most = TIMES * max(volume.largest, FEW / smallest)
            if volume.share < volume.least / TIMES or volume.share > most:
                unusual[code] = volume
        return unusual

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        shares = {code: list(of_code) for code, of_code in self.shares.items()}
        return {
            "span": self.span,
            "rounds": list(self.rounds),
            "rows": list(self.rows),
            "shares": shares,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FeedVolumes:
        """Read what `to_dict` wrote."""
        shares = {str(code): tuple(of_code) for code, of_code in data["shares"].items()}
        return cls(str(data["span"]), tuple(data["rounds"]), tuple(data["rows"]), shares)


def count_households(
    records: Records, codes: Iterable[str], dates: Days, span: str
) -> dict[str, NDArray[np.int64]]:
    """Return by code how many households have a fact first visible in the span before each date."""
    counts = {code: np.zeros(len(dates), np.int64) for code in codes}
    before = Span.parse(span).before(as_days(dates))
    with scan_engine() as con:
        name_source(con, records.relation("events"))
        for number, (first, day) in enumerate(zip(before, dates, strict=True)):
            rows = con.execute(
                """
                SELECT code, count(DISTINCT household_id)
                FROM source
                WHERE list_contains($codes::VARCHAR[], code)
                    AND greatest(event_date, known_date) >= $first
                    AND greatest(event_date, known_date) < $day
                GROUP BY code
                """,
                {"codes": list(counts), "first": first, "day": day},
            ).fetchall()
            for code, n in rows:
                counts[code][number] = n
    return counts


def _shares(counts: NDArray[np.int64], rows: Sequence[int]) -> tuple[float, ...]:
    return tuple(_share(n, size) for n, size in zip(counts, rows, strict=True))


def _share(households: int, rows: int) -> float:
    """Return households per row, to three digits; few households count as none."""
    return float(f"{households / rows:.3g}") if households >= FEW else 0.0
