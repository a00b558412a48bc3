"""The one end of a stream, and the context its steps run in."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from opentelemetry.context import _RUNTIME_CONTEXT

from otel_agents import conventions
from otel_agents.sdk import faults, runtime
from otel_agents.sdk.context.propagation import detach

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from otel_agents.sdk.answers.usage import StreamReader
    from otel_agents.sdk.operations.operation import Operation

_MOST_TEXT = 1_000_000  # characters of a streamed text that are kept


class StreamEnd:
    """Reads the chunks of one stream for its operation, and ends it.

    Args:
        operation: whose stream it is.
        ends_operation: whether the operation's span ends with the stream.
        reads: whether chunks may be a provider's; else only texts are gathered.
    """

    __slots__ = ("_begun", "_ends_operation", "_operation", "_over", "_reader", "_size", "_texts")

    def __init__(self, operation: Operation, *, ends_operation: bool, reads: bool) -> None:
        self._operation = operation
        self._ends_operation = ends_operation
        self._reader = _reader() if reads else None
        self._texts: list[str] = []
        self._size = 0
        self._begun = False
        self._over = False

    def chunk(self, chunk: object) -> None:
        """Note the next chunk."""
        if self._over:
            return
        try:
            if not self._begun:
                self._begun = True
                if self._reader is not None:
                    self._operation.first_chunk()
            if isinstance(chunk, str):
                if self._size < _MOST_TEXT:
                    self._size += len(chunk)
                    self._texts.append(chunk)
            elif self._reader is not None:
                self._reader.feed(chunk)
        except Exception as error:
            faults.report("reading a stream", error)

    def finish(self, error: BaseException | None = None, *, complete: bool = False) -> None:
        """End; only the first call counts.

        Args:
            error: what the stream raised.
            complete: whether it was read to its end.
        """
        if self._over:
            return
        self._over = True
        operation = self._operation
        try:
            answer = self._reader.finish() if self._reader is not None else None
            if answer is not None:
                operation.record(answer)
            elif self._texts:
                operation.output("".join(self._texts))
            if not complete:
                operation.set_attribute(conventions.INCOMPLETE, True)
            if isinstance(error, Exception):  # who cancels or interrupts the reading has seen enough
                operation.fail(error)
            if self._ends_operation:
                operation.end()
        except Exception as fault:
            faults.report("ending a stream", fault)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at the interpreter's end anything may be gone
            self.finish()

    def release(self, *, hand_on: bool) -> bool:
        """At the end of the operation's block: say whether the operation may end.

        A stream nobody has begun to read was handed on to whoever called; with ``hand_on`` it ends the operation later.
        """
        if hand_on and not self._begun and not self._over:
            self._ends_operation = True
            return False
        self.finish()
        return True


class Body:
    """The context a generator's body runs in, which whoever consumes it does not see.

    ``with body.step():`` around each step attaches the context; afterwards it is kept as the body left it.
    """

    __slots__ = ("context",)

    def __init__(self, context: Context) -> None:
        self.context = context

    def step(self) -> _Step:
        """Give the block of one step; steps of an iterator that several tasks or threads read may overlap."""
        return _Step(self)


class _Step:
    __slots__ = ("_body", "_token")

    def __init__(self, body: Body) -> None:
        self._body = body

    def __enter__(self) -> None:
        self._token = _RUNTIME_CONTEXT.attach(self._body.context)

    def __exit__(self, *_: object) -> None:
        self._body.context = _RUNTIME_CONTEXT.get_current()
        detach(self._token)


def _reader() -> StreamReader:
    from otel_agents.sdk.answers.usage import (
        StreamReader,  # for the first stream: a program imports this module at its start
    )

    return StreamReader(content=runtime.current.capture_content)
