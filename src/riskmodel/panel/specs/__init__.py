"""What a study declares, as plain data: features, cohort and label."""
