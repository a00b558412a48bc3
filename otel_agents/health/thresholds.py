"""What health is judged by where nobody says otherwise; on its own, as every program imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_THRESHOLDS: Mapping[str, float] = {
    "error_rate": 10.0,  # percent of requests that failed, for the whole and each agent, tool and model
    "response_time": 5.0,  # mean seconds of a request, for the whole and each agent
    "failure_count": 10,  # failures of the last five minutes
}
