"""Which process this is, so that another on the machine can tell whether it still runs; both sides read it alike."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAME_START_S: Final = 2.0  # a process of the same number that started so much later or earlier is another


def own() -> dict[str, Any]:
    """Name this process: the machine since it was started, the number in it, and when it began, by the epoch."""
    import psutil  # 10 ms, for those who ask

    return {"machine": machine(), "pid": os.getpid(), "started": round(psutil.Process().create_time(), 2)}


def lives(process: Mapping[str, Any]) -> bool | None:
    """Say whether a process that :func:`own` named is there; None where that cannot be seen from here."""
    import psutil

    try:
        if process["machine"] is None or process["machine"] != machine():
            return None
        found = psutil.Process(int(process["pid"]))
        return found.status() != psutil.STATUS_ZOMBIE and _is_same(found.create_time(), float(process["started"]))
    except psutil.NoSuchProcess:
        return False
    except (ValueError, TypeError, KeyError, OverflowError, psutil.Error):
        return None


def _is_same(started: float, said: float) -> bool:
    return abs(started - said) < _SAME_START_S


def machine() -> str | None:
    """Name this machine since it was started, and who of it sees which processes; None where that is not told.

    A container has process numbers of its own, and must not be taken for its host.
    """
    if sys.platform != "linux":
        import uuid

        return f"{sys.platform} {uuid.getnode():x}"  # containers run in a virtual machine there
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return None
