"""``otel-agents config``: the settings as they are here, and where each comes from."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel_agents.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

MASKED: Final = "***"


@dataclass(frozen=True, slots=True)
class Effective:
    """A setting as it is: its value as text, and where that comes from."""

    name: str
    value: str
    source: str  # default, the variable, or the file


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser(
        "config",
        help="show the settings as they are here, and where each comes from",
        description="Shows what a program and a collector started here would go by, before what they say themselves. "
        "Secrets are masked. Exit code 1 where a variable has a wrong value.",
    )
    parser.add_argument("part", nargs="?", choices=("sdk", "collector"), help="only these settings (default: both)")
    parser.add_argument("--config", metavar="FILE", help="the file a collector is given with `up --config`")
    parser.add_argument("--set", action="store_true", help="only those that are not the default", dest="only_set")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the settings; 1 where one is wrong."""
    from otel_agents.cli.rows import Answer, write_table
    from otel_agents.collector.options import CollectorSettings
    from otel_agents.sdk.options import SdkSettings

    parts: dict[str, type] = {"sdk": SdkSettings, "collector": CollectorSettings}
    file = None if args.config is None else Path(args.config)
    shown: dict[str, list[Effective]] = {}
    wrong: list[str] = []
    for part in [args.part] if args.part else parts:
        shown[part] = []
        for each in _effective(parts[part], file if part == "collector" else None, wrong):
            if not args.only_set or each.source != "default":
                shown[part].append(each)
    if args.format == "json":
        answer = {part: {one.name: {"value": one.value, "source": one.source} for one in shown[part]} for part in shown}
        json.dump(answer, sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        for part, settings in shown.items():
            print(f"{'' if part == next(iter(shown)) else chr(10)}Settings of the {part.replace('sdk', 'SDK')}")
            rows = [[one.name, one.value, one.source] for one in settings]
            write_table(Answer(["setting", "value", "from"], ["VARCHAR"] * 3, rows, False, 0.0), sys.stdout)
    for message in wrong:
        print(f"otel-agents: {message}", file=sys.stderr)
    return int(bool(wrong))


def _effective(cls: type, file: Path | None, wrong: list[str]) -> Iterator[Effective]:
    """Give each setting; what is wrong with one goes to ``wrong``."""
    from otel_agents.settings import found, parsed

    for field, source, raw in found(cls, {}, file=file):
        try:
            value = field.default if source is None else parsed(field, source, raw)
            shown = _text(value, field.metadata["secret"])
        except ConfigurationError as error:
            wrong.append(str(error))
            shown = "(wrong)"
        yield Effective(field.name, shown, source or "default")


def _text(value: object, secret: bool) -> str:
    if value is None or value in ((), ""):
        return ""
    if secret:
        return MASKED
    if isinstance(value, bool):
        return str(value).lower()
    return _without_password(str(value))


def _without_password(text: str) -> str:
    """Mask the user and the password of an address."""
    scheme, mark, rest = text.partition("://")
    place, slash, path = rest.partition("/")
    user, at, host = place.rpartition("@")
    return f"{scheme}{mark}{MASKED}{at}{host}{slash}{path}" if mark and user else text
