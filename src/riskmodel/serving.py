"""Reads a published model and scores by numpy alone; it travels in the artefact, so it imports no riskmodel."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCHEMA_VERSION = 1
PARTS = ("model", "features", "indicators", "calibration", "reference")
COUNTED = frozenset({"count", "ever", "sum", "max", "distinct"})
READ = ("last", "mean", "max", "sum", "min", "first")
KOREAN_UNITS = {"months": "개월", "KRW": "원", "won": "원", "years": "년", "days": "일"}
DAYS = {"D": 1.0, "M": 30.4}
NO_EVIDENCE = frozenset({"change", "trend"})
MASKED = frozenset({"suicide", "violence"})
# a reason carries at least this share of all that raises the risk, and this much log-odds
LEAST_SHARE, LEAST = 0.1, 0.01
TOLERANCE = 1e-6

Floats = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]
Evaluator = Callable[[Floats], tuple[Floats, Floats]]

WORDS = {
    "en": {
        "weak": "several weak signs",
        "none": "nothing stands out",
        "sensitive": "sensitive information",
        "absent": "nothing in the record",
        "undelivered": "not delivered",
    },
    "ko": {
        "weak": "여러 약한 신호",
        "none": "두드러진 신호 없음",
        "sensitive": "민감 정보",
        "absent": "기록 없음",
        "undelivered": "자료 미입수",
    },
}
SPANS = {"en": {"D": "days", "M": "months"}, "ko": {"D": "일", "M": "개월"}}


class ServingError(ValueError):
    """A refusal: its code, what is allowed and the next step; it never holds a value of a row."""

    def __init__(self, message: str, code: str, allowed: str = "", next_step: str = "") -> None:
        self.code, self.place, self.allowed, self.next_step = code, None, allowed, next_step
        said = [
            message,
            f"Allowed: {allowed}" if allowed else "",
            f"Next: {next_step}" if next_step else "",
        ]
        super().__init__(f"{'. '.join(filter(None, said))}. [{code}]")


def read(folder: str | Path, digest: str | None = None) -> Scorer:
    """Verify an artefact against its manifest, and only then read it.

    Parameters
    ----------
    folder : str or Path
    digest : str, optional
        The sha256 of its manifest.json, from a place that you trust: the version's tag, or your own configuration.
    """
    folder = Path(folder)
    listed = _verified(folder, digest)
    lacking = [
        name for name in (*(f"{part}.json" for part in PARTS), "tables.npz") if name not in listed
    ]
    if lacking:
        raise ServingError(
            f"the manifest lists no {', '.join(lacking)}",
            "serving.incomplete",
            next_step="publish it again",
        )
    parts = {
        part: json.loads((folder / f"{part}.json").read_text(encoding="utf-8")) for part in PARTS
    }
    if parts["model"].get("kind") not in EVALUATORS:
        raise ServingError("the kind of model is not known", "serving.kind", ", ".join(EVALUATORS))
    with np.load(folder / "tables.npz", allow_pickle=False) as tables:
        return Scorer(**parts, tables=dict(tables))


def _verified(folder: Path, digest: str | None) -> Mapping[str, Any]:
    try:
        content = (folder / "manifest.json").read_bytes()
    except OSError:
        raise ServingError(
            "the folder holds no manifest.json", "serving.no_manifest", "a published model"
        ) from None
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise ServingError(
            "manifest.json is not the one that was published (its sha256 differs)",
            "serving.digest",
            next_step="download the version again; if it still differs, do not use it, and ask who published it",
        )
    try:
        manifest = json.loads(content)
        version = manifest["schema_version"]
        files = {
            str(name): (entry["size"], entry["sha256"]) for name, entry in manifest["files"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ServingError(
            "manifest.json cannot be read", "serving.manifest", next_step="download it again"
        ) from None
    if version != SCHEMA_VERSION:
        raise ServingError(
            f"the artefact has schema {version}",
            "serving.schema",
            f"schema {SCHEMA_VERSION}",
            "use the serving.py that lies in the artefact",
        )
    for name, expected in files.items():
        if _measured(folder, name) != expected:
            raise ServingError(
                f"{name} is missing, cut short or changed",
                "serving.changed",
                "the manifest's files",
                "download the version again; if it still differs, do not use it",
            )
    return files


def _measured(folder: Path, name: str) -> tuple[int, str] | None:
    try:
        content = (folder / name).read_bytes() if Path(name).name == name else b""
    except OSError:
        return None
    return len(content), hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, eq=False)
class Scorer:
    """A published model: what it gives for a row depends on that row alone.

    Attributes
    ----------
    model, features, indicators, calibration, reference : mapping
        The artefact's JSON parts.
    tables : mapping of str to ndarray
        What margin and contributions are computed from.
    """

    model: Mapping[str, Any]
    features: Mapping[str, Any]
    indicators: Mapping[str, Any]
    calibration: Mapping[str, Any]
    reference: Mapping[str, Any]
    tables: Arrays

    @property
    def columns(self) -> list[Mapping[str, Any]]:
        """The columns, in order."""
        return list(self.features["columns"])

    def margin(self, X: Floats) -> Floats:
        """Return the margins of a matrix: those of the published model, bit for bit."""
        return self._evaluate(X)[0]

    def contributions(self, X: Floats) -> Floats:
        """Return each column's part of the margin; with `tables["base"]` they add up to it."""
        return self._evaluate(X)[1]

    def _evaluate(self, X: Floats) -> tuple[Floats, Floats]:
        """Return margins and contributions from one pass, or refuse tables whose sums are not the margins."""
        margin, phi = self._evaluator(X)
        off = int((~(np.abs(self.tables["base"] + phi.sum(axis=1) - margin) <= TOLERANCE)).sum())
        if off:
            raise ServingError(
                f"contributions do not add up to the score on {off} of {len(X)} rows",
                "serving.audit",
                f"a difference of at most {TOLERANCE}",
                "do not use this version, and tell who published it",
            )
        return margin, phi

    @cached_property
    def _evaluator(self) -> Evaluator:
        return EVALUATORS[self.model["kind"]](self.tables)

    def matrix(self, rows: Any) -> tuple[Floats, NDArray[np.int64]]:
        """Return rows (a DataFrame, a mapping of columns or a list of mappings) as floats, and unseen categories."""
        given = _columns(rows)
        lacking = [c["name"] for c in self.columns if c["name"] not in given]
        if lacking:
            raise ServingError(
                f"columns are missing: {', '.join(lacking)}",
                "serving.missing_columns",
                next_step="send every column, null where nothing is known",
            )
        parts = [
            (_numbers if c["categories"] is None else _codes)(c, given[c["name"]])
            for c in self.columns
        ]
        X = np.column_stack([np.where(np.isinf(part), np.nan, part) for part in parts])
        return X, np.sum([np.isinf(part) for part in parts], axis=0)

    def score(
        self, rows: Any, lang: str = "en", top: int = 3, *, masked: bool = True
    ) -> dict[str, Any]:
        """Score rows.

        Returns
        -------
        dict
            margin, score (probability of the crisis class), percentile (of the publishing round), band, reasons (a
            list a row), missing (what was not delivered, a list a row), unseen (categories that the fit did not see,
            a number a row).
        """
        if lang not in WORDS:
            raise ServingError(f"unknown language {lang!r}", "serving.lang", ", ".join(WORDS))
        X, unseen = self.matrix(rows)
        margin, phi = self._evaluate(X)
        slope, intercept = self.calibration["slope"], self.calibration["intercept"]
        teller = Teller(self.columns, self.indicators)
        return {
            "margin": margin,
            "score": 1 / (1 + np.exp(np.minimum(-(slope * margin + intercept), 700.0))),
            "percentile": percentile(margin, self.reference["quantiles"]),
            "band": bands(margin, self.reference["bands"]),
            "reasons": teller.reasons(X, slope * teller.totals(phi), lang, top, masked=masked),
            "missing": teller.missing(X, lang),
            "unseen": unseen,
        }


