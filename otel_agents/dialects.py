"""The attribute names of every dialect: which of them say what, the first key present wins.

Today's OpenTelemetry GenAI names come first, then its older spellings, then OpenInference, OpenLLMetry, Pydantic AI and
Logfire, Langfuse, MLflow and the Vercel AI SDK. The collector fills its columns by them, and the SDK reads the spans of
instrumentations that are not ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agents import conventions as c

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT: Final[dict[str, tuple[str, ...]]] = {
    "agent": (
        c.AGENT,
        c.AGENT_NAME,
        "agent.name",  # OpenInference
        "agent_name",  # Pydantic AI
    ),
    "model": (
        c.REQUEST_MODEL,
        c.RESPONSE_MODEL,
        "llm.model_name",  # OpenInference, three spellings
        "embedding.model_name",
        "reranker.model_name",
        "model_name",  # Pydantic AI
        "langfuse.observation.model.name",
        "ai.model.id",  # Vercel
    ),
    "provider": (
        c.PROVIDER_NAME,
        "gen_ai.system",  # GenAI until 1.36
        "llm.provider",  # OpenInference
        "llm.system",
        "ai.model.provider",  # Vercel
    ),
    "tool": (
        c.TOOL_NAME,
        "tool.name",  # OpenInference
        "ai.toolCall.name",  # Vercel
    ),
    "operation": (
        c.OPERATION_NAME,
        "llm.request.type",  # OpenLLMetry
        "ai.operationId",  # Vercel
    ),
    "session_id": (
        c.SESSION_ID,
        c.CONVERSATION_ID,
        "traceloop.association.properties.session_id",
        "langfuse.session.id",
        "ai.telemetry.metadata.sessionId",  # Vercel
    ),
    "user_id": (
        c.USER_ID,
        "enduser.id",
        "traceloop.association.properties.user_id",
        "langfuse.user.id",
        "ai.telemetry.metadata.userId",
    ),
    "tenant": (c.TENANT,),
    "error_type": (c.ERROR_TYPE,),
    "cost_source": (c.COST_SOURCE,),
    "agent_attribute": (c.AGENT,),
}

INTEGER: Final[dict[str, tuple[str, ...]]] = {
    "input_tokens": (
        c.USAGE_INPUT_TOKENS,
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens",  # of embeddings
    ),
    "output_tokens": (
        c.USAGE_OUTPUT_TOKENS,
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
    ),
    "cache_read_tokens": (
        c.USAGE_CACHE_READ_INPUT_TOKENS,
        "gen_ai.usage.cache_read_input_tokens",  # OpenLLMetry
        "gen_ai.usage.details.cache_read_tokens",  # Pydantic AI
        "llm.token_count.prompt_details.cache_read",
        "ai.usage.cachedInputTokens",
        "ai.usage.inputTokenDetails.cacheReadTokens",
    ),
    "cache_write_tokens": (
        c.USAGE_CACHE_CREATION_INPUT_TOKENS,
        "gen_ai.usage.cache_write.input_tokens",  # the name it is being changed to
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.details.cache_write_tokens",
        "llm.token_count.prompt_details.cache_write",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
    ),
    "reasoning_tokens": (
        c.USAGE_REASONING_OUTPUT_TOKENS,
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens",
        "llm.token_count.completion_details.reasoning",
        "ai.usage.reasoningTokens",
        "ai.usage.outputTokenDetails.reasoningTokens",
    ),
}

COST: Final[tuple[str, ...]] = (c.COST, "llm.cost.total")

# Time to the first token: the factor turns it into milliseconds.
TTFT: Final[dict[str, float]] = {
    c.RESPONSE_TIME_TO_FIRST_CHUNK: 1000.0,
    "gen_ai.server.time_to_first_token": 1000.0,
    "ai.response.msToFirstChunk": 1.0,
}

# The type of a span: the first of these keys that is present and has a value known here (compared in lower case and
# without the quotes MLflow puts around texts).
TYPE: Final[dict[str, dict[str, str]]] = {
    c.SPAN_TYPE: {t: t for t in c.SPAN_TYPES},
    c.OPERATION_NAME: {
        "chat": "model",
        "text_completion": "model",
        "generate_content": "model",
        "embeddings": "model",
        "invoke_agent": "agent",
        "create_agent": "agent",
        "execute_tool": "tool",
        "invoke_workflow": "workflow",
        "retrieval": "other",
    },
    "openinference.span.kind": {
        "llm": "model",
        "embedding": "model",
        "reranker": "model",
        "agent": "agent",
        "tool": "tool",
        "chain": "workflow",
        "retriever": "other",
        "guardrail": "other",
        "evaluator": "other",
    },
    "traceloop.span.kind": {"agent": "agent", "tool": "tool", "workflow": "workflow", "task": "other"},
    "llm.request.type": {"chat": "model", "completion": "model", "embedding": "model", "rerank": "model"},
    "langfuse.observation.type": {
        "generation": "model",
        "embedding": "model",
        "agent": "agent",
        "tool": "tool",
        "chain": "workflow",
        "span": "other",
        "event": "other",
        "retriever": "other",
        "evaluator": "other",
        "guardrail": "other",
    },
    "mlflow.spanType": {
        "llm": "model",
        "chat_model": "model",
        "embedding": "model",
        "reranker": "model",
        "agent": "agent",
        "tool": "tool",
        "chain": "workflow",
        "workflow": "workflow",
        "retriever": "other",
        "parser": "other",
        "evaluator": "other",
        "guardrail": "other",
        "task": "other",
        "memory": "other",
        "unknown": "other",
    },
    "ai.operationId": {
        "ai.generatetext.dogenerate": "model",
        "ai.streamtext.dostream": "model",
        "ai.generateobject.dogenerate": "model",
        "ai.streamobject.dostream": "model",
        "ai.embed.doembed": "model",
        "ai.embedmany.doembed": "model",
        "ai.toolcall": "tool",
        "ai.generatetext": "workflow",
        "ai.streamtext": "workflow",
        "ai.generateobject": "workflow",
        "ai.streamobject": "workflow",
        "ai.embed": "workflow",
        "ai.embedmany": "workflow",
    },
}
# What a span is when none of those says so, by an attribute only such spans have.
TYPE_BY_PRESENCE: Final[dict[str, str]] = {
    c.TOOL_NAME: "tool",
    "agent_name": "agent",  # Pydantic AI before it wrote gen_ai.operation.name
    c.REQUEST_MODEL: "model",
}

_LANGFUSE_USAGE: Final = "langfuse.observation.usage_details"
_LANGFUSE_COST: Final = "langfuse.observation.cost_details"
_MLFLOW_USAGE: Final = "mlflow.chat.tokenUsage"
_MLFLOW_COST: Final = "mlflow.llm.cost"
ENTITY_NAME: Final = "traceloop.entity.name"

# Of which keys a value "agent" or "tool" says that the span is named after it, unless a better name is known.
NAMED_AFTER: Final = ("openinference.span.kind", "langfuse.observation.type", "mlflow.spanType", "traceloop.span.kind")

# column -> attributes that are texts written as JSON.
NESTED_TEXT: Final = {"model": "mlflow.llm.model", "provider": "mlflow.llm.provider"}

# column -> attribute -> numbers in its JSON, the first that is there; a list is added up as far as it is there.
NESTED_NUMBERS: Final[dict[str, dict[str, tuple[str | tuple[str, ...], ...]]]] = {
    # Langfuse takes a provider's own usage, or parts that do not overlap, in names of anybody's choice.
    "input_tokens": {
        _LANGFUSE_USAGE: (
            "prompt_tokens",
            ("input", "cache_read_input_tokens", "cache_creation_input_tokens", "input_cached_tokens"),
            ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
        ),
        _MLFLOW_USAGE: ("input_tokens",),
    },
    "output_tokens": {
        _LANGFUSE_USAGE: ("completion_tokens", ("output", "output_reasoning_tokens"), "output_tokens"),
        _MLFLOW_USAGE: ("output_tokens",),
    },
    "cache_read_tokens": {
        _LANGFUSE_USAGE: (
            "cache_read_input_tokens",
            "input_cached_tokens",
            "prompt_tokens_details.cached_tokens",
            "input_tokens_details.cached_tokens",
        ),
        _MLFLOW_USAGE: ("cache_read_input_tokens",),
    },
    "cache_write_tokens": {
        _LANGFUSE_USAGE: ("cache_creation_input_tokens",),
        _MLFLOW_USAGE: ("cache_creation_input_tokens",),
    },
    "reasoning_tokens": {
        _LANGFUSE_USAGE: (
            "output_reasoning_tokens",
            "completion_tokens_details.reasoning_tokens",
            "output_tokens_details.reasoning_tokens",
        ),
    },
    "cost": {
        _LANGFUSE_COST: ("total", ("input", "output", "cache_read_input_tokens", "cache_creation_input_tokens")),
        _MLFLOW_COST: ("total_cost",),
    },
}

# Every key that fills a column.
READ: Final = frozenset(
    key
    for keys in (
        *TEXT.values(),
        *INTEGER.values(),
        COST,
        tuple(TTFT),
        tuple(TYPE),
        NAMED_AFTER,
        (ENTITY_NAME,),
        tuple(NESTED_TEXT.values()),
        *(tuple(keys) for keys in NESTED_NUMBERS.values()),
    )
    for key in keys
)


def span_type(attributes: Mapping[str, Any]) -> str:
    """Say of which type a span with these attributes is; other, where nothing says it."""
    for key, types in TYPE.items():
        said = attributes.get(key)
        if said is not None and (found := types.get(str(said).strip('"').lower())) is not None:
            return found
    for key, found in TYPE_BY_PRESENCE.items():
        if key in attributes:
            return found
    return "other"


def first(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """Give the value of the first of some keys that is there."""
    for key in keys:
        if (value := attributes.get(key)) is not None:
            return value
    return None
