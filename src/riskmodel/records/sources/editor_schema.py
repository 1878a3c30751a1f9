"""The manifest's schema as JSON Schema, by which editors complete and check a manifest."""

from __future__ import annotations

from typing import Any

from riskmodel.indicators.reading import INDICATOR_KEYS
from riskmodel.records.sources.manifest_schema import TABLES, ManifestKeys

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def manifest_json_schema() -> dict[str, object]:
    """Return the JSON Schema of what may stand in a manifest's YAML file: all keys but frames.

    Examples
    --------
    >>> sorted(manifest_json_schema()["required"])
    ['events', 'today']
    """
    schema = ManifestKeys.model_json_schema()
    properties = schema["properties"]
    for table in TABLES:
        properties[table] = _one_or_several(properties[table])
    properties["catalogue"] = _catalogue()
    schema["$defs"]["Indicator"] = INDICATOR_KEYS.model_json_schema()
    return {"$schema": DIALECT, **schema, "title": "Manifest of riskmodel"}


def _one_or_several(entries: dict[str, Any]) -> dict[str, Any]:
    """Let an entry alone stand for a list of it."""
    listed = next((part for part in entries.get("anyOf", ()) if "items" in part), entries)
    return {"anyOf": [listed, listed["items"], {"type": "null"}]}


def _catalogue() -> dict[str, Any]:
    indicator = {"anyOf": [{"$ref": "#/$defs/Indicator"}, {"type": "null"}]}
    entries = {"type": "object", "additionalProperties": indicator}
    return {"anyOf": [{"type": "string"}, entries, {"type": "null"}], "title": "Catalogue"}