def percentile(margin: Floats, quantiles: Sequence[float]) -> Floats:
    """Return which percentage of a round's margins lies below (ties count half)."""
    sides = [np.searchsorted(quantiles, margin, side) for side in ("left", "right")]
    return 50.0 * (sides[0] + sides[1]) / max(len(quantiles), 1)


def bands(margin: Floats, cuts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the name of the highest band from whose cut-off each margin lies; a cut-off of null has none below."""
    ordered = sorted(cuts, key=lambda cut: _least(cut["from_margin"]))
    at = np.searchsorted([_least(cut["from_margin"]) for cut in ordered], margin, "right") - 1
    return [ordered[max(i, 0)]["name"] for i in at]


def _least(number: float | None) -> float:
    return -np.inf if number is None else number


def _columns(rows: Any) -> Mapping[str, Any]:
    if hasattr(rows, "columns"):
        return {str(name): _plain(rows[name]) for name in rows.columns}
    if isinstance(rows, Mapping):
        return {name: [value] if np.ndim(value) == 0 else value for name, value in rows.items()}
    names = set(rows[0]).intersection(*rows) if len(rows) else set()
    return {name: [row[name] for row in rows] for name in names}


def _plain(series: Any) -> NDArray[Any]:
    numbers = isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiub"
    return np.asarray(series if numbers else series.astype(object).where(series.notna(), None))


def _numbers(column: Mapping[str, Any], values: Any) -> Floats:
    name, numbers = column["name"], getattr(values, "dtype", np.dtype(object)).kind in "fiub"
    try:
        if not numbers and any(isinstance(value, (str, bytes)) for value in values):
            raise TypeError
        found = np.asarray(
            values if numbers else [np.nan if v is None else v for v in values], dtype=np.float64
        )
    except (TypeError, ValueError):
        raise ServingError(
            f"column {name!r} holds something that is no number",
            "serving.not_a_number",
            "numbers, null where nothing is known",
            f"convert {name!r}",
        ) from None
    if np.isinf(found).any():
        raise ServingError(
            f"column {name!r} holds infinities", "serving.infinite", "finite numbers, or null"
        )
    return found


def _codes(column: Mapping[str, Any], values: Any) -> Floats:
    """Return categories as codes: NaN where missing, and infinite where unseen."""
    code = {category: float(i) for i, category in enumerate(column["categories"])}
    return np.array(
        [
            np.nan if value is None or value != value else code.get(_text(value), np.inf)
            for value in values
        ]
    )


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _trees(t: Arrays) -> Evaluator:
    """Return the evaluator of groups of leaves: a byte of passed tests tells what a group adds."""
    slot_group = np.repeat(np.arange(len(t["steps"])), np.diff(t["slot_start"]))
    plain = np.flatnonzero(t["steps"][slot_group] == 0)
    plain = plain[np.argsort(t["slot_output"][plain], kind="stable")]
    slot_group, output, start = slot_group[plain], t["slot_output"][plain], t["table_start"][plain]
    first = t["group_start"][t["booster_start"]]
    at_once = max(1, 2_000_000 // (len(plain) + 8 * len(t["steps"])))

    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        margin, phi = np.zeros(len(X)), np.zeros((len(X), int(t["n_outputs"])))
        for row in range(0, len(X), at_once):
            rows = slice(row, row + at_once)
            codes = _codes_of(t, X[rows])
            pattern = np.packbits(_pass(codes, t["tests"]), axis=2, bitorder="little")[
                ..., 0
            ].astype(np.int64)
            _add_by(phi[rows], output, t["table"][start + pattern[:, slot_group]])
            value = t["leaf"][t["leaf_start"][:-1] + pattern]
            for q in np.unique(t["steps"][t["steps"] > 0]):
                for groups in np.array_split(np.flatnonzero(t["steps"] == q), 1 + len(codes) // 32):
                    value[:, groups] *= _integrate(t, groups, q, codes, pattern, phi[rows])
            # one after the other, as LightGBM adds its trees: the margin is equal bit for bit
            for a, b in pairwise(first):
                margin[rows] += np.add.accumulate(value[:, a:b], axis=1)[:, -1]
        return margin / (len(first) - 1), phi

    return evaluate


def _codes_of(t: Arrays, X: Floats) -> NDArray[np.uint16]:
    n_features = len(t["cut_start"]) - 1
    codes = np.zeros((len(X), n_features + len(t["set_feature"])), np.uint16)
    for f, x in enumerate(X.T):
        cuts, categories = (
            t[k][t[f"{k}_start"][f] : t[f"{k}_start"][f + 1]] for k in ("cut", "category")
        )
        if len(categories):
            # the fraction is cut off; what then is negative or no int32 is in no node's list
            whole = np.where((x > -1) & (x < 2.0**31), x, -1).astype(np.int64)
            rank = np.minimum(np.searchsorted(categories, whole), len(categories) - 1)
            codes[:, f] = np.where(categories[rank] == whole, rank + 1, 0)
        elif len(cuts):
            near = np.where(np.abs(x) <= np.float32(1e-35), 0.0, x)
            codes[:, f] = np.where(np.isnan(x), 0, 1 + np.searchsorted(cuts, near))
    codes[:, n_features:] = t["set_member"][t["set_start"][:-1] + codes[:, t["set_feature"]]]
    return codes


def _pass(codes: NDArray[np.uint16], tests: NDArray[np.int32]) -> NDArray[np.bool_]:
    low, more = tests[..., 1].astype(np.uint16), tests[..., 2].astype(np.uint16)
    return codes[:, tests[..., 0]] - low <= more


def _integrate(
    t: Arrays,
    groups: NDArray[np.intp],
    q: int,
    codes: NDArray[np.uint16],
    pattern: NDArray[np.int64],
    phi: Floats,
) -> NDArray[np.bool_]:
    """Add groups behind too many features for a table, by integrals in q steps; return where all shared is met."""
    x = (np.polynomial.legendre.leggauss(q)[0] + 1) / 2
    shared, owner = _ranges(t["shared_start"], groups)
    if not len(shared):
        return np.ones((len(codes), 0), bool)
    ok, share = _pass(codes, t["shared_tests"][shared]), t["shared_share"][shared][:, None]
    factor = share * (1 - x) + ok[..., None] * x
    first = np.searchsorted(owner, np.arange(len(groups)))
    power = np.multiply.reduceat(factor, first, axis=1)
    entry = pattern[:, groups, None] * q + np.arange(q)
    whole = power * t["whole"][t["whole_start"][groups, None] + entry]
    slots, slot_owner = _ranges(t["slot_start"], groups)
    own = power[:, slot_owner] * t["table"][t["table_start"][slots, None] + entry[:, slot_owner]]
    gives = np.concatenate(
        [(whole[:, owner] * (ok[..., None] - share) / factor).sum(axis=2), own.sum(axis=2)], axis=1
    )
    output = np.concatenate([t["shared_output"][shared], t["slot_output"][slots]])
    order = np.argsort(output, kind="stable")
    _add_by(phi, output[order], gives[:, order])
    return np.logical_and.reduceat(ok, first, axis=1)


def _ranges(
    start: NDArray[np.int64], chosen: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the members of the chosen ranges, and for each of them the position of its range among the chosen."""
    owner = np.repeat(np.arange(len(chosen)), np.diff(start)[chosen])
    offset = np.arange(len(owner)) - np.searchsorted(owner, owner)
    return start[chosen][owner] + offset, owner


def _add_by(phi: Floats, outputs: NDArray[np.int64], values: Floats) -> None:
    used, first = np.unique(outputs, return_index=True)
    if len(used):
        phi[:, used] += np.add.reduceat(values, first, axis=1)


def _linear(t: Arrays) -> Evaluator:
    """Return the evaluator of an intercept and one term a column, added from left to right."""

    def term(j: int, x: Floats) -> Floats:
        weights = t["category_weight"][t["start"][j] : t["start"][j + 1]]
        if len(weights):
            return np.append(weights, 0.0)[np.where(np.isnan(x), len(weights), x).astype(np.intp)]
        squashed = np.sign(x) * np.log1p(np.abs(x))
        return np.where(
            np.isnan(x),
            t["missing"][j],
            t["weight"][j] * ((squashed - t["center"][j]) / t["scale"][j]),
        )

    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        margin, terms = np.full(len(X), float(t["intercept"])), np.zeros(X.shape)
        for j, x in enumerate(X.T):
            terms[:, j] = term(j, x)
            margin += terms[:, j]
        return margin, terms - t["mean"]

    return evaluate


def _additive(t: Arrays) -> Evaluator:
    """Return the evaluator of an intercept and one step function a column, added from left to right."""

    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        margin, terms = np.full(len(X), float(t["intercept"])), np.zeros(X.shape)
        for j, x in enumerate(X.T):
            cuts = t["cut"][t["cut_start"][j] : t["cut_start"][j + 1]]
            interval = np.where(np.isnan(x), 0, 1 + np.searchsorted(cuts, x, side="right"))
            terms[:, j] = t["term"][t["term_start"][j] + interval]
            margin += terms[:, j]
        return margin, terms - t["mean"]

    return evaluate


def _longest(t: Arrays) -> Evaluator:
    """Return the evaluator of the greatest of some columns, which gets all of the margin."""

    def evaluate(X: Floats) -> tuple[Floats, Floats]:
        lengths, phi = np.maximum(np.nan_to_num(X[:, t["positions"]]), 0.0), np.zeros(X.shape)
        margin = lengths.max(axis=1, initial=0.0)
        phi[np.arange(len(X)), t["positions"][lengths.argmax(axis=1)]] = margin
        return margin, phi

    return evaluate


class Teller:
    """Turns contributions into reasons: what raised the risk, and is really in the record.

    Parameters
    ----------
    columns : sequence of mapping
        name, indicator, aggregate, direction, categories of each column.
    indicators : mapping
        By code: names (``en``, ``ko``), ``kind``, ``unit``, ``sensitivity``.
    """

    def __init__(self, columns: Sequence[Mapping[str, Any]], indicators: Mapping[str, Any]) -> None:
        self.columns, self.indicators = columns, indicators
        keys = [c["indicator"] or c["name"] for c in columns]
        self.keys = list(dict.fromkeys(keys))
        self.members = [[j for j, key in enumerate(keys) if key == wanted] for wanted in self.keys]

    def totals(self, phi: Floats) -> Floats:
        """Return contributions summed by indicator, shape (n_rows, n_keys)."""
        return np.stack([sum(phi[:, j] for j in members) for members in self.members], axis=1)

    def present(self, X: Floats) -> NDArray[np.bool_]:
        """Return which indicators are in the record, shape (n_rows, n_keys)."""
        shown = [
            np.any([self._shows(j, X[:, j]) for j in members], axis=0) for members in self.members
        ]
        return np.stack(shown, axis=1)

    def _shows(self, j: int, x: Floats) -> NDArray[np.bool_]:
        column = self.columns[j]
        entry = self.indicators.get(column["indicator"], {})
        counted = (
            column["direction"] > 0
            if not column["indicator"]
            else entry.get("kind", "event") != "reading"
        )
        return (x > 0) & (column["aggregate"] not in NO_EVIDENCE) if counted else ~np.isnan(x)

    def reasons(
        self, X: Floats, totals: Floats, lang: str, top: int, *, masked: bool
    ) -> list[list[dict[str, Any]]]:
        """Return for each row its reasons, strongest first: code, text, contribution (log-odds).

        Parameters
        ----------
        X : ndarray, shape (n_rows, n_columns)
        totals : ndarray, shape (n_rows, n_keys)
            Contributions summed by indicator.
        lang : str
        top : int
            How many at most.
        masked : bool
            Whether sensitive indicators are told as such only.
        """
        present = self.present(X)
        least = np.maximum(LEAST_SHARE * np.maximum(totals, 0).sum(axis=1), LEAST)
        several = (present & (totals > 0)).sum(axis=1) > 1
        totals = np.where(present & (totals >= least[:, None]), totals, 0.0)
        strongest = np.argsort(-totals, axis=1, kind="stable")[:, :top].tolist()
        weak, none = (
            {"code": "", "text": WORDS[lang][said], "contribution": 0.0}
            for said in ("weak", "none")
        )
        return [
            [self._reason(k, X[i], totals[i, k], lang, masked) for k in ks if totals[i, k] > 0]
            or [weak if several[i] else none]
            for i, ks in enumerate(strongest)
        ]

    def missing(self, X: Floats, lang: str) -> list[list[str]]:
        """Return for each row what was not delivered at all."""
        gone = [np.isnan(X[:, members]).all(axis=1) for members in self.members]
        return [
            [self.name(k, lang) for k in np.flatnonzero(row).tolist()]
            for row in np.stack(gone, axis=1)
        ]

    def name(self, k: int, lang: str) -> str:
        """Return what an indicator is called."""
        entry = self.indicators.get(self.keys[k], {})
        return str(entry.get(lang) or entry.get("en") or entry.get("ko") or self.keys[k])

    def hides(self, k: int) -> bool:
        """Tell whether an indicator is told by name only when asked for."""
        return self.indicators.get(self.keys[k], {}).get("sensitivity") in MASKED

    def held(self, k: int, x: Floats, lang: str) -> str:
        """Return what a row holds of an indicator, in words: how much and when, or that there is nothing."""
        if np.isnan(x[self.members[k]]).all():
            return WORDS[lang]["undelivered"]
        return self._text(k, x, lang) if self.present(x[None])[0, k] else WORDS[lang]["absent"]

    def _reason(
        self,
        k: int,
        x: Floats,
        contribution: float,
        lang: str,
        masked: bool,  # noqa: FBT001
    ) -> dict[str, Any]:
        hidden = masked and self.hides(k)
        text = WORDS[lang]["sensitive"] if hidden else self._text(k, x, lang)
        code = "sensitive" if hidden else self.keys[k]
        return {"code": code, "text": text, "contribution": round(float(contribution), 6)}

    def _text(self, k: int, x: Floats, lang: str) -> str:
        entry = self.indicators.get(self.keys[k])
        if entry is None:
            return self._figure(self.members[k][0], x)
        if entry.get("kind") == "reading":
            read = {
                self.columns[j]["aggregate"]: float(x[j])
                for j in self.members[k]
                if not np.isnan(x[j])
            }
            return tell_reading(self.name(k, lang), entry.get("unit", ""), read, lang)
        shown = [(self.columns[j], float(x[j])) for j in self.members[k] if x[j] > 0]
        facts = {column["aggregate"]: value for column, value in shown}
        windows = [column["window"] for column, _ in shown if column["aggregate"] in COUNTED]
        return tell(self.name(k, lang), entry.get("unit", ""), facts, lang, _shortest(windows))

    def _figure(self, j: int, x: Floats) -> str:
        column = self.columns[j]
        value = column["categories"][int(x[j])] if column["categories"] else f"{x[j]:g}"
        return f"{column['name']} {value}"


def tell(name: str, unit: str, facts: Mapping[str, float], lang: str, within: str = "") -> str:
    """Return an indicator in words: how much, else how often, and how long ago; nothing about causes.

    Parameters
    ----------
    name, unit : str
    facts : mapping of aggregate to value above 0
    lang : {"en", "ko"}
    within : str
        The shortest window that holds some of it, told where its age is not known.

    Examples
    --------
    >>> tell("건강보험료 체납", "months", {"now": 22.0}, "ko")
    '건강보험료 22개월 체납'
    >>> tell("health insurance arrears", "months", {"now": 22.0}, "en")
    '22 months of health insurance arrears'
    >>> tell("power cut", "", {"count": 2.0, "recency": 0.5}, "en")
    'power cut, 2 times, last 180 days ago'
    >>> tell("단전", "", {"count": 3.0}, "ko", "6M")
    '단전 3회 (최근 6개월 안)'
    """
    amount = next(
        (facts[a] for a in ("now", "last", "max", "sum") if unit and facts.get(a, 0) >= 0.5), 0.0
    )
    times = facts.get("count", 0.0)
    days = round(-180 * math.log2(min(facts["recency"], 1.0))) if "recency" in facts else None
    span = "" if "now" in facts else within
    if lang == "ko":
        head, _, tail = name.rpartition(" ")
        told = (
            " ".join(filter(None, [head, f"{amount:,.0f}{KOREAN_UNITS.get(unit, unit)}", tail]))
            if amount
            else name
        )
        told += f" {times:.0f}회" if times > 1 and not amount else ""
        age = f"최근 {span[:-1]}{SPANS[lang][span[-1]]} 안" if span else ""
        age = age if days is None else f"{days}일 전"
        return f"{told} ({age})" if age else told
    told = (
        f"{amount:,.0f} {unit.removesuffix('s') if amount == 1 else unit} of {name}"
        if amount
        else name
    )
    told += f", {times:.0f} times" if times > 1 and not amount else ""
    age = f"last within {span[:-1]} {SPANS[lang][span[-1]]}" if span else ""
    age = age if days is None else f"last {days} days ago"
    return f"{told}, {age}" if age else told


def tell_reading(name: str, unit: str, facts: Mapping[str, float], lang: str) -> str:
    """Return a reading in words: its name and value, also where that is 0 or below.

    Examples
    --------
    >>> tell_reading("소득", "KRW", {"last": 1_250_000.0}, "ko"), tell_reading("married", "", {"last": 0.0}, "en")
    ('소득 1,250,000원', 'married 0')
    """
    value = next((facts[a] for a in READ if a in facts), None)
    if value is None:
        return name
    number = f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"
    return (
        f"{name} {number}{KOREAN_UNITS.get(unit, unit)}"
        if lang == "ko"
        else f"{name} {number} {unit}".rstrip()
    )


def _shortest(windows: Sequence[str]) -> str:
    """Return the shortest of spans such as 6M and 60D; nothing where none has an end."""
    spans = [w for w in windows if w[:-1].isdigit() and w[-1:] in DAYS]
    return min(spans, key=lambda w: int(w[:-1]) * DAYS[w[-1]], default="")


EVALUATORS = {
    "lightgbm": _trees,
    "indicator_count": _trees,
    "logistic": _linear,
    "ebm": _additive,
    "longest_arrears": _longest,
}

if not __package__ and "mlflow" in sys.modules:
    # MLflow runs this file by itself as the model's code; as a part of riskmodel it never comes here
    import pandas as pd
    from mlflow.models import set_model
    from mlflow.pyfunc import PythonModel

    class RiskPyfunc(PythonModel):
        """The published model in MLflow; artefact ``artefact`` is its folder, params are ``lang`` and ``top``."""

        def load_context(self, context: Any) -> None:
            """Verify and read the artefact."""
            self.scorer = read(context.artifacts["artefact"])

        def predict(
            self,
            context: Any,  # noqa: ARG002
            model_input: pd.DataFrame,
            params: Any = None,
        ) -> pd.DataFrame:
            """Return score, percentile, band, reasons and the reasons as JSON, one row a row."""
            said = params or {}
            found = self.scorer.score(model_input, said.get("lang", "en"), int(said.get("top", 3)))
            table = pd.DataFrame(
                {name: found[name] for name in ("score", "percentile", "band", "reasons")}
            )
            table["reasons_json"] = [
                json.dumps(reasons, ensure_ascii=False) for reasons in found["reasons"]
            ]
            return table

    set_model(RiskPyfunc())
