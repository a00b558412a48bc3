"""What this process takes of the machine, and how full the machine is."""

from __future__ import annotations

import time
from typing import Any

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


class MachineResources:
    """Percent of the machine's CPU, memory and disk that is in use."""

    def __init__(self) -> None:
        self._times: tuple[float, float] | None = None  # busy and all seconds of the CPUs at the last look
        self._cpu_percent: float | None = None

    def gauge(self, name: str) -> float | None:
        """Return ``cpu`` (since the last look), ``memory`` or ``disk`` (of the working folder's); None when unknown."""
        import psutil  # as above

        try:
            if name == "cpu":
                return self._cpu(psutil.cpu_times())
            if name == "memory":
                return float(psutil.virtual_memory().percent)
            return float(psutil.disk_usage(".").percent)
        except (psutil.Error, OSError):
            return None

    def _cpu(self, times: Any) -> float | None:
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)  # are in user and nice
        busy = total - times.idle - getattr(times, "iowait", 0.0)
        if self._times is None:
            self._times = busy, total
        elif total - self._times[1] >= 1:
            self._cpu_percent = round(100 * (busy - self._times[0]) / (total - self._times[1]), 1)
            self._times = busy, total
        return self._cpu_percent
