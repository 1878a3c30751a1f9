"""What a reader of a plan must know: who has no room, what that costs, what is not carried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from riskmodel.few import MIN_HOUSEHOLDS, is_small
from riskmodel.indicators import Catalogue
from riskmodel.indicators.indicator import MASKED
from riskmodel.keys import as_days
from riskmodel.service.channels.allocation import NO_MINUTES, Allocation
from riskmodel.service.channels.ladder_places import LadderPlaces
from riskmodel.service.channels.options import NOT_OFFERED, Options
from riskmodel.service.channels.prices import areas_without_room
from riskmodel.service.outreach_plan import CERTAIN, NO_CHANNEL, NO_GAIN, NO_ROOM, counted_in
from riskmodel.service.rules.owed_places import asked_households
from riskmodel.service.rules.rule_parts import VERY_HIGH, Floor
from riskmodel.serving import LANGUAGES


class PlanNotes:
    """The notes of a plan in one language; each method returns those of one matter, or none.

    Parameters
    ----------
    lang : str
    """

    def __init__(self, lang: str) -> None:
        self._lang, self._language = lang, LANGUAGES[lang]

    def of_round(
        self,
        frame: pd.DataFrame,
        steps: pd.DataFrame,
        left_out: pd.DataFrame,
        chosen: Allocation,
        own: Options,
        places: LadderPlaces | None = None,
        share: float | None = None,
    ) -> tuple[str, ...]:
        """Return the notes of a whole round.

        Parameters
        ----------
        frame : DataFrame
            Of the rules.
        steps : DataFrame
            Of the plan, each with its household's position in the frame.
        left_out : DataFrame
            Who is not on the plan.
        chosen : Allocation
        own : Options
            Of the candidates, with all the minutes that there are.
        places : LadderPlaces, optional
            Of the draw, if there is one.
        share : float, optional
            Of the minutes that it asks for.
        """
        return (
            *self._areas_without_room(frame, chosen),
            *self._overdue(left_out),
            *self._overdue_by_value(frame, steps),
            *self._unmet(chosen),
            *self._undrawn(frame, places),
            *self._set_aside(own, places, share or 0.0),
            *self._gap(chosen),
        )

    def of_ladder(self, ladder: Sequence[str], channels: Iterable[str]) -> list[str]:
        """Name the rungs that the service has no channel for, and its channels on no rung."""
        own = list(channels)
        without = [channel for channel in ladder if channel not in own]
        beside = [channel for channel in own if channel not in ladder]
        return [
            *self._channels("plan_no_channel", without),
            *self._channels("plan_no_rung", beside),
        ]

    def of_floors(
        self, floors: Sequence[Floor], needs: Mapping[str, int], places: int
    ) -> list[str]:
        """Name the floors for which fewer households count than they ask for."""
        asked = [(floor.name, asked_households(floor, places)) for floor in floors]
        return [
            self._language.note("plan_floor", name=name, least=least, households=self._few(there))
            for name, least in asked
            if (there := needs[name]) < least
        ]

    def of_bands(self, frame: pd.DataFrame, lifted_by: Sequence[str]) -> list[str]:
        """Say that a list without bands lifts no cool-off by them."""
        needs_band = VERY_HIGH in lifted_by and "band" not in frame
        return [self._language.note("plan_no_band")] if needs_band else []

    def of_requests(self, history: pd.DataFrame, day: np.datetime64) -> list[str]:
        """Count the requests whose decision is late on a day."""
        is_late = (history["requests_open"] > 0) & (as_days(history["request_due"]) < day)
        return self._told("plan_requests", int(is_late.sum()))

    def of_rest(
        self,
        frame: pd.DataFrame,
        left_out: pd.DataFrame,
        lapsed: pd.DataFrame,
        day: np.datetime64,
    ) -> tuple[str, ...]:
        """Count who was not reached and has no step in the rest of a round, and who was not tried.

        Parameters
        ----------
        frame : DataFrame
            Of the rules.
        left_out : DataFrame
            Of the allocation of the rest.
        lapsed : DataFrame
            First steps of the plan of which it was told that they were not carried out.
        day : datetime64[D]
        """
        keys = {NO_ROOM: "plan_waiting", NO_CHANNEL: "plan_used_up", NO_GAIN: "plan_no_gain"}
        waits = frame.iloc[left_out["household"]]
        return (
            *self._in_areas("plan_lapsed", lapsed, day=day),
            *(
                note
                for rule, key in keys.items()
                for note in self._in_areas(
                    key, waits[(left_out["rule"] == rule).to_numpy()], day=day
                )
            ),
        )

    def lifted(self, frame: pd.DataFrame, catalogue: Catalogue) -> pd.Series:
        """Return in words what lifted each household's cool-off; missing where nothing did."""
        lifts, sensitive = self._language.lifts, self._language.words["sensitive"]

        def name(code: str) -> str:
            is_masked = catalogue[code].sensitivity in MASKED
            return sensitive if is_masked else catalogue[code].name(self._lang)

        def text(by: tuple[str, ...], news: tuple[str, ...]) -> str | None:
            texts = ", ".join(lifts[word] for word in by)
            names = ", ".join(dict.fromkeys(map(name, news)))
            told = lifts["with_news"].format(lifts=texts, news=names) if names else texts
            return told or None

        pairs = zip(frame["lifted_by"], frame["news"], strict=True)
        return pd.Series([text(*pair) for pair in pairs], index=frame.index, dtype=object)

    def _areas_without_room(self, frame: pd.DataFrame, chosen: Allocation) -> list[str]:
        """Name the areas in which nobody has a step, with the need that is expected there."""
        areas = areas_without_room(frame, chosen)
        areas = areas[areas["needs"] > 0].sort_values("needs", ascending=False, kind="stable")
        if areas.empty:
            return []
        is_told = areas["candidates"] >= MIN_HOUSEHOLDS
        names = [
            self._language.note("plan_area", area=row.area, needs=row.needs)
            for row in areas[is_told].itertuples()
        ]
        others = int((~is_told).sum())
        if others:
            names.append(self._language.note("of_few", number=others, least=MIN_HOUSEHOLDS))
        needs = areas["needs"].sum()
        return [
            self._language.note(
                "plan_no_room", areas=self._counted("area", len(areas)), needs=needs, names=names
            )
        ]

    def _overdue(self, left_out: pd.DataFrame) -> list[str]:
        waits = left_out[left_out["overdue"].astype(bool)]
        has_none = (waits["rule"] == NO_CHANNEL).to_numpy()
        since = as_days(waits["open_since"]).min() if len(waits) else ""
        return [
            *self._in_areas("plan_overdue", waits[~has_none], since=since),
            *self._in_areas("plan_overdue_alone", waits[has_none]),
        ]

    def _overdue_by_value(self, frame: pd.DataFrame, steps: pd.DataFrame) -> list[str]:
        """Count the overdue to whom nobody had room to speak, and who have a step by its value."""
        is_overdue = frame["overdue"].to_numpy(bool)[steps["household"].to_numpy(np.intp)]
        is_by_value = (steps["stratum"] == CERTAIN) & steps["rule"].isna()
        return self._told("plan_overdue_unmet", int((is_overdue & is_by_value).sum()))

    def _unmet(self, chosen: Allocation) -> list[str]:
        why = (
            chosen.unmet.groupby(["must_rule", "why"], sort=True).size().reset_index(name="number")
        )
        return [
            self._language.note(
                "plan_unmet", rule=rule, households=self._few(int(number)), why=self._why(reason)
            )
            for rule, reason, number in why.itertuples(index=False)
        ]

    def _why(self, reason: str) -> str:
        """Return in words why a must-visit is not carried out."""
        if reason in (NOT_OFFERED, NO_ROOM, NO_MINUTES):
            return self._language.note(f"unmet_{reason}")
        return self._language.note("unmet_need", attribute=reason)

    def _undrawn(self, frame: pd.DataFrame, places: LadderPlaces | None) -> list[str]:
        if places is None:
            return []
        without = places.mean.index[places.mean == 0]
        households = int((frame["in_frame"] & frame["area"].astype(str).isin(without)).sum())
        return self._told("plan_undrawn", households, areas=self._counted("area", len(without)))

    def _set_aside(self, own: Options, places: LadderPlaces | None, share: float) -> list[str]:
        """Name the channels of which whole ladders take much more than the share that was asked."""
        if places is None:
            return []
        budgets = own.budgets.table.assign(kept=places.at_most)
        sums = budgets.groupby("channel", sort=False)[["minutes", "kept"]].sum()
        much = sums[sums["kept"] > 2 * share * sums["minutes"]]
        return [
            self._language.note(
                "plan_set_aside",
                kept=row.kept,
                minutes=row.minutes,
                channel=self._channel(str(row.Index)),
                share=share,
            )
            for row in much.itertuples()
        ]

    def _gap(self, chosen: Allocation) -> list[str]:
        return [self._language.note("plan_gap", gap=chosen.gap)] if chosen.gap else []

    def _channels(self, key: str, channels: list[str]) -> list[str]:
        names = [self._channel(channel) for channel in channels]
        return [self._language.note(key, names=names)] if names else []

    def _channel(self, channel: str) -> str:
        """Return a channel as it is told; in English by the word that code reads."""
        return channel if self._lang == "en" else self._language.contacts[channel]

    def _in_areas(self, key: str, rows: pd.DataFrame, **values: object) -> list[str]:
        areas = self._counted("area", rows["area"].nunique())
        return self._told(key, len(rows), areas=areas, **values)

    def _told(self, key: str, households: int, **values: object) -> list[str]:
        """Return a note that counts households; none where there are none."""
        told = self._counted("household", households)
        return [self._language.note(key, households=told, **values)] if households else []

    def _counted(self, noun: str, number: int) -> str:
        return counted_in(self._lang, noun, number)

    def _few(self, households: int) -> str:
        """Return a number of households as it may be told."""
        if is_small(households):
            return self._language.note("few_households", least=MIN_HOUSEHOLDS)
        return self._counted("household", households)
