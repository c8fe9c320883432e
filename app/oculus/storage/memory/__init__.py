"""What collectors and channels remember over a restart."""
