"""The published model as MLflow runs it; only the assembled file executes this, within MLflow."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from riskmodel.serving.package_digest import OF_A_DOWNLOAD, check_package
from riskmodel.serving.reader_types import Rows
from riskmodel.serving.scorer import read

PIN_VARIABLE = "RISKMODEL_DIGEST"


class RiskPyfunc(PythonModel):
    """The published model in MLflow: artefact ``artefact``, params ``lang`` and ``top``.

    Its ``model_config`` may hold a ``digest``, or else $RISKMODEL_DIGEST: that of the package.
    """

    def load_context(self, context: PythonModelContext) -> None:
        """Verify and read the artefact, and the whole package where its digest is given."""
        given = (context.model_config or {}).get("digest")
        pinned = os.environ.get(PIN_VARIABLE) if given is None else given
        if pinned is not None:
            check_package(Path(__file__).parent, pinned, running=True)
        self.scorer = read(context.artifacts["artefact"])
        self.version = _version_in(Path(__file__).parent)

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002
        # MLflow warns of a wider type; what else it passes is a Series, a mapping or mappings
        model_input: pd.DataFrame,
        params: Mapping[str, str | int] | None = None,
    ) -> pd.DataFrame:
        """Return score, percentile, band, reasons, what is missing, version and digest.

        The rows come as they were sent, since the version's signature names no inputs; the scorer
        checks them, and its refusals show no cell. The result has the index of the rows.
        """
        chosen: dict[str, Any] = dict(params or {})
        scored = self.scorer.score(model_input, chosen.get("lang"), chosen.get("top", 3))
        as_json = [json.dumps(reasons, ensure_ascii=False) for reasons in scored["reasons"]]
        return pd.DataFrame(
            {
                "score": scored["score"],
                "percentile": scored["percentile"],
                "band": scored["band"],
                "band_text": scored["band_text"],
                "reasons": scored["reasons"],
                "reasons_json": as_json,
                "weaker": scored["weaker"],
                "missing": scored["missing"],
                "partly_missing": scored["partly_missing"],
                "no_value": scored["no_value"],
                "unseen": scored["unseen"],
                "impossible": scored["impossible"],
                "version": self.version,
                "digest": scored["digest"],
            },
            index=_index_of(model_input),
        )


def _version_in(folder: Path) -> str:
    """Return name and number that MLflow writes into a download; nothing elsewhere."""
    try:
        written = yaml.safe_load((folder / OF_A_DOWNLOAD).read_text(encoding="utf-8"))
        return f"{written['model_name']}/{written['model_version']}"
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return ""


def _index_of(rows: Rows) -> pd.Index | None:
    """Return the index of the rows; None where they have none and are numbered."""
    if isinstance(rows, pd.DataFrame):
        return rows.index
    if isinstance(rows, pd.Series):
        return pd.Index([rows.name])
    columns = rows.values() if isinstance(rows, Mapping) else ()
    return next((values.index for values in columns if isinstance(values, pd.Series)), None)


set_model(RiskPyfunc())
