"""Sampling probability as OpenTelemetry's trace state carries it: thresholds, and randomness to compare them with.

As the specification's "TraceState: Probability Sampling" has it: a trace is kept when 56 random bits are not below the
threshold, and ``ot=th:…`` tells the threshold, so that spans can be counted for those that were left out.
"""

from __future__ import annotations

import math

from opentelemetry.trace import TraceState

NEVER = 1 << 56
LOW_56_BITS = NEVER - 1
_PRECISION = 4  # hexadecimal digits, as recommended
_DIGITS = 14


def threshold(ratio: float) -> int:
    """Give the threshold for a share of the traces, to the recommended precision."""
    exact = NEVER - round(ratio * NEVER)
    if exact in (0, NEVER):
        return exact
    leading = math.frexp(ratio)[1] // -4  # digits that are f, and so say little
    unit = 1 << 4 * (_DIGITS - max(1, min(_DIGITS, _PRECISION + leading)))
    return min((exact + unit // 2) // unit * unit, NEVER - unit)


def randomness(trace_id: int, state: TraceState | None) -> int:
    """Give a trace's 56 random bits: those its state names, else the low ones of its id."""
    for part in (state.get("ot", "") if state else "").split(";"):
        if part.startswith("rv:") and len(part) == 3 + _DIGITS:
            try:
                return int(part[3:], 16)
            except ValueError:
                break
    return trace_id & LOW_56_BITS


def marked(state: TraceState | None, value: int | None) -> TraceState:
    """Give a trace state with this threshold, or none, and all else it had."""
    before = TraceState() if state is None else state
    parts = [part for part in before.get("ot", "").split(";") if part and not part.startswith("th:")]
    if value is not None:
        parts.insert(0, f"th:{f'{value:014x}'.rstrip('0') or '0'}")
    if parts:
        return before.update("ot", ";".join(parts)) if "ot" in before else before.add("ot", ";".join(parts))
    return before.delete("ot") if "ot" in before else before
