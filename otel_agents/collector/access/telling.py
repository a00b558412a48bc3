"""Keys and entries of the audit log as the API and the commands tell of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_agents.collector.state.audit import Entry
    from otel_agents.collector.state.keys import Key


def told(key: Key) -> dict[str, Any]:
    """What is told of a key: all but its hash; times in ISO 8601."""
    fields = {name: value for name, value in dataclasses.asdict(key).items() if name != "hash"}
    for name in ("created", "expires", "last_used", "revoked"):
        fields[name] = f"{fields[name].isoformat(timespec='seconds')}Z" if fields[name] else None
    return fields | {"scopes": sorted(key.scopes)}


def entry_told(number: int, entry: Entry) -> dict[str, Any]:
    """What is told of an entry of the audit log; the time in ISO 8601."""
    return dataclasses.asdict(entry) | {"number": number, "time": f"{entry.time.isoformat(timespec='milliseconds')}Z"}
