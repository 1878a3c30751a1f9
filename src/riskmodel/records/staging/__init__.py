"""Rows of each table checked one by one and staged: good rows, and bad rows with reason and column."""
