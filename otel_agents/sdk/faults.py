"""What happens when otel-agents itself fails inside a user's program: logged once, counted, swallowed."""

from __future__ import annotations

import logging
from collections import Counter

logger = logging.getLogger("otel_agents")

counts: Counter[str] = Counter()  # how often each place failed
raising = False  # our own tests set it: there a fault must be seen


def report(where: str, error: BaseException) -> None:
    """Note a fault of ours, or of a processor or exporter the user gave us, at ``where``.

    Raises:
        BaseException: the fault itself, in our own tests.
    """
    if raising:
        counts[where] += 1
        raise error
    report_users(where, error)


def report_users(where: str, error: BaseException) -> None:
    """Note that a function the user gave us to call failed at ``where``."""
    counts[where] += 1
    if counts[where] == 1:
        logger.warning("%s failed; the program goes on, and this is not said again", where, exc_info=error)
