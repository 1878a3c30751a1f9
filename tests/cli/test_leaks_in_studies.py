"""Three noisy copies of the outcome are named in each study, and no column that it had."""

from __future__ import annotations

from pathlib import Path

import pytest

import riskmodel as rm
from noisy_copies import COPIES, with_copies
from riskmodel.cli.configs import compose
from riskmodel.cli.studies import panel_of, read, split_of
from riskmodel.evaluation.leaking_columns import leaking_columns
from riskmodel.evaluation.leaking_names import leaking_names
from riskmodel.evaluation.replayed import replayed

STUDIES = ("gsoep_poverty", "gsoep_entry", "nyc_evictions", "uci_new_arrears", "uci_default")

pytestmark = [pytest.mark.records, pytest.mark.slow]


@pytest.fixture(scope="module", params=STUDIES)
def study(
    request: pytest.FixtureRequest, real_records: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[rm.Panel, rm.Panel, rm.Panel]:
    """All rows of a study, its training rows and its test rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKMODEL_DATA", str(real_records))
        patch.chdir(tmp_path_factory.mktemp("study"))
        config = compose("train", [f"experiment={request.param}"])
        panel = panel_of(read(config), config)
    return (panel, *split_of(config["split"]).last(panel))


def test_each_copy_is_named(study: tuple[rm.Panel, rm.Panel, rm.Panel]) -> None:
    panel, _, test = study
    for rows in (panel, test):
        assert set(leaking_columns(with_copies(rows)).named) == set(COPIES)


def test_no_column_of_the_study_is_named(study: tuple[rm.Panel, rm.Panel, rm.Panel]) -> None:
    panel, _, test = study
    for rows in (panel, test):
        assert leaking_columns(rows).joined(leaking_names(rows)).questions == ()


def test_the_round_judged_is_built_again_the_same(
    study: tuple[rm.Panel, rm.Panel, rm.Panel],
) -> None:
    _, _, test = study
    leaks = replayed(test)
    assert leaks.questions == ()
    assert leaks.unasked == ()


def test_a_model_of_the_study_and_its_test_rows_give_no_question(
    study: tuple[rm.Panel, rm.Panel, rm.Panel],
) -> None:
    _, train, test = study
    model = rm.make_classifier(train, seeds=1).fit(train)
    assert rm.evaluate(model, test).leaks.questions == ()
