"""What the collector writes about itself: a line each, as text or as JSON, whichever library it comes from."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

FORMATS: Final = ("text", "json")
LEVELS: Final = ("debug", "info", "warning", "error")
_OURS: Final = "otel_agents.collector."
_log: Final = logging.getLogger("otel_agents.collector")


def set_up(form: str, level: str) -> None:
    """Write every line of the process to standard error in one form.

    Args:
        form: one of ``FORMATS``.
        level: one of ``LEVELS``; what is less important is left out. Of libraries, warnings and errors are written.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=max(logging.WARNING, _number(level)), handlers=[handler], force=True)
    logging.getLogger("otel_agents").setLevel(_number(level))
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def say(message: str, level: int = logging.INFO, fields: Mapping[str, Any] | None = None) -> None:
    """Write a line of the collector as a whole, with fields of its own in JSON."""
    _log.log(level, message, extra={"fields": fields or {}})


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (ISO 8601, UTC), level, logger, message, fields of the line, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line = {
            "time": _time(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if (exception := _exception(self, record)) is not None:
            line["exception"] = exception
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """For people: the time here, the level, who says it, the message; an exception below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        time = _time(record).astimezone().isoformat(" ", "seconds")[:19]
        line = f"{time} {record.levelname:<7} {record.name.removeprefix(_OURS)}: {record.getMessage()}"
        exception = _exception(self, record)
        return line if exception is None else f"{line}\n{exception}"


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _exception(formatter: logging.Formatter, record: logging.LogRecord) -> str | None:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
    parts += [record.stack_info] if record.stack_info else []
    return "\n".join(parts) or None


def _number(level: str) -> int:
    return int(getattr(logging, level.upper()))


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.critical("The collector ends because of an error", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None:
        _log.error(
            "The thread %s ended because of an error",
            given.thread.name if given.thread else "",
            exc_info=(given.exc_type, given.exc_value, given.exc_traceback),
        )
