"""Which state file there is: budgets note in it what is spent, and anomalies what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from otel_agents.sdk.options.settings import SdkSettings
    from otel_agents.sdk.watching.budgets import Budgets
    from otel_agents.sdk.watching.spending import Spending
    from otel_agents.sdk.watching.state import StateFile

_spending: Spending | None = None


def keep(settings: SdkSettings, service: str, budgets: Budgets) -> StateFile | None:
    """Keep what outlives the program where the settings say; nowhere, where nothing is traced."""
    global _spending
    old, path = _spending, _path(settings, service)
    if path is None:
        _spending = None
    elif old is None or old.file.path != path:
        from otel_agents.sdk.watching.spending import Spending
        from otel_agents.sdk.watching.state import StateFile

        _spending = Spending(StateFile(path))
    if old is not _spending:
        budgets.keep(_spending)
        if old is not None:
            old.close()
    return None if _spending is None else _spending.file


def _path(settings: SdkSettings, service: str) -> Path | None:
    from otel_agents.sdk.exporters.destinations import state_folder
    from otel_agents.sdk.watching.state import file_of

    folder = settings.state
    if not settings.enabled or folder is False:
        return None
    if folder is True:
        default = state_folder()
        if default is None:
            return None
        folder = default / "state"
    return file_of(folder, service)


def close() -> None:
    """Note what is left, and close the file until it is needed again."""
    if _spending is not None:
        _spending.close()


def after_fork_in_child() -> None:
    """Open the file anew, and leave to the parent what it has not noted yet."""
    if _spending is not None:
        _spending.file.after_fork()
        _spending.after_fork()


def set_aside() -> Callable[[], None]:
    """Begin with no file; give what brings back the one there was."""
    global _spending
    aside, _spending = _spending, None

    def bring_back() -> None:
        global _spending
        _spending = aside

    return bring_back
