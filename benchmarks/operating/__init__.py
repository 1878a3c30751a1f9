"""What `benchmarks/operate.py` runs: a service, the shell, the checks and the kills."""
