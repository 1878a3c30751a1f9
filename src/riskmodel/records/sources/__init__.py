"""What a manifest names: its keys, its files, and the ids, days and numbers in their cells."""
