"""The card as a page: one heading a section, facts as a list, tables as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

HEADINGS = {
    "population": "Who is scored",
    "label": "What is predicted",
    "training": "Fitted on",
    "evaluated": "Judged on",
    "data": "Records",
    "model": "Model",
    "features": "Features",
    "groups_as_features": "Groups used as features",
    "metrics": "How well it did",
    "baselines": "Against the baselines",
    "calibration": "Calibration",
    "reliability": "Predicted and observed",
    "by_group": "By group",
    "by_area": "By area",
    "explanation": "Explanations",
    "limits": "Limits",
    "libraries": "Made with",
}
MOST_ROWS = 60


def markdown(card: Mapping[str, Any]) -> str:
    """Return a card's plain data as Markdown."""
    head = [
        f"# {card['name']}",
        "",
        card["purpose"],
        "",
        "**Never for:** " + "; ".join(card["not_for"]) + ".",
    ]
    capacity = ["", f"Capacity: {card['capacity']}."]
    body = [line for section in HEADINGS for line in _section(section, card[section])]
    return "\n".join([*head, *capacity, *body, ""])


def _section(name: str, part: Any) -> Iterator[str]:
    yield from ("", f"## {HEADINGS[name]}", "")
    if isinstance(part, Mapping):
        yield from (f"- {_words(key)}: {_told(value)}" for key, value in part.items())
    elif isinstance(part, str):
        yield part
    elif isinstance(part[0], Mapping):
        yield from _table(part)
    else:
        yield from (f"- {line}" for line in part)


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    rows = [_with_brackets(row) for row in rows]
    columns = [key for key in rows[0] if any(row.get(key) not in (None, "") for row in rows)]
    yield _line(_words(key) for key in columns)
    yield _line("---" for _ in columns)
    for row in rows[:MOST_ROWS]:
        yield _line(_told(row.get(key)) for key in columns)
    if len(rows) > MOST_ROWS:
        yield f"\nand {len(rows) - MOST_ROWS} more rows in card.json"


def _with_brackets(row: Mapping[str, Any]) -> dict[str, Any]:
    """Write a figure and its interval into one cell.

    Examples
    --------
    >>> _with_brackets({"auc": 0.7, "auc_low": 0.65, "auc_high": 0.75, "rows": 9})
    {'auc': '0.7 [0.65, 0.75]', 'rows': 9}
    """
    ends = {key: _ends(row, key) for key in row}
    interval = {end for pair in ends.values() for end in pair}
    told = {key: value for key, value in row.items() if key not in interval}
    for key, (low, high) in ((key, pair) for key, pair in ends.items() if pair):
        if row[low] is not None and row[key] is not None:
            told[key] = f"{_told(row[key])} [{_told(row[low])}, {_told(row[high])}]"
    return told


def _ends(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    pair = ("low", "high") if key in ("value", "observed") else (f"{key}_low", f"{key}_high")
    return pair if all(end in row for end in pair) else ()


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _told(value: Any) -> str:
    """Write a value as people read it: four significant digits, lists in one line.

    Examples
    --------
    >>> _told(0.74651), _told(82241), _told(["a", "b"]), _told(None)
    ('0.7465', '82,241', 'a, b', '')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(key)} {_told(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_told(part) for part in value)
    return str(value)


def _words(key: str) -> str:
    return str(key).replace("_", " ")
