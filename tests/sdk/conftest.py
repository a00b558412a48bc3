"""What the SDK's tests share: tracing into memory, with faults of ours raised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_agents
from otel_agents.sdk import faults


class Recorder:
    """Configures tracing into memory and reads what was recorded."""

    def __init__(self) -> None:
        self.configure()

    def configure(self, **settings: Any) -> None:
        self._memory = InMemorySpanExporter()
        otel_agents.configure(traces_exporter="none", exporters=[self._memory], **settings)

    def spans(self) -> list[ReadableSpan]:
        """Every span that has ended, in the order they ended."""
        assert otel_agents.flush()
        return list(self._memory.get_finished_spans())

    def span(self, name: str | None = None) -> ReadableSpan:
        """The only span there is, or the only one of a name."""
        (found,) = [span for span in self.spans() if name in (None, span.name)]
        return found

    def tree(self) -> list[str]:
        """The names of the spans, indented below their parents, in the order they started."""
        spans = sorted(self.spans(), key=lambda span: span.start_time or 0)
        depth: dict[int, int] = {}
        lines = []
        for span in spans:
            assert span.context is not None
            depth[span.context.span_id] = depth.get(span.parent.span_id, -1) + 1 if span.parent else 0
            lines.append("  " * depth[span.context.span_id] + span.name)
        return lines


@pytest.fixture(autouse=True)
def _faults_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    yield Recorder()
    otel_agents.shutdown()
