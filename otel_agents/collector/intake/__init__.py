"""Holds spans until they are stored: a bounded queue, and one writer that commits in groups."""
