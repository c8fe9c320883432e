"""Stocks, indices and sectors."""
