"""Where households live: areas within districts, in Korea within provinces, and their sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.datasets.content import content
from riskmodel.datasets.world import Floats, World

Texts = NDArray[np.str_]

AREAS_PER_DISTRICT = 3
HOUSEHOLDS_PER_DISTRICT, LARGE_DISTRICT = 500, 25_000
USUAL_DISTRICTS, MOST_DISTRICTS = 40, 229
HOUSEHOLDS_PER_AREA, MOST_AREAS_PER_DISTRICT = 1_400, 15


@dataclass(frozen=True, eq=False)
class Geography:
    """The tree of areas.

    Attributes
    ----------
    levels : mapping of str to ndarray of str, shape (n_areas,)
        The name of each area on each level, widest first; the last level is ``area``.
    per_district : int
        Areas in each district; those of one district stand side by side.
    share : ndarray of float, shape (n_areas,), or None
        Share of all households that live in each area; None: the same in all.
    """

    levels: Mapping[str, Texts]
    per_district: int
    share: Floats | None = None

    def __len__(self) -> int:
        return len(self.levels["area"])

    @property
    def n_districts(self) -> int:
        """Number of districts."""
        return len(self) // self.per_district

    def before(self, district: int) -> float:
        """Return the share of all households that live in the districts before one."""
        if self.share is None:
            return district / self.n_districts
        return float(self.share[: district * self.per_district].sum())


def geography_of(world: World, n: int) -> Geography:
    """Return the geography for `n` households."""
    districts = min(USUAL_DISTRICTS, max(1, n // HOUSEHOLDS_PER_DISTRICT))
    districts = max(districts, min(MOST_DISTRICTS, n // LARGE_DISTRICT))
    return _korea(n) if world.service == "korea" else _plain(districts)


def _plain(districts: int) -> Geography:
    sigungu = np.repeat(np.char.mod("S%02d", np.arange(1, districts + 1)), AREAS_PER_DISTRICT)
    quarter = np.tile(np.char.mod("-%d", np.arange(1, AREAS_PER_DISTRICT + 1)), districts)
    return Geography(
        {"sigungu": sigungu, "area": np.char.add(sigungu, quarter)}, AREAS_PER_DISTRICT
    )


def _korea(n: int) -> Geography:
    """Lay out 17 sido; there are as many sigungu as in Korea if `n` is large, else fewer."""
    provinces = content("korea")["provinces"]
    names = np.array(list(provinces))
    sigungu = np.array([entry["sigungu"] for entry in provinces.values()])
    households = np.array([entry["households"] for entry in provinces.values()])
    full = n // (HOUSEHOLDS_PER_AREA * MOST_DISTRICTS)
    per_district = int(np.clip(full, AREAS_PER_DISTRICT, MOST_AREAS_PER_DISTRICT))
    wanted = n / (HOUSEHOLDS_PER_AREA * per_district) / sigungu.sum()
    districts = np.clip(np.round(sigungu * wanted), 1, sigungu).astype(int)
    of_province = np.repeat(np.arange(len(names)), districts)
    number = np.arange(len(of_province)) - np.searchsorted(of_province, of_province) + 1
    sido = names[of_province]
    town = np.char.add(np.char.add(sido, " 시군구"), np.char.mod("%02d", number))
    dong = np.char.mod(" %02d동", np.arange(1, per_district + 1))
    area = np.char.add(np.repeat(town, per_district), np.tile(dong, len(town)))
    of_district = (households / households.sum() / districts)[of_province]
    share = np.repeat(of_district / per_district, per_district)
    levels = {
        "sido": np.repeat(sido, per_district),
        "sigungu": np.repeat(town, per_district),
        "area": area,
    }
    return Geography(levels, per_district, share)
