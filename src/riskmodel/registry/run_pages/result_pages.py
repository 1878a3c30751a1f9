"""The pages of results that are no version: what of each is logged, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from riskmodel.card.evaluation_sections import require_large_cells
from riskmodel.card.judged_fit import fitted_on
from riskmodel.card.plain_text import as_text
from riskmodel.evaluation import Backtest, Comparison, Comparisons, Evaluation
from riskmodel.evaluation.estimates import ESTIMANDS
from riskmodel.keys import HOUSEHOLD
from riskmodel.registry.artefacts.few_households import refuse_few_households
from riskmodel.registry.artefacts.personal_data import refuse_rare_categories, refuse_rare_names
from riskmodel.registry.run_pages.logged_figures import (
    differences_of,
    figures_of,
    rows_judged,
    tables_of,
)
from riskmodel.registry.run_pages.pictures import Pictures, of_figures
from riskmodel.registry.run_pages.run_page import LONGEST_NOTE, RunPage, flattened

if TYPE_CHECKING:
    import pandas as pd

Result = Evaluation | Backtest | Comparison | Comparisons


def pages_of(result: Result, name: str | None, folder: Path) -> list[RunPage]:
    """Return the page of a result and those of the runs below it, each searched.

    Parameters
    ----------
    result : Evaluation, Backtest, Comparison or Comparisons
    name : str, optional
        Of the first.
    folder : Path
        An empty one, in which they are written to be searched.

    Raises
    ------
    RegistryError
    """
    judged = _judged(result)
    for one in judged:
        _refuse_few(one, name)
    pages = list(_pages(result))
    if name is not None:
        pages[0] = replace(pages[0], name=name)
    households = {household for one in judged for household in _households(one).unique()}
    for number, page in enumerate(pages):
        page.refuse_personal_data(folder / f"searched {number}", households)
    return pages


def _judged(result: Result) -> list[Evaluation]:
    if isinstance(result, Backtest):
        return list(result.evaluations.values())
    return [result] if isinstance(result, Evaluation) else []


def _refuse_few(evaluation: Evaluation, name: str | None) -> None:
    """Refuse what would tell of few households, as `publish` does."""
    require_large_cells(evaluation)
    refuse_rare_categories((), evaluation.rare_groups)
    refuse_few_households({"the evaluation": _households(evaluation).nunique()})
    written = {"name": name, "evaluation": evaluation.name, "external": evaluation.external}
    refuse_rare_names(written, evaluation.rare_names)


def _pages(result: Result) -> Iterator[RunPage]:
    if isinstance(result, Evaluation):
        yield _of_evaluation(result)
    elif isinstance(result, Backtest):
        yield _of_backtest(result)
        yield from map(_of_evaluation, result.evaluations.values())
    elif isinstance(result, Comparison):
        yield _of_comparison(result)
    else:
        yield RunPage(f"{result.name} against {len(result)}", "comparisons", "")
        yield from map(_of_comparison, result.against.values())


def _of_evaluation(evaluation: Evaluation) -> RunPage:
    drawn = Pictures.of(of_figures(evaluation))
    label = evaluation.label
    return RunPage(
        name=evaluation.name,
        kind="evaluation",
        note=_note(evaluation.in_sample, ESTIMANDS, *evaluation.notes, told=drawn.told),
        params=flattened(
            {
                "judged": evaluation.name,
                "label": label.name if label else None,
                "labels": evaluation.labels,
                "capacity": str(evaluation.capacity),
                "judged_on": list(evaluation.rounds),
                "fitted_on": fitted_on(evaluation) if evaluation.fits else None,
            }
        ),
        inputs=(rows_judged(evaluation),) if evaluation.data_digest else (),
        files=tables_of(evaluation, groups=False),
        metrics=figures_of(evaluation),
        pictures=drawn.files,
    )


def _of_backtest(backtest: Backtest) -> RunPage:
    left_out = (f"left out: {name}, as {why}" for name, why in backtest.left_out.items())
    return RunPage(
        name="backtest",
        kind="backtest",
        note=_note(ESTIMANDS, *left_out),
        params=flattened(
            {
                "chosen": backtest.chosen,
                "candidates": list(backtest.candidates),
                "cuts": len(backtest.cuts),
                "capacity": str(backtest.capacity),
            }
        ),
        files={"figures/ranking.csv": backtest.ranking.to_csv()},
    )


def _of_comparison(comparison: Comparison) -> RunPage:
    refuse_few_households({"the comparison": comparison.rows})
    first, second = comparison.names
    return RunPage(
        name=f"{first} - {second}",
        kind="comparison",
        note=_note(*comparison.findings(), ESTIMANDS, *comparison.notes),
        params=flattened(
            {
                "first": first,
                "second": second,
                "labels": comparison.labels,
                "capacity": str(comparison.capacity),
                "together": comparison.together,
            }
        ),
        files={"figures/differences.csv": comparison.table.to_csv(index=False)},
        metrics=differences_of(comparison),
    )


def _note(*lines: str, told: str = "") -> str:
    """Return lines as paragraphs, cut where they are too long, and what was not drawn."""
    text = "\n\n".join(as_text(line) for line in lines if line)
    return text[: LONGEST_NOTE - len(told)] + told


def _households(evaluation: Evaluation) -> pd.Index:
    return evaluation.scores.index.get_level_values(HOUSEHOLD)
