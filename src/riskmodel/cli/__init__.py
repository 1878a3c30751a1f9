"""The shell, `riskmodel COMMAND`; the only room that knows Hydra."""

from riskmodel.cli.entry import main

__all__ = ["main"]
