"""No table, print or picture of an explanation names what is sensitive, and each still adds up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.explanation import Explanation
from riskmodel.indicators import Catalogue

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of shap's import

# of the families, health has suicide alone
SECRETS = re.compile(r"violence|suicide|(?<![\w ])health(?![\w ])", re.IGNORECASE)
SENSITIVE = "sensitive information"

Table = Callable[..., pd.DataFrame]


def of_shap(one: Explanation, **asked: bool) -> pd.DataFrame:
    shaps = one.to_shap(**asked)
    return pd.DataFrame(shaps.values, columns=shaps.feature_names)


def of_frame(one: Explanation, **asked: bool) -> pd.DataFrame:
    tidy = one.frame(**asked)
    rows = np.repeat(np.arange(len(one)), len(tidy) // len(one))
    return tidy.assign(row=rows).pivot(index="row", columns=one.by, values="contribution")


TABLES: dict[str, Table] = {
    "by_indicator()": Explanation.by_indicator,
    "by_family()": Explanation.by_family,
    "frame()": of_frame,
    "to_shap()": of_shap,
}
CHOSEN: dict[str, Callable[[Explanation], Explanation]] = {
    "household(id)": lambda all_rows: all_rows.household(all_rows.log_odds.index[0][0]),
    "one position": lambda all_rows: all_rows[0],
    "all rows": lambda all_rows: all_rows,
}


@pytest.fixture(scope="module")
def explained(study: SimpleNamespace) -> Explanation:
    return rm.explain(study.models["lightgbm"], study.panel)


def names_secrets(text: str) -> bool:
    return SECRETS.search(text) is not None


@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("table", TABLES)
def test_a_table_sums_what_is_sensitive_unless_it_is_asked_for(
    explained: Explanation, table: str, chosen: str, mended: Note
) -> None:
    one = CHOSEN[chosen](explained)
    found, asked = TABLES[table](one), TABLES[table](one, masked=False)
    assert not names_secrets(found.to_csv())
    assert names_secrets(asked.to_csv())
    assert np.allclose(one.base + found.sum(axis=1), one.log_odds, atol=1e-9)

    hidden = [name for name in asked if name not in found.columns]
    assert np.allclose(found[SENSITIVE], asked[hidden].sum(axis=1), atol=1e-12)
    mended(
        "reasons",
        tried=f"{table} of an explanation, {chosen}",
        before="it names domestic_violence",
        now=f"{SENSITIVE!r} in place of {len(hidden)} parts: {not names_secrets(found.to_csv())}",
    )


@pytest.mark.parametrize("chosen", CHOSEN)
def test_contributions_and_prints_sum_it_too(
    explained: Explanation, chosen: str, mended: Note
) -> None:
    one = CHOSEN[chosen](explained)
    texts = [one.contributions.to_csv(), one.summary().to_csv(), repr(one), one._repr_html_()]
    assert not any(map(names_secrets, texts))
    assert all(SENSITIVE in text for text in texts[:2])
    assert names_secrets(one.summary(masked=False).to_csv())
    assert np.allclose(one.base + one.contributions.sum(axis=1), one.log_odds, atol=1e-9)
    mended(
        "reasons",
        tried=f"contributions, summary, print and page of an explanation, {chosen}",
        before="all but the print of one household name domestic_violence",
        now=f"texts that name it: {sum(map(names_secrets, texts))}",
    )


@pytest.mark.parametrize("by", ["indicator", "family"])
def test_parts_that_were_summed_inside_the_tables_are_masked_alike(
    study: SimpleNamespace, by: str
) -> None:
    found = rm.explain(study.models["lightgbm"], study.panel, by=by)
    names = str(found.to_shap().feature_names)
    texts = [found.contributions.to_csv(), found.frame().to_csv(), names]
    assert not any(map(names_secrets, [*texts, repr(found[0])]))
    assert all(SENSITIVE in text for text in texts)
    assert names_secrets(found.frame(masked=False).to_csv())
    assert np.allclose(found.base + found.contributions.sum(axis=1), found.log_odds, atol=1e-9)


def test_the_value_of_what_is_sensitive_is_not_told(explained: Explanation) -> None:
    tidy = explained.frame().set_index("feature")
    assert tidy.loc[SENSITIVE, "value"].isna().all()
    assert (tidy.loc[SENSITIVE, "indicator"] == SENSITIVE).all()
    counted = explained.frame(masked=False).set_index("feature")
    own = "loan_overdue__count__6M"
    assert np.array_equal(tidy.loc[own, "value"], counted.loc[own, "value"], equal_nan=True)

    data: Any = explained.to_shap().data
    assert data.shape == explained.contributions.shape
    assert np.isnan(data[:, -1]).all()


def test_a_model_without_sensitive_indicators_is_shown_as_it_is(explained: Explanation) -> None:
    plain = replace(explained, catalogue=Catalogue(()))
    assert plain.contributions is plain.unmasked
    assert plain.frame().equals(plain.frame(masked=False))


def test_an_unseen_category_of_what_is_sensitive_is_counted_without_its_name(
    explained: Explanation,
) -> None:
    unseen = np.zeros(explained.matrix.shape, dtype=bool)
    names = [column["name"] for column in explained.columns]
    unseen[:2, names.index("domestic_violence__count__6M")] = True
    text = repr(replace(explained, unseen=unseen))
    assert not names_secrets(text)
    assert "2 rows" in text
    assert SENSITIVE in text.split("\n\n")[0]


def test_a_beeswarm_has_one_band_for_what_is_sensitive(
    explained: Explanation, mended: Note
) -> None:
    pytest.importorskip("matplotlib", reason="the plot extra is not installed")
    swarm = rm.displays.BeeswarmDisplay.from_explanation
    explained = explained[:500]
    table = swarm(explained, top=50).frame()
    assert not names_secrets(table.to_csv())
    dots = table[table["feature"] == SENSITIVE]
    assert np.allclose(dots["contribution"], explained.contributions[SENSITIVE])
    assert dots[["value", "level"]].isna().all(axis=None)
    asked = swarm(explained, top=50, masked=False).frame()
    assert names_secrets(asked.to_csv())
    mended(
        "pictures",
        tried="a beeswarm of sensitive indicators",
        before="bands domestic_violence__count__6M, ...",
        now=f"bands that name it: {sum(map(names_secrets, table['feature'].unique()))}",
    )
