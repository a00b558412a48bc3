"""Which attributes fill the columns of ``spans``, and which are kept apart."""

from __future__ import annotations

from typing import Final

from otel_agents import conventions as c
from otel_agents.dialects import COST, INTEGER, READ, TEXT, TTFT, TYPE, TYPE_BY_PRESENCE

__all__ = ["CONTENT", "COST", "INTEGER", "READ", "TEXT", "TTFT", "TYPE", "TYPE_BY_PRESENCE", "is_content"]

# Long attributes, kept apart so that a query of the others need not read them. A dot at the end: all that start so.
CONTENT: Final[tuple[str, ...]] = (
    *c.CONTENT_KEYS,
    "gen_ai.prompt",  # older GenAI; with a number: OpenLLMetry
    "gen_ai.prompt.",
    "gen_ai.completion",
    "gen_ai.completion.",
    "input.value",  # OpenInference
    "output.value",
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.prompts.",
    "llm.tools.",
    "llm.invocation_parameters",
    "tool.parameters",
    "retrieval.documents.",
    "traceloop.entity.input",
    "traceloop.entity.output",
    "all_messages_events",  # Pydantic AI
    "pydantic_ai.all_messages",
    "tool_arguments",
    "tool_response",
    "langfuse.observation.input",
    "langfuse.observation.output",
    "mlflow.spanInputs",
    "mlflow.spanOutputs",
    "ai.prompt",  # Vercel
    "ai.prompt.messages",
    "ai.prompt.tools",
    "ai.response.text",
    "ai.response.object",
    "ai.response.toolCalls",
    "ai.toolCall.args",
    "ai.toolCall.result",
)

_CONTENT_KEYS: Final = frozenset(key for key in CONTENT if not key.endswith("."))
_CONTENT_PREFIXES: Final = tuple(key for key in CONTENT if key.endswith("."))


def is_content(key: str) -> bool:
    """Whether an attribute is kept in the column ``content`` instead of ``attributes``."""
    return key in _CONTENT_KEYS or key.startswith(_CONTENT_PREFIXES)
