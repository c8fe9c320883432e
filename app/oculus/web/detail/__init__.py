"""Pages about one thing: a symbol, a rule."""
