"""The shell, `riskmodel COMMAND`; the only room that knows Hydra."""

from riskmodel.cli.shell import main

__all__ = ["main"]
