"""Publishes, loads, promotes and rolls back versions; the only room that knows MLflow."""

from riskmodel.registry.artefacts.kept_configuration import LEFT_OUT, kept
from riskmodel.registry.backend.connection import (
    check_folder,
    check_registry,
    is_there,
    registry_at,
)
from riskmodel.registry.backend.moving import Moved, move_registry
from riskmodel.registry.backend.version import Version
from riskmodel.registry.events.retiring import retire
from riskmodel.registry.events.shown_history import History, history
from riskmodel.registry.gates.gate_sets import TOO_FEW_KEY, default_thresholds, gates_with
from riskmodel.registry.promoting.promotion import Promotion, promote
from riskmodel.registry.promoting.rolling_back import rollback
from riskmodel.registry.publishing.dead_runs import prune_runs
from riskmodel.registry.publishing.publication import Publication
from riskmodel.registry.publishing.repeats import (
    Repeat,
    experiment_digest,
    one_at_a_time,
    published_before,
)
from riskmodel.registry.publishing.resting import MadeOf, versions_by_records
from riskmodel.registry.publishing.uploading import publish, publish_once, save
from riskmodel.registry.reading.by_name import reasons_of, score, trace
from riskmodel.registry.reading.loaded_model import LoadedModel
from riskmodel.registry.reading.loading import load
from riskmodel.registry.reading.loading import open_ as open  # noqa: A004
from riskmodel.registry.reading.verifying import Verification, verify
from riskmodel.registry.run_pages.logging_results import LoggedRun, log_to_mlflow

__all__ = [
    "publish",
    "publish_once",
    "Publication",
    "save",
    "log_to_mlflow",
    "LoggedRun",
    "Version",
    "load",
    "open",
    "LoadedModel",
    "reasons_of",
    "score",
    "trace",
    "promote",
    "Promotion",
    "default_thresholds",
    "gates_with",
    "TOO_FEW_KEY",
    "history",
    "History",
    "rollback",
    "verify",
    "Verification",
    "retire",
    "move_registry",
    "Moved",
    "Repeat",
    "experiment_digest",
    "published_before",
    "one_at_a_time",
    "MadeOf",
    "versions_by_records",
    "prune_runs",
    "check_folder",
    "check_registry",
    "is_there",
    "registry_at",
    "kept",
    "LEFT_OUT",
]
