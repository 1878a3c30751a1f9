"""From a fitted model and its evidence to a version, whole or not at all."""
