"""Usage in, cost out. Pure."""

from otel_agents.pricing.overrides import Overrides
from otel_agents.pricing.table import PriceTable

__all__ = ["Overrides", "PriceTable"]
