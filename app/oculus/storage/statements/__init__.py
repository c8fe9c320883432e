"""SQL from outside: looked through, limited, run, and answered in values that JSON knows."""
