"""How the receiver hands spans on: what a batch is, and who takes it."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from concurrent.futures import Future

try:
    import dateutil  # type: ignore[import-untyped]  # noqa: F401
except ImportError:
    # pyarrow tries this import at each conversion of a Python value, and a search that finds nothing costs 0.1 ms.
    sys.modules["dateutil"] = None  # type: ignore[assignment]

# One attribute. At most one of text, flag, integer and number is set; `json` holds whatever is none of these (lists,
# objects, bytes as base64, null) as JSON text.
ATTRIBUTE: Final = pa.struct(
    [
        pa.field("key", pa.string(), nullable=False),
        ("text", pa.string()),
        ("flag", pa.bool_()),
        ("integer", pa.int64()),
        ("number", pa.float64()),
        ("json", pa.string()),
    ]
)

# One row a span, as it was sent. Ids are bytes, times nanoseconds since the epoch; kind and status are OTLP's numbers.
SPANS: Final = pa.schema(
    [
        ("trace_id", pa.binary()),
        ("span_id", pa.binary()),
        ("parent_span_id", pa.binary()),  # empty for a root
        ("name", pa.string()),
        ("kind", pa.int32()),
        ("start_ns", pa.uint64()),
        ("end_ns", pa.uint64()),  # 0 while the span is open
        ("status", pa.int32()),
        ("status_message", pa.string()),
        ("scope_name", pa.string()),
        ("service_name", pa.string()),
        ("exception_type", pa.string()),  # of the last exception event
        ("resource", pa.string()),  # JSON object
        ("events", pa.string()),  # JSON list, null when there are none
        ("links", pa.string()),  # JSON list, null when there are none
        ("attributes", pa.list_(ATTRIBUTE)),
    ]
)


class OverloadedError(Exception):
    """There is no room now; the sender is asked to come again."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class SpanBatch:
    """The spans of one request that may be stored: a record batch in the columns of ``SPANS``."""

    rows: pa.RecordBatch

    @property
    def spans(self) -> int:
        """How many spans it holds."""
        return int(self.rows.num_rows)

    @property
    def size(self) -> int:
        """Bytes of memory it holds."""
        return int(self.rows.nbytes)


class MemoryBudget:
    """Bounds the bytes of requests that are read, decoded or wait to be stored, all together."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Claim some bytes.

        Raises:
            OverloadedError: there are not that many left.
        """
        with self._lock:
            if size > self._free:
                raise OverloadedError("more spans arrive than can be stored")
            self._free -= size

    def give_back(self, size: int) -> None:
        """Return bytes that were claimed."""
        with self._lock:
            self._free += size


class SpanSink(Protocol):
    """Takes batches of spans."""

    def submit(self, batch: SpanBatch) -> Future[None]:
        """Take a batch; the future is done when its spans are stored for good, or holds why they are not.

        Raises:
            OverloadedError: there is no room for it now.
        """
        ...
