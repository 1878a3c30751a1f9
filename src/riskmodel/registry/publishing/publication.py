"""A fitted model with its evidence, and what of both a version holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmodel import serving
from riskmodel.card import Facts, ModelCard, judged_rounds, windows_of, write_card
from riskmodel.errors import ModelError
from riskmodel.explanation import explain, group_gap, method_of, reference_of
from riskmodel.keys import HOUSEHOLD, as_days
from riskmodel.metrics import Capacity, for_publication
from riskmodel.models import Reference, RiskClassifier, Settings, check_language
from riskmodel.models.seen_households import households_seen_by
from riskmodel.panel.rare_names import rare_names
from riskmodel.registry.artefacts.kept_configuration import kept
from riskmodel.registry.artefacts.synthetic_rows import SYNTHETIC_ROWS, synthetic_rows
from riskmodel.registry.backend.version import DIGEST_TAG, RECORDS_TAG
from riskmodel.registry.publishing.repeats import EXPERIMENT_TAG, experiment_digest
from riskmodel.registry.run_pages.pictures import some_rows

if TYPE_CHECKING:
    from riskmodel.evaluation import Backtest, Evaluation
    from riskmodel.panel import Panel

_STRONGEST = 5


@dataclass(frozen=True, eq=False)
class Publication:
    """A fitted model, and the evidence that is published with it; see `publish`."""

    model: RiskClassifier
    evaluation: Evaluation
    name: str
    backtest: Backtest | None = None
    reference: Panel | None = None
    bands: Mapping[str, float] | None = None
    purpose: str | None = None
    limits: Iterable[str] = ()
    facts: Facts | None = None
    external: tuple[Evaluation, ...] = ()
    lang: str = "en"
    configuration: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        check_language(self.lang)

    @property
    def households(self) -> Iterable[object]:
        """The ids that must not occur in any file: of judged, fitted and reference rows."""
        judged = (self.evaluation, *self.external)
        indexes = [one.scores.index for one in judged]
        indexes += [] if self.reference is None else [self.reference.X.index]
        named = [_households_of(index).unique() for index in indexes]
        return chain(households_seen_by(self.model), *named)

    @property
    def rare_names(self) -> frozenset[str]:
        """The names of few of the judged and reference rows' households, which no text may hold."""
        judged = [one.rare_names for one in (self.evaluation, *self.external)]
        own = frozenset() if self.reference is None else rare_names(self.reference)
        return own.union(*judged)

    @property
    def written(self) -> dict[str, object]:
        """What the publisher has written freely, by the name of the argument."""
        return {
            "name": self.name,
            "purpose": self.purpose,
            "limits": list(self.limits),
            "facts": self.facts,
            "bands": dict(self.bands or {}),
            "evaluation": self.evaluation.name,
            "site": self.model.training_["site"],
            "configuration": {"name": (self.configuration or {}).get("name")},
            "external": [{"name": one.name, "why": one.external} for one in self.external],
        }

    @property
    def household_counts(self) -> dict[str, int]:
        """The number of households that the figures of each published part are of.

        Of a fit in another process, whose households are not known, it is that of the rows.
        """
        seen = households_seen_by(self.model)
        counts = {"the fit": len(seen) or self.model.training_["rows"]}
        counts["the evaluation"] = _households_of(self.evaluation.scores.index).nunique()
        for number, one in enumerate(self.external, start=1):
            counts[f"external evaluation {number}"] = _households_of(one.scores.index).nunique()
        if self.reference is not None:
            counts["the reference"] = self.reference.households.nunique()
        return counts

    def settings(self) -> Settings:
        """Return what the version keeps of its experiment."""
        rules = () if self.backtest is None else self.backtest.rules
        return Settings(
            capacity=self._capacity(),
            rules=rules,
            lang=self.lang,
            configuration=kept(self.configuration or {}),
        )

    def _capacity(self) -> Capacity:
        """Return the capacity that the version keeps: it names no area that tables do not name."""
        evaluation = self.evaluation
        rows = evaluation.scores
        names = evaluation.judged.areas if evaluation.judged is not None else ()
        return for_publication(evaluation.capacity, names, rows["round"], rows.get("area"))

    def card(self) -> ModelCard:
        """Return the model card."""
        return write_card(
            self.model,
            self.evaluation,
            self.name,
            backtest=self.backtest,
            explanation=self._explanation(),
            purpose=self.purpose,
            limits=self.limits,
            facts=self.facts,
            external=self.external,
        )

    def margins_referred_to(self) -> Reference:
        """Return the quantiles and bands of the reference, or else of the judged rounds."""
        if self.reference is None:
            scores = self.evaluation.scores
            margin, households = scores["margin"].to_numpy(), _households_of(scores.index)
            return Reference.of(margin, judged_rounds(self.evaluation), self.bands, households)
        rounds = np.unique(as_days(self.reference.as_of))
        margin, households = self.model.margin(self.reference), self.reference.households
        return Reference.of(margin, rounds, self.bands, households)

    def tags(self, digest: str) -> dict[str, str]:
        """Return the tags of the version."""
        training = self.model.training_
        label = self.model.label_ or self.evaluation.label
        judged = judged_rounds(self.evaluation)
        return {
            DIGEST_TAG: digest,
            "riskmodel.schema_version": str(serving.SCHEMA_VERSION),
            "riskmodel.label": label.name if label else "",
            "riskmodel.rounds": str(len(training["rounds"])),
            "riskmodel.fitted_on": f"{training['first_as_of']} to {training['last_as_of']}",
            "riskmodel.judged_when_fitted_on": windows_of(self.evaluation),
            "riskmodel.judged_on": f"{judged[0]} to {judged[-1]}",
            **self._records(),
            **self._experiment(),
        }

    def _records(self) -> dict[str, str]:
        """Return the tag by which a version is found that rests on some records."""
        recipe = self.model.recipe_
        return {} if recipe is None else {RECORDS_TAG: recipe.data}

    def _experiment(self) -> dict[str, str]:
        """Return the tag by which the same experiment is known again."""
        recipe = self.model.recipe_
        if recipe is None or self.configuration is None:
            return {}
        return {EXPERIMENT_TAG: experiment_digest(recipe, self.configuration)}

    def _explanation(self) -> dict[str, str]:
        model = self.model
        arrays = model.tables()
        facts = {
            "method": method_of(model.kind, arrays),
            "compared_with": reference_of(model.kind, arrays),
            "adds_up_to": "the calibrated log-odds, on every row",
        }
        facts |= self._strongest()
        if model.background_ is None:
            return facts

        if self.reference is None:
            gap = group_gap(model, synthetic_rows(model.columns_, SYNTHETIC_ROWS))
            rows = "synthetic rows"
        else:
            gap = group_gap(model, self.reference)
            rows = "rows of the reference"
        return {**facts, "grouping": f"{gap.head()} ({rows}; log-odds)"}

    def _strongest(self) -> dict[str, str]:
        """Return which indicators move scores most, on rows of the reference."""
        if self.reference is None:
            return {}
        try:
            explanation = explain(self.model, some_rows(self.reference), by="indicator")
        except ModelError:  # a kind without contributions
            return {}
        means = explanation.contributions.abs().mean().sort_values(ascending=False, kind="stable")
        named = [f"{name} {mean:.2g}" for name, mean in means.head(_STRONGEST).items()]
        return {"strongest": ", ".join(named)}


def _households_of(index: pd.Index) -> pd.Index:
    """Return the household of each row."""
    return index.get_level_values(HOUSEHOLD)
