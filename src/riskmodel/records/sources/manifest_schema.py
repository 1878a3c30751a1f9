"""The keys of a manifest, declared once: what may stand where, and of what type."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Tag, model_validator
from pydantic.json_schema import SkipJsonSchema

from riskmodel.schema.mappings import Declared
from riskmodel.schema.personal_patterns import personal_kind
from riskmodel.schema.values import (
    LIST,
    MAPPING,
    NAME,
    SHAPE_SEPARATOR,
    Day,
    DayList,
    DayMap,
    Flag,
    FlagOrText,
    Names,
    Share,
    SpanText,
    Text,
    TextList,
    TextMap,
    by_shape,
    fault,
    mapped,
    shape_of,
)

NO_COLUMN_OR_LAG = "column or lag"
NO_REASON = "reason"
PERSONAL_REASON = "personal reason"


class ColumnKeys(Declared):
    """A column, with a way to write dates of its own."""

    column: Text
    date_format: Text | None = None


class KnownKeys(Declared):
    """When a row became known: a column, or a lag after the event."""

    column: Text | None = None
    date_format: Text | None = None
    lag: SpanText | None = None

    @model_validator(mode="after")
    def _says_when(self) -> KnownKeys:
        if self.column is None and self.lag is None:
            raise fault(NO_COLUMN_OR_LAG)
        return self


class WordKeys(Declared):
    """A column of words, and the package's word for each of its own."""

    column: Text
    map: TextMap | None = None


class ToldKeys(Declared):
    """A column that says whether something is so, and what its words mean."""

    column: Text
    map: Annotated[dict[str, FlagOrText], BeforeValidator(mapped)] | None = None


class DeliveredOnKeys(Declared):
    """The day of a delivery: a column, or what a pattern finds in the name of the file."""

    column: Text | None = None
    match: Text | None = None
    date_format: Text | None = None


class RoundKeys(Declared):
    """A grid of rounds."""

    start: Text
    end: Text
    every: Text | None = None


Column = Annotated[
    Annotated[Text, Tag(NAME)] | Annotated[ColumnKeys, Tag(MAPPING)], by_shape(NAME, MAPPING)
]
Known = Annotated[
    Annotated[Text, Tag(NAME)] | Annotated[KnownKeys, Tag(MAPPING)], by_shape(NAME, MAPPING)
]
Words = Annotated[
    Annotated[Text, Tag(NAME)] | Annotated[WordKeys, Tag(MAPPING)], by_shape(NAME, MAPPING)
]
Told = Annotated[
    Annotated[FlagOrText, Tag(NAME)] | Annotated[ToldKeys, Tag(MAPPING)],
    by_shape(NAME, MAPPING),
]
DeliveredOn = Annotated[
    Annotated[Text, Tag(NAME)] | Annotated[DeliveredOnKeys, Tag(MAPPING)],
    by_shape(NAME, MAPPING),
]
# One day, several days, or a column of days.
Days = Annotated[
    Annotated[Text, Tag(NAME)]
    | Annotated[TextList, Tag(LIST)]
    | Annotated[ColumnKeys, Tag(MAPPING)],
    by_shape(NAME, LIST, MAPPING),
]
Cells = Annotated[
    Annotated[Text, Tag(NAME)] | Annotated[TextList, Tag(LIST)] | Annotated[TextMap, Tag(MAPPING)],
    by_shape(NAME, LIST, MAPPING, numbers=False),
]
Columns = Annotated[
    Annotated[TextList, Tag(LIST)] | Annotated[TextMap, Tag(MAPPING)], by_shape(LIST, MAPPING)
]
Rounds = Annotated[
    Annotated[DayList, Tag(LIST)] | Annotated[RoundKeys, Tag(MAPPING)], by_shape(LIST, MAPPING)
]


class RowKeys(Declared):
    """Keys of every source: where its rows are, and which of them are read."""

    file: Text | None = None
    frame: SkipJsonSchema[Any] = None
    partitions: Names | None = None
    sheet: Text | None = None
    query: Text | None = None
    encoding: Text | None = None
    where: Text | None = None
    decimal: Text | None = None
    date_format: Text | None = None
    max_quarantined: Share | None = None
    allow_personal_numbers: Names | None = None
    delivered_on: DeliveredOn | None = None
    line_break_at_end: Flag | None = None


class EventKeys(RowKeys):
    """A source of events, states or readings."""

    household_id: Column | None = None
    person_id: Column | None = None
    dwelling_id: Column | None = None
    code: Column | None = None
    values: Cells | None = None
    fact_id: Names | None = None
    event_date: Column
    known_date: Known | None = None
    value: Column | None = None
    detail: Column | None = None
    retracted_date: Column | None = None
    redelivered: Text | None = None


class AttributeKeys(RowKeys):
    """A source of what is known of households."""

    household_id: Column
    known_date: Known
    columns: Columns | None = None
    numbers: Columns | None = None


class MemberKeys(RowKeys):
    """A source of who belongs to which household and lives in which dwelling."""

    person_id: Column
    household_id: Column
    dwelling_id: Column | None = None
    from_: Column | None = Field(None, alias="from")
    to: Column | None = None
    known_date: Known | None = None


