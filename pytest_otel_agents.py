"""The pytest plugin of otel-agents: the fixture ``agent_traces``.

It is a module of its own, outside of the package, so that a test run which does not use it does not load the SDK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from otel_agents.testing import Capture

_FIXTURE = "agent_traces"


@pytest.fixture(name=_FIXTURE)
def _agent_traces() -> Iterator[Capture]:
    """Everything the test traces, with otel-agents or OpenTelemetry; nothing is sent."""
    from otel_agents.testing import capture

    with capture() as traces:
        yield traces


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Show what was traced below a test that failed, unless its message does."""
    report = yield
    traces = getattr(item, "funcargs", {}).get(_FIXTURE)
    if traces is not None and report.when == "call" and report.failed and call.excinfo is not None:
        text = traces.tree(details=True)
        if text and "\n\nTraced:\n" not in str(call.excinfo.value):
            report.sections.append(("Traced", text))
    return report
