"""Sending to Logfire: where its OTLP endpoint is, with which write token, and what its pages read by other names."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agents import conventions
from otel_agents.errors import ConfigurationError
from otel_agents.sdk.exporters.otlp import OtlpHttpSender

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agents.sdk.exporters.sender import Parcel
    from otel_agents.sdk.options import SdkSettings

# A write token names its region; those made before there were regions are of the United States'.
_REGION: Final = re.compile(r"pylf_v\d+_([a-z]+)_")
_ADDRESSES: Final = {"us": "https://logfire-us.pydantic.dev", "eu": "https://logfire-eu.pydantic.dev"}
_CREDENTIALS: Final = "logfire_credentials.json"  # written by `logfire projects use`

# What Logfire's pages read, by what we write.
_TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
_JSON_SCHEMA: Final = "logfire.json_schema"  # which attributes are JSON as text; those are shown, and queried, as JSON
_SHAPES: Final = {"[": "array", "{": "object"}


class Destination(NamedTuple):
    """One project of Logfire's: its address, and the write token, which is shown nowhere."""

    url: str
    token: str


def destinations(settings: SdkSettings) -> list[Destination]:
    """Say where spans go: a project for each token.

    Raises:
        ConfigurationError: there is no token, or nobody can tell where it belongs.
    """
    base_url, tokens = settings.logfire_base_url, settings.logfire_token
    if not tokens:
        found = _credentials(settings.logfire_credentials)
        tokens = (str(found["token"]),)
        base_url = base_url or str(found.get("logfire_api_url") or "").rstrip("/") or None
    return [Destination(f"{base_url or _address(token)}/v1/traces", token) for token in tokens]


def _address(token: str) -> str:
    region = _REGION.match(token)
    if region is None:
        return _ADDRESSES["us"]
    if region[1] not in _ADDRESSES:
        known = " or ".join(_ADDRESSES)
        raise ConfigurationError(
            f"setting 'logfire_token': expected a write token of region {known}, got one of {region[1]!r}; "
            "for another address, set logfire_base_url"
        )
    return _ADDRESSES[region[1]]


def _credentials(folder: Path) -> Mapping[str, Any]:
    """Read what Logfire's own command has left in the project's folder."""
    file = folder / _CREDENTIALS
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            "setting 'logfire': expected a write token in logfire_token or LOGFIRE_TOKEN, or a project chosen by "
            f"`logfire auth` and `logfire projects use` (there is no {file})"
        ) from None
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or not found.get("token"):
        raise ConfigurationError(f"setting 'logfire': expected {file} as `logfire projects use` writes it")
    return found


class LogfireSender(OtlpHttpSender):
    """Sends to one project, compressed."""

    def __init__(self, destination: Destination, *, timeout: float) -> None:
        super().__init__(destination.url, headers={"authorization": destination.token}, timeout=timeout, compress=True)

    def prepare(self, spans: Sequence[ReadableSpan]) -> Sequence[Parcel]:
        """Encode, with what Logfire reads by another name."""
        shown: Sequence[Any] = [_Shown(span, more) if (more := _also(span._attributes)) else span for span in spans]
        return super().prepare(shown)


class LogfireNames:
    """The stage that puts them on the spans Logfire's own package sends."""

    def process(self, span: ReadableSpan) -> None:
        """Complete one span."""
        if more := _also(span._attributes):
            span._attributes = {**(span._attributes or {}), **more}


class _Shown:
    """A span with further attributes, which nobody else sees."""

    __slots__ = ("_attributes", "_span")

    def __init__(self, span: ReadableSpan, more: Mapping[str, Any]) -> None:
        self._span = span
        self._attributes = {**(span._attributes or {}), **more}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._span, name)


def _also(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give the attributes Logfire looks for and the span has by another name.

    Its page of models has a row for each ``gen_ai.request.model``; an agent's runs belong together by conversation.
    """
    if not attributes:
        return {}
    more: dict[str, Any] = {}
    for theirs, ours in (
        (conventions.REQUEST_MODEL, conventions.RESPONSE_MODEL),
        (conventions.CONVERSATION_ID, conventions.SESSION_ID),
        (_TIME_TO_FIRST_CHUNK, conventions.RESPONSE_TIME_TO_FIRST_CHUNK),
    ):
        if ours in attributes and theirs not in attributes:
            more[theirs] = attributes[ours]
    if _JSON_SCHEMA not in attributes:
        shapes = {key: _shape(attributes[key]) for key in conventions.CONTENT_KEYS if key in attributes}
        properties = {key: {"type": shape} for key, shape in shapes.items() if shape}
        if properties:
            more[_JSON_SCHEMA] = json.dumps({"type": "object", "properties": properties})
    return more


def _shape(value: object) -> str | None:
    return _SHAPES.get(value[:1]) if isinstance(value, str) else None
