"""The HTTP API and the pages: one file a resource, all put together in routes.py."""
