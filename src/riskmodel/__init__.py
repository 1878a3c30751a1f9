"""Household crisis risk from administrative records: from records to a published, explained model.

The journey, in the order in which data flows: `make_households` or `read_records` ->
`build_panel` -> `TemporalSplit` -> `make_classifier` -> `evaluate` -> `explain` -> `publish` ->
`promote` -> `score`.
"""

from importlib import import_module

from riskmodel.errors import RiskmodelError
from riskmodel.keys import rounds

__version__ = "0.1.0.dev0"

_ROOMS = {
    "records": ("Records", "deliveries", "ingest", "read_records", "undo"),
    "datasets": ("make_households",),
    "panel": ("Agg", "Attribute", "Cohort", "Features", "Kinds", "Label", "Panel", "build_panel"),
    "splits": ("GroupSplit", "HouseholdSplit", "TemporalSplit"),
    "models": ("RiskClassifier", "make_classifier", "refit"),
    "evaluation": ("backtest", "compare", "evaluate"),
    "explanation": ("explain", "why"),
    "registry": (
        "history",
        "load",
        "log_to_mlflow",
        "open",
        "promote",
        "publish",
        "reasons_of",
        "retire",
        "rollback",
        "save",
        "score",
        "trace",
        "verify",
    ),
    "service": (
        "Channels",
        "Outreach",
        "OutreachRules",
        "contact_history",
        "hand_out",
        "outreach",
        "replan",
        "returned",
        "review",
    ),
    "versions": ("show_versions",),
}
# Rooms with more to offer than their names on the face; each is loaded on first use.
_REACHABLE = ("datasets", "displays", "evaluation", "explanation", "metrics", "service")
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = ["RiskmodelError", "__version__", "rounds", *_ROOM_OF]


def __getattr__(name: str) -> object:
    if name in _REACHABLE:
        return import_module(f"riskmodel.{name}")
    if name not in _ROOM_OF:
        raise AttributeError(
            f"riskmodel has no {name!r}; its public names are {', '.join(__all__)}"
        )
    globals()[name] = getattr(import_module(f"riskmodel.{_ROOM_OF[name]}"), name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted([*__all__, *_REACHABLE])
