"""Whose verdict a label tells, and what no support and no correction unsays."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from panel_records import records

from riskmodel.datasets import make_households
from riskmodel.errors import ConfigError, PanelError
from riskmodel.panel import Label, Panel, build_panel
from riskmodel.records import Records

AS_OF, DAY = pd.Timestamp("2024-01-31"), pd.Timedelta(days=1)
NEED = Label("need_confirmed", "1M", "1M", observed_by="contacts")
MANAGER = replace(NEED, reader="manager")
MANY = [f"h{number:02d}" for number in range(12)]


def told(household: str, result: str, reader: str | None, day: int, **more: object) -> pd.DataFrame:
    on = AS_OF + day * DAY
    row = {"household_id": household, "as_of_date": AS_OF, "reader": reader, "result": result}
    return pd.DataFrame([row | {"contact_date": on, "known_date": on + 3 * DAY} | more])


def records_of(*contacts: pd.DataFrame) -> Records:
    rows = pd.concat([told("z", "no_need", "caseworker", 0), *contacts])
    ids = [*rows["household_id"].unique(), "nobody"]
    facts = pd.DataFrame({"household_id": ids, "code": "rent", "event_date": AS_OF - DAY})
    return records(facts, contacts=rows)


def panel_of(label: Label, *contacts: pd.DataFrame) -> Panel:
    return build_panel(records_of(*contacts), [AS_OF], label)


@pytest.fixture(scope="module")
def read_twice() -> Records:
    return records_of(
        told("a", "need_confirmed", "caseworker", 0),
        told("a", "no_need", "manager", 7),
        told("b", "no_need", "manager", 7),
        told("c", "no_need", "caseworker", 1),
        told("c", "need_confirmed", "manager", 9, support="public_support"),
        told("d", "need_confirmed", "caseworker", 1),
    )


def test_a_label_is_the_verdict_of_the_first_reader_or_of_the_one_named(
    read_twice: Records,
) -> None:
    first = build_panel(read_twice, [AS_OF], NEED)
    assert first.y.droplevel(1)[["a", "b", "c", "d"]].to_list() == [1, 0, 0, 1]
    manager = first.with_label(MANAGER)
    assert manager.y.droplevel(1)[["a", "b", "c"]].to_list() == [0, 0, 1]
    assert manager.missing == {"not contacted": 1, "verdict of another reader": 2}


def test_what_a_panel_prints_says_whose_verdict_confirms(read_twice: Records) -> None:
    first = build_panel(read_twice, [AS_OF], NEED)
    assert "need_confirmed within 1M, confirmed by the first reader: " in repr(first)
    assert "need_confirmed within 1M, confirmed by manager: " in repr(first.with_label(MANAGER))
    event = Label("crisis", "1M", observed_by="contacts")
    assert (event.name, event.confirmed_by) == ("crisis within 1M", "the first reader")
    assert (Label("crisis", "1M").name, Label("crisis", "1M").confirmed_by) == (
        "crisis within 1M",
        "",
    )


def test_a_reader_of_whom_there_is_no_contact_is_refused(read_twice: Records) -> None:
    many = [told(household, "no_need", "caseworker", 0) for household in MANY]
    with pytest.raises(PanelError, match="unknown reader 'casework'") as refusal:
        panel_of(replace(NEED, reader="casework"), *many, told("a", "no_need", "Kim Marker", 0))
    assert refusal.value.code == "label.reader"
    assert refusal.value.allowed == "caseworker, and 1 reader of fewer than 10 households"
    assert refusal.value.next_step == "did you mean 'caseworker'?"
    unnamed = records_of().contacts.assign(reader=None)
    with pytest.raises(PanelError, match="the records name no reader"):
        build_panel(records(contacts=unnamed), [AS_OF], MANAGER)


@pytest.mark.parametrize("changes", [{"observed_by": None}, {"observed_by": "crisis"}])
def test_a_reader_without_contacts_is_refused(changes: dict[str, str | None]) -> None:
    with pytest.raises(ConfigError, match="names a reader") as refusal:
        replace(MANAGER, **changes)
    assert refusal.value.code == "label.reader"


def test_support_is_no_outcome_of_a_reader(read_twice: Records) -> None:
    with pytest.raises(PanelError, match="public_support is support that followed") as refusal:
        build_panel(read_twice, [AS_OF], replace(NEED, outcome=("public_support", "no_need")))
    assert refusal.value.code == "label.support"


def test_no_support_unsays_a_verdict() -> None:
    need = told("a", "need_confirmed", "caseworker", 0)
    later = [
        told("a", "public_support", "caseworker", 5),
        told("a", "not_told", "caseworker", 6, support="private_support"),
    ]
    assert panel_of(NEED, need, *later).y["a"].item() == 1
    alone = panel_of(NEED, *later)
    assert alone.y["a"].isna().all()
    assert alone.missing["verdict not told"] == 1


CLOSES = pd.Timestamp("2024-03-29")


@pytest.mark.parametrize(
    ("corrected", "known", "y"),
    [
        ({"result": "no_need"}, CLOSES - DAY, 0),
        ({"result": "no_need"}, CLOSES, 1),
        ({"result": "not_reached"}, CLOSES - DAY, None),
        ({"reader": "manager"}, CLOSES - DAY, 0),
        ({"household_id": "b"}, CLOSES - DAY, None),
        ({"retracted_date": CLOSES - DAY, "known_date": AS_OF}, None, None),
    ],
)
def test_a_correction_replaces_the_contact_until_its_label_is_mature(
    corrected: dict[str, object], known: pd.Timestamp | None, y: int | None
) -> None:
    contact = told("a", "need_confirmed", "caseworker", 0, contact_id="7", retracted_date=pd.NaT)
    after = contact.assign(**({} if known is None else {"known_date": known}), **corrected)
    versions = [after] if known is None else [contact, after]
    others = [told("b", "refused", "caseworker", 0)]
    if "reader" in corrected:  # then the caseworker, who came later, is the first reader
        others.append(told("a", "no_need", "caseworker", -0))
        after["contact_date"] = AS_OF + 9 * DAY
    panel = panel_of(NEED, *versions, *others)
    found = panel.y["a"].item()
    assert pd.isna(found) if y is None else found == y


def test_the_label_keeps_every_confirmation_of_the_simulated_caseworkers() -> None:
    service = make_households(1_500, n_rounds=4, preset="korea", capacity=0.2, random_state=4)
    contacts = service.contacts
    confirmed = contacts[
        contacts["reader"].eq("caseworker") & contacts["result"].eq("need_confirmed")
    ]
    label = Label("need_confirmed", "2M", "2M", observed_by="contacts")
    kept = build_panel(service, service.rounds, label).y
    rounds = [day for day in service.rounds if label.matures_on(day) <= service.today]
    mature = confirmed[confirmed["as_of_date"].isin(rounds)]
    own = pd.MultiIndex.from_frame(mature[["household_id", "as_of_date"]])
    assert len(mature) > 50
    assert (kept.reindex(own) == 1).sum() == len(own.intersection(kept.index))
    assert int((kept == 1).sum()) == len(own.intersection(kept.index))
    supported = contacts[contacts["support"].notna()]
    assert set(supported["result"]) == {"need_confirmed", "no_need"}
