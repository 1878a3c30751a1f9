"""One round's list table: it prints itself, and is written in one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from io import BytesIO
from pathlib import Path
from textwrap import indent

import pandas as pd

from riskmodel.errors import ConfigError
from riskmodel.keys import AS_OF
from riskmodel.metrics import Capacity
from riskmodel.models import language_of
from riskmodel.scoring.list_columns import columns_in, columns_section, printed_names
from riskmodel.scoring.list_files import PRIVATE, write_list_file
from riskmodel.scoring.proposals import (
    PROPOSED,
    check_proposal_file,
    proposal,
    write_proposal,
)
from riskmodel.scoring.ranking import RANDOM
from riskmodel.scoring.round_record import RoundRecord
from riskmodel.serving import LANGUAGES, Language
from riskmodel.spreadsheets import keep_texts, without_formulas

SHEET_ROWS = 2**20 - 1
PRINTED_ROWS = 10


@dataclass(frozen=True, eq=False, repr=False)
class ScoreList:
    """One round's list table, by rank; prints itself.

    Attributes
    ----------
    table : DataFrame
        One row per household, by rank; its columns are listed below. A column that is not declared
        is refused.
    model : str
        The model's title.
    as_of : str
    capacity : Capacity
    notes : tuple of str
        What a reader of the list must know.
    made_of : RoundRecord, optional
        Version, records and settings that the list was made of; a sidecar beside each of its files
        says it.
    """

    table: pd.DataFrame
    model: str
    as_of: str
    capacity: Capacity
    notes: tuple[str, ...] = ()
    made_of: RoundRecord | None = None

    def __post_init__(self) -> None:
        columns_in(self.table)

    @property
    def listed(self) -> pd.DataFrame:
        """The rows on the list, in the order of rank."""
        return self.table[self.table["listed"]]

    @property
    def drawn(self) -> int:
        """How many of the listed were drawn at random."""
        return 0 if self.record.draw is None else self.record.draw.drawn

    def __len__(self) -> int:
        return len(self.table)

    def frame(self) -> pd.DataFrame:
        """Return one row per household."""
        return self.table.copy()

    def titled(self, lang: str | None = None) -> pd.DataFrame:
        """Return the table as a caseworker reads it: titles, bands and strata in a language.

        Parameters
        ----------
        lang : str, optional
            Default: the language of the list's reasons.

        Returns
        -------
        DataFrame
            One row per household, by rank.
        """
        language = LANGUAGES[language_of(lang, self._lang)]
        return _worded(self.table, language)

    @property
    def record(self) -> RoundRecord:
        """What the list was made of, with the number of its households."""
        made_of = self.made_of or RoundRecord(self.as_of, Capacity.parse(self.capacity).value)
        return replace(made_of, scored=len(self), listed=len(self.listed))

    def to_parquet(
        self,
        path: str | Path,
        *,
        whole: bool = False,
        overwrite: bool = False,
        mode: int = PRIVATE,
    ) -> Path:
        """Write the listed rows as Parquet, all scored rows if `whole`; see Notes of `to_csv`."""

        def write(rows: pd.DataFrame, part: Path) -> None:
            rows.to_parquet(part, index=False)

        return self._written(path, write, whole=whole, overwrite=overwrite, mode=mode)

    def to_csv(
        self,
        path: str | Path,
        encoding: str = "utf-8",
        *,
        whole: bool = False,
        overwrite: bool = False,
        mode: int = PRIVATE,
    ) -> Path:
        """Write the listed rows as CSV.

        Korean spreadsheets need ``encoding="utf-8-sig"``. A text that begins as a formula does,
        with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return, gets an apostrophe in front.

        Parameters
        ----------
        path : path-like
        encoding : str
        whole : bool, default False
            All scored rows instead of the listed ones.
        overwrite : bool, default False
            Replace also what is not the unchanged list of the same round and version.
        mode : int, default 0o600
            Who may read and write the files; ``0o640`` shares them with the group.

        Returns
        -------
        Path

        Raises
        ------
        ConfigError
            For a file of something else (``scoring.exists``), a folder that does not exist, or a
            mode that is none.

        Notes
        -----
        Beside the file stands what the list was made of, as JSON without personal data: version,
        date, capacity, digests of the records and of the file (``list.csv.json``). A killed run
        leaves no half-written file.
        """

        def write(rows: pd.DataFrame, part: Path) -> None:
            without_formulas(rows).to_csv(part, index=False, encoding=encoding)

        return self._written(path, write, whole=whole, overwrite=overwrite, mode=mode)

    def to_excel(
        self,
        path: str | Path,
        *,
        whole: bool = False,
        overwrite: bool = False,
        mode: int = PRIVATE,
    ) -> Path:
        """Write the listed rows as a workbook, all scored rows if `whole`; see Notes of `to_csv`.

        Its heads are the columns' names where the reasons are in English; in another language they
        are titles of that language. Ids and all other texts are texts, whatever they begin with.
        Needs the extra ``riskmodel[excel]``.
        """
        return self._written(path, self._write_sheet, whole=whole, overwrite=overwrite, mode=mode)

    def proposal(self, name: str = PROPOSED) -> pd.DataFrame:
        """Return who could be drawn, by what chance, and who was, as the table `lists` of records.

        Parameters
        ----------
        name : str, default "list"
            What the list is called.

        Returns
        -------
        DataFrame
            One row per scored household, drawn or not, by household. What is handed out in the end
            replaces it: a later delivery of rows for the same list.
        """
        return proposal(self.table, self.model, name)

    def to_proposal(
        self,
        path: str | Path,
        name: str = PROPOSED,
        *,
        overwrite: bool = False,
        mode: int = PRIVATE,
    ) -> Path:
        """Write the proposal as CSV, or as Parquet where the name ends so; see Notes of `to_csv`.

        A manifest reads it under ``lists:``.
        """
        check_proposal_file(Path(path))
        rows = self.proposal(name)
        return write_list_file(
            Path(path),
            self.record,
            lambda part: write_proposal(rows, part),
            rows=len(rows),
            whole=True,
            overwrite=overwrite,
            mode=mode,
            proposal=True,
        )

    def _written(
        self,
        path: str | Path,
        write: Callable[[pd.DataFrame, Path], None],
        *,
        whole: bool,
        overwrite: bool,
        mode: int,
    ) -> Path:
        rows = self.table if whole else self.listed
        return write_list_file(
            Path(path),
            self.record,
            lambda part: write(rows, part),
            rows=len(rows),
            whole=whole,
            overwrite=overwrite,
            mode=mode,
        )

    def _write_sheet(self, rows: pd.DataFrame, part: Path) -> None:
        if len(rows) > SHEET_ROWS:
            raise ConfigError(
                f"a sheet holds {SHEET_ROWS:,} rows, and {len(rows):,} are to be written",
                code="scoring.excel",
                allowed=[".csv", ".parquet"],
                next_step="write CSV or Parquet",
            )
        dated = self._headed(rows.assign(**{AS_OF: self.as_of}))
        try:
            # in memory first: where a disk is full, openpyxl leaves an archive that it cannot close
            workbook = BytesIO()
            with pd.ExcelWriter(workbook, engine="openpyxl") as writer:
                dated.to_excel(writer, sheet_name=self.as_of, index=False)
                keep_texts(writer.sheets[self.as_of])
            part.write_bytes(workbook.getvalue())
        except ImportError:
            raise ConfigError(
                "workbooks need openpyxl",
                code="scoring.excel",
                allowed=[".csv", ".parquet"],
                next_step="pip install 'riskmodel[excel]', or write CSV",
            ) from None

    def __repr__(self) -> str:
        return "\n".join([*self._title(), "", self._first().to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        head = "<br>".join(map(escape, (*self._title(), *self.notes)))
        return f"<p>{head}</p>{self._first().to_html(index=False)}"

    def _first(self) -> pd.DataFrame:
        """Return the first of the listed, in the columns that are printed."""
        names = printed_names(columns_in(self.table))
        names = [*names, "stratum"] if self.drawn else names
        first = self._printed()[names]
        texts = first.filter(like="reason").columns
        return self._headed(first.astype(dict.fromkeys(texts, object)).fillna(""))

    def _printed(self) -> pd.DataFrame:
        """Return the first of the list; where none of them was drawn, the last is one who was."""
        first = self.listed.head(PRINTED_ROWS)
        if not self.drawn or first["stratum"].eq(RANDOM).any():
            return first
        drawn = self.listed[self.listed["stratum"].eq(RANDOM)]
        return pd.concat([first.head(PRINTED_ROWS - 1), drawn.head(1)])

    @property
    def _lang(self) -> str:
        return str(self.table["lang"].iloc[0]) if len(self) else "en"

    def _headed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows as people read them; in English columns keep the names that code reads."""
        return rows if self._lang == "en" else _worded(rows, LANGUAGES[self._lang])

    def _title(self) -> list[str]:
        counts = f"{len(self.listed):,} listed of {len(self):,} scored"
        counts += f", {self.drawn:,} of them drawn at random" if self.drawn else ""
        return [f"{self.model}, round {self.as_of}: {counts}"]


ScoreList.__doc__ = f"{ScoreList.__doc__}{indent(columns_section(), ' ' * 4)}"


def _worded(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return some of a list's columns with titles, bands and strata in a language."""
    texts = {"band": language.band, "stratum": language.stratum}
    worded = {
        name: table[name].map(text, na_action="ignore")
        for name, text in texts.items()
        if name in table
    }
    return table.assign(**worded).rename(columns=language.title)
