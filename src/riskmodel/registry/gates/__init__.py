"""What a promotion asks: the gates, their thresholds, and the evidence that they read."""
