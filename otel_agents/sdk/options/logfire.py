"""Options: whether spans go to Logfire."""

from __future__ import annotations

from pathlib import Path

from otel_agents.sdk.options.checks import folder, part
from otel_agents.settings import flag, http_url, setting


def _logfire(value: object) -> bool | str:
    """Accept whether spans go to Logfire, or that they go nowhere else."""
    if value == "only":
        return "only"
    try:
        return flag(value)
    except ValueError:
        raise ValueError("expected true, false or only") from None


def _tokens(value: object) -> tuple[str, ...]:
    """Accept write tokens, one or several with commas between, as Logfire's own variable holds them."""
    given = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    tokens = tuple(token.strip() for token in given if isinstance(token, str) and token.strip())
    if (
        not tokens
        or len(tokens) < len(given)
        or not all(t.isascii() and t.isprintable() and " " not in t for t in tokens)
    ):
        raise ValueError("expected a write token such as pylf_v1_eu_…, or several with commas between")
    return tokens


@part
class Logfire:
    """Whether spans go to Logfire."""

    logfire: bool | str = setting(
        False,
        env=("OTEL_AGENTS_LOGFIRE",),
        parse=_logfire,
        doc="Whether spans go to Logfire: true, beside the collector; only, instead of it.",
    )
    logfire_token: tuple[str, ...] = setting(
        (),
        env=("LOGFIRE_TOKEN",),
        parse=_tokens,
        secret=True,
        doc="Write token of the Logfire project; several, with commas between, send to several.",
    )
    logfire_base_url: str | None = setting(
        None,
        env=("LOGFIRE_BASE_URL",),
        parse=http_url,
        doc="Address of Logfire; default: that of the token's region.",
    )
    logfire_credentials: Path = setting(
        Path(".logfire"),
        env=("LOGFIRE_CREDENTIALS_DIR",),
        parse=folder,
        doc="Folder where `logfire projects use` keeps the project's token, for want of logfire_token.",
    )
