"""A scripted model server that speaks OpenAI's wire protocol, so that the demo needs no key."""

from otel_agents.demo.model_server.server import API_KEY, MODELS, ModelServer

__all__ = ["API_KEY", "MODELS", "ModelServer"]
