"""How a panel prints itself: rows and dates, the label's counts, features, and what to watch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pandas as pd

from riskmodel.few import named, told_text
from riskmodel.panel.labelling.missing_reasons import IMMATURE, UNSEEN
from riskmodel.panel.panel_data import PanelData
from riskmodel.panel.specs.features import COUNTED
from riskmodel.texts import counted

NAMED = 8


def panel_lines(panel: PanelData) -> list[str]:
    """Return the lines that describe a panel."""
    constant = _names("constant", panel.constant_columns, panel.rare_columns)
    features = f"{panel.X.shape[1]} features{constant}"
    return [_rows_line(panel), _label_line(panel), features, *_caveats(panel)]


def _rows_line(panel: PanelData) -> str:
    unit = panel.recipe.household if panel.recipe else "household"
    dates = panel.as_of.unique().sort_values()
    span = f" {dates[0].date()} .. {dates[-1].date()}" if len(dates) else ""
    households = counted(panel.households.nunique(), unit)
    return f"Panel: {len(panel):,} rows = {households} on {len(dates)} dates{span}"


def _label_line(panel: PanelData) -> str:
    if panel.y is None:
        return "no label"
    counts = panel.counts
    name = panel.label.name if panel.label else "label"
    missing = (
        f"{counts['immature']:,} immature + {counts['not_observed']:,} not observed"
        f"{_reasons(panel)}"
    )
    late = panel.late_outcomes
    too_late = f"; {late:,} outcomes known too late to count" if late else ""
    return f"{name}: {counts['positive']:,} x 1 + {counts['negative']:,} x 0 + {missing}{too_late}"


def _reasons(panel: PanelData) -> str:
    """Return the reasons for missing labels that the line's own counts do not give."""
    reasons = [
        f"{n:,} {reason}" for reason, n in panel.missing.items() if reason not in (IMMATURE, UNSEEN)
    ]
    return f" ({', '.join(reasons)})" if reasons else ""


def _caveats(panel: PanelData) -> Iterator[str]:
    empty = _empty_indicators(panel)
    if empty:
        rare = panel.rare_columns | panel.catalogue.rare
        yield f"without a figure in any row{_names('', empty, rare)}"
    if panel.partly_covered:
        covered, rare = _partly_covered(panel), panel.rare_columns
        columns = _names("", [*covered.values()], {covered[n] for n in rare & covered.keys()})
        yield f"windows only partly covered, {_rule(panel)}{columns}"
    if panel.outside_coverage:
        yield f"facts outside coverage, not used: {panel.outside_coverage:,}"
    if panel.unplaced_contacts:
        reasons = (f"{n:,} ({reason})" for reason, n in panel.unplaced_contacts.items())
        yield f"contacts that count for no row: {', '.join(reasons)}"
    if panel.draws is not None:
        yield _draws(panel.draws)
    if panel.tied_verdicts:
        tied = told_text(panel.tied_verdicts)
        yield f"labels 1 although another verdict was given at the same time: {tied}"
    if panel.unobserved_positives:
        yield unobserved_positives(panel)
    if panel.renamed:
        told = {new: f"{old!r} -> {new}" for old, new in panel.renamed.items()}
        of_few = {told[new] for new in panel.rare_columns & told.keys()}
        yield f"renamed: {', '.join(named(told.values(), of_few, 'column'))}"
    yield from panel.doubts
    if panel.note:
        yield panel.note


def _draws(draws: pd.DataFrame) -> str:
    """Return how many rows were drawn, and of how many the chance is unknown or 0."""
    chance, drawn = draws["probability"], draws["drawn"]
    by_chance = told_text(int((drawn & (chance < 1)).sum()))
    unknown, never = (told_text(int(rows.sum())) for rows in (chance.isna(), chance == 0))
    return (
        f"drawn to be contacted: {told_text(int(drawn.sum()))} rows, {by_chance} of them by a "
        f"chance below 1; the chance is unknown in {unknown} rows and 0 in {never}"
    )


def unobserved_positives(panel: PanelData) -> str:
    """Return how many crises lie in rows that their observing fact does not show, or nothing."""
    beyond = panel.unobserved_positives
    if not beyond or panel.label is None:
        return ""
    return (
        f"{told_text(beyond)} of {panel.counts['positive']:,} positives lie in rows not observed "
        f"by {panel.label.observed_by!r}, of which no 0 is known"
    )


def _empty_indicators(panel: PanelData) -> list[str]:
    """Return the indicators, and columns of none, of which every figure is missing."""
    empty = {name for name in panel.constant_columns if panel.X[name].isna().all()}
    keys = [(column.key, column.name in empty) for column in panel.columns]
    filled = {key for key, is_empty in keys if not is_empty}
    return list(dict.fromkeys(key for key, _ in keys if key not in filled))


def _rule(panel: PanelData) -> str:
    rule = COUNTED if panel.recipe is None else panel.recipe.features.partly_covered
    return "what was delivered is counted" if rule == COUNTED else "so missing"


def _partly_covered(panel: PanelData) -> dict[str, str]:
    """Return by column what is told of its dates."""
    n_dates = panel.as_of.nunique()
    return {
        name: f"{name} (on {days[0]})"
        if len(days) == 1
        else f"{name} ({len(days)} of {n_dates} dates, {days[0]} .. {days[-1]})"
        for name, days in panel.partly_covered.items()
    }


def _names(what: str, names: Sequence[str], rare: Collection[str]) -> str:
    """Return names of columns as a part of a line; those of few households are counted."""
    if not names:
        return ""
    shown = [name for name in names if name not in rare]
    more = [f"{len(shown) - NAMED} more"] if len(shown) > NAMED else []
    few = named(names, rare, "column")[len(shown) :]
    number = f", {len(names)} " if what else ""
    listed = ", ".join(shown[:NAMED]) + "".join(f" and {one}" for one in more)
    return f"{number}{what}: {', '.join(filter(None, [listed, *few]))}"
