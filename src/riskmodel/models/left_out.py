"""The refusals under which a comparison leaves a baseline out, and how it says so."""

LEFT_OUT = {
    "models.not_applicable": "does not apply to these columns",
    "models.calibration": "ranks no better than chance on the households held out of its fit",
}
