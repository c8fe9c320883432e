"""Storage: the one DuckDB file, the thread that writes it, and everybody's questions to it."""
