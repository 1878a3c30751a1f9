"""Every example in a docstring is true."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import riskmodel

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(riskmodel.__path__, "riskmodel.")
    # the MLflow part runs only within the published file, and importing MLflow warns
    if not module.name.startswith(("riskmodel.conf", "riskmodel.serving.mlflow_model"))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    results = doctest.testmod(
        import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert results.failed == 0
