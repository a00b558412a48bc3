"""Makes up OTLP requests: good ones, ones with odd values, and ones with bytes changed."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.metrics.v1 import metrics_pb2 as m

from tests.collector import otlp

if TYPE_CHECKING:
    from random import Random

    from google.protobuf.message import Message

PATHS = {"traces": "/v1/traces", "metrics": "/v1/metrics", "logs": "/v1/logs"}
METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
_TEXTS = ["", "x", "é😀", "\x00", "'\"\\", "__proto__", "a.b", "<script>", "=1+1", "\r\n", "x" * 5_000, "\u202e"]
_NUMBERS = [0, 1, -1, 2**63 - 1, -(2**63), 2**31, 10**18]
_FLOATS = [0.0, -0.0, 1.5, math.inf, -math.inf, math.nan, 5e-324, 1e308]
_TIMES = [0, 1, 10**9, 1_790_000_000_000_000_000, 2**63 - 1, 2**64 - 1]
_KEYS = [
    *(
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.usage.input_tokens",
        "gen_ai.input.messages",
        "session.id",
    ),
    *(
        "agent",
        "openinference.span.kind",
        "llm.token_count.prompt",
        "otel_agents.cost.total",
        "gen_ai.evaluation.name",
        "k",
    ),
]


@dataclass(frozen=True)
class Sent:
    """A request over HTTP, and the same for gRPC."""

    signal: str
    body: bytes
    headers: dict[str, str]


def sent(random: Random) -> Sent:
    """Make up a request of any signal in any encoding."""
    signal = random.choice(["traces", "traces", "metrics", "logs"])
    message = _MAKERS[signal](random)
    as_json = random.random() < 0.4
    body = _as_json(random, message) if as_json else message.SerializeToString()
    if random.random() < 0.5:
        body = _changed(random, body)
    headers = {"Content-Type": "application/json" if as_json else "application/x-protobuf"}
    if random.random() < 0.03:
        headers["Content-Type"] = random.choice(["text/plain", "", "application/json; charset=latin-1", "x" * 2000])
    if random.random() < 0.2:
        body, headers["Content-Encoding"] = _packed(random, body)
    return Sent(signal, body, headers)


def _packed(random: Random, body: bytes) -> tuple[bytes, str]:
    packed = random.choice([gzip.compress(body, 1), zlib.compress(body), gzip.compress(body, 1)[:-4], body])
    if random.random() < 0.05:
        packed = gzip.compress(bytes(80 << 20), 9)  # over the limit once it is unpacked
    return packed, random.choice(["gzip", "gzip", "gzip", "deflate", "br", "identity", "gzip, gzip"])


def _as_json(random: Random, message: Message) -> bytes:
    tree = MessageToDict(message, use_integers_for_enums=True)
    if random.random() < 0.5:
        _disturb(random, tree)
    return json.dumps(tree).encode()


def _disturb(random: Random, tree: Any) -> None:
    """Put a value of another kind somewhere."""
    while True:
        if not tree:
            return
        place = random.choice(list(tree) if isinstance(tree, dict) else list(range(len(tree))))
        if isinstance(tree[place], dict | list) and tree[place] and random.random() < 0.8:
            tree = tree[place]
            continue
        nested: Any = {"arrayValue": {"values": []}}
        for _ in range(random.choice([1, 50, 300])):  # Python writes no deeper JSON
            nested = {"arrayValue": {"values": [nested]}}
        tree[place] = random.choice([None, 1, -1, "x", "NaN", True, [], {}, [[]], 1e400, "f" * 33, nested])
        return


def _changed(random: Random, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(random.choice([1, 1, 2, 8])):
        at = random.randint(0, len(changed))
        kind = random.random()
        if kind < 0.4 and at < len(changed):
            changed[at] = random.randrange(256)
        elif kind < 0.6:
            changed[at:at] = random.randbytes(random.choice([1, 4, 40]))
        elif kind < 0.8:
            del changed[at : at + random.choice([1, 4, 400])]
        elif kind < 0.95:
            changed += changed[at:]
        else:
            changed = bytearray(random.randbytes(random.choice([0, 1, 100, 5000])))
    return bytes(changed[: 1 << 20])


def _value(random: Random, depth: int = 0) -> Any:
    kind = random.random()
    if kind < 0.1 and depth < 4:
        return [_value(random, depth + 1) for _ in range(random.randint(0, 3))]
    if kind < 0.2 and depth < 4:
        return {random.choice(_TEXTS + _KEYS): _value(random, depth + 1) for _ in range(random.randint(0, 3))}
    return random.choice([*_TEXTS, *_NUMBERS, *_FLOATS, True, None, b"", b"\xff"])


def _attributes(random: Random) -> dict[str, Any]:
    return {random.choice(_KEYS + _TEXTS): _value(random) for _ in range(random.randint(0, 6))}


def _spans(random: Random) -> Message:
    return otlp.request(*(_span(random) for _ in range(random.choice([0, 1, 1, 3, 30]))), resource=_attributes(random))


def _span(random: Random) -> Any:
    made = otlp.span(_attributes(random), name=random.choice(_TEXTS))
    made.trace_id = random.choice([made.trace_id, random.randbytes(16), b"", bytes(16), b"x" * 15])
    made.span_id = random.choice([random.randbytes(8), random.randbytes(8), b"", bytes(8), b"x" * 9])
    made.parent_span_id = random.choice([b"", made.span_id, random.randbytes(8), b"y"])
    if random.random() < 0.3:
        made.start_time_unix_nano, made.end_time_unix_nano = random.choice(_TIMES), random.choice(_TIMES)
    if random.random() < 0.3:
        name = random.choice([*_TEXTS, "exception", "gen_ai.evaluation.result"])
        made.events.add(name=name, time_unix_nano=random.choice(_TIMES)).attributes.extend(
            otlp.pairs(_attributes(random))
        )
    if random.random() < 0.2:
        made.links.add(trace_id=random.choice([b"", random.randbytes(16)]), span_id=random.randbytes(8))
    made.status.code = random.choice([0, 1, 2])
    made.flags = random.choice([0, 1, 2**32 - 1])
    return made


def _metrics(random: Random) -> Message:
    made = otlp.ExportMetricsServiceRequest()
    scope = made.resource_metrics.add().scope_metrics.add()
    for _ in range(random.choice([0, 1, 3])):
        metric = scope.metrics.add(name=random.choice(_TEXTS), unit=random.choice(_TEXTS))
        times = {"time_unix_nano": random.choice(_TIMES), "start_time_unix_nano": random.choice(_TIMES)}
        kind = random.choice(["gauge", "sum", "histogram", "exponential_histogram", "summary"])
        point = getattr(metric, kind).data_points.add(**times)
        point.attributes.extend(otlp.pairs(_attributes(random)))
        if isinstance(point, m.NumberDataPoint):
            point.as_double = random.choice(_FLOATS)
        elif isinstance(point, m.HistogramDataPoint):
            point.bucket_counts.extend(random.choice([[], [1], [1, 2], [2**64 - 1]]))
            point.explicit_bounds.extend(random.choice([[], [1.0], [math.nan, 1.0]]))
        elif isinstance(point, m.ExponentialHistogramDataPoint):
            point.scale = random.choice([0, -11, 20, 2**31 - 1])
            point.positive.offset = random.choice([0, -(2**31), 2**31 - 1])
            point.positive.bucket_counts.extend(random.choice([[], [1, 2], [2**64 - 1]]))
    return made


def _logs(random: Random) -> Message:
    records = [
        otlp.LogRecord(
            time_unix_nano=random.choice(_TIMES),
            severity_number=random.choice([0, 1, 9, 24]),
            severity_text=random.choice(_TEXTS),
            body=otlp.value(_value(random)),
            attributes=otlp.pairs(_attributes(random)),
            trace_id=random.choice([b"", random.randbytes(16), b"x"]),
            event_name=random.choice([*_TEXTS, "gen_ai.evaluation.result"]),
        )
        for _ in range(random.choice([0, 1, 5]))
    ]
    return otlp.logs(*records)


_MAKERS = {"traces": _spans, "metrics": _metrics, "logs": _logs}
