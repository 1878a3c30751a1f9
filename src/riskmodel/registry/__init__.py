"""Publishes, loads, promotes and rolls back versions; the only room that knows MLflow."""

from riskmodel.registry.by_name import score, trace
from riskmodel.registry.connection import check_folder, check_registry, is_there, registry_at
from riskmodel.registry.dead_runs import prune_runs
from riskmodel.registry.gates import TOO_FEW_KEY, default_thresholds
from riskmodel.registry.kept_configuration import LEFT_OUT, kept
from riskmodel.registry.loaded_model import LoadedModel
from riskmodel.registry.loading import load
from riskmodel.registry.loading import open_ as open  # noqa: A004
from riskmodel.registry.moving import Moved, move_registry
from riskmodel.registry.promotion import Promotion, promote
from riskmodel.registry.publishing import publish, save
from riskmodel.registry.repeats import Repeat, experiment_digest, one_at_a_time, published_before
from riskmodel.registry.resting import MadeOf, versions_by_records
from riskmodel.registry.retiring import retire
from riskmodel.registry.rolling_back import rollback
from riskmodel.registry.shown_history import History, history
from riskmodel.registry.verifying import Verification, verify
from riskmodel.registry.version import Version

__all__ = [
    "publish",
    "save",
    "Version",
    "load",
    "open",
    "LoadedModel",
    "score",
    "trace",
    "promote",
    "Promotion",
    "default_thresholds",
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
