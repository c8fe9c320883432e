"""The pages and the API: they show what the runtime knows and keep nothing themselves."""
