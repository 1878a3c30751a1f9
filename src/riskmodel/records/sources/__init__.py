"""What a manifest names: its keys checked, its files opened, their cells read as ids, days and numbers."""
