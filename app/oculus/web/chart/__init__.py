"""What the chart of a symbol is drawn from."""
