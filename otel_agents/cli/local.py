"""The collector of this user on this machine: what it wrote into its data folder, and the key to it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

KEY_VARIABLE: Final = "OTEL_AGENTS_KEY"
DATA_VARIABLE: Final = "OTEL_AGENTS_DATA"
# In the data folder while a collector runs, for its owner alone: its process id, address, ports and the key to it.
STATE_FILE: Final = "collector.json"


def data_folder(given: str | None = None) -> Path:
    """Return the folder of the data: as given, from the environment, or the user's own."""
    from otel_agents.collector.options import default_data

    named = given or os.environ.get(DATA_VARIABLE, "").strip()
    return Path(named).expanduser().absolute() if named else default_data()


def running(folder: Path) -> dict[str, str]:
    """Read what the collector of a folder wrote: its ``url`` and ``key``; nothing when none runs."""
    try:
        found = json.loads((folder / STATE_FILE).read_text("utf-8"))
        return {name: found[name] for name in ("url", "key") if isinstance(found.get(name), str)}
    except (OSError, ValueError, AttributeError):
        return {}


def key_for(url: str) -> str | None:
    """Return the key for a collector: that of the environment, or that of this user's own; None for any other."""
    if given := os.environ.get(KEY_VARIABLE, "").strip():
        return given
    found = running(data_folder())
    return found.get("key") if found.get("url") and _place(found["url"]) == _place(url) else None


def _place(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return "localhost" if host in ("127.0.0.1", "::1") else host, parts.port
