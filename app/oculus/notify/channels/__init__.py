"""One module for each way to tell a person."""
