"""What stands on the page of a run: params, metrics, inputs, files, pictures, a description."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from riskmodel.registry.artefacts.personal_data import refuse_personal_data

if TYPE_CHECKING:
    from riskmodel.registry.backend.connection import Registry

RUN_TAG = "riskmodel.run"
PUBLICATION_RUN = "publication"
NOTE_TAG = "mlflow.note.content"
LONGEST_NOTE = 5_000
"""What the columns of MLflow's descriptions hold."""

_LONGEST_PARAM, _PARAMS, _METRICS = 6_000, 100, 1_000
_IN_THE_FILE = "(too long for a param: see configuration.json)"
_NOT_IN_A_KEY = re.compile(r"[^\w.\-/ ]")

Entry = TypeVar("Entry")


class Figure(NamedTuple):
    """A figure of a run; figures of rounds have the round's place as their step, its day as time.

    Attributes
    ----------
    key : str
    value : float
    step : int
    when : int
        Milliseconds since 1970.
    """

    key: str
    value: float
    step: int = 0
    when: int = 0


class Input(NamedTuple):
    """Rows that a model was fitted on or judged on: their digest and shape, and none of them.

    Attributes
    ----------
    name : str
    digest : str
        A sha256; MLflow's own field holds its first 36 digits, the profile all of them.
    context : str
        ``"training"`` or ``"evaluation"``.
    profile : mapping
        Counts and rounds.
    columns : mapping of str to str
        ``"double"`` or ``"string"`` by the name of a column.
    """

    name: str
    digest: str
    context: str
    profile: Mapping[str, object]
    columns: Mapping[str, str] = {}


@dataclass(frozen=True)
class RunPage:
    """What is logged with one run.

    Attributes
    ----------
    name, kind : str
        How the run is called, and what it is of: the value of its tag ``riskmodel.run``.
    note : str
        Its description, in Markdown.
    params, tags, files : mapping of str to str
        Files by their path.
    metrics : tuple of Figure
    inputs : tuple of Input
    pictures : mapping of str to bytes
        PNG files by their path.
    """

    name: str
    kind: str
    note: str
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Figure, ...] = ()
    inputs: tuple[Input, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)

    def refuse_personal_data(self, folder: Path, households: Iterable[object]) -> None:
        """Search all that is logged, but for pictures, whose words are those of the card.

        Parameters
        ----------
        folder : Path
            An empty one, in which its texts are written.
        households : iterable
            Ids that must not occur.
        """
        told = [f"{key}: {text}" for key, text in {**self.params, **self.tags}.items()]
        told += [f"{one.name}: {json.dumps(one._asdict())}" for one in self.inputs]
        _write(folder / "run.txt", "\n".join([self.name, self.note, *told]))
        for path, text in self.files.items():
            _write(folder / "files" / path, text)
        refuse_personal_data(folder, households)

    def log(self, registry: Registry, run_id: str, folder: Path) -> None:
        """Write it to a run.

        Parameters
        ----------
        registry : Registry
        run_id : str
        folder : Path
            A new one, in which files are written before they are logged.
        """
        from mlflow.entities import Metric, Param, RunTag

        client = registry.client
        tags = {RUN_TAG: self.kind, NOTE_TAG: self.note, **self.tags}
        client.log_batch(run_id, tags=[RunTag(key, text) for key, text in tags.items()])
        params = [Param(key, value) for key, value in self.params.items()]
        for some in _portions(params, _PARAMS):
            client.log_batch(run_id, params=some)
        metrics = [Metric(key, value, when, step) for key, value, step, when in self.metrics]
        for each in _portions(metrics, _METRICS):
            client.log_batch(run_id, metrics=each)
        if self.inputs:
            client.log_inputs(run_id, datasets=[_dataset(one) for one in self.inputs])

        for path, text in self.files.items():
            _write(folder / path, text)
        for path, picture in self.pictures.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(picture)
        if self.files or self.pictures:
            client.log_artifacts(run_id, str(folder))


def flattened(content: Mapping[str, object], under: str = "") -> dict[str, str]:
    """Return nested settings as params: keys joined by dots, lists of words in one line.

    Examples
    --------
    >>> flattened({"label": {"outcome": ["crisis", "fire"], "maturity": None}, "seeds": 5})
    {'label.outcome': 'crisis, fire', 'label.maturity': 'none', 'seeds': '5'}
    >>> flattened({"events": [{"code": "rent"}, {"code": "fire"}]})
    {'events.0.code': 'rent', 'events.1.code': 'fire'}
    """
    params: dict[str, str] = {}
    for name, value in content.items():
        key = _NOT_IN_A_KEY.sub("_", f"{under}{name}")
        if isinstance(value, list | tuple) and any(isinstance(part, Mapping) for part in value):
            value = {str(number): part for number, part in enumerate(value)}
        if isinstance(value, Mapping):
            params |= flattened(value, f"{key}.")
        else:
            text = _text(value)
            params[key] = text if len(text) <= _LONGEST_PARAM else _IN_THE_FILE
    return params


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "none"
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _dataset(one: Input) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    columns = [{"name": name, "type": kind} for name, kind in one.columns.items()]
    dataset = Dataset(
        name=one.name,
        digest=one.digest[:36],
        source_type="riskmodel",
        source=json.dumps({"sha256": one.digest}),
        schema=json.dumps({"mlflow_colspec": columns}) if columns else None,
        profile=json.dumps({**one.profile, "sha256": one.digest}),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", one.context)])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _portions(entries: Sequence[Entry], size: int) -> Iterator[Sequence[Entry]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]
