"""What providers' answers and messages look like: one file a provider, and what they share.

:mod:`otel_agents.sdk.usage` chooses between the providers, :mod:`otel_agents.sdk.messages` reads their messages.
"""
