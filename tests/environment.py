"""The variables a program is started with."""

import os


def fresh_environment() -> dict[str, str]:
    """As on a machine where nothing is set; only what is kept on disk stays away from the user's own folders."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in ("OTEL_AGENTS_SPOOL", "OTEL_AGENTS_STATE") or not name.startswith(("OPENAI_", "OTEL_"))
    }
