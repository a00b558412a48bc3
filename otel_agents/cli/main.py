"""The ``otel-agents`` command: finds the command named and runs it."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from typing import TYPE_CHECKING

from otel_agents.errors import OtelAgentsError
from otel_agents.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

# In the order of `otel-agents --help`; each module has register(subparsers) and run(args) -> exit code.
COMMANDS = (
    "up",
    "demo",
    "sql",
    "monitor",
    "report",
    "stats",
    "config",
    "export",
    "importing",
    "backup",
    "keys",
    "login",
    "audit",
)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser with every command's own options."""
    parser = argparse.ArgumentParser(prog="otel-agents", description="Tracing for AI agents, with a local collector.")
    parser.add_argument("--version", action="version", version=f"otel-agents {__version__}")
    parser.add_argument("--debug", action="store_true", help="log everything, and show where an error came from")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"otel_agents.cli.{name}").register(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 called wrongly."""
    args = build_parser().parse_args(argv)
    if args.debug:
        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(name)s: %(message)s")
    try:
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except OtelAgentsError as error:
        if args.debug:
            raise
        print(f"otel-agents: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
