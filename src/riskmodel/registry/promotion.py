"""The gate: who made which version the champion, and how it stood on rounds that it had not seen."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel.errors import RegistryError
from riskmodel.evaluation.printing import NAMES, bracket, html_lines, html_table, number, text_table
from riskmodel.evaluation.record import capacity_text
from riskmodel.metrics import Capacity
from riskmodel.records import Records
from riskmodel.registry.events import PROMOTED, REFUSED, require_reason, write_event
from riskmodel.registry.loaded_model import LoadedModel
from riskmodel.registry.loading import load
from riskmodel.registry.store import Registry, open_registry
from riskmodel.registry.trial import WORSE, Trial, comparisons
from riskmodel.registry.version import CHAMPION, Version, aliases_of, resolve

GATED = ("auc", "average_precision")
SHOWN = (*GATED, "precision")
HEADER = ("metric", "version", "is", "against", "by", "95 % interval")


@dataclass(frozen=True, eq=False, repr=False)
class Promotion:
    """Who made which version the champion, when, why, and what was measured; prints itself.

    Attributes
    ----------
    version : Version
    by, why : str
    rounds : tuple of str
        The rounds on which it was judged.
    judged : str
        Whether the version itself was judged, or its twin fitted before these rounds.
    table : DataFrame
        against, metric, version, other, difference, low, high, verdict: ``"worse than"`` or ``"better than"`` where
        the whole interval (95 %, paired, clustered by household) says so, else ``"level with"``.
    agreement : mapping
        Of a refit and its twin on these rounds: rank correlation, and the share of households on both lists.
    left_out : tuple of str
        Baselines with which it was not compared, and why.
    capacity : float, int or mapping
        At which lists were compared.
    """

    version: Version
    by: str
    why: str
    rounds: tuple[str, ...]
    judged: str
    table: pd.DataFrame
    agreement: dict[str, float]
    left_out: tuple[str, ...] = ()
    capacity: Capacity = 0.02

    def frame(self) -> pd.DataFrame:
        """Return one row a comparison and metric."""
        return self.table.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        table = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        return {
            **vars(self),
            "version": vars(self.version),
            "rounds": list(self.rounds),
            "table": table,
        }

    def __repr__(self) -> str:
        return "\n".join([*self._head(), "", text_table(HEADER, self._cells())])

    def _repr_html_(self) -> str:
        return html_lines(self._head()) + html_table(HEADER, self._cells())

    def _cells(self) -> list[tuple[str, ...]]:
        return [_cell(row) for row in self.table[self.table["metric"].isin(SHOWN)].itertuples()]

    def _head(self) -> list[str]:
        lines = [
            f"{self.version.name} version {self.version.version} is {CHAMPION}: {self.why} ({self.by})",
            f"judged on what it has not seen, {_named(self.rounds)}: {self.judged}",
            f"precision of a list at capacity {capacity_text(self.capacity)}",
        ]
        if self.agreement:
            rank, both = self.agreement["rank_correlation"], self.agreement["list_overlap"]
            lines.append(
                f"version and twin agree: rank correlation {rank:.3f}, {100 * both:.0f} % on both lists"
            )
        return lines + [f"not compared with {baseline}" for baseline in self.left_out]


def promote(
    version: str | Version, on: Records, by: str, why: str, capacity: Capacity = 0.02
) -> Promotion:
    """Make a version the champion, if it stands the comparison on rounds that it has not seen.

    Parameters
    ----------
    version : str or Version
    on : Records
        Complete enough that some rounds after the version's training have mature labels; a refit has none, so its
        twin (the same recipe, fitted before the rounds on which it was judged when published) stands for it.
    by, why : str
        Who answers for it, and for what reason; both are kept with the version.
    capacity : float, int or mapping, default 0.02
        See `riskmodel.evaluate`.

    Returns
    -------
    Promotion

    Raises
    ------
    RegistryError
        Where AUC or average precision lies below those of a baseline fitted on the version's own rounds, or of the
        present champion on the same households and dates; the refusal is written down too.
    """
    require_reason(by, why)
    candidate = load(version)
    assert candidate.version is not None
    with open_registry() as registry:
        champion = _champion(registry, candidate.version)
    trial, left_out = Trial.of(candidate, on), list[str]()
    table = pd.concat(comparisons(trial, champion, on, capacity, left_out), ignore_index=True)
    promotion = Promotion(
        version=candidate.version,
        by=by,
        why=why,
        rounds=trial.judged,
        judged=trial.told,
        table=table,
        agreement=trial.agreement(capacity),
        left_out=tuple(left_out),
        capacity=capacity,
    )
    with open_registry() as registry:
        return _decided(registry, promotion)


def _decided(registry: Registry, promotion: Promotion) -> Promotion:
    """Write down what was measured, then, if nothing is worse, move the alias."""
    gated = promotion.table[promotion.table["metric"].isin(GATED)]
    measured = "; ".join(_line(row) for row in gated.itertuples())
    refusal = _refusal(promotion.version, gated)
    event = PROMOTED if refusal is None else REFUSED
    _log(registry, promotion, event)
    write_event(
        registry, promotion.version, event, by=promotion.by, why=promotion.why, measured=measured
    )
    if refusal is not None:
        raise refusal
    registry.client.set_registered_model_alias(
        promotion.version.name, CHAMPION, promotion.version.version
    )
    return promotion


def _refusal(version: Version, gated: pd.DataFrame) -> RegistryError | None:
    worse, unclear = gated[gated["verdict"] == WORSE], gated[gated["low"].isna()]
    found = worse if len(worse) else unclear
    if found.empty:
        return None
    return RegistryError(
        f"{version.name} version {version.version} is not promoted: {'; '.join(map(_line, found.itertuples()))}",
        code="promote.worse" if len(worse) else "promote.too_few",
        allowed="AUC and average precision not worse than a baseline's or the champion's, each with an interval",
        next_step="publish a model that stands the comparison, or the baseline itself"
        if len(worse)
        else "wait for more rounds with mature labels: there are too few outcomes to judge by",
    )


def _log(registry: Registry, promotion: Promotion, event: str) -> None:
    found = registry.client.get_model_version(promotion.version.name, promotion.version.version)
    with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
        number_of_events = sum(key.startswith("riskmodel.event.") for key in found.tags)
        path = Path(folder) / f"{event}_{number_of_events}.json"
        path.write_text(
            json.dumps(promotion.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8"
        )
        registry.client.log_artifact(found.run_id, str(path), "promotion")


def _champion(registry: Registry, candidate: Version) -> LoadedModel | None:
    number = aliases_of(registry, candidate.name).get(CHAMPION)
    if number is None or number == candidate.version:
        return None
    return load(resolve(registry, f"{candidate.name}@{CHAMPION}"))


def _line(row: Any) -> str:
    """Say one comparison: which metric, by how much, against what."""
    metric, value, verdict, against, difference, interval = _cell(row)
    return f"{metric} {value} is {verdict} {against} ({difference} {interval})"


def _cell(row: Any) -> tuple[str, ...]:
    interval = bracket(row.low, row.high) or str(row.note)
    return (
        NAMES[row.metric],
        number(row.version),
        row.verdict,
        row.against,
        number(row.difference),
        interval,
    )


def _named(rounds: tuple[str, ...]) -> str:
    return (
        f"round {rounds[0]}"
        if len(rounds) == 1
        else f"{len(rounds)} rounds {rounds[0]} to {rounds[-1]}"
    )
