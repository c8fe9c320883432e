"""Probes: is it up, and how fast."""
