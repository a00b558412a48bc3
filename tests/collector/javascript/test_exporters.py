"""What JavaScript's own exporters send is stored, in JSON and protobuf, plain and gzip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningCollector


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("encoding", ["http", "proto"])
def test_all_signals(receiving: RunningCollector, node: Callable[..., str], encoding: str, compression: str):
    service = f"{encoding} {compression}"
    ids = json.loads(node("otlp.mjs", receiving.url, encoding, compression, service))
    where = f"WHERE service_name = '{service}'"
    (span,) = receiving.sql(f"""
        SELECT trace_id, span_id, name, kind, type, status, status_message, input_tokens, scope_name,
            attributes::VARCHAR AS a, events->0->>'name' AS event, duration_ms < 60000 AS short
        FROM spans {where}""")
    attributes = json.loads(span.pop("a"))
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 12,
        "share": 0.5,
        "tags": ["a", "b"],
        "on": True,
    }
    assert [span] == [
        ids | {
            "name": "chat gpt-4o",
            "kind": "internal",
            "type": "model",
            "status": "error",
            "status_message": "cut short",
            "input_tokens": 12,
            "scope_name": "js",
            "event": "first token",
            "short": True,
        }
    ]  # fmt: skip
    assert receiving.sql(f"""
        SELECT name, kind, value, unit, monotonic, attributes->>'tier' AS tier, sum, min, bounds = [1.0, 2.0] AS bounds,
            bucket_counts = [0, 1, 0] AS counts FROM metrics {where} ORDER BY name DESC""") == [
        {"name": "orders", "kind": "sum", "value": 3.0, "unit": "{order}", "monotonic": True, "tier": "gold"}
        | {"sum": None, "min": None, "bounds": None, "counts": None},
        {"name": "latency", "kind": "histogram", "value": None, "unit": None, "monotonic": None, "tier": None}
        | {"sum": 1.5, "min": 1.5, "bounds": True, "counts": True},
    ]
    assert receiving.sql(f"SELECT trace_id, span_id, severity, body, attributes->>'order' AS n FROM logs {where}") == [
        ids | {"severity": "WARN", "body": '{"card":"visa","tries":2}', "n": "7"}
    ]
