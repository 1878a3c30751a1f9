"""From records to a panel: rows of the cohort, their features in blocks, then attributes, groups and label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from riskmodel.errors import PanelError
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, Days, as_days
from riskmodel.panel import attributes as known
from riskmodel.panel import kernel
from riskmodel.panel.cohort import Cohort
from riskmodel.panel.features import Attribute, Column, Features
from riskmodel.panel.labels import Label
from riskmodel.panel.outcomes import observe
from riskmodel.panel.panel import Panel, Recipe
from riskmodel.panel.plan import Plan
from riskmodel.records import Records
