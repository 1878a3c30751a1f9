"""One reader of YAML, fields that type what it reads, and refusals that show no value."""
