"""What the collector knows of alerts, as a file beside the data: who has acknowledged what does not ask again."""

from __future__ import annotations

import json
import logging
import os
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ALERTS: Final = "alerts.json"
USUAL: Final = "usual.json"

_log = logging.getLogger(__name__)


class Memory:
    """Two files in a folder: the alerts, and what is usual. What cannot be written is said once, and stops nothing.

    Args:
        folder: that of the data.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = False

    def alerts(self) -> dict[str, Any] | None:
        """Return what was kept of alerts; None when there is nothing."""
        return self._read(ALERTS)

    def keep_alerts(self, packed: Mapping[str, Any]) -> None:
        """Keep what there is of alerts."""
        self._write(ALERTS, packed)

    def usual(self) -> dict[str, tuple[int, bytes]]:
        """Return what was learned of each series, and until which minute."""
        kept = self._read(USUAL) or {}
        with suppress(TypeError, ValueError):
            return {series: (int(minute), b64decode(figures)) for series, (minute, figures) in kept.items()}
        return {}

    def keep_usual(self, learned: Iterable[tuple[str, int, bytes]]) -> None:
        """Keep what was learned."""
        self._write(USUAL, {series: (minute, b64encode(figures).decode()) for series, minute, figures in learned})

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            kept = json.loads((self._folder / name).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._say("read", name, error)
            return None
        return kept if isinstance(kept, dict) else None

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        unfinished = self._folder / f"{name}.part"
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False, default=str)
            unfinished.replace(self._folder / name)
        except OSError as error:
            self._say("written", name, error)

    def _say(self, what: str, name: str, error: Exception) -> None:
        if not self._said:
            self._said = True
            _log.warning("%s cannot be %s: %s", self._folder / name, what, error)
