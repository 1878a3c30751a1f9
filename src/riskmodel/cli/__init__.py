"""The shell: `riskmodel train | score | promote | history | rollback | verify | doctor`; the only room that knows Hydra."""

from riskmodel.cli.shell import main

__all__ = ["main"]
