"""Labels read from records, by the timing rule: each row's 1, 0 or missing, and why."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.errors import PanelError, did_you_mean
from riskmodel.indicators import Catalogue
from riskmodel.keys import NO_DAY, Days, as_days
from riskmodel.panel.labelling.doubtful_rounds import doubtful_rounds
from riskmodel.panel.labelling.known_outcomes import (
    Counts,
    KnownOutcomes,
    Texts,
    outcome_source,
)
from riskmodel.panel.labelling.label_fields import LabelFields
from riskmodel.panel.labelling.missing_reasons import EARLIER, IMMATURE, NO_EARLIER, REASONS
from riskmodel.panel.labelling.verdicts import (
    check_reader,
    has_contacts,
    refuse_supports,
    verdict_words,
)
from riskmodel.panel.specs.labels import CONTACTS, Label
from riskmodel.records import Records
from riskmodel.records.engine import one_scan_engine


@one_scan_engine()
def observe(records: Records, label: Label, index: pd.Index) -> LabelFields:
    """Return each row's label, why it is missing, and how many outcomes became known too late.

    Parameters
    ----------
    records : Records
    label : Label
    index : MultiIndex
        Of (household_id, as_of_date).

    Raises
    ------
    PanelError
        If no row's window is over before the records end, or the outcome is unknown.
    """
    assert isinstance(index, pd.MultiIndex)
    check_label(records, label)
    source = outcome_source(records, label, index)
    household, number = (np.asarray(codes, np.int64) for codes in index.codes)
    y, late = np.full(len(index), np.nan), np.zeros(len(index), np.int64)
    tied, beyond = np.zeros(len(index), bool), np.zeros(len(index), bool)
    first = np.full(len(index), NO_DAY)
    why = np.full(len(index), IMMATURE, dtype=object)
    days = as_days(index.levels[1])
    for date in _mature(records, label, days, number):
        rows = np.flatnonzero(number == date)
        known = source.on(days[date]).of(household[rows])
        is_labelled, why[rows] = _labelled(label, known)
        is_positive = known.outcomes >= label.min_count
        y[rows] = np.where(is_labelled, is_positive.astype(np.float64), np.nan)
        late[rows] = known.late
        tied[rows] = is_labelled & (known.tied > 0)
        first[rows] = np.where(is_labelled & is_positive, known.first, NO_DAY)
        if label.observed_by is not None:
            beyond[rows] = is_labelled & is_positive & (known.observed == 0)
    why[~np.isnan(y)] = None
    read = pd.Series(y, index=index, name="y")
    quiet = source.quiet_end(records.complete_for(label.feeds))
    return LabelFields(
        y=read,
        unplaced_contacts=source.unplaced,
        doubtful=doubtful_rounds(read, label, quiet),
        under_support=has_contacts(records),
        _late=pd.Series(late, index=index, name="late"),
        _why=pd.Series(pd.Categorical(why, categories=REASONS), index=index, name="why"),
        _tied=pd.Series(tied, index=index, name="tied"),
        _beyond=pd.Series(beyond, index=index, name="beyond"),
        _day=pd.Series(first.astype("datetime64[s]"), index=index, name="day"),
    )


def _labelled(label: Label, known: KnownOutcomes) -> tuple[NDArray[np.bool_], Texts]:
    """Return which rows have a label, and why the others have none."""
    is_labelled = (known.outcomes >= label.min_count) | (known.observed > 0)
    if label.first is None:
        return is_labelled, known.why
    at_risk = (known.before == 0) == label.first
    why = np.where(at_risk, known.why, EARLIER if label.first else NO_EARLIER)
    return is_labelled & at_risk, why


def check_label(records: Records, label: Label) -> None:
    """Refuse a label of an outcome that the records do not know, before anything is built.

    Raises
    ------
    PanelError
    """
    codes = records.catalogue
    if label.observed_by is not None:
        _check_known("observed_by", [label.observed_by], [CONTACTS], codes)

    by_contacts = label.observed_by == CONTACTS
    words = verdict_words(records) if by_contacts else ()
    are_codes = any(outcome in codes for outcome in label.outcome)
    if by_contacts:
        check_reader(records, label)
        if not are_codes:
            refuse_supports(label)
    _check_known("outcome", label.outcome, [] if are_codes else [*words], codes)


def _check_known(what: str, names: Iterable[str], words: list[str], codes: Catalogue) -> None:
    for name in names:
        if name not in words and name not in codes:
            raise PanelError(
                f"unknown {what} {name!r}",
                code="label.unknown",
                allowed=[*words, *codes.listed],
                next_step=did_you_mean(name, [*words, *codes.known]),
            )


def _mature(records: Records, label: Label, days: Days, number: Counts) -> Counts:
    present, complete = np.unique(number), records.complete_for(label.feeds)
    mature = present[label.matures_on(days[present]) <= complete]
    if not len(mature):
        first = days[present].min()
        raise PanelError(
            f"the label window reaches past today ({complete}) in every round: the first, {first}, "
            f"matures on {label.matures_on(first)} (window {label.window} + maturity "
            f"{label.maturity})",
            code="label.immature",
            next_step="use earlier rounds, a shorter window, or label=None",
        )
    return mature
