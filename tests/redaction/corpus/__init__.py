"""Texts with secrets and personal data whose places are known, and texts without any.

Everything is made by code from published formats, with the same numbers each time: nothing here is anybody's, and no
scanner of repositories finds a secret in these files.
"""
