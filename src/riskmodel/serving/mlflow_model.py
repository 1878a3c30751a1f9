"""The published model as MLflow runs it; only the assembled file executes this, within MLflow."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from riskmodel.serving.scorer import read


class RiskPyfunc(PythonModel):
    """The published model in MLflow: artefact ``artefact``, params ``lang`` and ``top``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Verify and read the artefact."""
        self.scorer = read(context.artifacts["artefact"])

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: Mapping[str, str | int] | None = None,
    ) -> pd.DataFrame:
        """Return score, percentile, band, reasons and the reasons as JSON, indexed as the input."""
        chosen = params or {}
        scored = self.scorer.score(
            model_input, str(chosen.get("lang", "en")), int(chosen.get("top", 3))
        )
        as_json = [json.dumps(reasons, ensure_ascii=False) for reasons in scored["reasons"]]
        return pd.DataFrame(
            {
                "score": scored["score"],
                "percentile": scored["percentile"],
                "band": scored["band"],
                "band_text": scored["band_text"],
                "reasons": scored["reasons"],
                "reasons_json": as_json,
            },
            index=model_input.index,
        )


set_model(RiskPyfunc())
