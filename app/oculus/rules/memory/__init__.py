"""What rules know of the present and the past, so that judging never waits for a database."""
