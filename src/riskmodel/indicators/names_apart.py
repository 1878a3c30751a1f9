"""An attribute or a frame's column must not have the name of an indicator of the same model."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.errors import ConfigError


def check_apart(indicator_of: Mapping[str, str]) -> None:
    """Refuse a column of its own that is named as the indicator of other columns.

    Reasons are told by indicator. The two would be one reason under one name.

    Parameters
    ----------
    indicator_of : mapping of str to str
        By column the code of its indicator; empty for an attribute or a column of a frame.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> check_apart({"income__last__ever": "income", "income": ""})
    Traceback (most recent call last):
        ...
    riskmodel.errors.ConfigError: column 'income' has the name of an indicator of other columns. ...
    """
    codes = set(indicator_of.values())
    for name, code in indicator_of.items():
        if not code and name in codes:
            raise ConfigError(
                f"column {name!r} has the name of an indicator of other columns",
                code="features.repeated",
                allowed="attributes and columns of a frame with names of their own",
                next_step=f"name it otherwise, such as {name}_stated (of an attribute under "
                "columns: or numbers: in the manifest), or leave one of the two out",
            )
