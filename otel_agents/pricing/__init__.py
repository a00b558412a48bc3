"""Usage in, cost out. Pure."""
