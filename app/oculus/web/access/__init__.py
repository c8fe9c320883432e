"""Who may come in: the token, cookies and links, how often, and from where."""
