"""What a version is made of, and what may not stand in it."""
