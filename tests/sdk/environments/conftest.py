"""Programs of this folder run as processes of their own; what they traced arrives at a receiver."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.sdk.receiving import Receiver, receiving

PROGRAMS = Path(__file__).parent / "programs"


class Told(NamedTuple):
    """A span as it arrived."""

    name: str
    parent: str | None  # the parent's name; its id where that one did not arrive
    trace: str
    process: int
    attributes: dict[str, object]


def told(receiver: Receiver) -> list[Told]:
    """Every span that arrived, in the order they started."""
    found = [
        (span, {pair.key: pair.value.int_value for pair in resource.resource.attributes})
        for _, _, message in list(receiver.requests)
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    names = {span.span_id: span.name for span, _ in found}
    return [
        Told(
            span.name,
            names.get(span.parent_span_id, span.parent_span_id.hex()) if span.parent_span_id else None,
            span.trace_id.hex(),
            resource.get("process.pid", 0),
            {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "") for pair in span.attributes},
        )
        for span, resource in sorted(found, key=lambda each: each[0].start_time_unix_nano)
    ]


def links(receiver: Receiver) -> list[tuple[str, str | None]]:
    """(name, parent's name) of every span that arrived, sorted."""
    return sorted(((span.name, span.parent) for span in told(receiver)), key=str)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def environment(receiver: Receiver) -> dict[str, str]:
    """What a program needs to send to the receiver."""
    return {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def run(environment: dict[str, str]) -> Callable[..., str]:
    """Run a program of ``programs/`` to its end and give what it printed; it says nothing on stderr."""

    def run(name: str, *arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, PROGRAMS / f"{name}.py", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    return run
