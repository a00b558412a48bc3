"""From an error to what the sender is told, over HTTP and over gRPC: one table."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from otel_agents.collector.handoff import OverloadedError, RefusedError


class ReceiveError(Exception):
    """A request that is answered with an error; the message is for the sender."""


class UndecodableError(ReceiveError):
    """The body is not OTLP."""


class TooLargeError(ReceiveError):
    """The body is larger than the limit, after decompression."""


class TooSlowError(ReceiveError):
    """The body did not arrive in time."""


class UnknownEncodingError(ReceiveError):
    """The content type or the content encoding is none that is understood."""


class UnknownPathError(ReceiveError):
    """There is no such signal."""


class WrongMethodError(ReceiveError):
    """The path takes POST only."""


# error -> (HTTP status, google.rpc.Code). What is in none of these is 500, INTERNAL: the sender gives up.
_TABLE: Final[dict[type[Exception], tuple[int, int]]] = {
    UndecodableError: (400, code_pb2.INVALID_ARGUMENT),
    UnknownPathError: (404, code_pb2.UNIMPLEMENTED),
    WrongMethodError: (405, code_pb2.UNIMPLEMENTED),
    TooSlowError: (408, code_pb2.DEADLINE_EXCEEDED),
    TooLargeError: (413, code_pb2.RESOURCE_EXHAUSTED),
    UnknownEncodingError: (415, code_pb2.INVALID_ARGUMENT),
    OverloadedError: (503, code_pb2.UNAVAILABLE),
}


# The status a request is refused with -> google.rpc.Code.
_REFUSED: Final = {401: code_pb2.UNAUTHENTICATED, 429: code_pb2.RESOURCE_EXHAUSTED}


@dataclass(frozen=True, slots=True)
class Answer:
    """An error as the sender sees it. ``retry_after_s`` is None when coming again would not help."""

    http: int
    status: Status
    retry_after_s: int | None


def answer(error: Exception) -> Answer:
    """Classify an error."""
    if isinstance(error, RefusedError):
        http, code = error.status, _REFUSED.get(error.status, code_pb2.PERMISSION_DENIED)
    else:
        found = (codes for kind, codes in _TABLE.items() if isinstance(error, kind))
        http, code = next(found, (500, code_pb2.INTERNAL))
    message = str(error) if http != 500 else "the collector could not store this; its log says why"
    status = Status(code=code, message=message)
    if not isinstance(error, OverloadedError | RefusedError) or error.retry_after_s is None:
        return Answer(http, status, None)
    retry_after_s = ceil(error.retry_after_s)
    status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=retry_after_s)))
    return Answer(http, status, retry_after_s)
