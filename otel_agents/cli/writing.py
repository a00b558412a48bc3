"""Writes files that are whole or not there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from otel_agents.errors import CollectorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes ``path`` when nothing failed; for this user alone, as what is stored.

    Raises:
        CollectorError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    before = os.umask(0o077)
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        if isinstance(error, ConnectionError):
            raise
        raise CollectorError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        os.umask(before)
        partial.unlink(missing_ok=True)
