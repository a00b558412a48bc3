"""The attribute names we write and read, each in one place.

``gen_ai.*`` names are those released in ``opentelemetry-semantic-conventions`` (a test compares them); older spellings
and other dialects are read by the collector and never written.
"""

from typing import Final

# --- OpenTelemetry GenAI, as released -------------------------------------------------------------------------------
OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
DATA_SOURCE_ID: Final = "gen_ai.data_source.id"

AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_ID: Final = "gen_ai.agent.id"
AGENT_VERSION: Final = "gen_ai.agent.version"
AGENT_DESCRIPTION: Final = "gen_ai.agent.description"
WORKFLOW_NAME: Final = "gen_ai.workflow.name"

TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"

REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
REQUEST_TOP_P: Final = "gen_ai.request.top_p"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds

USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"  # includes cached
USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"  # includes reasoning
USAGE_CACHE_READ_INPUT_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHE_CREATION_INPUT_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
USAGE_REASONING_OUTPUT_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"

SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"

EVALUATION_EVENT: Final = "gen_ai.evaluation.result"  # an event of the span that is judged
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_VALUE: Final = "gen_ai.evaluation.score.value"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

# The tier an answer was served by, where it is not the standard one. The conventions know it for OpenAI; the same name
# serves every provider that says so.
RESPONSE_SERVICE_TIER: Final = "openai.response.service_tier"

# --- OpenTelemetry, general -----------------------------------------------------------------------------------------
ERROR_TYPE: Final = "error.type"
EXCEPTION_EVENT: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
MESSAGE_SIZE: Final = "messaging.message.body.size"  # bytes
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"

SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
CPU_MODE: Final = "cpu.mode"
SYSTEM_MEMORY_STATE: Final = "system.memory.state"
SYSTEM_DEVICE: Final = "system.device"
SYSTEM_FILESYSTEM_MOUNTPOINT: Final = "system.filesystem.mountpoint"
SYSTEM_FILESYSTEM_STATE: Final = "system.filesystem.state"
DISK_IO_DIRECTION: Final = "disk.io.direction"
NETWORK_INTERFACE_NAME: Final = "network.interface.name"
NETWORK_IO_DIRECTION: Final = "network.io.direction"

# --- Metrics --------------------------------------------------------------------------------------------------------
USAGE_TYPE: Final = "gen_ai.token.type"  # input or output
METRIC_USAGE: Final = "gen_ai.client.token.usage"
METRIC_OPERATION_DURATION: Final = "gen_ai.client.operation.duration"  # seconds, as all durations
METRIC_TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
# In the GenAI conventions' own repository, and not in a released package yet.
METRIC_INVOKE_AGENT_DURATION: Final = "gen_ai.invoke_agent.duration"
METRIC_EXECUTE_TOOL_DURATION: Final = "gen_ai.execute_tool.duration"
METRIC_INVOKE_WORKFLOW_DURATION: Final = "gen_ai.invoke_workflow.duration"
# Ours: US dollars, under the name Logfire gives them, and the calls whose price nobody knows.
METRIC_COST: Final = "operation.cost"
METRIC_UNPRICED_CALLS: Final = "otel_agents.unpriced_calls"

