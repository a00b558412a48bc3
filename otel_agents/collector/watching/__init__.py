"""Watches what is stored: the program's own thresholds and rules, over the spans of all programs."""
