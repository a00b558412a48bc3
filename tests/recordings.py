"""Finds the recorded exchanges of model providers, which lie beside the checkout and not in it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "recordings"


@dataclass(frozen=True)
class Exchange:
    """One request and the answer it got, as they happened.

    Attributes:
        path: the request's path with its query.
        request: the request's JSON.
        content_type: the answer's.
        body: the answer's JSON, or the whole text of a stream of server-sent events.
    """

    path: str
    request: dict[str, Any]
    status: int
    content_type: str
    body: Any

    @property
    def streamed(self) -> bool:
        """Whether the answer came as server-sent events."""
        return isinstance(self.body, str)

    def events(self) -> list[Any]:
        """The JSON of each event of a streamed answer, in order."""
        lines = (line.removeprefix("data:").strip() for line in self.body.splitlines() if line.startswith("data:"))
        return [json.loads(line) for line in lines if line != "[DONE]"]


def names() -> list[str]:
    """The recordings there are; none where there is no folder of them."""
    folder = Path(os.environ.get("OTEL_AGENTS_RECORDINGS") or _BESIDE)
    return sorted(file.stem for file in folder.glob("*.json"))


def exchanges(name: str) -> list[Exchange]:
    """The exchanges of one recording, in the order they happened; skips the test where there are no recordings."""
    folder = Path(os.environ.get("OTEL_AGENTS_RECORDINGS") or _BESIDE)
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}; set OTEL_AGENTS_RECORDINGS to the folder that has them")
    recorded = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return [
        Exchange(
            path=each["request"]["path"],
            request=each["request"]["body"],
            status=each["response"]["status"],
            content_type=each["response"]["content_type"],
            body=each["response"]["body"],
        )
        for each in recorded
    ]
