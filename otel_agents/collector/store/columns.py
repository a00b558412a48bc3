"""Which attributes fill the columns of ``spans``, and which are kept apart."""

from __future__ import annotations

from typing import Final
from zlib import crc32

from otel_agents import conventions as c
from otel_agents.dialects import COST, INTEGER, READ, TEXT, TTFT, TYPE, TYPE_BY_PRESENCE

__all__ = [
    "CONTENT",
    "COST",
    "GROUPS",
    "INTEGER",
    "READ",
    "TEXT",
    "TTFT",
    "TYPE",
    "TYPE_BY_PRESENCE",
    "group",
    "is_content",
]

# The columns that attributes are kept in, but for the long ones: to find a key, those of its group are read. With more
# groups a key is found sooner, and a span takes more room.
GROUPS: Final = ("attributes_0", "attributes_1")

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
    """Whether an attribute is kept in the column ``content``, and not in one of ``GROUPS``."""
    return key in _CONTENT_KEYS or key.startswith(_CONTENT_PREFIXES)


def group(key: str) -> str:
    """The column of ``GROUPS`` that an attribute is kept in. Stored files depend on it."""
    return GROUPS[crc32(key.encode("utf-8", "surrogatepass")) % len(GROUPS)]