class ContactKeys(RowKeys):
    """A source of contacts and their results."""

    household_id: Column
    as_of_date: Column
    channel: Words | None = None
    attempt: Column | None = None
    contact_date: Column | None = None
    probability: Column | None = None
    stratum: Column | None = None
    reader: Column | None = None
    result: Words
    support: Words | None = None
    reason: Words | None = None
    contact_id: Column | None = None
    by: Column | None = None
    blind: Told | None = None
    known_date: Known | None = None
    retracted_date: Column | None = None


class ListKeys(RowKeys):
    """A source of who could be drawn in a round, by what chance, and who was."""

    household_id: Column
    as_of_date: Column
    list_: Column = Field(alias="list")
    known_date: Known | None = None
    area: Column | None = None
    stratum: Column | None = None
    probability: Column
    drawn: Told
    seed: Column | None = None
    model: Column | None = None
    score: Column | None = None
    rank: Column | None = None
    percentile: Column | None = None
    band: Column | None = None
    plan_id: Column | None = None
    rule: Column | None = None
    channel: Column | None = None


class RequestKeys(RowKeys):
    """A source of objections, refusals and other requests, and what was decided on each."""

    household_id: Column
    kind: Words
    received: Column
    due: Column | None = None
    by: Column | None = None
    decided: Column | None = None
    outcome: Words | None = None
    effect: Words | None = None
    known_date: Known | None = None
    request_id: Column | None = None
    retracted_date: Column | None = None


class ReferralKeys(RowKeys):
    """A source of households that came by themselves, or were named by somebody."""

    household_id: Column
    referred_by: Words
    received: Column
    area: Column | None = None
    answered: Column | None = None
    known_date: Known | None = None
    referral_id: Column | None = None
    retracted_date: Column | None = None


class CaseKeys(RowKeys):
    """A source of households that are the case of public care or of another service."""

    household_id: Column
    kind: Words
    service: Column | None = None
    from_: Column = Field(alias="from")
    to: Column | None = None
    known_date: Known | None = None
    case_id: Column | None = None
    retracted_date: Column | None = None


class SignKeys(RowKeys):
    """A source of what somebody saw of a household, without a verdict."""

    household_id: Column
    sign: Words
    seen: Column
    seen_by: Words | None = None
    answered: Column | None = None
    known_date: Known | None = None
    sign_id: Column | None = None
    retracted_date: Column | None = None


class CoverageKeys(RowKeys):
    """A period of coverage, or a table of them."""

    feed: Column
    area: Column | None = None
    from_: Column | None = Field(None, alias="from")
    to: Column | None = None


class DeliveryKeys(RowKeys):
    """Deliveries of a feed on some days, its rhythm, or a table of deliveries."""

    feed: Column
    area: Column | None = None
    event_date: Days | None = None
    known_date: Known | None = None
    delivered: Told | None = None
    every: SpanText | None = None


def _entries(written: Any) -> list[Any]:
    if shape_of(written) not in (LIST, MAPPING):
        raise fault(SHAPE_SEPARATOR.join((LIST, MAPPING)))
    return [written] if shape_of(written) == MAPPING else list(written)


Entries = BeforeValidator(_entries)


def _reasons(written: Any) -> dict[str, object]:
    """Return a mapping whose blank keys were kept: each feed needs its reason."""
    if shape_of(written) != MAPPING or not all(_is_filled(reason) for reason in written.values()):
        raise fault(NO_REASON)
    if any(personal_kind(reason) for reason in written.values()):
        raise fault(PERSONAL_REASON)
    return mapped(written)


def _is_filled(reason: object) -> bool:
    return isinstance(reason, str) and bool(reason.strip())


Reasons = Annotated[dict[str, Text], BeforeValidator(_reasons)]


class ManifestKeys(Declared):
    """A manifest: where the records lie, and what their columns mean."""

    name: Text | None = None
    site: Text | None = None
    root: Text | None = None
    since: Day | None = None
    today: Day
    household: Text | None = None
    complete_before: DayMap | None = None
    accept_feeds: Reasons | None = None
    rounds: Rounds | None = None
    events: Annotated[list[EventKeys], Entries]
    attributes: Annotated[list[AttributeKeys], Entries] | None = None
    members: Annotated[list[MemberKeys], Entries] | None = None
    contacts: Annotated[list[ContactKeys], Entries] | None = None
    lists: Annotated[list[ListKeys], Entries] | None = None
    requests: Annotated[list[RequestKeys], Entries] | None = None
    referrals: Annotated[list[ReferralKeys], Entries] | None = None
    cases: Annotated[list[CaseKeys], Entries] | None = None
    signs: Annotated[list[SignKeys], Entries] | None = None
    coverage: Annotated[list[CoverageKeys], Entries] | None = None
    deliveries: Annotated[list[DeliveryKeys], Entries] | None = None
    catalogue: Any = None
    groups: Names | None = None
    area: Text | None = None
    max_quarantined: Share | None = None
    keep_files: Flag | None = None


TABLES: dict[str, type[RowKeys]] = {
    "events": EventKeys,
    "attributes": AttributeKeys,
    "members": MemberKeys,
    "contacts": ContactKeys,
    "lists": ListKeys,
    "requests": RequestKeys,
    "referrals": ReferralKeys,
    "cases": CaseKeys,
    "signs": SignKeys,
    "coverage": CoverageKeys,
    "deliveries": DeliveryKeys,
}
