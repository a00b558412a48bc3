"""How full the machine is. The program and the collector both ask."""

from __future__ import annotations

from typing import Any


class MachineResources:
    """Percent of the machine's CPU, memory and disk that is in use.

    Args:
        folder: of whose disk.
    """

    def __init__(self, folder: str = ".") -> None:
        self._folder = folder
        self._times: tuple[float, float] | None = None  # busy and all seconds of the CPUs at the last look
        self._cpu_percent: float | None = None

    def gauge(self, name: str) -> float | None:
        """Return ``cpu`` (since the last look), ``memory`` or ``disk``; None when unknown."""
        import psutil  # takes 15 ms to import, and most programs never ask

        try:
            if name == "cpu":
                return self._cpu(psutil.cpu_times())
            if name == "memory":
                return float(psutil.virtual_memory().percent)
            return float(psutil.disk_usage(self._folder).percent)
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
