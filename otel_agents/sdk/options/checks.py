"""What the options share: how a part of them is declared, and checks beside those of :mod:`otel_agents.settings`."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otel_agents.settings import Parse, flag, text

# What the settings are made of: fields alone. Each method that is made takes a part of a millisecond at the start.
part = dataclass(frozen=True, init=False, repr=False, eq=False)


def file(value: object) -> Path:
    """Accept a file that exists."""
    path = Path(text(str(value))).expanduser()
    if not path.is_file():
        raise ValueError("expected a file that exists")
    return path


def folder(value: object) -> Path:
    """Accept a folder, there or not."""
    if not isinstance(value, str | os.PathLike):
        raise ValueError("expected a folder")
    return Path(text(os.fspath(value))).expanduser()


def folder_or_not(value: object) -> Path | bool:
    """Accept a folder, or whether there is to be one."""
    with suppress(ValueError):
        return flag(value)
    try:
        return folder(value)
    except ValueError:
        raise ValueError("expected true, false or a folder") from None


def milliseconds(inner: Parse) -> Parse:
    """Accept seconds from the program, milliseconds from a variable, as OpenTelemetry's variables are given."""

    def parse(value: object) -> Any:
        if not isinstance(value, str):
            return inner(value)
        try:
            return inner(float(value) / 1000)
        except ValueError:
            raise ValueError("expected a number of milliseconds") from None

    return parse
