"""A history: only what is done counts, what broke off is put right, what does not fit is named."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import riskmodel as rm
from mended import Note
from riskmodel.errors import RegistryError
from riskmodel.registry.backend.connection import existing_registry
from riskmodel.registry.backend.version import CHAMPION, CHAMPION_HEAD_TAG, HEAD_TAG, resolve
from riskmodel.registry.events.chain import Chain
from riskmodel.registry.events.earlier_events import migrated
from riskmodel.registry.events.event import (
    EVENT_TAG,
    INTENDED,
    MAX_LENGTH,
    PROMOTED,
    RETIRED,
    Event,
    event_in,
)
from riskmodel.registry.events.ledger import Ledger, deciding
from riskmodel.registry.events.shown_history import _why_not
from riskmodel.registry.promoting.opponents import opponent

NAME = "household-crisis"


@pytest.fixture(scope="module")
def kept(study: SimpleNamespace, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of three versions, each of which was champion once: its folder."""
    folder = tmp_path_factory.mktemp("three") / "riskmodel-registry"
    folder.mkdir()
    shutil.copyfile(migrated, folder / "mlflow.db")
    logistic = rm.make_classifier(study.panel, kind="logistic").fit(study.train)
    judged = rm.evaluate(logistic, study.test, capacity=0.05)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        for model, evaluation in (
            (study.model, study.evaluation),
            (logistic, judged),
            (study.model, study.evaluation),
        ):
            version = rm.publish(model, evaluation, NAME, by="lee")
            make_champion(version.version)
        shutil.copytree(folder, folder.with_name("kept"))
    return folder


