"""Asks the store: the questions of the API's pages, and a user's own SQL."""
