"""Logs what was judged in MLflow, without publishing anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from riskmodel.doors import door
from riskmodel.evaluation import Backtest, Comparison, Comparisons, Evaluation
from riskmodel.registry.backend.connection import Registry, open_registry
from riskmodel.registry.backend.responsible import require_words
from riskmodel.registry.backend.scratch import scratch
from riskmodel.registry.run_pages.open_runs import OpenRun, open_run
from riskmodel.registry.run_pages.result_pages import pages_of
from riskmodel.registry.run_pages.run_page import RunPage
from riskmodel.texts import counted


@dataclass(frozen=True)
class LoggedRun:
    """Where a result stands in MLflow; prints itself.

    Attributes
    ----------
    name, run_id, experiment : str
        The experiment by its name.
    registry : str
        Where it is, without credentials.
    parts : tuple of LoggedRun
        The runs below it.
    figures, pictures : int
        How many stand on its own page.
    """

    name: str
    run_id: str
    experiment: str
    registry: str
    figures: int
    pictures: int
    parts: tuple[LoggedRun, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Return one row per run."""
        return pd.DataFrame(
            [{"name": one.name, "run_id": one.run_id} for one in (self, *self.parts)]
        )

    def __repr__(self) -> str:
        below = f" and {counted(len(self.parts), 'run')} below it" if self.parts else ""
        figures = sum(one.figures for one in (self, *self.parts))
        pictures = sum(one.pictures for one in (self, *self.parts))
        return (
            f"{self.name}: run {self.run_id}{below} in the experiment {self.experiment} of "
            f"{self.registry}, {counted(figures, 'figure')}, {counted(pictures, 'picture')}"
        )


@door
def log_to_mlflow(
    result: Evaluation | Backtest | Comparison | Comparisons,
    name: str | None = None,
    *,
    by: str | None = None,
) -> LoggedRun:
    """Log a result as a run in MLflow: figures with intervals, tables and pictures.

    The run is a part of your own run and lies in its experiment, where one is active in this
    thread and in this registry; else it lies in the experiment ``riskmodel``. A backtest has one
    run per model below it, and comparisons have one per pair.

    Parameters
    ----------
    result : Evaluation, Backtest, Comparison or Comparisons
    name : str, optional
        Of the run; by default the name of what was judged.
    by : str, optional
        Whose run it is. By default the user whom the server names, or the account on this machine.

    Returns
    -------
    LoggedRun

    Raises
    ------
    RegistryError
        For an evaluation whose tables may show small cells, or that is of fewer than 10 households;
        for names of fewer than 10 households and personal data in what is logged; for a registry
        that cannot be reached.

    Notes
    -----
    What is logged obeys the rules of the card. Tables by group and area are not logged: what they
    hide could be told from the cards of published versions of the same rows, and `publish` alone
    compares the two. Nothing is logged of single households.
    """
    if by is not None:
        require_words("by", by)
    with scratch("logging") as folder:
        head, *parts = pages_of(result, name, folder)
        with open_registry() as registry:
            return _logged(registry, head, parts, folder, by or "")


def _logged(
    registry: Registry, head: RunPage, parts: list[RunPage], folder: Path, by: str
) -> LoggedRun:
    with open_run(registry, head.name, head.kind, by=by) as run:
        head.log(registry, run.run_id, folder / "head")
        below = []
        for number, page in enumerate(parts):
            with open_run(registry, page.name, page.kind, by=by, below=run) as part:
                page.log(registry, part.run_id, folder / f"part {number}")
            below.append(_told(registry, page, part))
    return replace(_told(registry, head, run), parts=tuple(below))


def _told(registry: Registry, page: RunPage, run: OpenRun) -> LoggedRun:
    experiment = registry.client.get_experiment(run.experiment_id).name
    counts = len(page.metrics), len(page.pictures)
    return LoggedRun(page.name, run.run_id, experiment, registry.address, *counts)