@pytest.fixture
def registry(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The registry of three versions as it was, in its place."""
    source = kept.with_name("kept")
    with (
        closing(sqlite3.connect(source / "mlflow.db")) as old,
        closing(sqlite3.connect(kept / "mlflow.db")) as now,
    ):
        old.backup(now)
    shutil.rmtree(kept / "artefacts")
    shutil.copytree(source / "artefacts", kept / "artefacts")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{kept}/mlflow.db")
    return kept


def make_champion(number: str, by: str = "kim", instead_of: str | None = None) -> None:
    """Make a version champion as a promotion does once its gates have passed."""
    with existing_registry() as opened, deciding(opened, NAME) as ledger:
        version = resolve(opened, f"{NAME}/{number}")
        event = Event(
            PROMOTED,
            version=number,
            alias=CHAMPION,
            instead_of=ledger.aliases.get(CHAMPION, "") if instead_of is None else instead_of,
            artefact=version.digest,
            by=by,
            why="beats the baselines",
        )
        ledger.carry_out(event, lambda: set_alias(number))


def set_alias(number: str, alias: str = CHAMPION) -> None:
    """Move an alias as MLflow's page does."""
    with existing_registry() as opened:
        opened.client.set_registered_model_alias(NAME, alias, number)


def tags() -> dict[str, str]:
    with existing_registry() as opened:
        return dict(opened.client.get_registered_model(NAME).tags)


def write(event: Event) -> Event:
    """Write an event as somebody does who can write tags."""
    with existing_registry() as opened:
        opened.client.set_registered_model_tag(NAME, event.key, event.text)
    return event


def delete(*keys: str) -> None:
    with existing_registry() as opened:
        for key in keys:
            opened.client.delete_registered_model_tag(NAME, key)


def chain() -> Chain:
    return Chain.of(tags())


def test_a_history_that_nobody_touched_is_whole(registry: Path) -> None:
    told = rm.history(NAME)
    frame = told.frame()
    assert frame["event"].tolist() == ["published", "promoted"] * 3
    assert frame["version"].tolist() == ["1", "1", "2", "2", "3", "3"]
    assert set(frame["state"]) == {"done"}
    assert frame["by"].tolist() == ["lee", "kim"] * 3
    assert frame["alias_now"].tolist() == [""] * 4 + ["challenger, champion"] * 2
    assert told.doubts == told.repairs == ()
    assert f"head {told.head}" in repr(told)
    assert rm.history(NAME, head=told.head).doubts == ()
    assert all(rm.history(NAME, head=event.digest).doubts == () for event in chain().events)


def test_a_rollback_restores_earlier_scores_exactly(registry: Path, study: SimpleNamespace) -> None:
    numbers = ("3", "2", "1")
    before = {number: rm.load(f"{NAME}/{number}").margin(study.test) for number in numbers}
    assert not np.array_equal(before["3"], before["2"])
    for number in numbers[1:]:
        back = rm.rollback(NAME, by="lee", why=f"back from the one after {number}")
        assert (back.version, back.alias) == (number, CHAMPION)
        assert back.head == rm.history(NAME).head
        champion = rm.load(f"{NAME}@champion")
        assert np.array_equal(champion.margin(study.test), before[number])
    assert rm.history(NAME).doubts == ()
    with pytest.raises(RegistryError, match=r"\[registry.no_former_champion\]"):
        rm.rollback(NAME, by="lee", why="once more")


def test_the_same_rollback_again_changes_nothing(registry: Path, mended: Note) -> None:
    heads = [rm.rollback(NAME, by="lee", why="the feed stopped").head for _ in range(2)]
    assert heads[0] == heads[1]
    assert rm.load(f"{NAME}@champion").version.version == "2"
    mended("operating", tried="rollback, the same line twice", before="two champions back",
           now="one")  # fmt: skip


def test_only_a_true_champion_is_rolled_back_to(registry: Path, study: SimpleNamespace) -> None:
    rm.publish(study.model, study.evaluation, NAME)
    for number in ("4", "3", "9"):
        with pytest.raises(RegistryError, match=r"was not champion before.*Allowed: 1, 2\."):
            rm.rollback(NAME, by="lee", why="wrong", to=number)
    assert rm.rollback(NAME, by="lee", why="wrong", to="1").version == "1"
    assert rm.rollback(NAME, by="lee", why="no, that one", to="2").version == "2"


def artefact(registry: Path, number: str) -> Path:
    """Return the folder of a version's files."""
    with existing_registry() as opened:
        run = opened.client.get_model_version(NAME, number).run_id
    (found,) = (registry / "artefacts" / run).rglob("manifest.json")
    return found.parent


def damage(registry: Path, number: str) -> None:
    file = artefact(registry, number) / "calibration.json"
    file.write_text(file.read_text(encoding="utf-8") + " ", encoding="utf-8")


def test_a_damaged_version_is_not_rolled_back_to(registry: Path) -> None:
    damage(registry, "2")
    with pytest.raises(RegistryError, match="calibration.json"):
        rm.rollback(NAME, by="lee", why="wrong")
    assert rm.load(f"{NAME}@champion").version.version == "3"
    assert rm.rollback(NAME, by="lee", why="wrong", to="1").version == "1"


def test_a_digest_that_was_changed_with_the_files_is_known_by_the_event(
    registry: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with existing_registry() as opened:
        other = resolve(opened, f"{NAME}/1").digest
        opened.client.set_model_version_tag(NAME, "2", "riskmodel.digest", other)
    shutil.copytree(artefact(registry, "1"), artefact(registry, "2"), dirs_exist_ok=True)
    with pytest.raises(RegistryError, match=r"another digest.*\[registry.changed\]"):
        rm.rollback(NAME, by="lee", why="wrong")
    told = "version 2 has another digest than when events named it"
    assert told in rm.history(NAME).doubts
    rm.load(f"{NAME}/2")
    assert told in caplog.text


def test_a_damaged_champion_is_left_by_a_statement_only(registry: Path) -> None:
    with existing_registry() as opened:
        one = resolve(opened, f"{NAME}/1")
        with pytest.raises(RegistryError, match=r"version 3 is whole.*\[promote.not_damaged\]"):
            opponent(opened, one, "3", "its disk broke")
        assert opponent(opened, one, "3", None)[0] is not None
        damage(registry, "3")
        with pytest.raises(RegistryError, match=r"damaged_champion=.*\[promote.damaged_champion\]"):
            opponent(opened, one, "3", None)
        champion, left_out = opponent(opened, one, "3", "its disk broke")
        assert champion is None
        assert left_out == ("champion, version 3, whose files are damaged: its disk broke",)
        with pytest.raises(RegistryError, match="there is no other champion"):
            opponent(opened, one, None, "its disk broke")


def test_an_alias_moved_in_mlflows_page_is_named_by_history_and_load(
    registry: Path, caplog: pytest.LogCaptureFixture, mended: Note
) -> None:
    set_alias("1")
    told = (
        "alias champion is on version 1, and the last event did not set it there; by the events "
        "it is on version 3 (promoted version 3 by kim at 20"
    )
    (doubt,) = rm.history(NAME).doubts
    assert doubt.startswith(told)
    assert rm.load(f"{NAME}@champion").version.version == "1"
    assert told in caplog.text
    caplog.clear()
    rm.load(f"{NAME}/1")
    rm.load(f"{NAME}@challenger")
    assert not caplog.records
    set_alias("3")
    assert rm.history(NAME).doubts == ()
    with existing_registry() as opened:
        opened.client.delete_registered_model_alias(NAME, CHAMPION)
    (gone,) = rm.history(NAME).doubts
    assert gone == "alias champion is on no version; by the events it is on version 3"
    mended(
        "operating", tried="history, an alias moved in MLflow's page", before="no word", now=told
    )


def forged(**facts: str) -> Event:
    return Event(PROMOTED, version="1", alias=CHAMPION, by="mallory", why="better", **facts)


def test_a_forged_event_is_named_wherever_it_stands(registry: Path) -> None:
    kept = chain()
    for after in ((), *((event.digest,) for event in kept.events)):
        event = write(forged().written(after))
        told = rm.history(NAME)
        assert any("mallory" in doubt or "champion" in doubt for doubt in told.doubts), after
        assert len(told.frame()) == 7
        delete(event.key)
        assert rm.history(NAME).doubts == ()


def test_an_event_that_was_changed_breaks_nothing_else(registry: Path) -> None:
    promoted = next(event for event in chain().events if event.event == PROMOTED)
    for value in (promoted.text.replace("kim", "mallory"), "no json", "[]", '{"event": 1}'):
        with existing_registry() as opened:
            opened.client.set_registered_model_tag(NAME, promoted.key, value)
        told = rm.history(NAME)
        assert f"changed or cannot be read: tag {promoted.key[:28]}" in told.doubts[0]
        frame = told.frame()
        assert frame["state"].tolist() == ["done", "changed", *["done"] * 4]
        hole = frame.iloc[1]
        assert (hole["event"], hole["why"]) == ("unknown", f"tag {promoted.key[:28]}")
        assert "mallory" not in repr(told)
        assert rm.load(f"{NAME}@champion").version.version == "3"


def test_an_event_that_is_missing_leaves_a_row_in_its_place(registry: Path) -> None:
    promoted = [event for event in chain().events if event.event == PROMOTED]
    delete(promoted[1].key)
    frame = rm.history(NAME).frame()
    assert frame["state"].tolist() == ["done", "done", "done", "missing", "done", "done"]
    delete(promoted[2].key)  # its end is the last, and nothing else names it
    frame = rm.history(NAME).frame()
    assert frame["state"].tolist() == ["done", "done", "done", "missing", "done", "missing"]


def test_a_load_names_an_alias_whose_last_event_lost_its_end_or_got_a_rival(
    registry: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = chain()
    last = kept.events[-1]
    assert last.of
    delete(last.key)
    rm.load(f"{NAME}@champion")
    (told,) = [record.message for record in caplog.records]
    assert "alias champion is on version 3 by an event that has no end: promoted version 3" in told
    caplog.clear()
    rm.load(f"{NAME}@challenger")
    rm.load(f"{NAME}/3")
    assert not caplog.records
    write(last)
    for version in ("1", "3"):  # beside the last promotion, of another version and of the same
        event = write(replace(forged().written(kept.events[-2].after), version=version))
        rm.load(f"{NAME}@champion")
        assert "alias champion was set at once: " in caplog.text
        assert "by mallory" in caplog.text
        delete(event.key)
        caplog.clear()
    rm.load(f"{NAME}@champion")
    assert not caplog.records


def test_a_deleted_event_is_named_or_written_again(registry: Path) -> None:
    kept = tags()
    for event in chain().events:
        delete(event.key)
        told = rm.history(NAME)
        assert told.doubts or told.repairs, event.told
        assert rm.history(NAME, head=event.digest).doubts
        with existing_registry() as opened:
            for key in set(tags()) - set(kept):
                opened.client.delete_registered_model_tag(NAME, key)
            opened.client.set_registered_model_tag(NAME, event.key, event.text)
    assert rm.history(NAME).doubts == ()


def test_a_deleted_end_of_the_last_promotion_is_named_once_it_was_written_again(
    registry: Path,
) -> None:
    """Its run looks like one that was killed, but for the head that the version keeps."""
    last = chain().events[-1]
    delete(last.key)
    told = rm.history(NAME)
    assert len(told.repairs) == 1
    for doubts in (told.doubts, rm.history(NAME).doubts):
        (doubt,) = doubts
        assert doubt == (
            "the events up to the last promotion of version 3 are not those of today: its head "
            f"{last.digest[:12]} is not in the chain"
        )


def test_a_rewritten_chain_is_named_by_a_later_versions_head_and_by_ones_own(
    registry: Path,
) -> None:
    """Every event written anew, with digests that fit: only what lies elsewhere shows it."""
    kept, renamed, last = chain(), dict[str, str](), ""
    delete(*(event.key for event in kept.events))
    for event in kept.events:
        own = replace(event, by=event.by.replace("kim", "mallory"), of=renamed.get(event.of, ""))
        last = write(own.written([last] if last else [])).digest
        renamed[event.digest] = last
    told = rm.history(NAME)
    assert "mallory" in repr(told)
    assert [doubt.partition(" are not those")[0] for doubt in told.doubts] == [
        "the events up to the last promotion of version 1",
        "the events before version 2",
        "the events up to the last promotion of version 2",
        "the events before version 3",
        "the events up to the last promotion of version 3",
    ]
    (own,) = set(rm.history(NAME, head=kept.head).doubts) - set(told.doubts)
    assert own.startswith(f"the events up to the head {kept.head[:12]} are not those of today")


def intend(number: str, event: str = PROMOTED, alias: str = CHAMPION) -> None:
    with existing_registry() as opened, deciding(opened, NAME) as ledger:
        ledger.append(Event(event, version=number, alias=alias, by="kim", state=INTENDED))


@pytest.mark.parametrize("has_moved", [False, True])
def test_what_was_killed_is_put_right_by_history_and_said(
    registry: Path, *, has_moved: bool, caplog: pytest.LogCaptureFixture
) -> None:
    intend("1")
    if has_moved:
        set_alias("1")
    rm.load(f"{NAME}@champion")
    assert bool(caplog.records) == has_moved
    assert "which is under way, broke off, or lost its end" in caplog.text or not has_moved
    told = rm.history(NAME)
    assert told.frame()["state"].tolist()[-1] == ("done" if has_moved else "broke off")
    (repair,) = told.repairs
    assert ("which is written now" if has_moved else "changed nothing") in repair
    assert f"put right: {repair}" in repr(told)
    assert told.doubts == ()
    again = rm.history(NAME)
    assert again.repairs == again.doubts == ()
    assert again.head == told.head


def test_the_next_decision_puts_right_what_was_killed(registry: Path) -> None:
    intend("1")
    make_champion("2")
    assert rm.history(NAME).frame()["state"].tolist()[-2:] == ["broke off", "done"]


def test_a_champion_that_changed_meanwhile_is_not_replaced(registry: Path) -> None:
    with pytest.raises(RegistryError, match=r"was version 2 .* is version 3 now.*\[registry.champ"):
        make_champion("1", instead_of="2")
    assert rm.history(NAME).frame()["state"].tolist()[-1] == "broke off"
    assert rm.load(f"{NAME}@champion").version.version == "3"


@pytest.mark.parametrize("trial", range(5))
def test_of_four_that_decide_at_once_without_a_lock_one_wins_and_three_say_so(
    registry: Path, trial: int
) -> None:
    """As on a server: each finds the others by their events."""
    barrier, refused = threading.Barrier(4), list[RegistryError]()

    def decide(number: str) -> None:
        with existing_registry() as opened:
            ledger = Ledger(opened, NAME)
            digest = resolve(opened, f"{NAME}/{number}").digest
            event = Event(PROMOTED, version=number, alias=CHAMPION, instead_of="3", artefact=digest)
            barrier.wait()
            try:
                ledger.carry_out(
                    event,
                    lambda: opened.client.set_registered_model_alias(NAME, CHAMPION, number),
                )
            except RegistryError as error:
                refused.append(error)

    threads = [threading.Thread(target=decide, args=(number,)) for number in ("1", "2", "1", "2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = rm.history(NAME)
    states = told.frame()["state"].tolist()[6:]
    assert len(states) == 4
    assert states.count("done") <= 1
    assert len(refused) == 4 - states.count("done")
    assert {error.code for error in refused} <= {"registry.lost", "registry.champion_changed"}
    champion = rm.load(f"{NAME}@champion").version.version
    done = told.frame().iloc[6:][told.frame().iloc[6:]["state"] == "done"]
    assert champion == (done["version"].iloc[0] if len(done) else "3")
    assert not [doubt for doubt in told.doubts if "alias" in doubt]
    assert len(set(told.doubts)) == len(told.doubts)


def test_a_champion_of_two_events_is_made_anew_and_the_doubt_ends(
    registry: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = chain()
    with existing_registry() as opened:
        made = Ledger(opened, NAME).made_champion("3")
        assert made is not None
        assert (made.event, made.by) == (PROMOTED, "kim")
        assert Ledger(opened, NAME).made_champion("2") is None
        write(replace(forged().written(kept.events[-2].after), version="3"))
        assert Ledger(opened, NAME).made_champion("3") is None
    make_champion("3")
    with existing_registry() as opened:
        assert Ledger(opened, NAME).made_champion("3") is not None
    rm.load(f"{NAME}@champion")
    assert not caplog.records


def test_whom_a_version_has_to_stand_against_follows_the_alias_then_the_events(
    registry: Path,
) -> None:
    def against(number: str) -> str | None:
        with existing_registry() as opened:
            return Ledger(opened, NAME).compared_champion(number)

    assert [against(number) for number in "123"] == ["3", "3", None]
    set_alias("1")
    assert [against(number) for number in "123"] == ["3", "1", "1"]
    with existing_registry() as opened:
        opened.client.delete_model_version(NAME, "3")
    assert against("1") is None


def test_a_winner_leaves_an_alias_that_a_later_act_has_set(registry: Path) -> None:
    with existing_registry() as opened:
        ledger = Ledger(opened, NAME)
        own = Event(PROMOTED, version="2", alias=CHAMPION, instead_of="3", by="kim")
        ledger.carry_out(own, lambda: set_alias("2"))
        first = [act.event for act in ledger.chain.acts][-1]
        assert not ledger._was_moved_away(first)
        make_champion("1")
        ledger.read()
        assert not ledger._was_moved_away(first)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("registry.files", "it was copied or moved to here; run riskmodel registry move"),
        ("registry.busy", "another run is writing to it; read it again later"),
        ("registry.no_right", "this account may not write here"),
        ("disk.full", "it cannot be written to (disk.full)"),
    ],
)
def test_why_nothing_was_put_right_is_said(registry: Path, code: str, said: str) -> None:
    with existing_registry() as opened:
        assert _why_not(opened, RegistryError("no", code=code)) == said
        assert _why_not(opened, KeyError("no")) == "it cannot be written to (KeyError)"


def test_who_lost_puts_the_alias_back_where_the_events_have_it(registry: Path) -> None:
    """The one that came first may break off, for it found the alias moved."""
    first = Event(PROMOTED, version="1", alias=CHAMPION, by="lee", state=INTENDED)
    first = first.written(chain().tips)

    def move() -> None:
        set_alias("2")
        write(first)  # it was on its way, and came first by its time

    with existing_registry() as opened:
        own = Event(PROMOTED, version="2", alias=CHAMPION, instead_of="3", by="kim")
        with pytest.raises(RegistryError, match=r"promoted version 1 \(lee\) came first"):
            Ledger(opened, NAME).carry_out(own, move)
    assert rm.load(f"{NAME}@champion").version.version == "3"
    assert rm.history(NAME).frame()["state"].tolist()[6:] == ["broke off", "lost"]
    assert not [doubt for doubt in rm.history(NAME).doubts if "alias" in doubt]


def test_who_wins_moves_an_alias_once_more_that_somebody_moved_meanwhile(registry: Path) -> None:
    moved: list[str] = []

    def move() -> None:
        set_alias("2")
        moved.append("2")
        if len(moved) == 1:
            set_alias("1")

    with existing_registry() as opened:
        own = Event(PROMOTED, version="2", alias=CHAMPION, instead_of="3", by="kim")
        Ledger(opened, NAME).carry_out(own, move)
    assert moved == ["2", "2"]
    assert rm.load(f"{NAME}@champion").version.version == "2"
    assert rm.history(NAME).doubts == ()


@pytest.mark.parametrize("head", ["", "9e8f9af07c60", "x" * 64, 7])
def test_a_head_that_is_none_is_refused_and_is_no_rewritten_history(
    registry: Path, head: Any
) -> None:
    with pytest.raises(RegistryError, match="head is no head of a history") as refusal:
        rm.history(NAME, head=head)
    assert refusal.value.code == "registry.head"
    assert rm.history(NAME, head=rm.history(NAME).head).doubts == ()


def test_who_is_champion_by_the_events_is_not_retired_though_an_alias_was_moved(
    registry: Path,
) -> None:
    with existing_registry() as opened:
        opened.client.set_registered_model_alias(NAME, "champion", "1")
        opened.client.set_registered_model_alias(NAME, "challenger", "1")
    with pytest.raises(RegistryError, match="version 3 of .* is champion by the events"):
        rm.retire(f"{NAME}/3", by="kim", why="old")
    assert rm.load(f"{NAME}/3")


def test_a_version_is_retired_with_its_files_and_its_events_stay(registry: Path) -> None:
    with pytest.raises(RegistryError, match=r"challenger, champion, and is in use"):
        rm.retire(f"{NAME}/3", by="kim", why="old")
    with pytest.raises(RegistryError, match="is in use"):
        rm.retire(f"{NAME}@champion", by="kim", why="old")
    set_alias("2", "challenger")
    set_alias("1", "trial")
    for number, way in {
        "3": "Next: promote or roll back to another version first.",
        "2": "Next: publish another version, which becomes challenger.",
        "1": "Next: remove the alias trial in MLflow first.",
    }.items():
        with pytest.raises(RegistryError, match="is in use") as refusal:
            rm.retire(f"{NAME}/{number}", by="kim", why="old")
        assert way in str(refusal.value)
    with existing_registry() as opened:
        opened.client.delete_registered_model_alias(NAME, "trial")
    set_alias("3", "challenger")
    files = artefact(registry, "1")
    gone = rm.retire(f"{NAME}/1", by="kim", why="old")
    assert (gone.version, gone.head) == ("1", rm.history(NAME).head)
    assert not files.exists()
    with pytest.raises(RegistryError, match="has no version 1"):
        rm.load(f"{NAME}/1")
    told = rm.history(NAME)
    assert told.doubts == ()
    assert told.frame().iloc[-1][["event", "version", "by", "why"]].tolist() == [
        "retired", "1", "kim", "old",
    ]  # fmt: skip
    assert rm.rollback(NAME, by="lee", why="wrong").version == "2"
    with pytest.raises(RegistryError, match="no_former_champion"):
        rm.rollback(NAME, by="lee", why="more")


def test_a_version_deleted_in_mlflows_page_is_named_and_a_killed_retirement_ended(
    registry: Path,
) -> None:
    intend("2", RETIRED, "")
    assert rm.history(NAME).frame()["state"].tolist()[-1] == "broke off"
    with existing_registry() as opened:
        opened.client.delete_model_version(NAME, "1")
    assert rm.history(NAME).doubts == ("version 1 is gone, and no event retired it",)
    intend("2", RETIRED, "")
    with existing_registry() as opened:
        opened.client.delete_model_version(NAME, "2")
    told = rm.history(NAME)
    assert told.frame()["state"].tolist()[-1] == "done"
    assert told.doubts == ("version 1 is gone, and no event retired it",)


def as_an_older_riskmodel(champion: str = "3") -> None:
    """Turn the history into what an older riskmodel kept: events as tags of versions."""
    events = [act.event for act in chain().acts]
    delete(*(key for key in tags() if key.startswith(EVENT_TAG)))
    with existing_registry() as opened:
        for place, event in enumerate(events):
            content = {"event": event.event, "when": f"2026-01-01T00:00:0{place}+00:00"}
            content |= {"alias": event.alias} if event.event == "published" else {}
            content |= {"by": "kim", "why": "older", "measured": "AUC 0.7 " * 900}
            key = f"{EVENT_TAG}20260101T00000{place}.000000"
            value = json.dumps(content)
            opened.client.set_model_version_tag(NAME, event.version, key, value)
        for number in "123":
            opened.client.delete_model_version_tag(NAME, number, CHAMPION_HEAD_TAG)
        for number in "23":
            opened.client.delete_model_version_tag(NAME, number, HEAD_TAG)
        opened.client.set_registered_model_alias(NAME, CHAMPION, champion)


@pytest.mark.parametrize("champion", ["3", "2"])
def test_a_history_of_an_older_riskmodel_is_taken_over_whole(registry: Path, champion: str) -> None:
    """The last promotion's event was written, and its alias moved or not."""
    as_an_older_riskmodel(champion)
    with existing_registry() as opened:
        ledger = Ledger(opened, NAME)
        planned = migrated(ledger.versions, ledger.aliases)
        earlier = {str(one.version): dict(one.tags) for one in ledger.versions}
    for event in planned[:3]:
        write(event)  # a migration that was killed
    told = rm.history(NAME)
    (repair,) = told.repairs
    assert "were taken over from versions' tags of an older riskmodel" in repair
    frame = told.frame()
    assert frame["event"].tolist() == ["published", "promoted"] * 3
    assert set(frame["why"]) == {"older"}
    last = "done" if champion == "3" else "broke off"
    assert frame["state"].tolist() == ["done"] * 5 + [last]
    assert told.doubts == ()
    assert told.head == planned[-1].digest
    assert all(len(value) <= MAX_LENGTH for value in tags().values())
    with existing_registry() as opened:
        kept = {str(one.version): dict(one.tags) for one in Ledger(opened, NAME).versions}
    assert kept == earlier  # nothing is lost, however long
    again = rm.history(NAME)
    assert again.repairs == again.doubts == ()
    assert rm.rollback(NAME, "lee", "wrong").version == str(int(champion) - 1)
    with existing_registry() as opened:
        late = '{"event": "promoted", "when": "2026-02-01", "by": "mallory"}'
        opened.client.set_model_version_tag(NAME, "1", f"{EVENT_TAG}20260201T000000.0", late)
    (outside,) = rm.history(NAME).doubts
    assert outside.startswith("events outside the chain, as tags of versions: 1/riskmodel.event.2")


def test_who_may_not_write_reads_a_history_that_is_not_put_right(
    registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intend("1")
    database = registry / "mlflow.db"
    with closing(sqlite3.connect(database)) as opened:
        opened.execute(
            "create trigger closed before insert on registered_model_tags "
            "begin select raise(abort, 'attempt to write a readonly database'); end"
        )
        opened.commit()
    told = rm.history(NAME)
    assert told.frame()["state"].tolist()[-1] == "under way"
    assert told.doubts[0] == "what broke off was not put right: this account may not write here"


def test_a_copied_registry_says_that_it_is_one_and_not_that_nobody_may_write(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intend("1")
    shutil.copytree(registry, tmp_path / "copy")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/copy/mlflow.db")
    assert rm.history(NAME).doubts[0] == (
        "what broke off was not put right: it was copied or moved to here; run riskmodel registry "
        "move"
    )


def test_who_published_is_recorded(registry: Path, study: SimpleNamespace) -> None:
    published = rm.publish(study.model, study.evaluation, NAME)
    told = rm.history(NAME)
    assert told.head == published.head
    assert told.frame().iloc[-1]["by"]
    with existing_registry() as opened:
        tag = opened.client.get_model_version(NAME, "4").tags["riskmodel.published_by"]
    assert told.frame().iloc[-1]["by"] == tag
    with pytest.raises(RegistryError, match="by holds an e-mail address"):
        rm.publish(study.model, study.evaluation, NAME, by="kim@example.org")


def test_a_longer_measurement_is_cut_to_what_a_tag_holds() -> None:
    for text in ("AUC 0.7 " * 2_000, '"\n' * 4_000, "위기" * 4_000):
        event = Event("refused", version="1", measured=text).written([])
        assert len(event.text) <= MAX_LENGTH
        assert event_in(event.key, event.text) == event
        assert event.measured.endswith("(whole beside the version)")


def test_the_ten_lines_of_the_page_notice_a_new_champion(registry: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "operating.md"
    (lines,) = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), flags=re.S | re.M)
    names: dict[str, Any] = {}
    exec(lines, names)
    first = names["champion"](NAME)
    assert first.version.version == "3"
    assert names["champion"](NAME) is first
    rm.rollback(NAME, by="lee", why="wrong")
    assert names["champion"](NAME).version.version == "2"
