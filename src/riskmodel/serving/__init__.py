"""Reads a published model and scores by numpy alone; imports nothing else of riskmodel."""

from riskmodel.serving.assembly import assembled_source
from riskmodel.serving.column_words import column_words
from riskmodel.serving.evaluators import BLEND, EVALUATORS, Member, mean_of_members, members_of
from riskmodel.serving.household_features import HouseholdRows, features
from riskmodel.serving.impossible_cells import PossibleCells
from riskmodel.serving.input_rows import OTHER, are_written_otherwise, category_text
from riskmodel.serving.locales import ENGLISH, LANGUAGES, Language
from riskmodel.serving.package_digest import ARTEFACT, check_package, package_digest
from riskmodel.serving.reader_types import ColumnEntry, Reason, entry_key, key_of
from riskmodel.serving.reason_writer import ReasonWriter, is_number_of_reasons
from riskmodel.serving.refusal import ServingError
from riskmodel.serving.region_lines import REGION, margin_by_region, parts_by_region
from riskmodel.serving.scorer import (
    SCORER_FILES,
    UNDELIVERED,
    Scorer,
    bands,
    percentile,
    read,
    scorer_from,
)
from riskmodel.serving.settled_tables import read_tables
from riskmodel.serving.table_checks import check_tables
from riskmodel.serving.verification import (
    MANIFEST,
    SCHEMA_VERSION,
    SCHEMAS,
    Manifest,
    checked_digest,
    read_files,
    read_manifest,
)

__all__ = [
    "ARTEFACT",
    "BLEND",
    "ENGLISH",
    "EVALUATORS",
    "MANIFEST",
    "OTHER",
    "REGION",
    "SCHEMAS",
    "SCHEMA_VERSION",
    "SCORER_FILES",
    "UNDELIVERED",
    "LANGUAGES",
    "ColumnEntry",
    "HouseholdRows",
    "Language",
    "Manifest",
    "Member",
    "PossibleCells",
    "Reason",
    "ReasonWriter",
    "Scorer",
    "ServingError",
    "are_written_otherwise",
    "assembled_source",
    "bands",
    "check_package",
    "check_tables",
    "checked_digest",
    "category_text",
    "column_words",
    "entry_key",
    "features",
    "is_number_of_reasons",
    "key_of",
    "margin_by_region",
    "parts_by_region",
    "mean_of_members",
    "members_of",
    "package_digest",
    "percentile",
    "read",
    "read_files",
    "read_manifest",
    "read_tables",
    "scorer_from",
]
