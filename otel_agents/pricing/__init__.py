"""Usage in, cost out. Pure."""

from otel_agents.pricing.table import PriceTable

__all__ = ["PriceTable"]
