"""What the log of a store names: batches, copies, deliveries set aside, and former states."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from riskmodel.records.staging.staged_source import StagedSource


def digest_in(key: str) -> str:
    """Return the digest of a file under whose key, digest and name, a store knows it."""
    return key.split(" ")[0]


@dataclass(frozen=True)
class Arrival:
    """One file as it came.

    Attributes
    ----------
    number : int
        Of its delivery.
    day : str
        Of that delivery.
    source : str
    key : str
        Its digest and name.
    name : str
    """

    number: int
    day: str
    source: str
    key: str
    name: str


@dataclass(frozen=True)
class Batch:
    """The files that one ingest took in, as they were staged.

    Attributes
    ----------
    folder : str
        Of its staged rows.
    sources : tuple of StagedSource
    files : mapping of str to mapping of str to str
        By source, the key of each file, its digest and name, and the name.
    day : str
        Of the delivery, for rows that state none.
    number : int
        Of the delivery, counted from 1; what was judged again keeps its number.
    judged_by : mapping of str to str
        By source, the digest of what judged its rows; empty in a batch of the format before.
    months : mapping of str to str
        The round that each month named.
    dropped : tuple of str
        Sources that were judged again since, and whose rows here count no more.
    by : str
        The version of riskmodel that staged it; blank where that was not kept.
    rule : int
        The number of the rule of text by which it was read; 0 where that was not kept.
    """

    folder: str
    sources: tuple[StagedSource, ...]
    files: Mapping[str, Mapping[str, str]]
    day: str
    number: int
    judged_by: Mapping[str, str]
    months: Mapping[str, str]
    dropped: tuple[str, ...] = ()
    by: str = ""
    rule: int = 0

    @property
    def kept(self) -> tuple[StagedSource, ...]:
        """The sources whose rows count."""
        return tuple(source for source in self.sources if source.name not in self.dropped)

    def without(self, titles: Collection[str]) -> Batch | None:
        """Return the batch without some of its sources, None where nothing else is left."""
        files = {title: own for title, own in self.files.items() if title not in titles}
        rest = replace(self, files=files, dropped=(*self.dropped, *titles))
        return rest if files else None

    def brought(self, source: str, file: str) -> bool:
        """Tell whether it holds a file of that name."""
        return file in self.files.get(source, {}).values()

    def arrivals(self) -> list[Arrival]:
        """Return its files."""
        return [
            Arrival(self.number, self.day, source, key, name)
            for source, files in self.files.items()
            for key, name in files.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**vars(self), "sources": [source.to_dict() for source in self.sources]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Batch:
        """Return the batch that `to_dict` described."""
        sources = tuple(map(StagedSource.from_dict, values["sources"]))
        return cls(
            folder=values["folder"],
            sources=sources,
            files=values["files"],
            day=values["day"],
            number=values["number"],
            judged_by=values["judged_by"],
            months=values["months"],
            dropped=tuple(values["dropped"]),
            by=values.get("by", ""),
            rule=values.get("rule", 0),
        )


@dataclass(frozen=True)
class SetAside:
    """One delivery that counts no more.

    Attributes
    ----------
    number : int
    day : str
    on : str
        The last day of which the manifest knew when it was set aside.
    why : str
        The reason for which it was set aside.
    files : mapping of str to mapping of str to str
        By source, the key of each of its files and the name.
    folders : tuple of str
        Of its staged rows; none once they are erased.
    is_erased : bool
    by : str
        The version of riskmodel that staged it; blank where that was not kept.
    erased_why : str
        The reason of its own for which a delivery set aside before was erased later.
    """

    number: int
    day: str
    on: str
    why: str
    files: Mapping[str, Mapping[str, str]]
    folders: tuple[str, ...]
    is_erased: bool = False
    by: str = ""
    erased_why: str = ""

    @property
    def state(self) -> str:
        """What it is now, and why."""
        if self.is_erased:
            return f"erased: {self.erased_why or self.why}"
        return f"set aside: {self.why}"

    def holds(self, source: str, digest: str, name: str | None) -> bool:
        """Tell whether it brought a content to a source, under a name if one is given."""
        return any(
            digest == digest_in(key) and name in (None, own)
            for key, own in self.files.get(source, {}).items()
        )


@dataclass(frozen=True)
class State:
    """What the store held once.

    Attributes
    ----------
    digest : str
        Of its records.
    last : int
        Number of the last delivery.
    without : tuple of int
        The deliveries that were set aside then.
    """

    digest: str
    last: int
    without: tuple[int, ...] = ()

    def rests_on(self, number: int) -> bool:
        """Tell whether a delivery counted."""
        return number <= self.last and number not in self.without


@dataclass
class Holdings:
    """What a source holds after some deliveries: by name the newest digest, and all digests."""

    newest: dict[str, str] = field(default_factory=dict)
    contents: set[str] = field(default_factory=set)

    def add(self, name: str, digest: str) -> None:
        """Take a file in."""
        self.newest[name] = digest
        self.contents.add(digest)


def as_values(entry: Arrival | SetAside | State) -> dict[str, object]:
    """Return plain values."""
    return asdict(entry)
