"""Who is responsible and why: words that a registry keeps, and the account that publishes."""

from __future__ import annotations

import getpass

from riskmodel.errors import RegistryError
from riskmodel.records import Records
from riskmodel.records.kept_texts import personal_in, require_text
from riskmodel.registry.backend.addresses import sqlite_path
from riskmodel.registry.backend.connection import Registry

_WANTED = "a name, and a reason in words"
_CURRENT_USER = "/api/2.0/mlflow/users/current"


def require_reason(by: object, why: object, records: Records | None = None) -> None:
    """Refuse a decision without a name or a reason, or with personal data in one."""
    for key, value in (("by", by), ("why", why)):
        require_words(key, value, records)


def require_words(key: str, value: object, records: Records | None = None, code: str = "") -> str:
    """Return a text that a registry keeps, or refuse a blank one or one with personal data."""
    text = require_text(
        key,
        value,
        code=code or f"registry.{key}",
        allowed=_WANTED,
        kept="it is kept with the version",
    )
    kind = personal_in(text, records)
    if kind is not None:
        raise RegistryError(
            f"{key} holds {kind}, and it is kept with the version",
            code="registry.personal",
            place=key,
            allowed=_WANTED,
            next_step="take it out, and do it again",
        )
    return text


def account_of(registry: Registry) -> str:
    """Return who acts: the user whom a server with accounts names, else the account here."""
    named = "" if sqlite_path(registry.uri) is not None else _named_by_server(registry)
    return named or _own_account()


def _named_by_server(registry: Registry) -> str:
    """Ask a server who we are; nothing where it has no accounts."""
    from mlflow.tracking._tracking_service.utils import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    if not registry.uri.startswith("http"):
        return ""
    try:
        answer = http_request(
            get_default_host_creds(registry.uri), _CURRENT_USER, "GET", max_retries=0, timeout=5
        )
        name = answer.json()["user"]["username"] if answer.status_code == 200 else ""
    except Exception:
        return ""
    return name if isinstance(name, str) else ""


def _own_account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
