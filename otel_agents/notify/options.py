"""What options for channels accept: their addresses, and the key that webhooks are signed with."""

from __future__ import annotations

from otel_agents.settings import text


def channels(value: object) -> tuple[str, ...]:
    """Accept addresses of channels.

    Raises:
        ValueError: one of them is wrong.
    """
    from otel_agents.notify.channels.addresses import read  # where there are any

    return read(value)


def signing_secret(value: object) -> str:
    """Accept a key, as Standard Webhooks writes it or as any text.

    Raises:
        ValueError: it is none.
    """
    from otel_agents.notify.channels.webhook import key_of

    key_of(text(value))
    return str(value)
