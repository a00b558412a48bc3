"""Every option of the collector once."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from otel_agents.alerts.options import rules
from otel_agents.alerts.options import thresholds as _thresholds
from otel_agents.collector.logs import FORMATS, LEVELS
from otel_agents.notify.options import channels, signing_secret
from otel_agents.settings import flag, number, one_of, setting, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping


def default_data() -> Path:
    """Where data is kept when nobody says so: the user's own data folder (XDG Base Directory)."""
    home = os.environ.get("XDG_DATA_HOME", "").strip()
    return (Path(home) if home else Path.home() / ".local" / "share") / "otel-agents"


def _folder(value: object) -> Path:
    return Path(text(str(value))).expanduser().absolute()


def _database(value: object) -> str:
    url = text(value)
    if not url.startswith(("postgresql://", "postgresql+psycopg://")):
        raise ValueError("expected an address such as postgresql://user:password@host/database")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _names(value: object) -> str:
    """Accept names with commas between, or none."""
    if not isinstance(value, str):
        raise ValueError("expected names with commas between")
    return value.strip()


MIB = 1024 * 1024


@dataclass(frozen=True)
class CollectorSettings:
    """What ``otel-agents up`` can be told."""

    host: str = setting("127.0.0.1", env=("OTEL_AGENTS_HOST",), parse=text, doc="Address to listen on.")
    port: int = setting(
        4318, env=("OTEL_AGENTS_PORT",), parse=whole(0, 65535), doc="Port of OTLP/HTTP, the API and the pages; 0: any."
    )
    grpc_port: int = setting(
        4317, env=("OTEL_AGENTS_GRPC_PORT",), parse=whole(0, 65535), doc="Port of OTLP/gRPC; 0: any."
    )
    data: Path | None = setting(
        None,
        env=("OTEL_AGENTS_DATA",),
        parse=_folder,
        doc="Folder of the data; default: otel-agents in the user's own.",
    )
    max_request_bytes: int = setting(
        64 * MIB,
        env=("OTEL_AGENTS_MAX_REQUEST_BYTES",),
        parse=whole(1024, 1024 * MIB),
        doc="Largest request accepted, in bytes after decompression.",
    )
    queue_bytes: int = setting(
        448 * MIB,
        env=("OTEL_AGENTS_QUEUE_BYTES",),
        parse=whole(MIB, 64 * 1024 * MIB),
        doc="Bytes of requests from their arrival until they are stored; beyond it senders are asked to come again.",
    )
    memory_bytes: int = setting(
        512 * MIB,
        env=("OTEL_AGENTS_MEMORY_BYTES",),
        parse=whole(128 * MIB, 1024 * 1024 * MIB),
        doc="Memory DuckDB may use, in bytes, before it writes intermediate results to disk.",
    )
    query_memory_bytes: int = setting(
        512 * MIB,
        env=("OTEL_AGENTS_QUERY_MEMORY_BYTES",),
        parse=whole(64 * MIB, 1024 * 1024 * MIB),
        doc="Memory one SQL query may use, in bytes, before it is ended.",
    )

    redact: str = setting(
        "others",
        env=("OTEL_AGENTS_COLLECTOR_REDACT",),
        parse=one_of("others", "all", "none"),
        doc="Whose records to take secrets out of: others (all but this package's SDK, which does it), all, none.",
    )
    redact_leave: str = setting(
        "",
        env=("OTEL_AGENTS_COLLECTOR_REDACT_LEAVE",),
        parse=_names,
        doc="Kinds of secrets and names of attributes to leave as they are, with commas between: email,user.id.",
    )
    require_keys: bool = setting(
        False,
        env=("OTEL_AGENTS_REQUIRE_KEYS",),
        parse=flag,
        doc="Whether keys are needed on loopback too, where others use the machine; elsewhere they always are.",
    )
    key_requests: int | None = setting(
        200,
        env=("OTEL_AGENTS_KEY_REQUESTS",),
        parse=whole(1, 1_000_000),
        doc="Requests each key may send in a second; beyond it they are asked to come again (429).",
    )
    key_records: int | None = setting(
        None,
        env=("OTEL_AGENTS_KEY_RECORDS",),
        parse=whole(1, 1_000_000_000),
        doc="Spans, data points and log records each key may send in a second; default: any number.",
    )
    shared_state: str | None = setting(
        None,
        env=("OTEL_AGENTS_SHARED_STATE",),
        parse=_database,
        secret=True,
        doc="PostgreSQL that collectors share, for keys and all that is no telemetry; default: a file in the folder.",
    )

    keep_days: float | None = setting(
        None,
        env=("OTEL_AGENTS_KEEP_DAYS",),
        parse=number(0, 36_500),
        doc="Traces, metrics and logs older than so many days are removed; default: kept for ever.",
    )
    keep_bytes: int | None = setting(
        None,
        env=("OTEL_AGENTS_KEEP_BYTES",),
        parse=whole(256 * MIB, 1 << 50),
        doc="Size of the database in bytes at which the oldest traces, metrics and logs are removed; default: none.",
    )

    alerts: bool = setting(
        True,
        env=("OTEL_AGENTS_COLLECTOR_ALERTS",),
        parse=flag,
        doc="Whether what is stored is watched, for alerts.",
    )
    thresholds: Mapping[str, float] | None = setting(
        None,
        env=("OTEL_AGENTS_COLLECTOR_THRESHOLDS",),
        parse=_thresholds,
        doc="What fires beyond it, such as error_rate=5,response_time=3; default: as in a program.",
    )
    rules: Mapping[str, str | None] | None = setting(
        None,
        env=("OTEL_AGENTS_COLLECTOR_RULES",),
        parse=rules,
        doc="Rules by name, which may end in a severity: slow/high=p95(5m) > 5s; in the file a table, [rules].",
    )
    anomalies: bool = setting(
        True,
        env=("OTEL_AGENTS_COLLECTOR_ANOMALIES",),
        parse=flag,
        doc="Whether sudden spikes in requests, failures, time and cost raise alerts.",
    )
    alert_interval: float = setting(
        5.0,
        env=("OTEL_AGENTS_COLLECTOR_ALERT_INTERVAL",),
        parse=number(0.1, 60),
        doc="Seconds between two looks at what was stored.",
    )
    alert_channels: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_COLLECTOR_ALERT_CHANNELS",),
        parse=channels,
        secret=True,
        doc="Where alerts go: log:, desktop:, webhook+https://…, or addresses of apprise; several with spaces between.",
    )
    alert_secret: str | None = setting(
        None,
        env=("OTEL_AGENTS_COLLECTOR_ALERT_SECRET",),
        parse=signing_secret,
        secret=True,
        doc="Key that webhooks are signed with: any text, or whsec_ and base64.",
    )
    alert_wait: float = setting(
        10.0,
        env=("OTEL_AGENTS_COLLECTOR_ALERT_WAIT",),
        parse=number(0, 86_400),
        doc="Seconds a rule's first alert waits for others, to go out in one notice.",
    )
    alert_group: float = setting(
        60.0,
        env=("OTEL_AGENTS_COLLECTOR_ALERT_GROUP",),
        parse=number(0, 86_400),
        doc="Seconds between two notices of one rule, at least.",
    )
    alert_repeat: float = setting(
        14_400.0,
        env=("OTEL_AGENTS_COLLECTOR_ALERT_REPEAT",),
        parse=number(0, 1e9),
        doc="Seconds until what still fires, and nobody has acknowledged, is told of again; 0: never.",
    )
    alert_escalation: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_COLLECTOR_ALERT_ESCALATION",),
        parse=channels,
        secret=True,
        doc="Where alerts go, beside, that nobody has acknowledged for a time.",
    )
    alert_escalate_after: float = setting(
        900.0,
        env=("OTEL_AGENTS_COLLECTOR_ALERT_ESCALATE_AFTER",),
        parse=number(0, 1e9),
        doc="That time, in seconds; 0: never.",
    )
    log_format: str = setting(
        "text",
        env=("OTEL_AGENTS_LOG_FORMAT",),
        parse=one_of(*FORMATS),
        doc="What the collector writes about itself: text for people, or a JSON object a line.",
    )
    log_level: str = setting(
        "info",
        env=("OTEL_AGENTS_LOG_LEVEL",),
        parse=one_of(*LEVELS),
        doc="How important a line must be to be written.",
    )

    @property
    def folder(self) -> Path:
        """The folder the data is kept in."""
        return self.data or default_data()

    @property
    def on_loopback(self) -> bool:
        """Whether nobody but this machine's users can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"
