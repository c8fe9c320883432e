"""What every minute, hour and day came to, and which table answers for which time."""
