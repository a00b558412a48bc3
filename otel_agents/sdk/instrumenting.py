"""Switching on the instrumentations that are installed, OpenTelemetry's and OpenInference's: one for each library."""

from __future__ import annotations

import difflib
import importlib
import logging
import os
import re
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final

from otel_agents.errors import ConfigurationError
from otel_agents.sdk import runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger("otel_agents")

_GROUP: Final = "opentelemetry_instrumentor"  # OpenInference's are registered there too
# Of several installed for one library, those of the conventions' own project go first: they write today's names.
_PREFERRED: Final = ("opentelemetry-instrumentation-genai-", "opentelemetry-instrumentation-", "openinference-")
_SAME_LIBRARY: Final = {"google-generativeai": "google-genai"}
# The libraries whose calls we count, and what to install for one that somebody asks for.
_TO_INSTALL: Final = {
    "anthropic": "opentelemetry-instrumentation-genai-anthropic",
    "google-genai": "openinference-instrumentation-google-genai",
    "langchain": "opentelemetry-instrumentation-genai-langchain",
    "mcp": "openinference-instrumentation-mcp",
    "openai": "opentelemetry-instrumentation-genai-openai",
    "openai-agents": "openinference-instrumentation-openai-agents",
}

_on: dict[str, _Found] = {}  # by library, what this module has switched on


@dataclass(frozen=True, slots=True)
class Instrumentations:
    """What :func:`otel_agents.instrument` has done; printed, it says so in lines.

    Attributes:
        on: by library, the package that traces it now, with its version.
        skipped: by package, with its version, why it was left alone.
    """

    on: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        width = max(map(len, self.on), default=0)
        lines = [f"{library:{width}}  traced by {package}" for library, package in self.on.items()]
        lines += [f"skipped {package}: {why}" for package, why in self.skipped.items()]
        return "\n".join(lines) or "No instrumentation is installed."


@dataclass(frozen=True)
class _Found:
    """One instrumentation that is installed."""

    library: str
    distribution: str
    version: str
    entry: EntryPoint

    @property
    def package(self) -> str:
        return f"{self.distribution} {self.version}"

    def rank(self) -> tuple[int, str]:
        """Say what goes first among several of one library."""
        places = (place for place, start in enumerate(_PREFERRED) if self.distribution.startswith(start))
        return next(places, len(_PREFERRED)), self.distribution

    def instrumentor(self) -> Any:
        """Load it.

        Raises:
            Exception: whatever it does.
        """
        dependencies = importlib.import_module("opentelemetry.instrumentation.dependencies")
        # Before it is loaded: many import the library they trace.
        conflict = dependencies.get_dist_dependency_conflicts(self.entry.dist)
        if conflict is not None:
            raise dependencies.DependencyConflictError(conflict)
        return self.entry.load()()


def switch_on(names: tuple[str, ...]) -> Instrumentations:
    """Switch on those of some libraries or packages, or all of them; see :func:`otel_agents.instrument`."""
    on: dict[str, str] = {}
    skipped: dict[str, str] = {}
    _capture_content()
    for library, candidates in _chosen(names).items():
        for found in candidates:
            if _on.get(library, found) != found:
                on.setdefault(library, _on[library].package)
            if library in on:
                skipped[found.package] = f"{on[library]} traces {library}"
                continue
            try:
                _begin(found)
            except Exception as error:  # noqa: BLE001 - one that fails does not keep others from being switched on
                skipped[found.package] = _plainly(error)
            else:
                on[library] = found.package
    return Instrumentations(on, skipped)


def switch_off(names: tuple[str, ...]) -> None:
    """Switch off what :func:`switch_on` has switched on; see :func:`otel_agents.uninstrument`."""
    asked = {_library(name) for name in names}
    for library, found in list(_on.items()):
        if not asked or library in asked or found.distribution in asked:
            del _on[library]
            try:
                found.instrumentor().uninstrument()
            except Exception as error:  # noqa: BLE001 - as in switch_on
                logger.warning("%s cannot be switched off: %s", found.package, _plainly(error))


def _begin(found: _Found) -> None:
    instrumentor = found.instrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument(raise_exception_on_conflict=True, **_arguments(found))
        _on[found.library] = found


def _arguments(found: _Found) -> dict[str, Any]:
    """Give what one is told beside."""
    told: dict[str, Any] = {}
    if found.library in _TO_INSTALL:
        # The conventions' metrics of these calls are made from their spans, each call once.
        told["meter_provider"] = importlib.import_module("opentelemetry.metrics").NoOpMeterProvider()
    if found.distribution.startswith("openinference-") and not runtime.current.capture_content:
        config = importlib.import_module("openinference.instrumentation").TraceConfig
        told["config"] = config(hide_inputs=True, hide_outputs=True)  # they record messages unless they are told not to
    return told


def _capture_content() -> None:
    """Have what others record of messages be as ``capture_content`` says, unless the variables say otherwise."""
    capture = runtime.current.capture_content
    os.environ.setdefault(
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "span_only" if capture else "no_content"
    )
    if not capture:
        os.environ.setdefault("TRACELOOP_TRACE_CONTENT", "false")


def _chosen(names: tuple[str, ...]) -> dict[str, list[_Found]]:
    """Give the instrumentations by library: what is on already goes first, then by preference.

    Raises:
        ConfigurationError: nothing that is installed has a name.
    """
    installed = sorted(_installed(), key=lambda found: (found.library, _on.get(found.library) != found, found.rank()))
    if names:
        asked = {_library(name) for name in names}
        libraries = {found.library for found in installed}
        for name in sorted(asked - libraries - {found.distribution for found in installed}):
            raise ConfigurationError(_unknown(name, libraries))
        installed = [found for found in installed if asked & {found.library, found.distribution}]
    chosen: dict[str, list[_Found]] = {}
    for found in installed:
        chosen.setdefault(found.library, []).append(found)
    return chosen


def _unknown(name: str, libraries: set[str]) -> str:
    if name in _TO_INSTALL:
        return f"no instrumentation of {name!r} is installed; one is: pip install {_TO_INSTALL[name]}"
    near = difflib.get_close_matches(name, sorted(libraries | set(_TO_INSTALL)), n=1)
    help_text = f"did you mean {near[0]!r}?" if near else f"installed are: {', '.join(sorted(libraries)) or 'none'}"
    return f"no instrumentation of {name!r} is installed; {help_text}"


def _installed() -> list[_Found]:
    return [
        _Found(_library(entry.name), _canonical(entry.dist.name), entry.dist.version, entry)
        for entry in entry_points(group=_GROUP)
        if entry.dist is not None
    ]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()  # as packages' names are compared


def _library(name: str) -> str:
    canonical = _canonical(name)
    return _SAME_LIBRARY.get(canonical, canonical)


def _plainly(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if type(error).__name__ == "DependencyConflictError" else f"{type(error).__name__}: {text}"
