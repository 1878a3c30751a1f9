"""Who is responsible and why: words that a registry keeps, and the account that publishes."""

from __future__ import annotations

import getpass

from riskmodel.errors import RegistryError
from riskmodel.records import Records
from riskmodel.records.kept_texts import personal_in, require_text
from riskmodel.registry.backend.addresses import unreachable
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
    return user_of(registry) or own_account()


def user_of(registry: Registry) -> str:
    """Ask a server who we are; empty where it has no accounts, and in a registry in a file.

    Raises
    ------
    RegistryError
        Where the server does not answer: nobody is then somebody without an account.
    """
    from mlflow.tracking._tracking_service.utils import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    if not registry.uri.startswith("http"):
        return ""
    try:
        answer = http_request(
            get_default_host_creds(registry.uri), _CURRENT_USER, "GET", max_retries=1, timeout=60
        )
    except Exception as error:
        raise unreachable(registry.uri, error) from None
    try:
        name = answer.json()["user"]["username"] if answer.status_code == 200 else ""
    except (ValueError, KeyError, TypeError):
        return ""
    return name if isinstance(name, str) else ""


def own_account() -> str:
    """Return the account on this machine; empty where it has no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
