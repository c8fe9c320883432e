"""Crypto: prices, averages, sentiment, on-chain."""
