"""``Settings()``: what the program goes by, to be looked at."""

from __future__ import annotations

import sys
from typing import Any

from otel_agents.sdk.options.settings import SdkSettings
from otel_agents.settings import load


class Settings:
    """The settings of this program: those of its last ``configure()``, or those it would have.

    Every setting is an attribute by its name: ``Settings().sample_ratio``.

    Raises:
        ConfigurationError: a variable has a wrong value.
    """

    def __init__(self) -> None:
        wiring = sys.modules.get("otel_agents.sdk.configure")
        configured: SdkSettings | None = None if wiring is None else wiring.settings()
        self._settings = load(SdkSettings, {}) if configured is None else configured

    @property
    def enable_monitoring(self) -> bool:
        """Whether anything is recorded."""
        return self._settings.enabled

    def __getattr__(self, name: str) -> Any:
        return getattr(self._settings, name)

    def __repr__(self) -> str:
        return repr(self._settings)
