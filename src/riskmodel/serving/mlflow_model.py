"""The published model as MLflow runs it; only the assembled file executes this, within MLflow."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from riskmodel.serving.scorer import read


class RiskPyfunc(PythonModel):
    """The published model in MLflow: artefact ``artefact``, params ``lang`` and ``top``."""

    def load_context(self, context: Any) -> None:
        """Verify and read the artefact."""
        self.scorer = read(context.artifacts["artefact"])

    def predict(
        self,
        context: Any,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: Any = None,
    ) -> pd.DataFrame:
        """Return score, percentile, band, reasons and the reasons as JSON of each row."""
        chosen = params or {}
        scored = self.scorer.score(model_input, chosen.get("lang", "en"), int(chosen.get("top", 3)))
        names = ("score", "percentile", "band", "band_text", "reasons")
        table = pd.DataFrame({name: scored[name] for name in names})
        table["reasons_json"] = [
            json.dumps(reasons, ensure_ascii=False) for reasons in scored["reasons"]
        ]
        return table


set_model(RiskPyfunc())
