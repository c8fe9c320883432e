"""One channel's own thread: what waits, in which groups and at what pace it is sent, what became of it."""
