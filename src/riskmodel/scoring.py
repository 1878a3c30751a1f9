"""One round's list: every household of the cohort with rank, score, band, and how it came on the list."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel import serving
from riskmodel.errors import ConfigError, ModelError, RecordsError, did_you_mean
from riskmodel.explanation import explain
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, as_days
from riskmodel.metrics import Capacity, places
from riskmodel.panel import Panel, Recipe, build_panel
from riskmodel.panel.arrivals import TIMES, count
from riskmodel.records import Records

CERTAIN = "certain"
LANGUAGES = ("ko", "en")
BANDS = {"very high": 0.99, "high": 0.95, "raised": 0.8, "usual": 0.0}
QUANTILES = 1000
NAMED = 8
SHEET_ROWS = 2**20 - 1
SHOWN = ("rank", HOUSEHOLD, "area", "score", "band", "reason_1", "reason_2", "reason_3")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """What margins are compared with: those of one set of rounds, as quantiles, and the bands' cut-offs.

    Attributes
    ----------
    quantiles : tuple of float
        A thousand evenly spaced ones; the margin of no single household stands out.
    bands : tuple of mapping
        ``name`` and ``from_margin``; None for the lowest.
    rounds : tuple of str
    """

    quantiles: tuple[float, ...]
    bands: tuple[dict[str, Any], ...]
    rounds: tuple[str, ...] = ()

    @classmethod
    def of(cls, margin: Floats, rounds: Any = (), bands: Mapping[str, float] | None = None) -> Reference:
        """Take the quantiles of margins, and cut bands at shares of them.

        Examples
        --------
        >>> reference = Reference.of(np.arange(1000.0))
        >>> reference.band(np.array([500.0, 999.0]))
        ['usual', 'very high']
        """
        levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
        shares = sorted((BANDS if bands is None else bands).items(), key=lambda band: band[1])
        if not shares or shares[0][1] != 0 or not all(0 <= share < 1 for _, share in shares):
            raise ConfigError(
                "the bands do not part the households",
                code="scoring.bands",
                allowed="names with the share of households below each, the lowest at 0",
                next_step=f"write for example bands={BANDS}",
            )
        cuts = [None, *np.quantile(margin, [share for _, share in shares[1:]], method="inverted_cdf").tolist()]
        return cls(
            tuple(np.quantile(margin, levels, method="inverted_cdf").tolist()),
            tuple({"name": name, "from_margin": cut} for (name, _), cut in zip(shares, cuts, strict=True)),
            tuple(map(str, rounds)),
        )

    def percentile(self, margin: Floats) -> Floats:
        """Return the percentage of the reference that lies below, ties counted half."""
        return serving.percentile(margin, self.quantiles)

    def band(self, margin: Floats) -> list[str]:
        """Return the name of the band of each margin."""
        return serving.bands(margin, self.bands)


@dataclass(frozen=True, eq=False, repr=False)
class ScoreList:
    """One round's list table, the listed first; prints itself.

    Attributes
    ----------
    table : DataFrame
        household_id, as_of_date, area (where the records name one), rank (1 is the highest margin), tied (how many
        share the margin), margin, score, percentile (against the publishing rounds), percentile_in_round, band, listed,
        stratum (``"certain"``: by rank alone), inclusion_probability, seed (of a random draw; none here), reason_1..,
        contribution_1.. for the listed, lang.
    model : str
        What scored.
    as_of : str
    capacity : float, int or mapping
    notes : tuple of str
        What must be said beside the list.
    """

    table: pd.DataFrame
    model: str
    as_of: str
    capacity: Capacity
    notes: tuple[str, ...] = ()

    @property
    def listed(self) -> pd.DataFrame:
        """The rows on the list, in the order of rank."""
        return self.table[self.table["listed"]]

    def __len__(self) -> int:
        return len(self.table)

    def frame(self) -> pd.DataFrame:
        """Return one row a household."""
        return self.table.copy()

    def to_parquet(self, path: str | Path) -> Path:
        """Write the table in one step; a killed run leaves no half-written file under that name."""
        return _written(Path(path), lambda part: self.table.to_parquet(part, index=False))

    def to_csv(self, path: str | Path, encoding: str = "utf-8") -> Path:
        """Write the table as CSV; ``encoding="utf-8-sig"`` is what Korean spreadsheets open correctly."""
        return _written(Path(path), lambda part: self.table.to_csv(part, index=False, encoding=encoding))

    def to_excel(self, path: str | Path) -> Path:
        """Write the table as a workbook, ids as texts; needs the extra ``riskmodel[excel]``."""
        return _written(Path(path), self._write_sheet)

    def _write_sheet(self, part: Path) -> None:
        if len(self) > SHEET_ROWS:
            raise ConfigError(
                f"a sheet holds {SHEET_ROWS:,} rows, and the round has {len(self):,}",
                code="scoring.excel",
                allowed=[".csv", ".parquet"],
                next_step="write CSV or Parquet",
            )
        try:
            with pd.ExcelWriter(part, engine="openpyxl") as writer:
                self.table.assign(**{AS_OF: self.as_of}).to_excel(writer, sheet_name=self.as_of, index=False)
                for row in writer.sheets[self.as_of].iter_rows(min_row=2):
                    for cell in row:
                        # What begins with an equals sign is a text all the same.
                        cell.data_type = "s" if cell.data_type == "f" else cell.data_type
        except ImportError:
            raise ConfigError(
                "workbooks need openpyxl",
                code="scoring.excel",
                allowed=[".csv", ".parquet"],
                next_step="pip install 'riskmodel[excel]', or write CSV, which spreadsheets open too",
            ) from None

    def __repr__(self) -> str:
        return "\n".join([*self._title(), "", self._first().to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        head = "<br>".join(map(escape, (*self._title(), *self.notes)))
        return f"<p>{head}</p>{self._first().to_html(index=False)}"

    def _first(self) -> pd.DataFrame:
        shown = self.listed.head(10)[[c for c in SHOWN if c in self.table]]
        return shown.astype(dict.fromkeys(shown.filter(like="reason").columns, object)).fillna("")

    def _title(self) -> list[str]:
        return [f"{self.model}, round {self.as_of}: {len(self.listed):,} listed of {len(self):,} scored"]


def score_round(
    model: Any,
    records: Records,
    as_of: Any,
    capacity: Capacity = 0.02,
    *,
    lang: str = "en",
    top: int = 3,
    masked: bool = True,
    accept_feeds: Iterable[str] = (),
) -> ScoreList:
    """Score one round's cohort by the model's own recipe, and list as many as can be contacted.

    Parameters
    ----------
    model : RiskClassifier or LoadedModel
        Fitted on a panel built from records.
    records : Records
    as_of : date-like
        The morning of the round; what is known later is not seen.
    capacity : float, int or mapping, default 0.02
        Below 1 a share of the cohort, rounded up; a whole number; a mapping, one of either for each area.
    lang : {"en", "ko"}
        Of the reasons.
    top : int, default 3
        Reasons of each listed household.
    masked : bool, default True
        Whether sensitive indicators are named as such only.
    accept_feeds : list of str
        Indicators accepted although what came in of them lies outside the range of the training rounds.

    Returns
    -------
    ScoreList

    Raises
    ------
    ConfigError, ModelError, PanelError
        For a model without recipe, an indicator that the records don't know, a round after the records' end.
    RecordsError
        For a feed that was silent, or five times as full or as empty as in any training round, and not accepted.
    """
    if lang not in LANGUAGES:
        raise ConfigError(f"no language {lang!r}", code="scoring.lang", allowed=LANGUAGES, next_step="write lang='en'")
    recipe = _recipe_of(model)
    day = str(as_days(as_of))
    notes = _compared_catalogues(recipe, records)
    panel = build_panel(
        in_words_of(recipe, records), rounds=[day], label=None, cohort=recipe.cohort, features=recipe.features
    )
    notes += checked_feeds(recipe, _training(model)["rounds"], records, day, len(panel), accept_feeds)
    margin = np.asarray(model.margin(panel))
    table = _ranked(panel, margin, capacity)
    reference = getattr(model, "reference", None)
    if reference is None:
        reference = Reference.of(margin, [day])
        notes.append("the model is not published: percentiles and bands are those of this very round")
    sorted_margin = table["margin"].to_numpy()
    table["score"] = 1 / (1 + np.exp(-model.calibration_.log_odds(sorted_margin)))
    table["percentile"] = reference.percentile(sorted_margin)
    table["band"] = reference.band(sorted_margin)
    table = table.join(_reasons(model, panel.X, table, lang, top, masked=masked)).assign(lang=lang)
    return ScoreList(
        table[[*_order(table, top)]].reset_index(drop=True),
        _name(model),
        day,
        capacity,
        (*notes, *_told_missing(panel), *_told_unseen(model, panel), *_told_ties(table)),
    )


def checked_feeds(
    recipe: Recipe, training: Collection[str], records: Records, day: str, rows: int, accepted: Iterable[str]
) -> list[str]:
    """Refuse a round before which a feed brought far less or far more than before any training round.

    Returns
    -------
    list of str
        What must be said of the feeds accepted.

    Raises
    ------
    ConfigError
        For an accepted name that is no indicator of the model.
    RecordsError
        For feeds out of range that are not accepted; they are named, with their shares.
    """
    named = [accepted] if isinstance(accepted, str) else list(accepted)
    for name in named:
        if name not in recipe.catalogue:
            raise ConfigError(
                f"accept_feeds names {name!r}, which is no indicator of the model",
                code="scoring.accept_feeds",
                allowed=list(recipe.catalogue),
                next_step=did_you_mean(name, recipe.catalogue),
            )
    if recipe.arrivals is None:
        return []
    seen = recipe.arrivals.during(training)
    came = count(records, seen.shares, np.array([day], "datetime64[D]"), seen.span)
    outside = seen.outside({code: int(n[0]) / rows for code, n in came.items()}, rows)
    refused = {code: told for code, told in outside.items() if code not in named}
    if refused:
        raise RecordsError(
            f"{len(refused)} feeds are not as in training: {_ranges(refused)}",
            code="scoring.feeds",
            place=f"round {day}, what came in within {seen.span}",
            allowed=f"shares of households between a fifth of the least and {TIMES:g} times the largest in training",
            next_step=f"ask the agency; or score without trusting it: accept_feeds={list(refused)}",
        )
    return [f"accepted although not as in training: {_ranges(outside)}"] if outside else []


def _ranges(outside: Mapping[str, tuple[float, float, float]]) -> str:
    return "; ".join(
        f"{code} {share:.2%} ({least:.2%} to {largest:.2%})" for code, (share, least, largest) in outside.items()
    )


def _training(model: Any) -> Mapping[str, Any]:
    told: Mapping[str, Any] = model.training_ if hasattr(model, "training_") else model.training
    return told


def in_words_of(recipe: Recipe, records: Records) -> Records:
    """Return the records with the recipe's own definition of each indicator that it uses."""
    known = records.catalogue.items()
    return records.replace(catalogue=Catalogue(tuple(recipe.catalogue.get(code, found) for code, found in known)))