# --- Ours: where no convention has a name ---------------------------------------------------------------------------
SPAN_TYPE: Final = "otel_agents.span.type"  # one of SPAN_TYPES
AGENT: Final = "agent"  # the agent's name, on the spans monitor_operation(agent_name=…) makes
COST: Final = "operation.cost"  # US dollars, as Logfire writes it
COST_SOURCE: Final = "operation.cost.source"  # reported, table:VERSION, override, unknown
USAGE_CACHE_CREATION_1H_INPUT_TOKENS: Final = "otel_agents.usage.cache_creation_1h.input_tokens"  # of cache_creation
USAGE_AUDIO_INPUT_TOKENS: Final = "otel_agents.usage.audio.input_tokens"  # of input_tokens, cached ones included
USAGE_IMAGE_INPUT_TOKENS: Final = "otel_agents.usage.image.input_tokens"
USAGE_VIDEO_INPUT_TOKENS: Final = "otel_agents.usage.video.input_tokens"
USAGE_AUDIO_CACHE_READ_INPUT_TOKENS: Final = "otel_agents.usage.audio.cache_read.input_tokens"  # of cache_read
USAGE_IMAGE_CACHE_READ_INPUT_TOKENS: Final = "otel_agents.usage.image.cache_read.input_tokens"
USAGE_AUDIO_OUTPUT_TOKENS: Final = "otel_agents.usage.audio.output_tokens"  # of output_tokens
USAGE_IMAGE_OUTPUT_TOKENS: Final = "otel_agents.usage.image.output_tokens"
USAGE_WEB_SEARCHES: Final = "otel_agents.usage.web_searches"  # by the provider's own tool
USAGE_FILE_SEARCHES: Final = "otel_agents.usage.file_searches"
TENANT: Final = "tenant.id"
INCOMPLETE: Final = "otel_agents.stream.incomplete"  # true on a stream that was cut
HANDOFF_FROM: Final = "otel_agents.handoff.from"
HANDOFF_TO: Final = "otel_agents.handoff.to"
HANDOFF_REASON: Final = "otel_agents.handoff.reason"
MESSAGE_SOURCE: Final = "otel_agents.message.source"  # the agent that sends, and
MESSAGE_TARGET: Final = "otel_agents.message.target"  # the one that receives
MESSAGE_TYPE: Final = "otel_agents.message.type"
MESSAGE_PROCESSING_TIME: Final = "otel_agents.message.processing_time"  # seconds the target works on it
MESSAGE_RESPONSE_TIME: Final = "otel_agents.message.response_time"  # seconds until its answer is there
MESSAGE_QUEUE_TIME: Final = "otel_agents.message.queue_time"  # seconds between sending and receiving
MESSAGE_REPLY_SIZE: Final = "otel_agents.message.reply_size"  # bytes
MESSAGE_CONTEXT_SIZE: Final = "otel_agents.message.context_size"  # bytes
MESSAGE_RELEVANCE: Final = "otel_agents.message.context_relevance"  # 0 to 1
MESSAGE_RETRIES: Final = "otel_agents.message.retries"
MESSAGE_ERRORS: Final = "otel_agents.message.errors"
ROUTE_EVENT: Final = "otel_agents.route"
ROUTE_SELECTED: Final = "otel_agents.route.selected"
ROUTE_SCORE: Final = "otel_agents.route.score"
ROUTE_REASON: Final = "otel_agents.route.reason"
ROUTE_CANDIDATES: Final = "otel_agents.route.candidates"

# Of a span that has no end. The collector writes them, and they are gone when the end comes.
SPAN_STATE: Final = "otel_agents.span.state"  # one of SPAN_STATES
SPAN_LAST_SEEN: Final = "otel_agents.span.last_seen"  # when its program was last heard of, of one that is abandoned
# What comes with the spans that are open: who sends them, and which of its reports it is.
REPORT_HEADER: Final = "otel-agents-report"
REPORT_ANSWER: Final = "otel-agents"  # the message of the answer, by which a collector of ours is known

SPAN_STATES: Final = ("open", "abandoned")
SPAN_TYPES: Final = ("agent", "model", "tool", "workflow", "message", "other")

# gen_ai.operation.name by span type, and back.
OPERATION_CHAT: Final = "chat"
OPERATION_INVOKE_AGENT: Final = "invoke_agent"
OPERATION_INVOKE_WORKFLOW: Final = "invoke_workflow"
OPERATION_EXECUTE_TOOL: Final = "execute_tool"

# The attributes that hold what was said: kept apart from the rest because they are long.
CONTENT_KEYS: Final = (
    SYSTEM_INSTRUCTIONS,
    INPUT_MESSAGES,
    OUTPUT_MESSAGES,
    TOOL_DEFINITIONS,
    TOOL_CALL_ARGUMENTS,
    TOOL_CALL_RESULT,
)
