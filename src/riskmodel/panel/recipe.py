"""How a panel was made: enough to make the same one from other records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from riskmodel.indicators import Catalogue
from riskmodel.panel.filling.feed_arrivals import FeedArrivals
from riskmodel.panel.filling.feed_volumes import FeedVolumes
from riskmodel.panel.specs.cohort import Cohort
from riskmodel.panel.specs.features import Features
from riskmodel.panel.specs.labels import Label
from riskmodel.panel.specs.vocabulary import MIN_HOUSEHOLDS
from riskmodel.schema.mappings import read_fields


@dataclass(frozen=True)
class Recipe:
    """All that is needed to build the same panel from other records.

    Attributes
    ----------
    features : Features
    catalogue : Catalogue
    label : Label, optional
    cohort : Cohort
    rounds : tuple of str
        The as_of_dates, as YYYY-MM-DD.
    household : str
        What to call a household.
    area : str, optional
        The group that is the area of capacity.
    groups : tuple of str
    data : str
        Digest of the records.
    today : str
        The day before which the records are complete.
    site : str
        The service or region whose households these are.
    feed_volumes : FeedVolumes, optional
        What came in of each feed before each round.
    feed_arrivals : tuple of FeedArrivals
        From where it came, by the stretch before a round, where the records name areas.
    min_households : int
        Categories and groups of fewer households are ``"other"``.
    """

    features: Features
    catalogue: Catalogue
    label: Label | None = field(default=None, kw_only=True)
    cohort: Cohort
    rounds: tuple[str, ...]
    household: str = "household"
    area: str | None = None
    groups: tuple[str, ...] = ()
    data: str = ""
    today: str = ""
    site: str = ""
    feed_volumes: FeedVolumes | None = None
    feed_arrivals: tuple[FeedArrivals, ...] = ()
    min_households: int = MIN_HOUSEHOLDS

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for YAML and JSON."""
        return {
            "features": self.features.to_dict(),
            "catalogue": self.catalogue.to_dict(),
            "label": None if self.label is None else self.label.to_dict(),
            "cohort": self.cohort.to_dict(),
            "rounds": list(self.rounds),
            "household": self.household,
            "area": self.area,
            "groups": list(self.groups),
            "data": self.data,
            "today": self.today,
            "site": self.site,
            **self._feeds(),
            **self._least(),
            **({"rare_codes": sorted(self.catalogue.rare)} if self.catalogue.rare else {}),
        }

    def _feeds(self) -> dict[str, Any]:
        arrivals = [own.to_dict() for own in self.feed_arrivals]
        volumes = None if self.feed_volumes is None else self.feed_volumes.to_dict()
        return {
            **({} if volumes is None else {"feed_volumes": volumes}),
            **({"feed_arrivals": arrivals} if arrivals else {}),
        }

    def _least(self) -> dict[str, int]:
        is_default = self.min_households == MIN_HOUSEHOLDS
        return {} if is_default else {"min_households": self.min_households}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """Read what `to_dict` wrote."""
        rare: Iterable[str] = data.get("rare_codes", ())
        values = read_fields(cls, {k: v for k, v in data.items() if k != "rare_codes"}, "recipe")
        values["features"] = Features.from_dict(values["features"])
        values["catalogue"] = Catalogue.read(values["catalogue"]).calling_rare(rare)
        values["label"] = None if values.get("label") is None else Label.from_dict(values["label"])
        if values.get("feed_volumes") is not None:
            values["feed_volumes"] = FeedVolumes.from_dict(values["feed_volumes"])
        arrivals = values.get("feed_arrivals") or ()
        values["feed_arrivals"] = tuple(FeedArrivals.from_dict(own) for own in arrivals)
        values["cohort"] = Cohort.from_dict(values.get("cohort"))
        return cls(
            **{
                **values,
                "rounds": tuple(values["rounds"]),
                "groups": tuple(values.get("groups", ())),
            }
        )
