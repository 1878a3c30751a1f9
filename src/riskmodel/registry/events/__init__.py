"""The history of a name: events in a chain, written, repaired, doubted and shown."""
