"""Streams: answers that come bit by bit, whose span ends when they do."""
