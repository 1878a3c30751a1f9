"""The channels of outreach: what a step costs, whom it reaches, and who gets which of them."""
