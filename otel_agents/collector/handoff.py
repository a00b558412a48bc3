"""How the receiver hands on what it decoded: what a batch of each signal is, and who takes it."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from concurrent.futures import Future

try:
    import dateutil  # type: ignore[import-untyped]  # noqa: F401
except ImportError:
    # pyarrow tries this import at each conversion of a Python value, and a search that finds nothing costs 0.1 ms.
    sys.modules["dateutil"] = None  # type: ignore[assignment]

# One value. At most one of text, flag, integer and number is set; `json` holds whatever is none of these (lists,
# objects, bytes as base64, null) as JSON text.
VALUE: Final = pa.struct(
    [
        ("text", pa.string()),
        ("flag", pa.bool_()),
        ("integer", pa.int64()),
        ("number", pa.float64()),
        ("json", pa.string()),
    ]
)
ATTRIBUTE: Final = pa.struct([pa.field("key", pa.string(), nullable=False), *VALUE])
# Of one record. Most attributes of a request come many times in it, so each different one is there once.
ATTRIBUTES: Final = pa.list_(pa.dictionary(pa.int32(), ATTRIBUTE))

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
        ("attributes", ATTRIBUTES),
        ("scope", pa.string()),  # what else the scope has, as a JSON object; null when nothing
        ("trace_state", pa.string()),
        ("flags", pa.uint32()),
        ("dropped_attributes", pa.uint32()),
        ("dropped_events", pa.uint32()),
        ("dropped_links", pa.uint32()),
    ]
)

_EXPONENTIAL: Final = pa.struct(
    [
        ("scale", pa.int32()),
        ("zero_count", pa.uint64()),
        ("zero_threshold", pa.float64()),
        ("positive_offset", pa.int32()),
        ("positive_counts", pa.list_(pa.uint64())),
        ("negative_offset", pa.int32()),
        ("negative_counts", pa.list_(pa.uint64())),
    ]
)

# One row a data point, whatever the kind of its metric; what the kind does not have is null.
POINTS: Final = pa.schema(
    [
        ("name", pa.string()),
        ("kind", pa.string()),  # gauge, sum, histogram, exponential_histogram, summary
        ("unit", pa.string()),
        ("description", pa.string()),
        ("metadata", pa.string()),  # JSON object, null when it is empty
        ("temporality", pa.int32()),  # OTLP's number
        ("monotonic", pa.bool_()),
        ("start_ns", pa.uint64()),  # 0 when not told
        ("time_ns", pa.uint64()),
        ("flags", pa.uint32()),
        ("integer", pa.int64()),  # of gauges and sums: either this or number
        ("number", pa.float64()),
        ("count", pa.uint64()),  # of histograms and summaries, as all below
        ("sum", pa.float64()),
        ("min", pa.float64()),
        ("max", pa.float64()),
        ("bounds", pa.list_(pa.float64())),
        ("bucket_counts", pa.list_(pa.uint64())),  # one more than bounds, or none
        ("exponential", _EXPONENTIAL),
        ("quantiles", pa.list_(pa.struct([("quantile", pa.float64()), ("value", pa.float64())]))),
        ("exemplars", pa.string()),  # JSON list, null when there are none
        ("scope_name", pa.string()),
        ("scope", pa.string()),  # as of a span
        ("service_name", pa.string()),
        ("resource", pa.string()),  # JSON object
        ("attributes", ATTRIBUTES),
    ]
)

# One row a log record. Ids are empty where the record belongs to no span.
LOGS: Final = pa.schema(
    [
        ("time_ns", pa.uint64()),  # 0 when not told
        ("observed_ns", pa.uint64()),
        ("severity_number", pa.int32()),
        ("severity_text", pa.string()),
        ("event_name", pa.string()),
        ("body", VALUE),  # null when there is none
        ("trace_id", pa.binary()),
        ("span_id", pa.binary()),
        ("flags", pa.uint32()),
        ("dropped_attributes", pa.uint32()),
        ("scope_name", pa.string()),
        ("scope", pa.string()),  # as of a span
        ("service_name", pa.string()),
        ("resource", pa.string()),  # JSON object
        ("attributes", ATTRIBUTES),
    ]
)


class OverloadedError(Exception):
    """There is no room now; the sender is asked to come again."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RefusedError(Exception):
    """A request that is not let in.

    Attributes:
        status: of HTTP: 401 nobody known asks, 403 they may not, 429 they ask too often.
        hint: what to do about it, or None.
        retry_after_s: when to come again; None where that would not help.
    """

    def __init__(
        self, status: int, message: str, *, hint: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Batch:
    """What of one request may be stored: a record batch, one row a span, data point or log record.

    ``owner`` is the tenant of the key the request came with; None where it came with none, or one of no tenant.
    """

    signal: ClassVar[str]  # traces, metrics or logs
    rows: pa.RecordBatch
    owner: str | None = None

    @property
    def records(self) -> int:
        """How many there are."""
        return int(self.rows.num_rows)

    @property
    def size(self) -> int:
        """Bytes of memory it holds."""
        return int(self.rows.get_total_buffer_size())  # nbytes walks through all that is nested, which takes 0.1 ms


class SpanBatch(Batch):
    """Spans, in the columns of ``SPANS``."""

    __slots__ = ()
    signal = "traces"


@dataclass(frozen=True, slots=True)
class Report:
    """What a program says of all the spans that are open in it.

    Attributes:
        program: says which one it is, as a JSON object that stays the same while it runs.
        number: rises from one of its reports to the next.
        seen_us: when the report came, in microseconds since the epoch.
        open: the spans that are open, each its trace id and its span id in one.
        given_up: of those, the ones that will never end, as nobody holds them any more.
        leaving: whether the program ends: none of them will.
    """

    program: str
    number: int
    seen_us: int
    open: frozenset[bytes]
    given_up: frozenset[bytes] = frozenset()
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class OpenBatch(Batch):
    """A report, and the spans among those that are open that are new in it or changed, in the columns of ``SPANS``."""

    signal: ClassVar[str] = "open_spans"
    report: Report = field(kw_only=True)


class PointBatch(Batch):
    """Data points of metrics, in the columns of ``POINTS``."""

    __slots__ = ()
    signal = "metrics"


class LogBatch(Batch):
    """Log records, in the columns of ``LOGS``."""

    __slots__ = ()
    signal = "logs"


class MemoryBudget:
    """Bounds the bytes of requests that are read, decoded or wait to be stored, all together.

    Attributes:
        limit: how many there are at most.
    """

    def __init__(self, limit: int) -> None:
        self.limit = self._free = limit
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Claim some bytes.

        Raises:
            OverloadedError: there are not that many left.
        """
        with self._lock:
            if size > self._free:
                raise OverloadedError("more arrives than can be stored")
            self._free -= size

    @property
    def taken(self) -> int:
        """How many bytes are claimed now."""
        return self.limit - self._free

    def give_back(self, size: int) -> None:
        """Return bytes that were claimed."""
        with self._lock:
            self._free += size


class Sender(Protocol):
    """Who sent a request."""

    @property
    def owner(self) -> str | None:
        """The tenant all of it is of; None for no one's in particular."""
        ...

    def spend(self, records: int) -> None:
        """Count what is about to be stored.

        Raises:
            RefusedError: that is more than the sender may send now.
        """
        ...


class Sink(Protocol):
    """Takes batches of any signal."""

    def submit(self, batch: Batch) -> Future[None]:
        """Take a batch; the future is done when it is stored for good, or holds why it is not.

        Raises:
            OverloadedError: there is no room for it now.
        """
        ...


class Reports(Protocol):
    """Knows what programs have reported."""

    def unknown(self, report: Report, told: frozenset[bytes]) -> int:
        """How many spans are neither ``told`` in this report nor in an earlier one: they are to be sent whole."""
        ...

    def is_news(self, report: Report) -> bool:
        """Whether it says more than the report before: that a span is gone, or that the program is back."""
        ...

    def note(self, report: Report) -> None:
        """Remember a report that was acknowledged."""
        ...
