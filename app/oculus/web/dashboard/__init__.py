"""The first page: cards by category, what fires, and how a person wants to see it."""
