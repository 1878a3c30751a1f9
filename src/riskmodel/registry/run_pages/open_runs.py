"""Runs, opened and ended whatever happens; below the user's own run where one is active."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.responsible import account_of
from riskmodel.registry.backend.version import UNKNOWN
from riskmodel.registry.run_pages.programs import git_tags
from riskmodel.registry.run_pages.run_page import RUN_TAG

if TYPE_CHECKING:
    from mlflow.entities import Run

PARENT_TAG, USER_TAG = "mlflow.parentRunId", "mlflow.user"
SOURCE_TAG = "mlflow.source.type"
_SOURCE = {"mlflow.source.name": "riskmodel", SOURCE_TAG: "LOCAL"}


class OpenRun(NamedTuple):
    """A run that is being written.

    Attributes
    ----------
    run_id, experiment_id : str
    """

    run_id: str
    experiment_id: str


@contextmanager
def open_run(
    registry: Registry, name: str, kind: str, *, by: str = "", below: OpenRun | None = None
) -> Iterator[OpenRun]:
    """Open a run, and end it with the block, as failed where the block fails.

    Parameters
    ----------
    registry : Registry
    name, kind : str
        See `RunPage`.
    by : str
        Whose run it is; by default the user whom the server names, or the account here.
    below : OpenRun, optional
        The run that it is a part of. By default the user's own, if one is active in this registry.
    """
    client = registry.client
    parent = below or _active(registry)
    if parent is None:
        experiment_id = registry.experiment()
    else:
        registry.check_files()
        experiment_id = parent.experiment_id
    tags = {
        RUN_TAG: kind,
        USER_TAG: by or account_of(registry) or UNKNOWN,
        **_SOURCE,
        **git_tags(),
        **({} if parent is None else {PARENT_TAG: parent.run_id}),
    }
    run_id = client.create_run(experiment_id, run_name=name, tags=tags).info.run_id
    try:
        yield OpenRun(run_id, experiment_id)
        client.set_terminated(run_id)
    except BaseException:
        with suppress(Exception):
            client.set_terminated(run_id, status="FAILED")
        raise


def _active(registry: Registry) -> OpenRun | None:
    """Return the run that the user has started in this thread, if it is one of this registry."""
    import mlflow

    active = mlflow.active_run()
    if active is None:
        return None
    try:
        run: Run = registry.client.get_run(active.info.run_id)
    except Exception:
        return None
    return OpenRun(run.info.run_id, run.info.experiment_id)
