"""External rows: of another site, and of households on which a model was not fitted."""

from __future__ import annotations

from riskmodel.errors import ConfigError, PanelError
from riskmodel.panel import Panel
from riskmodel.panel.rare_names import named_in
from riskmodel.recipes.origin import Origin
from riskmodel.schema.personal_patterns import personal_kind

NOT_STATED = "it is not stated whether households are shared"

External = str | Panel | None


def is_other_site(fitted: Origin, site: str) -> bool:
    """Tell whether a site is named, and is not that of the fit."""
    return bool(fitted.site and site and fitted.site != site)


def external_statement(fitted: Origin, panel: Panel, external: External) -> str:
    """Return why no household of a panel is one of the fit's; empty for rows of the fit's site.

    Parameters
    ----------
    fitted : Origin
        Of the model.
    panel : Panel
        The rows that are judged.
    external : str, Panel or None
        The statement, or the panel of the fit, by which it is checked.

    Raises
    ------
    ConfigError
        For an empty statement, one about rows of the fit's own site, or one that holds a number or
        an address of a person, an id of a judged household, or a name that few of them have.
    PanelError
        For households that are in both panels.
    """
    judged = Origin.of_rows(panel)
    if external is None:
        return NOT_STATED if is_other_site(fitted, judged.site) else ""
    check_external(fitted, judged.site, external)
    return _checked(panel, external) if isinstance(external, Panel) else _stated(external, panel)


def check_external(fitted: Origin, site: str, external: External) -> None:
    """Refuse another site without a word on shared households, and a word on the fit's own site.

    Raises
    ------
    ConfigError
    """
    is_other = is_other_site(fitted, site)
    if external is not None and fitted.site and not is_other:
        raise _same_site(fitted.site)
    if external is None and is_other:
        raise ConfigError(
            f"the records are of {site}, the model was fitted on {fitted.site}",
            code="recipes.other_site",
            allowed="records of the fit's own site, or external=",
            next_step="pass the panel of the fit, external=panel, which is searched for shared "
            "households; or say why none is shared: external='...'. If it is one site, write the "
            "same site: in both manifests",
        )


def _checked(panel: Panel, of_fit: Panel) -> str:
    judged, fitted = panel.households.unique(), of_fit.households.unique()
    shared = int(judged.isin(fitted).sum())
    if shared:
        raise PanelError(
            f"{shared:,} of the {len(judged):,} judged households are in the panel of the fit",
            code="recipes.shared_households",
            allowed="no household in both",
            next_step="leave them out of the judged rows; if ids of the two sites only look "
            "alike, say so: external='...'",
        )
    return f"checked: none of {len(judged):,} households is in the panel of the fit"


def _stated(external: str, panel: Panel) -> str:
    if not isinstance(external, str) or not external.strip():
        raise ConfigError(
            "external is no statement",
            code="recipes.external",
            allowed="a text, or the panel of the fit",
            next_step="write for instance external='other city, ids of their own'",
        )
    kind = personal_kind(external) or named_in(external, panel)
    if kind is not None:
        raise ConfigError(
            f"external holds {kind}, and it is kept with the evaluation",
            code="recipes.external",
            allowed="a statement in words",
            next_step="take it out, and evaluate again",
        )
    return f"stated: {external.strip()}"


def _same_site(site: str) -> ConfigError:
    return ConfigError(
        f"external= is given, and the rows are of {site}, as the fit is",
        code="recipes.same_site",
        allowed="rows of another site",
        next_step="leave external= out: later rounds of the own site are judged; or name the other "
        "site in its manifest: site:",
    )
