"""The public names, for type checkers; the names themselves are loaded on first use."""

from riskmodel import datasets as datasets
from riskmodel import displays as displays
from riskmodel import evaluation as evaluation
from riskmodel import explanation as explanation
from riskmodel import metrics as metrics
from riskmodel.datasets import make_households as make_households
from riskmodel.errors import RiskmodelError as RiskmodelError
from riskmodel.evaluation import backtest as backtest
from riskmodel.evaluation import compare as compare
from riskmodel.evaluation import evaluate as evaluate
from riskmodel.explanation import explain as explain
from riskmodel.explanation import why as why
from riskmodel.keys import rounds as rounds
from riskmodel.models import RiskClassifier as RiskClassifier
from riskmodel.models import make_classifier as make_classifier
from riskmodel.models import refit as refit
from riskmodel.panel import Agg as Agg
from riskmodel.panel import Attribute as Attribute
from riskmodel.panel import Cohort as Cohort
from riskmodel.panel import Features as Features
from riskmodel.panel import Kinds as Kinds
from riskmodel.panel import Label as Label
from riskmodel.panel import Panel as Panel
from riskmodel.panel import build_panel as build_panel
from riskmodel.records import Records as Records
from riskmodel.records import deliveries as deliveries
from riskmodel.records import ingest as ingest
from riskmodel.records import read_records as read_records
from riskmodel.records import undo as undo
from riskmodel.registry import history as history
from riskmodel.registry import load as load
from riskmodel.registry import open as open
from riskmodel.registry import promote as promote
from riskmodel.registry import publish as publish
from riskmodel.registry import retire as retire
from riskmodel.registry import rollback as rollback
from riskmodel.registry import save as save
from riskmodel.registry import score as score
from riskmodel.registry import trace as trace
from riskmodel.registry import verify as verify
from riskmodel.splits import GroupSplit as GroupSplit
from riskmodel.splits import HouseholdSplit as HouseholdSplit
from riskmodel.splits import TemporalSplit as TemporalSplit
from riskmodel.versions import show_versions as show_versions

__version__: str
