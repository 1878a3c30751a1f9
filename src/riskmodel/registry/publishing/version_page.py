"""The page of a published version: of its run, and the descriptions of version and model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from riskmodel.card.figure_tables import with_headings
from riskmodel.registry.artefacts.artefact import fit_params
from riskmodel.registry.artefacts.kept_configuration import kept
from riskmodel.registry.run_pages.logged_figures import COLUMNS, figures_of, rows_judged, tables_of
from riskmodel.registry.run_pages.pictures import (
    Pictures,
    of_contributions,
    of_figures,
    of_groups,
)
from riskmodel.registry.run_pages.run_page import (
    LONGEST_NOTE,
    PUBLICATION_RUN,
    Input,
    RunPage,
    flattened,
)
from riskmodel.versions import locked

if TYPE_CHECKING:
    from riskmodel.card import ModelCard
    from riskmodel.registry.publishing.publication import Publication

_CLASSIFIER = "classifier."


def version_page(publication: Publication, card: ModelCard) -> RunPage:
    """Return the page of the run of a version.

    Parameters
    ----------
    publication : Publication
    card : ModelCard
        The version's own.
    """
    evaluation, configuration = publication.evaluation, kept(publication.configuration or {})
    drawn = Pictures.of(
        {
            **of_figures(evaluation),
            **of_groups(evaluation),
            **of_contributions(publication.model, publication.reference),
        }
    )
    return RunPage(
        name=publication.name,
        kind=PUBLICATION_RUN,
        note=card.summary(publication.lang, LONGEST_NOTE - len(drawn.told)) + drawn.told,
        params=_params(publication, configuration),
        metrics=figures_of(evaluation),
        inputs=_inputs(publication),
        files={
            **tables_of(evaluation, groups=True),
            **_baselines(publication),
            "configuration.json": _json(configuration),
            "libraries.txt": locked(),
        },
        pictures=drawn.files,
    )


def _params(publication: Publication, configuration: Mapping[str, object]) -> dict[str, str]:
    """Return the configuration of the experiment, and what the model was fitted with."""
    model = publication.model
    fitted = {"kind": model.kind, **fit_params(model)}
    return flattened(configuration) | flattened(fitted, _CLASSIFIER)


def _inputs(publication: Publication) -> tuple[Input, ...]:
    """Return the rows of the fit and those judged: digests and shapes."""
    model, evaluation = publication.model, publication.evaluation
    training, recipe = model.training_, model.recipe_
    columns = {
        column.name: "double" if column.categories is None else "string"
        for column in model.columns_
    }
    fit = Input(
        "rows of the fit",
        recipe.data if recipe is not None else training["keys"],
        "training",
        {"num_rows": training["rows"], "rounds": list(training["rounds"])},
        columns,
    )
    return tuple(one for one in (fit, rows_judged(evaluation)) if one.digest)


def _baselines(publication: Publication) -> dict[str, str]:
    backtest = publication.backtest
    if backtest is None:
        return {}
    pooled = with_headings(backtest.table[backtest.table["split"].eq("pooled")])
    shown = pooled[[name for name in ("model", *COLUMNS) if name in pooled]]
    return {"figures/baselines.csv": shown.to_csv(index=False)}


def _json(content: Mapping[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
