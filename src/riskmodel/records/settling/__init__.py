"""What is used of all that was ever staged: every row accounted for, facts given to their households."""
