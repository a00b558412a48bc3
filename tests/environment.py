"""The variables a program is started with."""

import os


def fresh_environment() -> dict[str, str]:
    """As on a machine where nothing is set; only what cannot be delivered stays away from the user's own spool."""
    return {
        name: value
        for name, value in os.environ.items()
        if name == "OTEL_AGENTS_SPOOL" or not name.startswith(("OPENAI_", "OTEL_"))
    }
