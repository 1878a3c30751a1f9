"""Random edits of what becomes known only on a day or later: the past must not feel them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import riskmodel as rm
from riskmodel.records.contact_words import RESULTS
from riskmodel.records.table_schemas import conform

Frames = dict[str, pd.DataFrame]
Edit = Callable[[Frames, pd.Timestamp, np.random.Generator, rm.Records], Frames]
SHARE = 0.3


def frames_of(records: rm.Records) -> Frames:
    return {name: records.frame(name) for name in records.tables}


def with_frames(records: rm.Records, frames: Frames) -> rm.Records:
    """Return the records with other rows, as they would have been staged."""
    tables = {name: conform(name, frame) for name, frame in frames.items()}
    return records.replace(tables=tables)


def read_again(records: rm.Records, frames: Frames) -> rm.Records:
    """Return the records of frames that are read, checked and settled anew."""
    others = {name: frame for name, frame in frames.items() if name != "events" and len(frame)}
    return rm.Records.from_frames(
        frames["events"],
        today=records.today,
        catalogue=records.catalogue,
        rounds=records.rounds,
        groups=records.groups,
        area=records.area,
        max_quarantined=1.0,
        **others,
    )


def later(frame: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    return frame["known_date"] >= day


def some(rows: pd.Series, rng: np.random.Generator) -> pd.Series:
    return rows & (rng.random(len(rows)) < SHARE)


def days_from(
    day: pd.Timestamp, n: int, rng: np.random.Generator, records: rm.Records
) -> pd.Series:
    span = (pd.Timestamp(records.today) - day).days
    return pd.Series(day + pd.to_timedelta(rng.integers(0, span, n), "D"))


def households(records: rm.Records) -> np.ndarray:
    return records.attributes["household_id"].unique()


def add_facts(
    frames: Frames, day: pd.Timestamp, rng: np.random.Generator, records: rm.Records
) -> Frames:
    """Add facts known later; half are back-dated by up to a year, some are of a new household."""
    n = 40
    known = days_from(day, n, rng, records)
    back = np.where(rng.random(n) < 0.5, rng.integers(0, 400, n), 0)
    more = pd.DataFrame(
        {
            "household_id": rng.choice([*households(records), "new-one"], n),
            "code": rng.choice(list(records.catalogue), n),
            "event_date": known - pd.to_timedelta(back, "D"),
            "known_date": known,
            "value": rng.integers(1, 30, n).astype(float),
        }
    )
    return frames | {"events": pd.concat([frames["events"], more], ignore_index=True)}


def drop_facts(
    frames: Frames, day: pd.Timestamp, rng: np.random.Generator, _: rm.Records
) -> Frames:
    events = frames["events"]
    return frames | {"events": events[~some(later(events, day), rng)]}


def corrupt_facts(
    frames: Frames, day: pd.Timestamp, rng: np.random.Generator, records: rm.Records
) -> Frames:
    """Give facts known later another household, code, day and value."""
    events = frames["events"].copy()
    rows = some(later(events, day), rng)
    n = int(rows.sum())
    events.loc[rows, "household_id"] = rng.choice(households(records), n)
    events.loc[rows, "code"] = rng.choice(list(records.catalogue), n)
    events.loc[rows, "value"] = rng.integers(1, 99, n).astype(float)
    shift = pd.to_timedelta(rng.integers(0, 700, n), "D")
    events.loc[rows, "event_date"] = events.loc[rows, "event_date"] - shift
    return frames | {"events": events}


def retract_facts(
    frames: Frames, day: pd.Timestamp, rng: np.random.Generator, records: rm.Records
) -> Frames:
    """Retract facts that were visible, on the day or later."""
    events = frames["events"].copy()
    rows = some(~later(events, day) & events["retracted_date"].isna(), rng)
    when = days_from(day, int(rows.sum()), rng, records)
    events.loc[rows, "retracted_date"] = when.to_numpy()
    return frames | {"events": events}


def correct_facts(
    frames: Frames, day: pd.Timestamp, rng: np.random.Generator, records: rm.Records
) -> Frames:
    """Tell visible facts again with another value, known on the day or later."""
    events = frames["events"]
    again = events[some(~later(events, day) & events["value"].notna(), rng)].copy()
    again["known_date"] = days_from(day, len(again), rng, records).to_numpy()
    again["value"] += 7
    again["retracted_date"] = pd.NaT
    return frames | {"events": pd.concat([events, again], ignore_index=True)}


def change_attributes(
    frames: Frames, day: pd.Timestamp, rng: np.random.Generator, records: rm.Records
) -> Frames:
    """Tell later attributes of households, and of one that nobody knew."""
    attributes = frames["attributes"]
    kept = attributes[~some(later(attributes, day), rng)]
    again = kept[some(kept["text"].notna(), rng)].copy()
    again["known_date"] = days_from(day, len(again), rng, records).to_numpy()
    again["text"] = rng.permutation(again["text"].to_numpy())
    unknown = again.head(1).assign(household_id="never-seen")
    return frames | {"attributes": pd.concat([kept, again, unknown], ignore_index=True)}


def change_members(
    frames: Frames, day: pd.Timestamp, rng: np.random.Generator, records: rm.Records
) -> Frames:
    members = frames["members"].copy()
    rows = some(later(members, day), rng)
    members.loc[rows, "household_id"] = rng.choice(households(records), int(rows.sum()))
    return frames | {"members": members[~some(later(members, day), rng)]}


def change_contacts(
    frames: Frames, day: pd.Timestamp, rng: np.random.Generator, records: rm.Records
) -> Frames:
    contacts = frames["contacts"].copy()
    rows = some(later(contacts, day), rng)
    contacts.loc[rows, "result"] = rng.choice(RESULTS, int(rows.sum()))
    rows = some(later(contacts, day), rng)
    contacts.loc[rows, "household_id"] = rng.choice(households(records), int(rows.sum()))
    # of another household, whose list has another chance: it is taken from there
    contacts.loc[rows, "probability"] = np.nan
    return frames | {"contacts": contacts[~some(later(contacts, day), rng)]}


EDITS: dict[str, Edit] = {
    "facts are added": add_facts,
    "facts are left out": drop_facts,
    "facts are corrupted": corrupt_facts,
    "visible facts are retracted": retract_facts,
    "visible facts are corrected": correct_facts,
    "attributes change": change_attributes,
    "members change": change_members,
    "contacts change": change_contacts,
}
# a correction takes effect only where the rows are settled anew
STAGED = [name for name in EDITS if name != "visible facts are corrected"]
