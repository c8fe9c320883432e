"""The API: each module holds the routes of one thing, and the structs that say what goes in and out."""
