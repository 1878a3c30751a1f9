"""The same experiment is known again: by records, configuration, source and libraries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pytest
from tests.mended import Note

import riskmodel as rm
from riskmodel.registry import experiment_digest, published_before
from riskmodel.registry.backend.connection import open_registry
from riskmodel.versions import PACKAGE, digest_of_folder

ONE = {"capacity": {"contacts": {"north": 3}}, "name": "crisis"}
OTHER = {"capacity": {"contacts": {"north": 4}}, "name": "crisis"}


def test_only_the_same_experiment_was_published_before(
    registry: Path, study: SimpleNamespace
) -> None:
    recipe = study.panel.recipe
    one = experiment_digest(recipe, ONE)
    assert published_before("crisis", one) is None
    rm.publish(study.model, study.evaluation, "crisis", configuration=ONE)
    rm.publish(study.model, study.evaluation, "crisis")

    found = published_before("crisis", one)
    assert repr(found) == (
        "crisis: already published as version 1, and no alias was moved; challenger is version 2"
    )
    assert published_before("other name", one) is None
    with open_registry() as opened:
        opened.client.delete_registered_model_alias("crisis", "challenger")
    assert "challenger is no version" in repr(published_before("crisis", one))


def publish_without_alias(study: SimpleNamespace) -> None:
    """Publish, and break off where the alias would be set."""

    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(mlflow.MlflowClient, "set_registered_model_alias", break_off)
        with pytest.raises(KeyboardInterrupt):
            rm.publish(study.model, study.evaluation, "crisis", configuration=ONE)


def test_a_version_whose_run_was_killed_before_its_alias_is_named_by_the_next(
    registry: Path, study: SimpleNamespace, mended: Note
) -> None:
    one = experiment_digest(study.panel.recipe, ONE)
    rm.publish(study.model, study.evaluation, "crisis")
    publish_without_alias(study)
    assert rm.load("crisis@challenger").version.version == "1"

    told = repr(published_before("crisis", one))
    assert rm.load("crisis@challenger").version.version == "2"
    assert told == (
        "crisis: already published as version 2 by a run that broke off before the alias was set; "
        "it is challenger now"
    )
    again = repr(published_before("crisis", one))
    assert again.endswith("and no alias was moved; challenger is version 2")
    mended(
        "killed",
        tried="train, between the version and its alias",
        before="already published as version 2; challenger stayed version 1, or none, for ever",
        now=told,
    )


def test_a_version_left_unnamed_steps_behind_what_was_published_since(
    registry: Path, study: SimpleNamespace
) -> None:
    publish_without_alias(study)
    rm.publish(study.model, study.evaluation, "crisis")
    told = repr(published_before("crisis", experiment_digest(study.panel.recipe, ONE)))
    assert told.endswith("version 1, and no alias was moved; challenger is version 2")


def test_whatever_an_outcome_depends_on_makes_another_experiment(study: SimpleNamespace) -> None:
    recipe = study.panel.recipe
    same = experiment_digest(recipe, dict(reversed(ONE.items())))
    assert same == experiment_digest(recipe, ONE)
    elsewhere = {"output": "tables", "data": {"root": "/srv"}, "again": True, "registry": None}
    assert same == experiment_digest(recipe, ONE | elsewhere)
    others = [
        experiment_digest(recipe, OTHER),
        experiment_digest(replace(recipe, data="other records"), ONE),
        experiment_digest(replace(recipe, rounds=recipe.rounds[1:]), ONE),
        experiment_digest(replace(recipe, site="elsewhere"), ONE),
    ]
    assert len({same, *others}) == 5


def test_every_change_of_the_source_changes_its_digest(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    file = tmp_path / "room" / "a.py"
    file.write_text("x = 1")
    digests = [digest_of_folder(PACKAGE), digest_of_folder(tmp_path)]
    (tmp_path / "room" / "a.pyc").write_bytes(b"compiled")
    assert digest_of_folder(tmp_path) == digests[-1]
    file.write_text("x = 2")
    digests.append(digest_of_folder(tmp_path))
    file.rename(tmp_path / "room" / "b.py")
    digests.append(digest_of_folder(tmp_path))
    assert len(set(digests)) == 4
