"""The one file: locked, whole, of the right version, open, copied."""
