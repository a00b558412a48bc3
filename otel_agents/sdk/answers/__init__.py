"""What each provider's answers look like, one file a provider; :mod:`otel_agents.sdk.usage` chooses between them."""
