"""The rules of outreach: who is left alone, on which rung a household stands, and what is owed."""
