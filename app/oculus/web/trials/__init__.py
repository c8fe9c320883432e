"""A rule over the past: the page that plays two settings of it side by side, and the noise report."""
