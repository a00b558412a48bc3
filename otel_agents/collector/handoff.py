"""How the receiver hands spans on: what a batch is, and who takes it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class SpanBatch:
    """The spans of one request that may be stored.

    Attributes:
        table: one row a span, in the columns of the store's span_data.
        rejected: how many spans of the request were refused.
        reason: why, for the sender; "" when none was.
    """

    table: pa.Table
    rejected: int = 0
    reason: str = ""

    @property
    def spans(self) -> int:
        """How many spans it holds."""
        return int(self.table.num_rows)

    @property
    def size(self) -> int:
        """Bytes of memory it holds."""
        return int(self.table.nbytes)


class SpanSink(Protocol):
    """Takes batches of spans; the future is done when they are stored for good, or tells why they are not."""

    def submit(self, batch: SpanBatch) -> Future[None]:
        """Take a batch, or raise Overloaded at once when there is no room."""
        ...
