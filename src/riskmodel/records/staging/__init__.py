"""Rows of each table checked one by one and staged, bad rows with reason and column."""
