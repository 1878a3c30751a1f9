"""The tables that the benchmark prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from operating.kills import Beside, Outcome
from operating.service import (
    AWAY,
    BROKEN,
    CAMPAIGN,
    FORGOTTEN,
    LAG,
    LATE,
    NEW,
    OLD,
    REDEFINED,
    ROLLED_BACK,
    WRONG,
)

CAME = {
    0: "the history; train, promote",
    OLD: "two files corrected under their old names",
    LATE: "a feed fails for the second month",
    NEW: "a correction under a new name; calls two months late",
    FORGOTTEN: "the two months of the feed; rounds not stated",
    AWAY: "files moved away afterwards",
    CAMPAIGN: "a new feed; a campaign reaches everybody",
    REDEFINED: "a code redefined; train, promote",
    LAG: "another lag, all files of the feed judged again",
    WRONG: "a wrong file, undone",
    BROKEN: "today set back, a half-copied file",
    ROLLED_BACK: "rollback",
}
COLUMNS = {
    "round": "round",
    "ingest": "ingest",
    "score": "score",
    "other": "other",
    "peak_MB": "peak MB",
    "delivered_MB": "in MB",
    "store_MB": "store MB",
    "registry_MB": "reg. MB",
    "events": "events",
    "changed": "changed",
    "unexplained": "unexpl.",
}


def head() -> str:
    """Return the first line of the table of rounds; CPU seconds of the shell's processes."""
    return " ".join(f"{title:>8}" for title in COLUMNS.values()) + "  rebuild  list   what came"


def line(row: dict[str, Any]) -> str:
    """Return a round's line, and one for each refusal."""
    cells = " ".join(f"{_figure(row[name]):>8}" for name in COLUMNS)
    equal = "  ".join(
        f"{'equal' if row[name] else 'DIFFERS':7}" for name in ("rebuilt", "same_list")
    )
    told = [f"{cells}  {equal}{CAME.get(row['round'], 'as always')}"]
    return "\n".join([*told, *(f"{'':10}refused: {refusal}" for refusal in row["refused"])])


def _figure(value: object) -> str:
    if not isinstance(value, float):
        return f"{value:,}"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def kills_head() -> str:
    titles = ("command", "wall s", "kills", "running", "whole", "equal")
    return " ".join(f"{title:>9}" for title in titles) + "  part files left"


def kills_line(outcome: Outcome) -> str:
    """Return how often a command was killed while it ran, left a whole state, and came equal."""
    counts = (outcome.kills, outcome.while_running, outcome.whole, outcome.equal)
    cells = [outcome.command, f"{outcome.seconds:.1f}", *map(str, counts)]
    return " ".join(f"{cell:>9}" for cell in cells) + f"  {', '.join(sorted(outcome.left)) or '-'}"


def beside_line(beside: Beside) -> str:
    """Return how two commands at once ended."""
    holds = "as one after the other" if beside.holds else "DIFFERS"
    return f"{beside.title}: {' and '.join(beside.ends)}; {holds}"


def is_well(
    rows: Iterable[dict[str, Any]], outcomes: Iterable[Outcome], besides: Iterable[Beside]
) -> bool:
    """Tell whether everything held."""
    rounds = all(row["rebuilt"] and row["same_list"] and not row["unexplained"] for row in rows)
    killed = all(one.kills == one.whole for one in outcomes)
    again = all(one.kills == one.equal for one in outcomes)
    return rounds and killed and again and all(beside.holds for beside in besides)
