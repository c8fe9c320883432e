"""The polite client: one for each provider, shared by every collector that asks it."""
