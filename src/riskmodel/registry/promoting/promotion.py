"""Promotes a version to champion if it passes the gates on rounds that it has not seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from riskmodel.doors import door
from riskmodel.evaluation.estimates import EVERY_ROW
from riskmodel.evaluation.judged_before import digest_of_judged
from riskmodel.evaluation.panel_rows import Among
from riskmodel.evaluation.text_tables import html_lines, html_table, text_table
from riskmodel.metrics import Capacity, CapacityLike, Use, metrics_used_in
from riskmodel.panel import Panel
from riskmodel.records import Records
from riskmodel.registry.backend.connection import existing_registry
from riskmodel.registry.backend.responsible import require_reason, require_words
from riskmodel.registry.backend.version import CHAMPION, Version
from riskmodel.registry.events.event import Event
from riskmodel.registry.events.ledger import Ledger, deciding
from riskmodel.registry.gates.comparison_gates import cells_of
from riskmodel.registry.gates.gate import GateResult
from riskmodel.registry.gates.gate_evidence import agreement_of, conduct_of, evidence_of
from riskmodel.registry.gates.gate_sets import Thresholds, gates_with, refusal_of, stopping
from riskmodel.registry.gates.holdout import COLUMNS, ComparedMetric, HoldoutComparison
from riskmodel.registry.gates.stated_overrides import checked_overrides
from riskmodel.registry.promoting.deciding import Asked, decided, show_approval
from riskmodel.registry.promoting.opponents import opponent
from riskmodel.registry.reading.loaded_model import LoadedModel
from riskmodel.registry.reading.loading import load
from riskmodel.scoring import checked_capacity, recorded_capacity
from riskmodel.versions import source_digest

HEADER = ("metric", "version", "is", "against", "by", "95 % interval", "could be")


@dataclass(frozen=True, eq=False, repr=False)
class Promotion:
    """Who made which version the champion, when, why, and what was measured; prints itself.

    Attributes
    ----------
    version : Version
    by, why : str
    rounds : tuple of str
        The rounds on which it was compared.
    judged : str
        Whether the version itself was compared, or its backtest refit, fitted before these rounds.
    table : DataFrame
        against, metric, version, other, difference, low, high, verdict, at_worst: ``"worse than"``
        or ``"better than"`` where the whole interval (95 %, paired, clustered by household) says
        so, ``"level with"`` where it rules out that the version is worse by more than the metric's
        margin, else ``"not told apart from"``; and how much worse it could be.
    agreement : mapping
        Of a version and its backtest refit on these rounds: rank correlation, and the share of
        households on both lists. Empty if the version itself was compared.
    left_out : tuple of str
        Baselines with which it was not compared, and why.
    gates : tuple of GateResult
        The result of each gate that was asked.
    thresholds : str
        In what the gates differed from the default set.
    overridden : mapping of str to str
        The gates that stopped it and were overridden, and why.
    capacity : Capacity
        At which lists were compared; areas of few households share that of ``"other"``.
    site : str
        Whose records it was compared on.
    external : str
        On another site's records: why no household is one of the fit's; else empty.
    notes : tuple of str
        What makes outcomes of these rounds doubtful, and in what the records and rows differ from
        those of the fit.
    is_repeated : bool
        Whether it was champion already, so that nothing was written. `by` and `why` are those by
        which it became champion; where that was known before anything was judged, there are no
        rounds, gates and rows of the table.
    labels : str
        Under which labels the figures stand.
    head : str
        Of the name's history after the promotion; for a log of one's own.
    """

    version: Version
    by: str
    why: str
    rounds: tuple[str, ...]
    judged: str
    table: pd.DataFrame
    agreement: dict[str, float]
    capacity: Capacity
    left_out: tuple[str, ...] = ()
    gates: tuple[GateResult, ...] = ()
    thresholds: str = ""
    overridden: Mapping[str, str] = field(default_factory=dict)
    site: str = ""
    external: str = ""
    notes: tuple[str, ...] = ()
    is_repeated: bool = False
    labels: str = EVERY_ROW
    head: str = ""

    @property
    def gates_stated(self) -> list[str]:
        """What was stated of the gates: thresholds other than the default ones, and overrides."""
        changed = [f"gates in place of the default ones: {self.thresholds}"]
        overridden = [f"gate {name} overridden: {why}" for name, why in self.overridden.items()]
        return [*(changed if self.thresholds else []), *overridden]

    def frame(self) -> pd.DataFrame:
        """Return one row per opponent and metric."""
        return self.table.copy()

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        table = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        return {
            **vars(self),
            "version": vars(self.version),
            "rounds": list(self.rounds),
            "gates": [result.to_dict() for result in self.gates],
            "overridden": dict(self.overridden),
            "capacity": self.capacity.value,
            "table": table,
        }

    def __repr__(self) -> str:
        table = [] if self.table.empty else ["", text_table(HEADER, self._cells())]
        return "\n".join([*self._head(), *table])

    def _repr_html_(self) -> str:
        table = "" if self.table.empty else html_table(HEADER, self._cells())
        return html_lines(self._head()) + table

    def _cells(self) -> list[tuple[str, ...]]:
        names = [metric.name for metric in metrics_used_in(Use.PROMOTION)]
        printed = self.table[self.table["metric"].isin(names)]
        return [cells_of(row) for row in ComparedMetric.of(printed)]

    def _head(self) -> list[str]:
        version = f"{self.version.name} version {self.version.version}"
        already = " already, and nothing was written" if self.is_repeated else ""
        lines = [f"{version} is {CHAMPION}{already}: {self.why} ({self.by})"]
        if self.rounds:
            lines += [
                f"judged on what it has not seen, {_named(self.rounds)}: {self.judged}",
                f"precision of a list at capacity {self.capacity}; "
                "intervals are for households and lists like these",
            ]
        if self.labels != EVERY_ROW:
            lines.append(self.labels)
        if self.agreement:
            rank, both = self.agreement["rank_correlation"], self.agreement["list_overlap"]
            lines.append(
                f"version and backtest refit agree: rank correlation {rank:.3f}, "
                f"{100 * both:.0f} % on both lists"
            )
        lines += [f"not compared with {baseline}" for baseline in self.left_out]
        lines += self.notes
        lines += [str(result) for result in self.gates if result.is_told]
        return [*lines, *self.gates_stated]


@door
def promote(
    version: str | Version,
    on: Records,
    by: str,
    why: str,
    capacity: CapacityLike | None = None,
    gates: str | Thresholds | None = None,
    *,
    override: Mapping[str, str] | None = None,
    external: str | Panel | None = None,
    accept_feeds: Iterable[str] = (),
    rules: Sequence[str] | None = None,
    among: Among = "all",
    digest: str | None = None,
    damaged_champion: str | None = None,
) -> Promotion:
    """Make a version the champion if it passes all gates on rounds that it has not seen.

    A version that is champion by its last event is not judged again: it is said that it is, and
    nothing is written. The same call that was refused, with nothing of that name decided in
    between, judges again but writes no second event.

    Parameters
    ----------
    version : str or Version
    on : Records
        Complete enough that some rounds after the version's training have mature labels. A refit
        has no such rounds: its backtest refit is compared (the same recipe, fitted before the
        rounds on which it was evaluated when published). Of another site every round with a mature
        label is one: this very version is compared there, with baselines fitted on that site's
        earlier rounds.
    by, why : str
        Who is responsible, and for what reason. Both are kept with the version.
    capacity : float, int or mapping, optional
        See `riskmodel.evaluate`; by default that at which the version was evaluated.
    gates : str or mapping of str to float, optional
        A set of gates: ``"default"``, or ``"korea"``, which asks more and refuses what too few
        outcomes tell. Or thresholds in place of the default ones, by the name of the gate:
        ``{"auc": -0.1}`` lets a version pass of which the interval rules out more than 0.1 worse.
    override : mapping of str to str, optional
        By the name of a gate that stops the version, the reason for which it is promoted all the
        same. It is written down and printed.
    external : str or Panel, optional
        For another site's records, which need it; see `riskmodel.evaluate`.
    accept_feeds : list of str
        Indicators of the fit that may be missing from the records altogether.
    rules : list of str, optional
        One-line rules with which it is compared beside the baselines; see `riskmodel.backtest`. By
        default those of the version's experiment.
    damaged_champion : str, optional
        Where the files of the present champion are no longer what was published, so that nothing
        can be compared with it: why a version may take its place all the same. It is kept with the
        event.
    among : {"all", "contacted"}
        See `riskmodel.evaluate`. Where chances on record do not identify a metric, its gate does
        not pass.
    digest : str, optional
        The artefact's digest that the version must have; see `load`.

    Returns
    -------
    Promotion

    Raises
    ------
    RegistryError
        If a gate stops the version and is not overridden; the refusal is recorded, too. Also for an
        unknown gate or set, and for an override of a gate that is not asked.
    ConfigError, PanelError, RecordsError
        For an empty ``by`` or ``why``, and for records that differ from those of the fit, as for
        `riskmodel.evaluate`.
    """
    require_reason(by, why, on)
    if damaged_champion is not None:
        require_words("damaged_champion", damaged_champion, on)
    chosen = gates_with(gates)
    stated = checked_overrides(override, chosen, on)
    given = None if capacity is None else checked_capacity(capacity, on)
    candidate = load(version, digest)
    assert candidate.version is not None
    checked = given or checked_capacity(candidate.settings.capacity, on)
    number = candidate.version.version
    with existing_registry() as registry:
        with deciding(registry, candidate.version.name) as ledger:
            present, against = ledger.aliases.get(CHAMPION), ledger.compared_champion(number)
            made, repairs = ledger.made_champion(number), tuple(ledger.repairs)
            if made is not None:
                show_approval(registry, ledger)
        champion, damage = opponent(registry, candidate.version, against, damaged_champion)
        if made is not None:
            return _already_champion(candidate, made, checked, ledger)

    holdout = HoldoutComparison.of(candidate, on, external, accept_feeds, among)
    compared = candidate.settings.rules if rules is None else rules
    opponents = holdout.opponents(champion, on, compared)
    data = digest_of_judged(holdout.test)
    with existing_registry() as registry:
        conduct = conduct_of(registry, candidate.version, candidate.card, by, data)
    evidence = evidence_of(
        holdout.named,
        opponents,
        holdout.test,
        checked,
        among=among,
        agreement=agreement_of(holdout, checked) if chosen.needs_second_fit else None,
        conduct=conduct,
    )
    results = tuple(gate.result(evidence) for gate in chosen.gates)
    stopped = stopping(results, refuses_too_few=chosen.refuses_too_few)
    overridden = {
        one.gate.name: stated[one.gate.name] for one in stopped if one.gate.name in stated
    }
    needless = [
        f"the override of gate {name} was not needed, and is not kept"
        for name in stated
        if name not in overridden
    ]
    promotion = Promotion(
        version=candidate.version,
        by=by,
        why=why,
        rounds=holdout.rounds,
        judged=holdout.judged,
        table=evidence.table,
        agreement=holdout.agreement(checked),
        left_out=(*opponents.left_out, *damage),
        gates=results,
        thresholds=chosen.told,
        overridden=overridden,
        capacity=recorded_capacity(checked, on, holdout.test.as_of, holdout.test.area),
        site=on.site,
        external=holdout.external,
        notes=(*holdout.notes, *opponents.notes, *needless),
        labels=holdout.labels,
    )
    left = [one for one in stopped if one.gate.name not in overridden]
    refusal = refusal_of(candidate.version, left)
    asked = _digest_of(promotion, on, compared)
    told = replace(promotion, notes=(*promotion.notes, *repairs))
    with existing_registry() as registry:
        return decided(registry, told, refusal, Asked(asked, data), present)


def _already_champion(
    candidate: LoadedModel, made: Event, capacity: Capacity, ledger: Ledger
) -> Promotion:
    """Return that a version is champion, by whom and why; nothing is judged or written."""
    assert candidate.version is not None
    return Promotion(
        version=replace(candidate.version, alias=CHAMPION),
        by=made.by,
        why=made.why,
        rounds=(),
        judged="",
        table=pd.DataFrame(columns=COLUMNS),
        agreement={},
        capacity=capacity,
        notes=("nothing was judged: its history tells by what it passed", *ledger.repairs),
        is_repeated=True,
        head=ledger.chain.head,
    )


def _digest_of(promotion: Promotion, on: Records, rules: Sequence[str]) -> str:
    """Return what a promotion was asked to decide, and by which program, as a sha256."""
    parts = {
        "who": [promotion.by, promotion.why],
        "records": [on.digest, promotion.site, promotion.external, promotion.notes],
        "rounds": [promotion.rounds, promotion.judged],
        "lists": [str(promotion.capacity), list(rules)],
        "labels": promotion.labels,
        "gates": {result.gate.name: result.gate.threshold for result in promotion.gates},
        "overridden": dict(promotion.overridden),
        "source": source_digest(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _named(rounds: tuple[str, ...]) -> str:
    if len(rounds) == 1:
        return f"round {rounds[0]}"
    return f"{len(rounds)} rounds {rounds[0]} to {rounds[-1]}"
