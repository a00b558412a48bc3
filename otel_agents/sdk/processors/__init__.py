"""Span processors, one small class a file."""
