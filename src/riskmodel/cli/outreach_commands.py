"""The commands between a list and its households: a round's plan, and what came back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from riskmodel.cli.console import Console
from riskmodel.cli.studies import Config, read
from riskmodel.disks import check_makeable
from riskmodel.errors import ConfigError, RecordsError, RiskmodelError
from riskmodel.metrics.explored_share import Explore
from riskmodel.models import check_language
from riskmodel.records import Records
from riskmodel.registry import LoadedModel, load
from riskmodel.registry import reasons_of as registry_reasons
from riskmodel.registry import score as registry_score
from riskmodel.service import Channels, HandOut, Outreach, OutreachRules, hand_out, replan
from riskmodel.service import outreach as plan_round
from riskmodel.service import returned as read_books
from riskmodel.texts import counted

_OF_BOOKS = ("people", "password", "delete_by")
"""What only books need."""


def outreach(config: Config, console: Console) -> None:
    """Plan a round, or the rest of one, and hand it out where that is asked for."""
    Explore.parse(config["explore"], config["seed"])
    _check_used(config)
    rules, channels = OutreachRules.read(config["outreach"]), Channels.read(config["outreach"])
    password = _password(config)
    if config["lang"] is not None:
        check_language(config["lang"])
    before = None if config["rest_of"] is None else _plan_before(config)
    check_makeable(config["output"] or ".")
    model = load(config["model"], config["digest"])

    records = read(config)
    as_of = before.as_of if before else config["as_of"] or str(records.today)
    lang = config["lang"] or (before.lang if before else model.settings.lang)
    listed = registry_score(model, records, as_of=as_of, accept_feeds=config["accept_feeds"])
    if before is None:
        plan = plan_round(
            listed,
            records,
            rules,
            channels,
            explore=config["explore"],
            seed=config["seed"],
            due=config["due"],
            area_prices=config["area_prices"],
            lang=lang,
        )
    else:
        plan = replan(
            before,
            listed,
            records,
            rules,
            channels,
            on=config["rest_from"],
            due=config["due"],
            lang=lang,
        )
    path = Path(config["output"] or f"outreach_{config['rest_from'] if before else as_of}")
    is_new = not path.exists()
    plan.save(path)
    try:
        handed = _handed_out(config, plan, records, model, lang, password)
    except RiskmodelError:
        # a line that is refused leaves everything as it was
        if is_new:
            shutil.rmtree(path)
        raise
    console.say(plan, f"written to {path}")
    if handed is not None:
        console.say(handed, *_where(handed))


def _handed_out(
    config: Config,
    plan: Outreach,
    records: Records,
    model: LoadedModel,
    lang: str,
    password: str | None,
) -> HandOut | None:
    """Hand the plan out where that is asked for."""
    if config["hand_out"] is None:
        return None
    planned = plan.table["state"] == "planned"
    households = plan.table.loc[planned, "household_id"].drop_duplicates()
    reasons = registry_reasons(
        model, records, plan.as_of, households, lang=lang, masked=config["masked"]
    )
    return hand_out(
        plan,
        config["hand_out"],
        people=config["people"],
        reasons=reasons,
        lang=lang,
        password=password,
        delete_by=config["delete_by"],
    )


def returned(config: Config, console: Console) -> None:
    """Read the books that came back, and write what `ingest` takes."""
    back = read_books(
        config["folder"],
        Outreach.read(config["plan"]),
        today=config["today"],
        password=_password(config),
    )
    console.say(back)
    if back.refused:
        raise RecordsError(
            f"{counted(len(back.refused), 'fault')} in books that are not taken; all else is",
            place=config["folder"],
            code="outreach.refused",
            next_step="mend the cells that are named above, then run this again",
        )


def _check_used(config: Config) -> None:
    """Refuse a key that does nothing without another one that is not given."""
    for key, others in (("rest_of", ["rest_from"]), ("hand_out", _OF_BOOKS)):
        given = [name for name in others if config[name] is not None]
        if given and config[key] is None:
            raise ConfigError(
                f"{given[0]} is given, and does nothing without {key}",
                place=given[0],
                code="outreach.unused",
                allowed=f"{given[0]} beside {key}",
                next_step=f"add {key}=FOLDER, or leave {given[0]} out",
            )


def _plan_before(config: Config) -> Outreach:
    """Return the plan whose round is planned to its end, or refuse what contradicts it."""
    given = [key for key in ("as_of", "explore", "seed") if config[key] is not None]
    if given or config["rest_from"] is None:
        raise ConfigError(
            f"{given[0]} is given, and the plan has its own" if given else "rest_from is missing",
            place="rest_of",
            code="outreach.rest_of",
            allowed="rest_of=FOLDER rest_from=DAY",
            next_step=f"leave {given[0]} out"
            if given
            else "add rest_from=, the morning of the rest",
        )
    return Outreach.read(config["rest_of"])


def _password(config: Config) -> str | None:
    """Return the password of the books, which no configuration and no history of a shell holds.

    What is given may be the password itself, by mistake: it is never shown.
    """
    name = config["password"]
    if name is None:
        return None
    if not os.environ.get(name):
        raise ConfigError(
            "no environment variable of this name is set",
            place="password",
            code="outreach.password",
            allowed="the name of an environment variable that holds the password",
            next_step="export it, or leave password out; if that was the password itself, choose "
            "another one, for the shell may keep it",
        )
    return os.environ[name]


def _where(handed: HandOut) -> list[str]:
    said = [f"the books, to be given away: {handed.files[0].parent}"] if handed.files else []
    if handed.lists is not None:
        said.append(f"for lists: of a manifest, not to be given away: {handed.lists}")
    return said
