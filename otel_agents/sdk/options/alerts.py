"""Options: where alerts go, and when."""

from __future__ import annotations

from otel_agents.notify.options import channels, signing_secret
from otel_agents.sdk.options.checks import part
from otel_agents.settings import number, setting


@part
class Alerts:
    """Where alerts go, and when."""

    alert_channels: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_ALERT_CHANNELS",),
        parse=channels,
        secret=True,
        doc="Where alerts go: log:, desktop:, webhook+https://…, or addresses of apprise; several with spaces between.",
    )
    alert_secret: str | None = setting(
        None,
        env=("OTEL_AGENTS_ALERT_SECRET",),
        parse=signing_secret,
        secret=True,
        doc="Key that webhooks are signed with: any text, or whsec_ and base64.",
    )
    alert_wait: float = setting(
        10.0,
        env=("OTEL_AGENTS_ALERT_WAIT",),
        parse=number(0, 86_400),
        doc="Seconds a rule's first alert waits for others, to go out in one notice.",
    )
    alert_group: float = setting(
        60.0,
        env=("OTEL_AGENTS_ALERT_GROUP",),
        parse=number(0, 86_400),
        doc="Seconds between two notices of one rule, at least.",
    )
    alert_repeat: float = setting(
        14_400.0,
        env=("OTEL_AGENTS_ALERT_REPEAT",),
        parse=number(0, 1e9),
        doc="Seconds until what still fires, and nobody has acknowledged, is told of again; 0: never.",
    )
    alert_escalation: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_ALERT_ESCALATION",),
        parse=channels,
        secret=True,
        doc="Where alerts go, beside, that nobody has acknowledged for a time.",
    )
    alert_escalate_after: float = setting(
        900.0,
        env=("OTEL_AGENTS_ALERT_ESCALATE_AFTER",),
        parse=number(0, 1e9),
        doc="That time, in seconds; 0: never.",
    )
