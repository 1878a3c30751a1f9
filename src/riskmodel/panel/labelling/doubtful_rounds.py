"""Rounds whose outcomes look incomplete although their labels are mature."""

from __future__ import annotations

import pandas as pd

from riskmodel.keys import AS_OF, as_days
from riskmodel.metrics import low_rounds
from riskmodel.panel.specs.labels import Label
from riskmodel.records.quiet_ends import QuietEnd


def doubtful_rounds(
    y: pd.Series, label: Label | None = None, quiet: QuietEnd | None = None
) -> dict[str, str]:
    """Return why the outcomes of a round look incomplete, by round.

    Parameters
    ----------
    y : Series
        1, 0 or missing, by household and as_of_date.
    label : Label, optional
    quiet : QuietEnd, optional
        When the outcome's own facts became few.

    Returns
    -------
    dict of str to str
        By as_of_date, in order.
    """
    dates = as_days(y.index.get_level_values(AS_OF))
    reasons: dict[str, list[str]] = {}
    if label is not None and quiet is not None:
        labelled = pd.Series(dates[y.notna().to_numpy()]).unique()
        for day in as_days(labelled):
            if label.matures_on(day) > quiet.since:
                reasons[str(day)] = [f"few outcomes since {quiet.since}"]

    for day, low in low_rounds(dates, y.to_numpy(float)).items():
        reasons.setdefault(day, []).append(str(low))
    return {day: "; ".join(reasons[day]) for day in sorted(reasons)}
