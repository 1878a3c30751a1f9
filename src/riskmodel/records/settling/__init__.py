"""What is used of all staged rows: facts linked to households, repetitions and corrections, and counts of every row."""
