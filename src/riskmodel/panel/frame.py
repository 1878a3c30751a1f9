"""A panel from a frame of one's own: checked, cleaned and named as the library's own panels are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.doors import FrameLike
from riskmodel.errors import PanelError
from riskmodel.indicators import Catalogue
from riskmodel.keys import AS_OF, HOUSEHOLD, DateLike, as_days, check_unique_keys
from riskmodel.panel.frame_catalogue import catalogue_of_frame
from riskmodel.panel.frame_checks import (
    check_columns,
    check_finite,
    check_numbers,
    column_of_dates,
    dates_of,
    nearest_columns,
    refuse_personal_numbers,
)
from riskmodel.panel.household_ids import text_ids
from riskmodel.panel.labelling.doubtful_rounds import doubtful_rounds
from riskmodel.panel.panel_data import PanelData
from riskmodel.panel.specs.feature_columns import Column, clean
from riskmodel.panel.specs.labels import Label
from riskmodel.panel.specs.vocabulary import (
    Vocabulary,
    check_min_households,
    is_of_few,
    vocabularies,
)
from riskmodel.records.spellings import spellings_in
from riskmodel.texts import as_words, named_alike, plain_text

CatalogueLike = Catalogue | Mapping[str, object] | str | Path | None


def data_of_frame(
    given: pd.DataFrame | FrameLike,
    *,
    household_id: str,
    as_of_date: DateLike,
    y: str | None,
    features: Iterable[str] | None,
    categories: Iterable[str],
    groups: Iterable[str],
    weight: str | None,
    cluster: str | None,
    round: str | None,  # noqa: A002  # the word of the design
    label: Label | None,
    directions: Mapping[str, int] | None,
    area: str | None,
    today: DateLike | None,
    min_households: int,
    catalogue: CatalogueLike,
    allow_personal_numbers: Iterable[str],
) -> PanelData:
    """Return the fields of a panel; see `Panel.from_frame`."""
    df = given if isinstance(given, pd.DataFrame) else pa.table(given).to_pandas()
    df = df.set_axis(_plain(df), axis=1)
    household_id, as_of_date, y, weight, round, area = _plain(  # noqa: A001
        [household_id, as_of_date, y, weight, round, area]
    )
    categories = _plain(categories)
    groups = list(dict.fromkeys([*_plain(groups), *_named(area or None)]))
    features = None if features is None else _plain(features)
    named = [household_id, as_of_date, y, weight, round, cluster, *groups, *categories]
    wanted = [*named, *(features or ()), *_plain(directions or ())]
    texts = ([name for name in names if isinstance(name, str)] for names in (df, wanted))
    df = df.rename(columns=named_alike(*texts))
    dates = column_of_dates(df, as_of_date)
    roles = [household_id, *dates, *_named(y, weight, round, cluster)]
    if features is None:
        kept_out = {*roles, *(set(groups) - set(categories))}
        chosen = [name for name in df if name not in kept_out]
    else:
        chosen = list(dict.fromkeys([*features, *categories]))
    check_columns(df, [*roles, *groups, *categories, *(features or ())])
    _check_apart(df, [*roles, *groups, *chosen])
    check_finite(df, [*chosen, *groups])
    looked = [household_id, *_named(cluster, round), *groups, *chosen]
    refuse_personal_numbers(df, looked, _plain(allow_personal_numbers))

    index = _index(df[household_id], dates_of(df, as_of_date))
    order = index.argsort()
    df, index = df.iloc[order], index[order]
    new_names = _new_names(chosen)
    X = _features(df, new_names, categories, index)
    household, least = index.codes[0], check_min_households(min_households)
    grouped = _groups(df, groups, index)
    rounds = index.get_level_values(AS_OF) if round is None else df[round].to_numpy()
    described = catalogue_of_frame(Catalogue.read(catalogue), df, new_names, household)
    numbers = set(X.select_dtypes("number"))
    of_column: dict[str, int] = {n: one.direction for n, one in described.items() if n in numbers}
    directed = zip(_plain(directions or ()), (directions or {}).values(), strict=True)
    of_column |= {new_names.get(name, name): direction for name, direction in directed}
    end = None if today is None else as_days(today, "today")
    outcome = None if y is None else _mature(_outcome(df[y], index), label, end)
    return PanelData(
        X=X,
        y=outcome,
        groups=grouped,
        columns=_columns(X, of_column, household, least, described),
        catalogue=described,
        label=label,
        weight=None if weight is None else _weight(df[weight], index),
        cluster=None if cluster is None else _cluster(df[cluster], index),
        round=pd.Series(rounds, index),
        area_name=area,
        today=end,
        group_vocabulary=vocabularies(grouped, household, least),
        doubtful={} if outcome is None else doubtful_rounds(outcome),
        spellings=_spellings(df[household_id]),
        renamed={str(old): new for old, new in new_names.items() if old != new},
    )


def _plain(names: Iterable[Any]) -> list[Any]:
    return [plain_text(name) if isinstance(name, str) else name for name in names]


def _named(*names: Any) -> list[Any]:
    return [name for name in names if name is not None]


def _check_apart(df: pd.DataFrame, wanted: list[Any]) -> None:
    repeated = set(df.columns[df.columns.duplicated()]) & set(wanted)
    if repeated:
        raise _not_told_apart(map(str, repeated))


def _index(ids: pd.Series, dates: pd.Series) -> pd.MultiIndex:
    days = pd.DatetimeIndex(as_days(dates).astype("datetime64[s]"))
    index = pd.MultiIndex.from_arrays([pd.Index(text_ids(ids)), days], names=[HOUSEHOLD, AS_OF])
    check_unique_keys(index)
    return index


def _spellings(ids: pd.Series) -> dict[str, str]:
    written = spellings_in([ids.rename(HOUSEHOLD).to_frame()])
    return dict(written.itertuples(index=False, name=None))


def _new_names(names: list[Any]) -> dict[Any, str]:
    renamed = {name: clean(name) for name in names}
    times = Counter(renamed.values())
    clashing = sorted(new for new, n in times.items() if n > 1)
    if clashing:
        raise _not_told_apart(clashing)
    return renamed


def _not_told_apart(names: Iterable[str]) -> PanelError:
    return PanelError(
        f"several columns would be named {', '.join(sorted(names))}",
        code="frame.names",
        allowed="names that differ in letters, digits or underscores",
        next_step="rename them in the frame",
    )


def _features(
    df: pd.DataFrame, new_names: Mapping[Any, str], categories: list[str], index: pd.MultiIndex
) -> pd.DataFrame:
    check_numbers(df, [name for name in new_names if name not in categories])
    columns = {
        new: _category(df[old]) if old in categories else _number(df[old])
        for old, new in new_names.items()
    }
    return pd.DataFrame(columns, index=index)


def _groups(df: pd.DataFrame, names: list[str], index: pd.MultiIndex) -> pd.DataFrame | None:
    if not names:
        return None
    return pd.DataFrame({name: _category(df[name]) for name in names}, index=index)


def _category(column: pd.Series) -> pd.Categorical:
    return pd.Categorical(as_words(column))


def _number(column: pd.Series) -> NDArray[np.float32]:
    return column.to_numpy(dtype=np.float32, na_value=np.nan)


def _outcome(column: pd.Series, index: pd.MultiIndex) -> pd.Series:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    blank = column.isna().to_numpy()
    # A text that is no number is missing in `values`, but not blank.
    is_binary = np.isin(values[~blank], (0.0, 1.0)).all()
    if not is_binary:
        raise PanelError(
            f"column {column.name!r} is to be y, and holds more than 1, 0 and blanks",
            code="frame.outcome",
            allowed="1, 0 or blank",
            next_step="make it: (df[column] >= threshold).astype(float), or of words "
            "(df[column] == 'the word of the crisis').astype(float)",
        )
    return pd.Series(values, index=index, name="y")


def _mature(y: pd.Series, label: Label | None, today: np.datetime64 | None) -> pd.Series:
    """Return y without the outcomes whose window is not over before `today`."""
    if label is None or today is None:
        return y
    is_open = label.matures_on(pd.DatetimeIndex(y.index.get_level_values(AS_OF))) > today
    return y.mask(is_open)


def _weight(column: pd.Series, index: pd.MultiIndex) -> pd.Series:
    is_number = pd.api.types.is_numeric_dtype(column)
    # of dates the texts, since as numbers they are nanoseconds
    numbers = column if is_number else pd.to_numeric(column.astype(str), errors="coerce")
    values = numbers.to_numpy(dtype=float, na_value=np.nan)
    if not (np.isfinite(values) & (values >= 0)).all():
        raise PanelError(
            f"weights in {column.name!r} are missing, negative or no numbers",
            code="frame.weight",
            allowed="numbers >= 0",
            next_step="fill or drop those rows",
        )
    return pd.Series(values, index=index, name="weight")


def _cluster(column: pd.Series, index: pd.MultiIndex) -> pd.Series:
    """Return the cluster of each row; a household lies in one cluster."""
    cluster = pd.Series(as_words(column), index=index, name=str(column.name))
    blank = int(cluster.isna().sum())
    several = int((cluster.groupby(level=HOUSEHOLD).nunique() > 1).sum())
    if not blank and not several:
        return cluster
    fault = f"{blank:,} rows blank" if blank else f"{several:,} households in several clusters"
    raise PanelError(
        f"cluster={column.name!r} has {fault}",
        code="frame.cluster",
        allowed="one cluster for each household, such as its village",
        next_step="fill it, or take a coarser column",
    )


def _columns(
    X: pd.DataFrame,
    directions: Mapping[str, int],
    household: NDArray[np.integer],
    min_households: int,
    described: Catalogue,
) -> tuple[Column, ...]:
    for name in directions:
        if name not in X:
            raise PanelError(
                f"a direction is given for {name!r}, which is no feature",
                code="frame.direction",
                **nearest_columns(name, X, household),
            )
        if directions[name] not in (-1, 0, 1):
            raise PanelError(
                f"the direction of {name!r} is none",
                code="frame.direction",
                allowed="1, 0 or -1",
                next_step="write 1 where more of it means more risk, -1 where it means less",
            )

    def column_of(name: str) -> Column:
        column = Column(name, direction=int(directions.get(name, 0)))
        if not isinstance(X[name].dtype, pd.CategoricalDtype):
            is_rare = name not in described and is_of_few(X[name].to_numpy(), household)
            return replace(column, of_few=is_rare)
        names, rare = Vocabulary.of(X[name].array, household, min_households)
        return replace(column, categories=names, rare=rare)

    return tuple(map(column_of, X.columns))
