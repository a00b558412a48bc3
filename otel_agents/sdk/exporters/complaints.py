"""What is said in the log of a receiver that does not take what it is sent: once, until it takes something again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from otel_agents.sdk.exporters import absence
from otel_agents.sdk.exporters.sender import Verdict

if TYPE_CHECKING:
    from otel_agents.sdk.exporters.sender import Outcome

logger = logging.getLogger("otel_agents")
_UNREACHABLE = "unreachable"


class Complaints:
    """Those about one receiver.

    Args:
        what: its name in the log.
        hint: what to do when nobody answers.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        self._what = what
        self._hint = hint
        self._said: set[str] = set()

    @property
    def of_silence(self) -> bool:
        """Whether it was said that nobody answers."""
        return _UNREACHABLE in self._said

    def once(self, kind: str, message: str, *args: object) -> None:
        """Say what is wrong, unless that kind was said."""
        if kind not in self._said:
            self._said.add(kind)
            logger.warning(message, *args)

    def about(self, outcome: Outcome, sent: str) -> None:
        """Say why an attempt failed; ``sent`` is what it was of, such as "512 spans"."""
        kind = _UNREACHABLE if outcome.unreachable else outcome.verdict.value
        if kind in self._said:
            return
        self._said.add(kind)
        if outcome.unreachable:
            level = logging.WARNING if absence.begin(self._what) else logging.DEBUG
            logger.log(level, "No answer from %s (%s). %s", self._what, outcome.reason, self._hint)
        elif outcome.verdict is Verdict.TRY_AGAIN:
            logger.info("%s asks to come again: %s", self._what, outcome.reason)
        else:
            logger.warning("%s did not take %s: %s", self._what, sent, outcome.reason)

    def end(self) -> bool:
        """Note that all is well; say whether something was in the way before."""
        if not self._said:
            return False
        self._said.clear()
        absence.end(self._what)
        return True