def _recipe_of(model: Any) -> Recipe:
    recipe = getattr(model, "recipe", None)
    if not isinstance(recipe, Recipe):
        raise ModelError(
            "the model does not know how its features are built from records",
            code="scoring.no_recipe",
            allowed="a model made by make_classifier(panel) on a panel built from records, or a published one",
            next_step="score a frame of your own with model.predict_proba(X)",
        )
    return recipe


def _compared_catalogues(recipe: Recipe, records: Records) -> list[str]:
    """Refuse records that do not know what the model needs; name what they know and the model doesn't."""
    cohort = recipe.cohort
    needed = dict.fromkeys(
        [
            *(column.indicator for column in recipe.features.columns(recipe.catalogue) if column.indicator),
            *(cohort.codes or ()),
            *(code for code, _ in cohort.exclude or ()),
            *cohort.features(recipe.catalogue).codes,
        ]
    )
    missing = [code for code in needed if code not in records.catalogue]
    if missing:
        raise ConfigError(
            f"the records do not know {len(missing)} indicators that the model needs: {', '.join(missing)}",
            code="scoring.unknown_indicator",
            allowed="records whose catalogue holds every indicator of the model",
            next_step="map the codes in the manifest; name an indicator in the catalogue even if nothing was delivered",
        )
    unused = [code for code in records.catalogue if code not in recipe.catalogue]
    changed = [code for code in needed if records.catalogue[code].kind != recipe.catalogue[code].kind]
    notes = [f"indicators that are no part of the model are ignored: {_some(unused)}"] if unused else []
    return notes + ([f"of another kind than in the fit, which stands: {_some(changed)}"] if changed else [])


