"""What providers' answers and messages look like: one file a provider, and what they share.

:mod:`~otel_agents.sdk.answers.usage` chooses between the providers, :mod:`~otel_agents.sdk.answers.messages` reads
their messages.
"""
