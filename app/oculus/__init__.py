"""Oculus watches hosts, markets and odds from your own machine, and tells you when something changes."""

__version__ = "0.1.0"
