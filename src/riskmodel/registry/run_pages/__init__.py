"""What a reader of MLflow's own pages sees: runs with figures and pictures, descriptions."""
