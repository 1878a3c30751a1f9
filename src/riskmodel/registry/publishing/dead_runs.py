"""Uploads that broke off before they became a version, removed from the registry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from riskmodel.keys import Span
from riskmodel.registry.backend.connection import EXPERIMENT, Registry, is_there, open_registry
from riskmodel.registry.backend.pages import every
from riskmodel.registry.events.retiring import remove_run
from riskmodel.registry.publishing.repeats import one_at_a_time

if TYPE_CHECKING:
    from mlflow.entities import Run

_PAGE = 1_000


def prune_runs(age: str, *, dry: bool = False) -> list[str]:
    """Remove the uploads that belong to no version and began longer ago than an age.

    Their files are removed where the registry keeps them on this disk. A server removes them when
    its own clean-up runs.

    Parameters
    ----------
    age : str
        Such as ``"7D"``; a month has 31 days.
    dry : bool, default False
        Whether it is only told.

    Returns
    -------
    list of str
        When each began, and its id in the registry; none where there is no registry.

    Raises
    ------
    RegistryError
        For a registry that cannot be reached, or in which another run publishes.
    """
    span = Span.parse(age)
    if not is_there():
        return []
    days = timedelta(days=span.count * (31 if span.unit == "M" else 1))
    with one_at_a_time(), open_registry() as registry:
        dead = list(_dead(registry, datetime.now(UTC) - days))
        for run in dead if not dry else ():
            remove_run(registry, run.info.run_id)
    return [f"{_began(run):%Y-%m-%d %H:%M} {run.info.run_id}" for run in dead]


def _dead(registry: Registry, before: datetime) -> Iterator[Run]:
    """Yield the runs that no version was made of, and that began before a time."""
    client = registry.client
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return
    alive = {version.run_id for version in every(client.search_model_versions)}
    for run in every(partial(client.search_runs, [experiment.experiment_id], max_results=_PAGE)):
        if run.info.run_id not in alive and _began(run) <= before:
            yield run


def _began(run: Run) -> datetime:
    return datetime.fromtimestamp(run.info.start_time / 1_000, UTC)
