"""Runs that broke off, uploads before they became a version, removed from the registry."""

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
from riskmodel.registry.run_pages.open_runs import SOURCE_TAG
from riskmodel.registry.run_pages.run_page import PUBLICATION_RUN, RUN_TAG

if TYPE_CHECKING:
    from mlflow.entities import Run

_PAGE = 1_000


def prune_runs(age: str, *, dry: bool = False) -> list[str]:
    """Remove runs of ours that broke off, uploads above all, and began longer ago than an age.

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
    """Yield the runs that broke off, and that began before a time."""
    client = registry.client
    experiments = [one.experiment_id for one in every(client.search_experiments)]
    own = client.get_experiment_by_name(EXPERIMENT)
    alive = {version.run_id for version in every(client.search_model_versions)}
    for run in every(partial(client.search_runs, experiments, max_results=_PAGE)):
        kind = run.data.tags.get(RUN_TAG)
        if kind is None and own is not None and run.info.experiment_id == own.experiment_id:
            kind = _kind_of_untold(run)
        is_whole = run.info.run_id in alive or kind is None
        is_whole |= kind != PUBLICATION_RUN and run.info.status == "FINISHED"
        if not is_whole and _began(run) <= before:
            yield run


def _kind_of_untold(run: Run) -> str | None:
    """Return of what kind a run in our experiment is that does not say so.

    Uploads of an older riskmodel have no source; what somebody else has started has one.
    """
    return None if SOURCE_TAG in run.data.tags else PUBLICATION_RUN


def _began(run: Run) -> datetime:
    return datetime.fromtimestamp(run.info.start_time / 1_000, UTC)
