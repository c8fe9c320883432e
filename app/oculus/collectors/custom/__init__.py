"""Sources of one's own: endpoints, pushes, plugins."""
