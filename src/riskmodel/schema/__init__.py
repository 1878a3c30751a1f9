"""One reader of YAML, fields and refusals of what it reads, and what in a text names a person."""
