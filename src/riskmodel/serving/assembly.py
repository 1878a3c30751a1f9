"""Assembles this package into one file: serving.py beside an artefact, and a wheel of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from pprint import pformat
from textwrap import indent
from typing import NamedTuple

from riskmodel.serving.language_texts import TEXTS

PACKAGE = "riskmodel.serving."
READERS, MLFLOW = ("scorer", "household_features", "package_digest"), "mlflow_model"
LANGUAGE_TEXTS = "language_texts"
HEAD = '''\
"""Reads a published model and scores by numpy alone; made from the package riskmodel.serving."""

from __future__ import annotations

'''
MLFLOW_HEAD = """\
# MLflow runs this file as the model's code; elsewhere numpy is enough
if "mlflow" in sys.modules:
"""

PUBLIC = ("HouseholdRows", "Scorer", "ServingError", "features", "read", "read_tables")

Import = ast.Import | ast.ImportFrom


class Source(NamedTuple):
    """One module: the modules of this package that it needs, its other imports, and the rest."""

    needs: tuple[str, ...]
    imports: tuple[Import, ...]
    body: str


def assembled_source() -> str:
    """Return the text of serving.py; the same sources always give the same text.

    Returns
    -------
    str
        Python source that imports nothing of riskmodel. Within MLflow it also sets the model.

    Examples
    --------
    >>> "import riskmodel" in assembled_source()
    False
    """
    mlflow = _source(MLFLOW)
    guarded = f"{_import_lines(mlflow.imports)}\n\n{mlflow.body}"
    return "\n\n".join([reader_source(), MLFLOW_HEAD + indent(guarded, "    ")])


def reader_source() -> str:
    """Return the same without the part for MLflow: a module that needs numpy alone.

    Examples
    --------
    >>> "mlflow" in reader_source()
    False
    """
    sources: dict[str, Source] = {}
    for module in READERS:
        _collect(module, sources)
    imports = _import_lines(node for source in sources.values() for node in source.imports)
    parts = [f"# {PACKAGE}{module}\n\n\n{source.body}" for module, source in sources.items()]
    public = f"__all__ = {pformat(list(PUBLIC), width=100)}\n"
    return "\n\n".join([HEAD + imports, *parts, public])


def _collect(module: str, sources: dict[str, Source]) -> None:
    """Add a module after all that it needs."""
    if module in sources:
        return
    source = _source(module)
    for needed in source.needs:
        _collect(needed, sources)
    sources[module] = source


def _source(module: str) -> Source:
    if module == LANGUAGE_TEXTS:
        texts = pformat(TEXTS, width=100, sort_dicts=False)
        return Source((), (), f"TEXTS = {texts}\n")
    text = Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    imports = [node for node in ast.parse(text).body if isinstance(node, Import)]
    after_imports = text.splitlines()[imports[-1].end_lineno :]
    origins = [_origin(node) for node in imports]
    return Source(
        tuple(origin.removeprefix(PACKAGE) for origin in origins if origin.startswith(PACKAGE)),
        tuple(
            node
            for node, origin in zip(imports, origins, strict=True)
            if origin != "__future__" and not origin.startswith(PACKAGE)
        ),
        "\n".join(after_imports).strip("\n") + "\n",
    )


def _origin(node: Import) -> str:
    """Return the module from which names are imported, or nothing for a plain import."""
    return str(node.module) if isinstance(node, ast.ImportFrom) else ""


def _import_lines(nodes: Iterable[Import]) -> str:
    """Return imports, one module per line and each name once."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            names.setdefault(str(node.module), set()).update(map(ast.unparse, node.names))
        else:
            modules.add(ast.unparse(node))
    from_lines = [
        f"from {module} import {', '.join(sorted(taken))}" for module, taken in names.items()
    ]
    return "\n".join([*sorted(modules), *sorted(from_lines), ""])
