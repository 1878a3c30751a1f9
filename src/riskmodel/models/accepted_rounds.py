"""Refuses to learn from rounds whose outcomes look incomplete, unless they are accepted by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from riskmodel.errors import ConfigError, ModelError, did_you_mean
from riskmodel.keys import DateLike, as_days
from riskmodel.metrics import low_rounds
from riskmodel.models.fit_rows import Rows


def check_accepted(accepted: Iterable[DateLike] | None, rounds: Iterable[str]) -> None:
    """Refuse the name of a round that does not exist, with the nearest that does.

    Raises
    ------
    ConfigError
    """
    known = list(rounds)
    for day in accepted_days(accepted):
        if day not in known:
            raise ConfigError(
                f"accept_rounds names {day}, which is no round of the panel",
                code="models.accept_rounds",
                allowed=known,
                next_step=did_you_mean(day, known),
            )


def accepted_of(
    rows: Rows,
    doubtful: Mapping[str, str] | None,
    accepted: Iterable[DateLike] | None,
    *,
    known: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the rounds among the rows that are accepted although their outcomes look incomplete.

    Parameters
    ----------
    rows : Rows
        The labelled rows of a fit.
    doubtful : mapping of str to str, optional
        Why the outcomes of a round look incomplete, as the Panel of the fit says. Without one, the
        rounds are the known ones, and those with a far lower rate than the others.
    accepted : iterable of date-like, optional
    known : mapping of str to str, optional
        The same of the Panel that the model was made for.

    Raises
    ------
    ModelError
        For such a round that is not accepted.
    """
    if rows.as_of is None:
        return []
    present = np.unique(rows.as_of).astype(str).tolist()
    suspected = _low(rows) | dict(known or {}) if doubtful is None else doubtful
    found = {day: why for day, why in sorted(suspected.items()) if day in present}

    names = accepted_days(accepted)
    refused = {day: why for day, why in found.items() if day not in names}
    if refused:
        # those of other cuts and of the test too, so that one list serves every fit of a study
        all_of_them = sorted({*names, *suspected})
        listed = "; ".join(f"{day} ({why})" for day, why in refused.items())
        raise ModelError(
            f"the outcomes of {len(refused)} rounds look incomplete although they are mature: "
            f"{listed}",
            code="models.doubtful_rounds",
            allowed="rounds whose outcomes are all in",
            next_step="correct today: in the manifest, or leave the rounds out; if the outcomes "
            "really are so few, name them, with those of every cut: "
            f"accept_rounds={all_of_them} (in the shell accept_rounds=[{','.join(all_of_them)}])",
        )
    return list(found)


def _low(rows: Rows) -> dict[str, str]:
    assert rows.as_of is not None
    low = low_rounds(rows.as_of, rows.y)
    return {day: str(rates) for day, rates in low.items()}


def accepted_days(accepted: Iterable[DateLike] | None) -> list[str]:
    """Return the names of accepted rounds as YYYY-MM-DD; one alone may stand without a list."""
    if accepted is None:
        return []
    days = [accepted] if isinstance(accepted, str) else accepted
    return [str(as_days(day, "accept_rounds")) for day in days]
