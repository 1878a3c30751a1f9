"""The published model as MLflow runs it; only the assembled file executes this, within MLflow."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from riskmodel.serving.package_digest import OF_A_DOWNLOAD, check_package
from riskmodel.serving.reader_types import Rows, Scores
from riskmodel.serving.refusal import ServingError
from riskmodel.serving.scorer import AUDIT, read

PIN_VARIABLE = "RISKMODEL_DIGEST"


class RowsError(ServingError, MlflowException):
    """A refusal that MLflow's model server answers as it is: without stack, path or rows.

    Of any other error the server writes its traceback into the answer, and to the message of one of
    its own it adds the rows. The status is 422, which neither MLflow nor a proxy gives by itself.
    """

    def __init__(self, message: str, code: str, allowed: str = "", next_step: str = "") -> None:
        MlflowException.__init__(self, message)
        ServingError.__init__(self, message, code, allowed, next_step)

    def serialize_as_json(self) -> str:
        """Return the answer's body: code and text."""
        return json.dumps({"error_code": self.code, "message": self.args[0]}, ensure_ascii=False)

    def get_http_status_code(self) -> int:
        """Return 422 for rows that cannot be scored, 500 for a version that fails its audit."""
        return 500 if self.code == AUDIT else 422


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
        scored = self._scored(model_input, chosen.get("lang"), chosen.get("top", 3))
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

    def _scored(self, rows: Rows, lang: str | None, top: int) -> Scores:
        try:
            return self.scorer.score(rows, lang, top)
        except ServingError as error:
            raise RowsError(error.message, error.code, error.allowed, error.next_step) from None


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
