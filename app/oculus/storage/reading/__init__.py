"""The questions of pages, API, commands and rules. Whoever asks goes through `reader.py`."""
