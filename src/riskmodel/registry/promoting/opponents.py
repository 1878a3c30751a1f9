"""The champion that a version is compared with, and the way out where its files are damaged."""

from __future__ import annotations

from riskmodel.errors import RegistryError
from riskmodel.registry.backend.connection import Registry
from riskmodel.registry.backend.version import CHAMPION, Version, resolve
from riskmodel.registry.reading.loaded_model import LoadedModel
from riskmodel.registry.reading.loading import load


def opponent(
    registry: Registry, candidate: Version, present: str | None, damaged: str | None
) -> tuple[LoadedModel | None, tuple[str, ...]]:
    """Return the present champion, and why it is left out where that was stated.

    Parameters
    ----------
    registry : Registry
    candidate : Version
    present : str or None
        The champion that it has to stand against.
    damaged : str or None
        Why the candidate may take the place of a champion that cannot be read.

    Raises
    ------
    RegistryError
        For a champion that cannot be read, where nothing is stated, and for a statement about one
        that can.
    """
    if present is None:
        _refuse_needless(damaged, "there is no other champion")
        return None, ()
    version = resolve(registry, f"{candidate.name}/{present}")
    try:
        champion = load(version)
    except RegistryError as error:
        if damaged is None:
            raise RegistryError(
                f"nothing can be compared with the {CHAMPION}, version {present} ({error.code})",
                code="promote.damaged_champion",
                allowed="a champion whose files are as they were published",
                next_step="restore its files, roll back, or say why a version may take its place: "
                'damaged_champion="..."',
            ) from None
        return None, (f"{CHAMPION}, version {present}, whose files are damaged: {damaged}",)
    _refuse_needless(damaged, f"version {present} is whole")
    return champion, ()


def _refuse_needless(damaged: str | None, why: str) -> None:
    if damaged is not None:
        raise RegistryError(
            f"damaged_champion states what is not so: {why}",
            code="promote.not_damaged",
            next_step="leave it out",
        )
