"""Channels by address: ``log:``, ``desktop:``, ``webhook+https://…`` and those of apprise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from otel_agents.settings import http_url

if TYPE_CHECKING:
    from otel_agents.notify.channels.channel import Channel

_EXPECTED = "expected addresses such as log:, desktop:, webhook+https://…, or those of apprise such as slack://…"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+]*(?=:)")


def read(value: object) -> tuple[str, ...]:
    """Accept addresses, one or several, also as a text with spaces or line ends between; each is tried.

    Raises:
        ValueError: one of them is wrong; it says which by its number and scheme, as the rest may be a secret.
    """
    given = value.split() if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else [None]
    for number, address in enumerate(given, 1):
        scheme = _SCHEME.match(address) if isinstance(address, str) else None
        if scheme is None or not isinstance(address, str):
            raise ValueError(f"{_EXPECTED}; number {number} is none")
        try:
            make(address, None, None)
        except ValueError as error:
            raise ValueError(f"{_EXPECTED}; number {number} ({scheme[0]}:) is wrong: {error}") from None
    return tuple(str(address) for address in given)


def make(address: str, secret: str | None, service: str | None) -> Channel:
    """Make a channel.

    Args:
        address: where.
        secret: what webhooks are signed with.
        service: the program's name.

    Raises:
        ValueError: there is no such channel, or it cannot work here.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "log":
        from otel_agents.notify.channels.log import LogChannel

        return LogChannel(rest) if rest else LogChannel()
    if scheme == "desktop":
        from otel_agents.notify.channels.desktop import DesktopChannel

        return DesktopChannel()
    if scheme in ("webhook+http", "webhook+https", "webhook+private+http", "webhook+private+https"):
        from otel_agents.notify.channels.webhook import WebhookChannel

        url = address.removeprefix("webhook+").removeprefix("private+")
        http_url(url)
        return WebhookChannel(url, secret, service, private="private+" in scheme)
    if scheme in ("http", "https"):
        raise ValueError(f"a webhook's address is webhook+{scheme}://…")
    from otel_agents.notify.channels.apprise import AppriseChannel

    return AppriseChannel(address)


def make_all(addresses: tuple[str, ...], secret: str | None, service: str | None) -> list[Channel]:
    """Make several, each with a name of its own."""
    channels: list[Channel] = []
    for address in addresses:
        channel = make(address, secret, service)
        same = sum(each.name.partition(" #")[0] == channel.name for each in channels)
        if same:
            channel.name = f"{channel.name} #{same + 1}"
        channels.append(channel)
    return channels
