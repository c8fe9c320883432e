"""Rules: they judge what was collected and say what is news."""
