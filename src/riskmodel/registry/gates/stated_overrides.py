"""Overrides: gates that a version is promoted in spite of, each with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.errors import RegistryError, did_you_mean
from riskmodel.records import Records
from riskmodel.registry.backend.responsible import require_words
from riskmodel.registry.gates.gate_sets import GateSet


def checked_overrides(
    override: Mapping[str, str] | None, gates: GateSet, records: Records
) -> dict[str, str]:
    """Return the reasons by gate, or refuse them.

    Raises
    ------
    RegistryError
        For a gate that is not asked, and a reason that is blank or holds personal data.
    """
    given = {} if override is None else override
    if not isinstance(given, Mapping):
        raise RegistryError(
            f"override is a {type(given).__name__}",
            code="promote.override",
            allowed="a mapping of gates to the reason for which each is overridden",
            next_step="write override={'calibration': 'the level is corrected by hand'}",
        )
    known = [gate.name for gate in gates.gates]
    for name, reason in given.items():
        if name not in known:
            raise RegistryError(
                f"override of {name!r}, which is no gate that is asked",
                code="promote.override",
                allowed=known,
                next_step=did_you_mean(str(name), known),
            )
        require_words(f"override.{name}", reason, records, code="promote.override")
    return dict(given)
