"""Gates for tests of something else: few households rule out no small difference of two models."""

WIDE = {"auc": -1, "average_precision": -1}
