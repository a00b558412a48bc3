"""Notices on their way out: of alerts to channels, and calls of functions the user gave."""
