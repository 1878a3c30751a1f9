"""trace_household: what was seen of one household, what it came to, and why it is on the list or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.errors import RecordsError
from riskmodel.explanation import Explanation, explain
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, as_days, as_texts
from riskmodel.metrics import Capacity, CapacityLike
from riskmodel.models import RiskModel, check_language, standing_of
from riskmodel.records import Records
from riskmodel.scoring.household_facts import facts_of
from riskmodel.scoring.household_trace import LISTED, NOT_IN_COHORT, NOT_LISTED, Trace
from riskmodel.scoring.membership import conditions_not_met, panel_of_one
from riskmodel.scoring.notes import compared_note, written
from riskmodel.scoring.ranking import Round, rank_round, recipe_of, records_by_recipe
from riskmodel.scoring.round_capacity import checked_capacity
from riskmodel.serving import LANGUAGES


def trace_household(
    model: RiskModel,
    records: Records,
    as_of: DateLike,
    household: str,
    capacity: CapacityLike = 0.02,
    *,
    lang: str = "en",
    top: int = 3,
    masked: bool = True,
) -> Trace:
    """Explain one household's score on one date, listed or not.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted on a panel built from records.
    records : Records
        They may hold more than was known on the date: what was not visible yet is marked so.
    as_of : date-like
        The morning of the round.
    household : str
        Its household_id; any household of the records, listed or not.
    capacity : float, int or mapping, default 0.02
        Of the round's list.
    lang : {"en", "ko"}
    top : int, default 3
        Reasons at most.
    masked : bool, default True
        Whether sensitive indicators are named as "sensitive information" only, in facts and features, too.

    Returns
    -------
    Trace

    Raises
    ------
    RecordsError
        If the records hold nothing of the household.
    ConfigError, ModelError, PanelError
        As for `score_round`.
    """
    check_language(lang)
    household, day, recipe = as_texts([household])[0], str(as_days(as_of)), recipe_of(model)
    checked = checked_capacity(capacity, records)
    facts = facts_of(records, household, day)
    if facts.empty:
        raise RecordsError(
            f"the records hold nothing of this {records.household}",
            code="scoring.no_household",
            next_step="check the id: ids are text, 00123 is not 123",
        )
    scored = rank_round(model, records, day, checked)
    mine = scored.table[scored.table[HOUSEHOLD] == household]
    if len(mine):
        X = scored.panel.X.loc[pd.MultiIndex.from_frame(mine[[HOUSEHOLD, AS_OF]])]
        status, because = _on_the_list(scored, mine.iloc[0], checked)
    else:
        X = panel_of_one(records, recipe, household, day).X
        status, because = NOT_IN_COHORT, conditions_not_met(records, recipe, household, day)
    explanation = explain(model, X)
    margin = float(model.margin(X)[0])
    words = _Words(explanation, records_by_recipe(recipe, records).catalogue, lang, masked)
    writer = explanation.reason_writer
    told = writer.reasons(
        explanation.matrix, explanation.by_indicator().to_numpy(), lang, top, masked=masked
    )[0]
    return Trace(
        household=household,
        as_of=day,
        model=model.title,
        status=status,
        because=because,
        standing=_standing(model, scored, mine, margin, checked),
        facts=words.facts(facts),
        features=words.features(),
        contributions=words.contributions(),
        base=explanation.base,
        reasons=tuple(reason["text"] for reason in told),
        missing=tuple(writer.missing(explanation.matrix, lang)[0]),
        notes=written([*scored.notes, compared_note("trace_compared", explanation, lang)], lang),
    )


@dataclass(frozen=True)
class _Words:
    """Facts, features and contributions in one language, sensitive ones hidden if asked for."""

    explanation: Explanation
    catalogue: Catalogue
    lang: str
    masked: bool

    def facts(self, facts: pd.DataFrame) -> pd.DataFrame:
        used = {c["indicator"] or c["name"] for c in self.explanation.columns}
        told = facts.assign(used=facts["code"].isin(used) & facts["visible"])
        known = {code: self.catalogue.get(code) for code in told["code"].unique()}
        told.insert(0, "indicator", [self._name(code) for code in told["code"]])
        told.insert(
            1, "agency", [one.agency if (one := known[code]) else "" for code in told["code"]]
        )
        hidden = np.array([self._hides(code) for code in told["code"]], dtype=bool)
        told.loc[hidden, ["agency", "text"]] = ""
        told.loc[hidden, "value"] = np.nan
        return told.drop(columns="code").reset_index(drop=True)

    def features(self) -> pd.DataFrame:
        columns, x = self.explanation.columns, self.explanation.matrix[0]
        table = pd.DataFrame(
            {
                "feature": [c["name"] for c in columns],
                "indicator": [self._name(c["indicator"] or c["name"]) for c in columns],
                "value": x,
                "contribution": self.explanation.contributions.iloc[0].to_numpy(),
            }
        )
        hidden = np.array([self._hides(c["indicator"]) for c in columns], dtype=bool)
        if not hidden.any():
            return table
        name = LANGUAGES[self.lang].words["sensitive"]
        last = {"feature": name, "indicator": name, "value": np.nan}
        total = pd.DataFrame([last | {"contribution": table.loc[hidden, "contribution"].sum()}])
        return pd.concat([table[~hidden], total], ignore_index=True)

    def contributions(self) -> pd.DataFrame:
        writer, x = self.explanation.reason_writer, self.explanation.matrix[0]
        table = pd.DataFrame(
            {
                "indicator": [self._name(code) for code in writer.keys],
                "held": [
                    "" if self._hides(code) else writer.content(k, x, self.lang)
                    for k, code in enumerate(writer.keys)
                ],
                "contribution": self.explanation.by_indicator().iloc[0].to_numpy(),
            }
        )
        summed = table.groupby("indicator", sort=False, as_index=False).agg(
            {"held": "first", "contribution": "sum"}
        )
        order = summed["contribution"].abs().sort_values(ascending=False, kind="stable").index
        return summed.loc[order].reset_index(drop=True)

    def _hides(self, code: str) -> bool:
        return self.masked and code in self.catalogue and self.catalogue[code].masked

    def _name(self, code: str) -> str:
        if self._hides(code):
            return LANGUAGES[self.lang].words["sensitive"]
        return self.catalogue[code].name(self.lang) if code in self.catalogue else code


def _cell(scored: Round, row: pd.Series, capacity: Capacity) -> pd.DataFrame:
    """Return the households that share a list's places with one."""
    by_area = capacity.is_by_area and "area" in scored.table
    return scored.table[scored.table["area"] == row["area"]] if by_area else scored.table