def _told_missing(panel: Panel) -> list[str]:
    """Name the indicators of which nothing is delivered on this day: the model sees them as missing."""
    empty = panel.X.isna().all()
    delivered = {column.indicator for column in panel.columns if not empty[column.name]}
    gone = [*dict.fromkeys(c.indicator for c in panel.columns if c.indicator and c.indicator not in delivered)]
    return [f"not delivered on this day, so missing for every household: {_some(gone)}"] if gone else []


def _some(codes: list[str]) -> str:
    return ", ".join(codes[:NAMED]) + (f" and {len(codes) - NAMED} more" if len(codes) > NAMED else "")


def _ranked(panel: Panel, margin: Floats, capacity: Capacity) -> pd.DataFrame:
    """Return the households by margin, ties by household_id, the first of each round or area listed."""
    household = panel.households.to_numpy(dtype=object)
    area = None if panel.area is None else panel.area.astype(object).where(panel.area.notna(), "unknown").to_numpy()
    order = np.lexsort((household.astype(str), -margin))
    spots = places(capacity, np.zeros(len(margin)), area)
    cell = pd.Series(spots.cell[order])
    tied = pd.Series(margin[order]).groupby(margin[order]).transform("size")
    table = pd.DataFrame(
        {
            HOUSEHOLD: household[order].astype(str),
            AS_OF: panel.as_of[order],
            "rank": np.arange(1, len(order) + 1),
            "tied": tied.to_numpy(),
            "margin": margin[order],
            "percentile_in_round": 100 * (pd.Series(margin[order]).rank().to_numpy() - 0.5) / len(order),
            "listed": (cell.groupby(cell).cumcount() < spots.room[cell]).to_numpy(),
        }
    )
    table["stratum"] = pd.Series(CERTAIN, index=table.index, dtype="str").where(table["listed"])
    table["inclusion_probability"] = table["listed"].astype(float)
    table["seed"] = pd.array([pd.NA] * len(table), dtype="Int64")
    if area is not None:
        table["area"] = area[order].astype(str)
    return table


