"""The chart in a message."""