def _on_the_list(scored: Round, row: pd.Series, capacity: Capacity) -> tuple[str, tuple[str, ...]]:
    cell = _cell(scored, row, capacity)
    where = "" if len(cell) == len(scored.table) else f" in area {row['area']}"
    place = f"rank {row['rank']:,} of {len(scored.table):,}"
    listed = cell[cell["listed"]]
    if listed.empty:
        return NOT_LISTED, (f"{place}; there is no place on the list{where}",)
    last = listed.iloc[-1]
    line = f"the list holds {len(listed):,}{where} and ends at rank {last['rank']:,}, score {last['score']:.3f}"
    if row["listed"]:
        return LISTED, (f"{place}; {line}",)
    tied = ("its margin is that of the last one listed: ties fall by household_id",)
    return NOT_LISTED, (f"{place}; {line}", *(tied if row["margin"] == last["margin"] else ()))


def _standing(
    model: RiskModel, scored: Round, mine: pd.DataFrame, margin: float, capacity: Capacity
) -> dict[str, Any]:
    standing = standing_of(model, scored.reference, np.array([margin])).iloc[0]
    cell = _cell(scored, mine.iloc[0], capacity) if len(mine) else scored.table
    listed = cell[cell["listed"]]
    rank = (
        int(mine["rank"].iloc[0]) if len(mine) else 1 + int((scored.table["margin"] > margin).sum())
    )
    return {
        "margin": margin,
        **standing,
        "rank": rank,
        "households": len(scored.table),
        "places": len(listed),
        "cut_off_margin": float(listed["margin"].iloc[-1]) if len(listed) else np.nan,
        "cut_off_score": float(listed["score"].iloc[-1]) if len(listed) else np.nan,
    }
