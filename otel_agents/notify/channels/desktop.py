"""Notices on the desktop: by notify-send on Linux, by osascript on macOS."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from otel_agents.notify.channels.channel import Refused, Unreachable, lines, severity, title

if TYPE_CHECKING:
    from otel_agents.alerts.routing import Notice

_TIMEOUT_S = 10.0
_SCRIPT = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"


class DesktopChannel:
    """Shows notices where somebody sits.

    Raises:
        ValueError: neither program is there.
    """

    def __init__(self) -> None:
        self.name = "desktop"
        self._notify, self._osascript = shutil.which("notify-send"), shutil.which("osascript")
        if self._notify is None and self._osascript is None:
            raise ValueError("desktop: needs notify-send (Linux) or osascript (macOS)")

    def send(self, notice: Notice) -> None:
        """Show one."""
        said = title(notice), "\n".join(lines(notice))
        if self._notify is not None:
            urgency = "critical" if severity(notice) in ("high", "critical") else "normal"
            command = [self._notify, f"--urgency={urgency}", "--app-name=otel-agents", "--", *said]
        else:
            command = [str(self._osascript), "-e", _SCRIPT, *said]
        try:
            ended = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603  no shell
        except subprocess.TimeoutExpired:
            raise Unreachable(f"no answer in {_TIMEOUT_S:g} s") from None
        except OSError as error:
            raise Refused(type(error).__name__) from None
        if ended.returncode:
            raise Unreachable(f"exit code {ended.returncode}")
