"""What the collector did and how long it took, kept for Prometheus and written in its text format (0.0.4)."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

P = ParamSpec("P")
R = TypeVar("R")
Labels = tuple[tuple[str, str], ...]

PREFIX: Final = "otel_agents_collector_"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # bounds of histograms

# name -> type and meaning; those of the numbers that are looked up when somebody asks are in api/metrics.py.
DOCS: Final = {
    "records_received_total": ("counter", "Spans, data points and log records whose fate is decided."),
    "records_stored_total": ("counter", "Of those, what was acknowledged; one sent again is, too."),
    "records_refused_total": ("counter", "Of those, what was not, by reason."),
    "records_removed_total": ("counter", "Stored records that were removed since, because of their age or the size."),
    "traces_removed_total": ("counter", "Traces that were removed, all of their spans."),
    "records_dropped_total": ("counter", "Of those that were acknowledged, what is not in the database, by reason."),
    "rows_recovered_total": ("counter", "Rows taken over from a damaged file that was set aside."),
    "rows_lost_total": ("counter", "Rows of such a file that cannot be read."),
    "requests_total": ("counter", "OTLP requests by their answer."),
    "request_seconds": ("histogram", "From an OTLP request's beginning to its answer."),
    "commit_seconds": ("histogram", "Each commit to the database."),
    "commits_failed_total": ("counter", "Commits that failed; they are tried again."),
    "secrets_redacted_total": ("counter", "Secrets and personal data taken out of what was received, by kind."),
    "requests_denied_total": ("counter", "Requests that were not let in, by HTTP status."),
    "audit_entries_dropped_total": ("counter", "Entries that are missing from the audit log, by reason."),
    "alert_changes_total": ("counter", "Alerts that began to fire, became more severe or were resolved."),
    "look_seconds": ("histogram", "Each look at what was stored, for alerts."),
    "query_seconds": ("histogram", "Each answer of the API, by resource."),
}


class Meters:
    """Counts and times; any thread may."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, Labels]] = Counter()
        self._buckets: dict[tuple[str, Labels], list[int]] = {}
        self._sums: dict[tuple[str, Labels], float] = {}

    def decided(self, signal: str, stored: int, refused: Mapping[str, int]) -> None:
        """Count records whose fate is decided, all at once: what was received is what was stored or refused, always."""
        of_signal = (("signal", signal),)
        with self._lock:
            self._counts["records_received_total", of_signal] += stored + sum(refused.values())
            self._counts["records_stored_total", of_signal] += stored
            for reason, number in refused.items():
                self._counts["records_refused_total", (*of_signal, ("reason", reason))] += number

    def set_aside(self, signal: str, records: int) -> None:
        """Count records that were acknowledged and that the database did not take; a file of the journal has them."""
        self.add("records_dropped_total", records, signal=signal, reason="set aside")

    def recovered(self, what: str, table: str, number: int) -> None:
        """Count rows of a damaged file: taken over, or lost."""
        self.add("rows_recovered_total" if what == "taken" else "rows_lost_total", number, table=table)

    def count(self, name: str, **labels: str) -> None:
        """Count one event."""
        self.add(name, 1, **labels)

    def add(self, name: str, number: int, **labels: str) -> None:
        """Count several events."""
        with self._lock:
            self._counts[name, tuple(labels.items())] += number

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add a time to a histogram."""
        key = (name, tuple(labels.items()))
        with self._lock:
            buckets = self._buckets.setdefault(key, [0] * (len(SECONDS) + 1))
            buckets[bisect_left(SECONDS, seconds)] += 1
            self._sums[key] = self._sums.get(key, 0.0) + seconds

    def timed_commit(self, write: Callable[P, R]) -> Callable[P, R]:
        """Time a function that commits, and count when it fails."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            began = perf_counter()
            try:
                result = write(*args, **kwargs)
            except BaseException:
                self.count("commits_failed_total")
                raise
            self.observe("commit_seconds", perf_counter() - began)
            return result

        return timed

    def text(self, gauges: Iterable[tuple[str, str, str, Iterable[tuple[Labels, float]]]] = ()) -> str:
        """Write everything.

        Args:
            gauges: more to be written: name in full, type, meaning, and values by their labels.
        """
        with self._lock:
            counts = sorted(self._counts.items())
            histograms = sorted((key, list(buckets), self._sums[key]) for key, buckets in self._buckets.items())
        lines: list[str] = []
        for name, (kind, meaning) in DOCS.items():
            full = PREFIX + name
            lines += [f"# HELP {full} {meaning}", f"# TYPE {full} {kind}"]
            lines += [_line(full, labels, number) for (of, labels), number in counts if of == name]
            for (of, labels), buckets, total in histograms:
                if of == name:
                    lines += _histogram(full, labels, buckets, total)
        for full, kind, meaning, values in gauges:
            lines += [f"# HELP {full} {meaning}", f"# TYPE {full} {kind}"]
            lines += [_line(full, labels, number) for labels, number in values]
        return "\n".join(lines) + "\n"


def _histogram(name: str, labels: Labels, buckets: list[int], total: float) -> Iterator[str]:
    below = 0
    for bound, number in zip((*map(str, SECONDS), "+Inf"), buckets, strict=True):
        below += number
        yield _line(f"{name}_bucket", (*labels, ("le", bound)), below)
    yield _line(f"{name}_sum", labels, total)
    yield _line(f"{name}_count", labels, below)


def _line(name: str, labels: Labels, number: float) -> str:
    written = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels)
    return f"{name}{{{written}}} {number}" if written else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
