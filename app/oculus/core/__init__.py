"""Words and tools that every floor shares. Nothing here knows what a collector, a table or a page is."""
