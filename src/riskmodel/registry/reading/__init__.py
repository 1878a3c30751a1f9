"""A published version, found, verified and read."""
