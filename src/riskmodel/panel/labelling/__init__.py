"""How y is read: outcomes and verdicts in their windows, and why a label is missing."""
