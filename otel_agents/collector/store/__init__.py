"""Keeps spans and lends them out to be read."""
