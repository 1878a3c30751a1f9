"""Where rows come from: their site, their areas and their label."""

from __future__ import annotations

from dataclasses import dataclass

from riskmodel.models import RiskModel
from riskmodel.panel import Label, Panel


@dataclass(frozen=True)
class Origin:
    """Where rows come from.

    Attributes
    ----------
    site : str
        The service or region; empty for rows of a frame.
    areas : tuple of str
        The areas of the labelled rows that tables name; none where the rows name no area.
    label : Label or None
    """

    site: str = ""
    areas: tuple[str, ...] = ()
    label: Label | None = None

    @classmethod
    def of_rows(cls, panel: Panel) -> Origin:
        """Return where the labelled rows of a panel come from."""
        site = "" if panel.recipe is None else panel.recipe.site
        return cls(site, panel.labelled_areas, panel.label)

    @classmethod
    def of_fit(cls, model: RiskModel) -> Origin:
        """Return where the rows come from that a model was fitted on."""
        training = model.training_
        return cls(training["site"], tuple(training["areas"]), model.label_)
