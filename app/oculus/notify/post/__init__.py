"""HTTP for channels: posting, and what the answers mean."""
