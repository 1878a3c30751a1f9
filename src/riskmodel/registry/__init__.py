"""Publishes, loads, promotes and rolls back versions; the only room that knows MLflow."""
