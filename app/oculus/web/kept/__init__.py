"""What people arrange in the pages: what is pinned, and the queries they saved."""
