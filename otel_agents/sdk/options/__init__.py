"""What ``configure()`` can be told, in files by what it is about."""

from otel_agents.sdk.options.settings import SdkSettings

__all__ = ["SdkSettings"]