def _reasons(model: Any, X: pd.DataFrame, table: pd.DataFrame, lang: str, top: int, *, masked: bool) -> pd.DataFrame:
    """Return the reasons of the listed, on the table's index; the others have none."""
    listed = table.index[table["listed"]]
    rows = X.loc[pd.MultiIndex.from_frame(table.loc[listed, [HOUSEHOLD, AS_OF]])]
    told = explain(model, rows).reasons(top=top, lang=lang, masked=masked)
    return told.set_axis(listed, axis=0).reindex(table.index)


def _order(table: pd.DataFrame, top: int) -> list[str]:
    reasons = [f"{what}_{i}" for i in range(1, top + 1) for what in ("reason", "contribution")]
    area = ["area"] if "area" in table else []
    return [
        HOUSEHOLD,
        AS_OF,
        *area,
        "rank",
        "tied",
        "margin",
        "score",
        "percentile",
        "percentile_in_round",
        "band",
        "listed",
        "stratum",
        "inclusion_probability",
        "seed",
        *reasons,
        "lang",
    ]


def _told_ties(table: pd.DataFrame) -> list[str]:
    cut = table.loc[table["listed"], "margin"]
    out = int((~table["listed"] & table["margin"].isin(cut)).sum())
    return [f"{out:,} left out share their margin with a listed one: ties fall by household_id"] if out else []


def _told_unseen(model: Any, panel: Panel) -> list[str]:
    unseen = {name: rows for name, rows in model.unseen_categories(panel).items() if rows}
    return [f"{rows:,} rows hold a category of {name} that the fit did not see" for name, rows in unseen.items()]


def _name(model: Any) -> str:
    version = getattr(model, "version", None)
    return f"{version.name} version {version.version}" if version else str(getattr(model, "kind", "model"))


def _written(path: Path, write: Any) -> Path:
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    write(part)
    os.replace(part, path)
    return path
