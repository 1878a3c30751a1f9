"""What is known of households beside events: attributes, members, contacts, coverage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel.errors import ConfigError, RecordsError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import as_days
from riskmodel.records import checks
from riskmodel.records.cells import CELL, COLUMN_OF, NAME_OF, columns_named, unpivot
from riskmodel.records.checks import literal, quoted
from riskmodel.records.columns import Columns
from riskmodel.records.manifest import Entry
from riskmodel.records.sift import Sieve
from riskmodel.records.tables import SCHEMAS

RESULTS = ("need_confirmed", "no_need", "public_support", "private_support", "refused", "not_reached", "not_executed")
ALWAYS = "always"


def stage_attributes(sieve: Sieve) -> None:
    """Read all sources of attributes, one row a filled cell."""
    for columns in sieve.open("attributes", copies=False):
        texts, numbers = (_by_column(columns, key) for key in ("columns", "numbers"))
        columns.identity("household_id")
        if columns.entry["known_date"] == ALWAYS:
            columns.read["known_date"] = "NULL::DATE"
        else:
            columns.day("known_date")
        for named, is_number in ((texts, False), (numbers, True)):
            if named:
                _stage_attributes(sieve, columns, named, is_number=is_number)
