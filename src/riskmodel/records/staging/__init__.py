"""Rows of each table judged one by one: good ones, and bad ones with reason and column."""
