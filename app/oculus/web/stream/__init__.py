"""Live push over a WebSocket."""
