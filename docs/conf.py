"""The reference is made from the docstrings; warnings are errors."""

import riskmodel

project = "riskmodel"
author = "The riskmodel developers"
release = riskmodel.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.autosummary"]
napoleon_google_docstring = False
autosummary_generate = True
autodoc_typehints = "none"
exclude_patterns = ["_build", "decisions", "*.md"]
html_theme = "alabaster"
# scikit-learn's own docstrings, which RiskClassifier inherits, refer to labels of scikit-learn's manual
suppress_warnings = ["ref.ref"]
