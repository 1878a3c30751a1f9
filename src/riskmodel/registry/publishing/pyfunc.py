"""The package that MLflow's consumers load: data, `serving.py` as its only code, and metadata."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskmodel import serving
from riskmodel.registry.backend.connection import silence

if TYPE_CHECKING:
    from riskmodel.panel import Column
    from riskmodel.registry.reading.loaded_model import LoadedModel

REQUIREMENTS = ("mlflow>=3.17,<4", "numpy>=2.0,<3", "pandas>=2.2.3,<4")
EXAMPLE_ROWS = 3
PIN_VARIABLE = "RISKMODEL_DIGEST"


def save_pyfunc(target: Path, artefact: Path, model: LoadedModel) -> Path:
    """Write the package into a new folder.

    Parameters
    ----------
    target : Path
    artefact : Path
        The artefact's folder; its copy keeps the name ``artefact``.
    model : LoadedModel
        The same artefact, read.

    Returns
    -------
    Path
        The folder.
    """
    import mlflow.pyfunc
    from mlflow.models import Model

    code = target.parent / "serving.py"
    code.write_text(serving.assembled_source(), encoding="utf-8", newline="\n")
    with silence(), _without_pin():
        mlflow.pyfunc.save_model(
            path=str(target),
            python_model=str(code),
            artifacts={"artefact": str(artefact)},
            signature=_signature(model.settings.lang),
            input_example=_example(model),
            pip_requirements=list(REQUIREMENTS),
            # MLflow hands on only what is declared here
            model_config={"digest": None},
            metadata={
                "riskmodel_schema": serving.SCHEMA_VERSION,
                "riskmodel_inputs": {c.name: _input_type(c) for c in model.columns_},
            },
        )
    package = Model.load(str(target))
    flavour = package.flavors["python_function"]
    # MLflow writes the paths of the publisher's files; a consumer needs only their names
    flavour["model_code_path"] = code.name
    for entry in flavour["artifacts"].values():
        entry["uri"] = entry["path"]
    package.save(str(target / "MLmodel"))
    return target


@contextmanager
def _without_pin() -> Iterator[None]:
    """Set a consumer's pin aside: MLflow runs the code while it saves it."""
    pin = os.environ.pop(PIN_VARIABLE, None)
    try:
        yield
    finally:
        os.environ.update({} if pin is None else {PIN_VARIABLE: pin})


def _input_type(column: Column) -> str:
    return "number" if column.categories is None else "category"


def _signature(lang: str) -> Any:
    """Return the types of outputs, and params whose defaults are the version's own.

    It names no inputs: MLflow would refuse whole numbers, booleans and categories of a DataFrame,
    in a message that prints rows. The reader checks its inputs itself.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array, ColSpec, DataType, Object, Property

    reason = Object(
        [
            Property("code", DataType.string),
            Property("text", DataType.string),
            Property("contribution", DataType.double),
        ]
    )
    outputs = [
        ColSpec("double", "score"),
        ColSpec("double", "percentile"),
        ColSpec("string", "band"),
        ColSpec("string", "band_text"),
        ColSpec(Array(reason), "reasons"),
        ColSpec("string", "reasons_json"),
        ColSpec("long", "weaker"),
        ColSpec(Array(DataType.string), "missing"),
        ColSpec(Array(DataType.string), "partly_missing"),
        ColSpec(Array(DataType.string), "no_value"),
        ColSpec(Array(DataType.string), "unseen"),
        ColSpec(Array(DataType.string), "impossible"),
        ColSpec("string", "version"),
        ColSpec("string", "digest"),
    ]
    params = [ParamSpec("lang", "string", lang), ParamSpec("top", "long", 3)]
    return ModelSignature(outputs=Schema(outputs), params=ParamSchema(params))


def _example(model: LoadedModel) -> Any:
    """Return made-up rows: 0, 1 and 2 of everything that can be so many, categories in turn."""
    import pandas as pd

    return pd.DataFrame({column.name: _example_values(column) for column in model.columns_})


def _example_values(column: Column) -> list[Any]:
    if column.categories is None:
        most = 1 if column.aggregate in ("ever", "recency") else len(column.codes) or EXAMPLE_ROWS
        return [float(min(i, most)) for i in range(EXAMPLE_ROWS)]
    categories = column.categories or ("",)
    return [categories[i % len(categories)] for i in range(EXAMPLE_ROWS)]
