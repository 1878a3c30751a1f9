"""What is known of households beside events: attributes, members, contacts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from riskmodel.errors import ConfigError, did_you_mean
from riskmodel.records.engine import literal, number_of
from riskmodel.records.sources import checks
from riskmodel.records.sources.cells import CELL, COLUMN_OF, NAME_OF
from riskmodel.records.sources.columns import Columns
from riskmodel.records.staging.sift import Sieve
from riskmodel.records.tables import RESULTS

ALWAYS = "always"


def stage_attributes(sieve: Sieve) -> None:
    """Read all sources of attributes, one row a filled cell."""
    for columns in sieve.open("attributes", copies=False):
        texts, numbers = (_named(columns, key) for key in ("columns", "numbers"))
        sieve.read_cells(columns, [*texts, *numbers])
        columns.identity("household_id")
        if columns.entry["known_date"] == ALWAYS:
            columns.read["known_date"] = "NULL::DATE"
        else:
            columns.day("known_date")
        columns.read |= {"name": NAME_OF, "content": CELL, "blamed value": COLUMN_OF}
        listed = ", ".join(literal(name) for _, name in numbers) or "NULL"
        columns.read["is_number"] = f"coalesce({NAME_OF} IN ({listed}), FALSE)"
        columns.number_in(
            "number",
            f"CASE WHEN {NAME_OF} IN ({listed}) THEN {CELL} END",
            "VARCHAR",
            '"blamed value"',
        )
        names = "household_id, name, known_date, CASE WHEN NOT is_number THEN content END AS text, number"
        sieve.stage("attributes", columns, names)


def _named(columns: Columns, key: str) -> list[tuple[str, str]]:
    written = columns.entry[key] or {}
    pairs = written.items() if isinstance(written, Mapping) else [(name, name) for name in written]
    return [(columns.source.require(column), str(name)) for name, column in pairs]


def stage_members(sieve: Sieve) -> None:
    """Read who belongs to which household, and when."""
    for columns in sieve.open("members"):
        columns.identity("person_id")
        columns.identity("household_id")
        columns.identity("dwelling_id", needed=False)
        columns.day("from", needed=False, first=True)
        columns.day("to", needed=False)
        columns.day("known_date", needed=False)
        columns.fail("is_copy", checks.DUPLICATE, "NULL")
        sieve.stage(
            "members",
            columns,
            """person_id, household_id, dwelling_id, "from" AS from_date, "to" AS to_date,
               coalesce(known_date, "from") AS known_date""",
        )


def stage_contacts(sieve: Sieve) -> None:
    """Read who was contacted in which round, how, and with what result."""
    for columns in sieve.open("contacts"):
        columns.identity("household_id")
        columns.read["is_month"] = columns.day("as_of_date")
        for key in ("channel", "stratum", "reader"):
            columns.constant(key)
        for key in ("attempt", "probability"):
            columns.number(key)
        columns.day("contact_date", needed=False)
        lag = columns.lag()
        if lag is None:
            columns.day("known_date", needed=False)
        columns.words("result")
        verdict = _verdict(columns)
        columns.fail(
            f"result IS NOT NULL AND {verdict} IS NULL",
            checks.UNKNOWN_RESULT,
            columns.blamed("result"),
        )
        if sieve.manifest.rounds is None:
            _refuse_months(sieve, columns)
        day = _round(sieve.manifest.rounds)
        columns.fail(
            f"as_of_date IS NOT NULL AND {day} IS NULL",
            checks.NO_ROUND,
            columns.blamed("as_of_date"),
        )
        columns.fail("is_copy", checks.DUPLICATE, "NULL")
        known = (
            "known_date" if lag is None else f"(coalesce(contact_date, as_of_date) + {lag})::DATE"
        )
        sieve.stage(
            "contacts",
            columns,
            f"""household_id, {day} AS as_of_date, channel,
                try_cast(attempt AS BIGINT) AS attempt,
                contact_date, probability, stratum, reader, {verdict} AS result,
                coalesce({known}, contact_date, as_of_date) AS known_date""",
            drop="result IS NULL",
        )


def _round(rounds: pd.DatetimeIndex | None) -> str:
    """Return the SQL of a contact's round: a month means the one round in it, and nothing where there is not one."""
    if rounds is None:
        return "as_of_date"
    days = pd.Series([str(day.date()) for day in rounds])
    only = days[~days.str[:7].duplicated(keep=False)]
    named = ", ".join(f"{literal(day[:7])}: DATE {literal(day)}" for day in only)
    return f"CASE WHEN is_month THEN MAP {{{named}}}[strftime(as_of_date, '%Y-%m')] ELSE as_of_date END"


def _refuse_months(sieve: Sieve, columns: Columns) -> None:
    """Refuse months where nothing says which rounds there are."""
    if number_of(sieve.con, f"SELECT count(*) FROM ({columns.sql()}) WHERE is_month"):
        raise ConfigError(
            "contacts name their rounds by months, and the manifest does not say which rounds there are",
            place=columns.entry.place,
            code="manifest.rounds",
            allowed="rounds: {start: DAY, end: DAY, every: 2M}, or a list of days",
            next_step="add rounds: to the manifest",
        )


def _verdict(columns: Columns) -> str:
    """Return the SQL of a contact's result in the package's own words, NULL where no word stands for it."""
    written = columns.entry["result"]
    given = written.get("map") or {} if isinstance(written, Mapping) else {}
    for word in given.values():
        if word not in RESULTS:
            raise ConfigError(
                f"unknown result {word!r}",
                place=f"{columns.entry.place}.result.map",
                code="manifest.result",
                allowed=RESULTS,
                next_step=did_you_mean(str(word), RESULTS),
            )
    words = {result: result for result in RESULTS} | {
        str(code): word for code, word in given.items()
    }
    return f"MAP {{{', '.join(f'{literal(code)}: {literal(word)}' for code, word in words.items())}}}[result]"
