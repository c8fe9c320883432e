"""From a piece of news to words, mails and tables, made harmless for where they go."""
