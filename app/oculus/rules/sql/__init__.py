"""Rules whose condition is a query: when it runs, on which thread, and what its rows mean."""
