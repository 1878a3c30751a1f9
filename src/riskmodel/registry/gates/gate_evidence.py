"""Gathers what gates check: scored rows, two fits of the recipe, and what the registry knows."""

from __future__ import annotations

from riskmodel.card import ModelCard
from riskmodel.evaluation import compare, scores_of
from riskmodel.evaluation.group_columns import group_columns, reported_groups
from riskmodel.evaluation.panel_rows import Among, judged, scored_rows
from riskmodel.explanation import explain, stability_of
from riskmodel.metrics import Capacity
from riskmodel.panel import Panel
from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.responsible import own_account, user_of
from riskmodel.registry.backend.version import PUBLISHED_BY_TAG, UNKNOWN, Version
from riskmodel.registry.events.event import PROMOTED, REFUSED
from riskmodel.registry.events.ledger import Ledger
from riskmodel.registry.gates.gate import Agreement, Conduct, Evidence, NamedRows
from riskmodel.registry.gates.holdout import HoldoutComparison, NamedScores, Opponents, table_of


def evidence_of(
    own: NamedScores,
    opponents: Opponents,
    test: Panel,
    capacity: Capacity,
    *,
    among: Among = "all",
    agreement: Agreement | None = None,
    conduct: Conduct | None = None,
) -> Evidence:
    """Return the evidence on scores of rows that their model has not seen.

    Parameters
    ----------
    own : NamedScores
        Those of the version.
    opponents : Opponents
    test : Panel
        The rows, with labels.
    capacity : Capacity
    among : {"all", "contacted"}
        See `riskmodel.evaluate`.
    agreement : Agreement, optional
        Of two fits of the recipe.
    conduct : Conduct, optional

    Returns
    -------
    Evidence
    """
    groups = reported_groups(test, group_columns(test, None))
    return Evidence(
        table=table_of(own, opponents.scored, test, capacity, among),
        rows=scored_rows(own.scores, test, capacity, among),
        champion=_champion(opponents, test, capacity, among),
        groups=groups.iloc[judged(test, among)],
        agreement=agreement,
        conduct=conduct or Conduct(),
    )


def _champion(
    opponents: Opponents, test: Panel, capacity: Capacity, among: Among
) -> NamedRows | None:
    """Return the rows as the champion scores and lists them."""
    if not opponents.has_champion:
        return None
    champion = opponents.scored[-1]
    return NamedRows(champion.name, scored_rows(champion.scores, test, capacity, among))


def agreement_of(holdout: HoldoutComparison, capacity: Capacity) -> Agreement | None:
    """Fit the recipe once more with another seed, and return how far both agree.

    None on another site, whose records do not hold the rows of the fit.
    """
    if holdout.external:
        return None
    first, test = holdout.scorer, holdout.test
    second = holdout.model.unfitted()
    seed = second.random_state
    second.random_state = seed + 1 if isinstance(seed, int) else 1
    second.fit(holdout.train)
    one = NamedScores(holdout.scores, "one fit")
    other = NamedScores(scores_of(second, test), "another fit")
    lists = compare(one, other, test, capacity, among=holdout.among).overlap
    rows = scored_rows(holdout.scores, test, capacity, holdout.among)
    listed = test.X.iloc[judged(test, holdout.among)[rows.inclusion > 0]]
    reasons = stability_of(explain(first, listed), explain(second, listed)).overlap
    return Agreement(lists=lists, reasons=reasons)


def conduct_of(
    registry: Registry, version: Version, card: ModelCard, by: str, data: str
) -> Conduct:
    """Return what the registry knows of how a version came to be judged.

    Parameters
    ----------
    registry : Registry
    version : Version
    card : ModelCard
        The version's.
    by : str
        Who promotes.
    data : str
        The digest of the outcomes on which it is judged.
    """
    chain = Ledger(registry, version.name).chain
    judged_too = {
        event.version
        for event in chain.events
        if event.event in (PROMOTED, REFUSED) and event.judged_on == data
    }
    published, user = chain.publication_of(version.version), user_of(registry)
    tags = registry.client.get_model_version(version.name, version.version).tags
    # a tag can be changed without a trace, an event cannot
    published_by = published.by or tags.get(PUBLISHED_BY_TAG, UNKNOWN)
    return Conduct(
        published_by="" if published_by == UNKNOWN else published_by,
        promoted_by=by,
        account=user or own_account(),
        published_as=published.account,
        promoted_as=user,
        asked_before=len(judged_too - {version.version}),
        questions=card.leak_questions,
    )
