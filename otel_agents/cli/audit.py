"""``otel-agents audit``: who did what with a collector that asks for keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import argparse

_COLUMNS: Final = ("time", "who", "tenant", "action", "subject", "outcome", "detail")
MOST: Final = 1_000


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    from otel_agents.cli import administration, options

    parser = subparsers.add_parser("audit", help="show who did what: keys, logins, queries, exports, refusals")
    parser.add_argument(
        "--limit", type=lambda text: options.whole(text, MOST), default=50, help="entries, the newest (default: 50)"
    )
    parser.add_argument("--action", help="only these: sql, export, login, access, …")
    parser.add_argument("--who", help="only those of the key of this name or id")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")
    administration.add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the entries, the newest first.

    Raises:
        OtelAgentsError: it cannot be read; the message says why.
    """
    from otel_agents.cli import rows
    from otel_agents.cli.administration import administration

    with administration(args) as admin:
        entries = admin.audit(args.limit, args.action, args.who)
    shown = [[entry[name] for name in _COLUMNS] for entry in entries]
    rows.WRITERS[args.format](rows.Answer(list(_COLUMNS), ["VARCHAR"] * len(_COLUMNS), shown, False, 0.0), sys.stdout)
    return 0
