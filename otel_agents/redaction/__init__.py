"""Redaction: secrets and personal data found by key and by value, in texts, JSON and nested values. Pure."""
