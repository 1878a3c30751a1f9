"""What moves the champion: promotion and rollback."""
