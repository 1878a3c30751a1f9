"""What a study asks for, as plain data: features, cohort and label."""
