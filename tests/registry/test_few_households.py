"""Figures of fewer than ten households are not published."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import RegistryError


def few(panel: rm.Panel, households: int) -> rm.Panel:
    """The rows of so many households, a crisis among them."""
    ids = panel.households[np.argsort(-panel.y.to_numpy(), kind="stable")].unique()
    return panel[panel.households.isin([*ids[:2], *ids[-households + 2 :]])]


def of_nine(what: str, study: SimpleNamespace) -> dict[str, Any]:
    """What is published, one part of it of nine households."""
    parts = {"model": study.model, "evaluation": study.evaluation}
    nine = few(study.test, 9)
    if what == "the fit":
        model = rm.make_classifier(study.panel).fit(few(study.train, 9))
        return {"model": model, "evaluation": rm.evaluate(model, study.test)}
    if what == "the evaluation":
        return parts | {"evaluation": rm.evaluate(study.model, nine)}
    if what == "the reference":
        return parts | {"reference": nine}
    elsewhere = rm.make_households(9, random_state=4).replace(site="the other city")
    judged = rm.evaluate(
        study.model, elsewhere, external="another city", accept_feeds=["suicide_related"]
    )
    return parts | {"external": [judged]}


@pytest.mark.parametrize(
    "what", ["the fit", "the evaluation", "the reference", "external evaluation 1"]
)
def test_figures_of_nine_households_are_not_published(
    study: SimpleNamespace, tmp_path: Path, what: str, mended: Note
) -> None:
    parts = of_nine(what, study)
    with pytest.raises(RegistryError, match=rf"tell of one of them: {what}\. Allowed") as error:
        rm.save(**parts, folder=tmp_path / "model")
    assert error.value.code == "registry.few_households"
    assert not (tmp_path / "model").exists()
    mended("personal data", tried=f"{what} is of 9 households",
           before="published", now=error.value.code)  # fmt: skip


def test_rounds_make_no_households(study: SimpleNamespace, tmp_path: Path) -> None:
    nine = few(study.train, 9)
    assert len(nine) > 50
    with pytest.raises(RegistryError, match="tell of one of them: the reference"):
        rm.save(study.model, study.evaluation, tmp_path / "model", reference=nine)


def test_a_reference_of_ten_households_is_published(study: SimpleNamespace, tmp_path: Path) -> None:
    ten = few(study.train, 10)
    folder = rm.save(study.model, study.evaluation, tmp_path / "model", reference=ten)
    quantiles = rm.open(folder).reference_.quantiles
    assert quantiles == pytest.approx([study.model.margin(ten).mean()], rel=1e-3)


def test_an_evaluation_of_several_rounds_has_means_of_ten_households(
    study: SimpleNamespace, tmp_path: Path
) -> None:
    train, test = rm.TemporalSplit(test_rounds=3).last(study.panel)
    model = rm.make_classifier(study.panel, "logistic").fit(train)
    evaluation = rm.evaluate(model, test, capacity=0.05)
    folder = rm.save(model, evaluation, tmp_path / "model")
    assert len(rm.open(folder).reference_.quantiles) == len(test) // 30
