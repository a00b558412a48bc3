"""What this process takes of the machine."""

from __future__ import annotations

import time

_SHORTEST = 0.1  # seconds between two looks that give a meaningful CPU figure


class ProcessResources:
    """Reads the figures of the process it was made in."""

    def __init__(self) -> None:
        self._looked_at = time.monotonic()
        self._cpu_used = time.process_time()
        self._cpu_percent: float | None = None

    def cpu_percent(self) -> float | None:
        """Return the percent of one core used since the last look; None when nothing can be said yet."""
        now, used = time.monotonic(), time.process_time()
        if now - self._looked_at >= _SHORTEST:
            self._cpu_percent = round(100 * (used - self._cpu_used) / (now - self._looked_at), 1)
            self._looked_at, self._cpu_used = now, used
        return self._cpu_percent

    @staticmethod
    def memory_bytes() -> int | None:
        """Return the resident memory, or None where the system does not tell."""
        import psutil  # takes 15 ms to import, and most programs never ask

        try:
            return int(psutil.Process().memory_info().rss)
        except (psutil.Error, OSError):
            return None
