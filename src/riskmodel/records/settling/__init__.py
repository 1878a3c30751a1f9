"""What is used of all staged rows: facts linked, repeated and corrected, and every row counted."""
