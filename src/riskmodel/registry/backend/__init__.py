"""What is asked of MLflow: places, tables, pages, accounts, and references to versions."""
