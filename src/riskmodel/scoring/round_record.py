"""What a round's list was made of: one schema, written beside each file of a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from riskmodel.errors import ConfigError
from riskmodel.versions import library_versions, source_digest

SCHEMA = "riskmodel.round"
# with a draw, a list is none that a version which knows no draws may take for one by rank
SCHEMA_VERSION, WITH_DRAW = 1, 2
RULES = ("the highest margin first", "ties by household_id")
DRAWN = "the places of the draw at random across areas"


@dataclass(frozen=True)
class ModelOfRound:
    """Kind and, if it is published, name, number and digest of the model."""

    kind: str | None = None
    name: str | None = None
    version: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class RecordsOfRound:
    """Name, site, end and digest of the records."""

    name: str | None = None
    site: str | None = None
    today: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Reasons:
    """How the reasons are told: language, how many, and whether sensitive ones are masked."""

    lang: str | None = None
    top: int | None = None
    masked: bool | None = None


@dataclass(frozen=True)
class DrawOfRound:
    """The part of a list that was drawn: its share of the slots, the seed, and how many it is."""

    share: float
    seed: int
    drawn: int


@dataclass(frozen=True)
class Programs:
    """What made the list: digest of riskmodel's source, and the version of each library."""

    source: str = field(default_factory=source_digest)
    libraries: Mapping[str, str] = field(default_factory=library_versions)


@dataclass(frozen=True)
class WrittenFile:
    """A file of the round.

    Attributes
    ----------
    sha256 : str
    rows : int
    whole : bool
        Whether its rows are all scored households.
    proposal : bool
        Whether it holds every household's chance instead of the list.
    """

    sha256: str
    rows: int
    whole: bool
    proposal: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON; a list's file says nothing of proposals."""
        told = asdict(self)
        if not self.proposal:
            del told["proposal"]
        return told


@dataclass(frozen=True)
class RoundRecord:
    """What a round's list was made of; it holds no personal data.

    Attributes
    ----------
    as_of : str
        The date of the round.
    capacity : float, int or mapping
        As `Capacity` takes it.
    model : ModelOfRound
    records : RecordsOfRound
    as_of_digest : str, optional
        Of the rows that were scored: the cohort and its features as they were known on the date. It
        stays the same where later facts change the digest of the records alone.
    rules : tuple of str
        By which households were listed, the first first.
    accepted_feeds : tuple of str
        The feeds that were accepted whatever came in, by the call or the manifest.
    reasons : Reasons
    scored, listed : int
        Households.
    programs : Programs
    files : mapping of str to WrittenFile
        By file name.
    draw : DrawOfRound, optional
        Which part of the list was drawn at random.
    """

    as_of: str
    capacity: float | Mapping[str, float]
    model: ModelOfRound = ModelOfRound()
    records: RecordsOfRound = RecordsOfRound()
    as_of_digest: str | None = None
    rules: tuple[str, ...] = ()
    accepted_feeds: tuple[str, ...] = ()
    reasons: Reasons = Reasons()
    scored: int = 0
    listed: int = 0
    programs: Programs = field(default_factory=Programs)
    files: Mapping[str, WrittenFile] = field(default_factory=dict)
    draw: DrawOfRound | None = None

    @property
    def round_and_version(self) -> tuple[object, ...]:
        """What two lists must have in common for the one to replace the other."""
        model = self.model
        return (self.as_of, model.name, model.version, model.digest, self.draw)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        told = asdict(self)
        told["files"] = {name: file.to_dict() for name, file in self.files.items()}
        if self.draw is None:
            del told["draw"]
        version = SCHEMA_VERSION if self.draw is None else WITH_DRAW
        return {"schema": SCHEMA, "schema_version": version, **told}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> RoundRecord:
        """Return what `to_dict` wrote.

        Examples
        --------
        >>> record = RoundRecord("2024-03-01", 0.02, rules=RULES)
        >>> RoundRecord.from_dict(record.to_dict()) == record
        True
        >>> record.scored, record.listed
        (0, 0)
        """
        is_drawn = written["schema_version"] == WITH_DRAW
        own = {one.name: written[one.name] for one in fields(cls) if one.name != "draw"}
        files = {name: WrittenFile(**facts) for name, facts in own["files"].items()}
        return cls(
            **{
                **own,
                "model": ModelOfRound(**own["model"]),
                "records": RecordsOfRound(**own["records"]),
                "rules": tuple(own["rules"]),
                "accepted_feeds": tuple(own["accepted_feeds"]),
                "reasons": Reasons(**own["reasons"]),
                "programs": Programs(**own["programs"]),
                "files": files,
                "draw": DrawOfRound(**written["draw"]) if is_drawn else None,
            }
        )


def sidecar_of(path: Path) -> Path:
    """Return where the record of a list's file stands.

    Examples
    --------
    >>> sidecar_of(Path("round.csv")).name
    'round.csv.json'
    """
    return path.with_name(f"{path.name}.json")


def text_of(record: RoundRecord) -> str:
    """Return a record as JSON; the same record is the same text."""
    return json.dumps(record.to_dict(), ensure_ascii=False, indent=1) + "\n"


def read_record(path: Path) -> RoundRecord | None:
    """Return the record in a file, None for JSON of another kind.

    Raises
    ------
    ConfigError
        For a file that cannot be read, or a record of another version of the schema.
    """
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(written, dict) or written.get("schema") != SCHEMA:
            return None
        is_known = written["schema_version"] in (SCHEMA_VERSION, WITH_DRAW)
        record = RoundRecord.from_dict(written) if is_known else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _unreadable(path, "cannot be read") from None
    if record is None:
        raise _unreadable(path, "is of another version of the schema")
    return record


def _unreadable(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"the sidecar {path.name} {what}",
        code="scoring.sidecar",
        allowed=f"JSON of the schema {SCHEMA}, version {SCHEMA_VERSION} or {WITH_DRAW}",
        next_step="read it with the version of riskmodel that wrote it, or make the list again",
    )
