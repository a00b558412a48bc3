"""Trace and span ids from a random source of our own.

The stock generator draws from Python's shared one, so that a program which calls ``random.seed`` gives each of its runs
the same ids, and a store that keeps a span once keeps the first run alone.
"""

from __future__ import annotations

import os
import random

from opentelemetry.sdk.trace.id_generator import IdGenerator

_source = random.Random()  # noqa: S311  ids name things, they guard nothing


def new_span_id() -> int:
    """Give 64 random bits, not all of them 0."""
    return _source.getrandbits(64) or new_span_id()


def new_trace_id() -> int:
    """Give 128 random bits, not all of them 0."""
    return _source.getrandbits(128) or new_trace_id()


class RandomIds(IdGenerator):
    """Random ids, unaffected by ``random.seed``."""

    def generate_span_id(self) -> int:
        """Give a span id."""
        return new_span_id()

    def generate_trace_id(self) -> int:
        """Give a trace id."""
        return new_trace_id()

    def is_trace_id_random(self) -> bool:
        """Say that samplers may go by the id's bits (W3C Trace Context, level 2)."""
        return True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_source.seed)
