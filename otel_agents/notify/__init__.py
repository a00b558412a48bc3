"""Alerts on their way out: channels, what waits for each, and what has them sent."""
