"""``otel-agents keys create|list|revoke``: who may write to the collector, read from it and administer it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    import argparse

_COLUMNS: Final = ("id", "name", "scopes", "tenant", "created", "expires", "last_used", "revoked")


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    from otel_agents.cli import administration

    parser = subparsers.add_parser("keys", help="make, list and revoke the keys of a collector that asks for them")
    actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|revoke")

    create = actions.add_parser("create", help="make a key; it is printed once, and kept nowhere")
    create.add_argument("name", help="what to call it: ci, grafana, a person")
    create.add_argument("--scope", default="ingest", help="some of ingest,read,admin (default: ingest)")
    create.add_argument("--tenant", help="it writes and reads the records of this tenant alone")
    create.add_argument("--days", type=float, help="it ends after so many days (default: never)")

    list_ = actions.add_parser("list", help="show the keys")
    list_.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")

    revoke = actions.add_parser("revoke", help="let a key in no more, from now on")
    revoke.add_argument("named", metavar="ID|NAME", help="the key's id, or the name of all to be revoked")

    for action in (create, list_, revoke):
        administration.add_options(action)
        action.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it.

    Raises:
        OtelAgentsError: it cannot be done; the message says why.
    """
    from otel_agents.cli.administration import administration

    with administration(args) as admin:
        if args.action == "create":
            scopes = [scope.strip() for scope in args.scope.split(",") if scope.strip()]
            _show_new(admin.create(args.name, scopes, args.tenant, args.days))
        elif args.action == "revoke":
            for key in admin.revoke(args.named):
                print(f"revoked {key['name']} ({key['id']})", file=sys.stderr)
        else:
            _show(admin.keys(), args.format)
    return 0


def _show_new(key: dict[str, Any]) -> None:
    """Print the key alone to stdout, so that a script can take it, and what to do with it to stderr."""
    of = f", of the tenant {key['tenant']}" if key["tenant"] else ""
    until = f", until {key['expires']}" if key["expires"] else ""
    print(
        f"{key['name']} ({key['id']}): {', '.join(key['scopes'])}{of}{until}. It is shown this once:", file=sys.stderr
    )
    print(key["key"])
    print(
        "Set it where it is used:\n"
        "  OTEL_AGENTS_KEY=…   for this package's SDK and these commands\n"
        f"  OTEL_EXPORTER_OTLP_HEADERS=authorization={quote('Bearer ')}…   for any other OpenTelemetry SDK",
        file=sys.stderr,
    )


def _show(keys: list[dict[str, Any]], form: str) -> None:
    from otel_agents.cli import rows

    shown = [[" ".join(key[name]) if name == "scopes" else key[name] for name in _COLUMNS] for key in keys]
    rows.WRITERS[form](rows.Answer(list(_COLUMNS), ["VARCHAR"] * len(_COLUMNS), shown, False, 0.0), sys.stdout)
