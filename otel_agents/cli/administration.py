"""Keys and the audit log, in the collector that runs, or in its data folder when none does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from otel_agents.cli.client import Client, collector_url
from otel_agents.cli.local import data_folder, running
from otel_agents.errors import CollectorError, CollectorUnreachable, QueryError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

Row = dict[str, Any]


class Administration(Protocol):
    """What is done with keys; what is told of one is as ``GET /api/v1/keys`` tells it."""

    def create(self, name: str, scopes: list[str], tenant: str | None, days: float | None) -> Row:
        """Make a key and return it, with the key itself as ``key``."""

    def keys(self) -> list[Row]:
        """Return all keys."""

    def revoke(self, named: str) -> list[Row]:
        """Revoke by id or name and return those that worked before."""

    def audit(self, limit: int, action: str | None, who: str | None) -> list[Row]:
        """Return entries of the audit log, the newest first."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which collector is meant."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", help="the collector (default: the one that runs with the data folder)")
    where.add_argument("--data", help="its data folder (default: $OTEL_AGENTS_DATA, or otel-agents in your own)")


@contextmanager
def administration(args: argparse.Namespace) -> Iterator[Administration]:
    """Give what the options of :func:`add_options` name: the collector where one runs, else its folder.

    Raises:
        OtelAgentsError: it cannot be reached, or refuses.
    """
    if args.url is not None:
        yield Remote(Client(collector_url(args.url)))
        return
    folder = data_folder(args.data)
    found = running(folder)
    if "url" in found:
        client = Client(found["url"], found.get("key"))
        try:
            client.get("/healthz")
        except (CollectorUnreachable, CollectorError):
            pass  # it was killed, and left its file behind
        else:
            yield Remote(client)
            return
    local = Folder(folder)
    try:
        yield local
    finally:
        local.close()


class Remote:
    """A running collector, over its API."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, name: str, scopes: list[str], tenant: str | None, days: float | None) -> Row:
        """Make a key."""
        body = {"name": name, "scopes": scopes, "tenant": tenant, "days": days}
        with _explained():
            return self._client.post("/api/v1/keys", body)  # type: ignore[no-any-return]  # JSON

    def keys(self) -> list[Row]:
        """Return all keys."""
        with _explained():
            return self._client.get("/api/v1/keys")["keys"]  # type: ignore[no-any-return]

    def revoke(self, named: str) -> list[Row]:
        """Revoke by id or name."""
        with _explained():
            return self._client.delete(f"/api/v1/keys/{quote(named, safe='')}")["revoked"]  # type: ignore[no-any-return]

    def audit(self, limit: int, action: str | None, who: str | None) -> list[Row]:
        """Return entries of the audit log."""
        given = {"limit": limit, "action": action, "who": who}
        query = urlencode({name: value for name, value in given.items() if value is not None})
        with _explained():
            return self._client.get(f"/api/v1/audit?{query}")["entries"]  # type: ignore[no-any-return]


class Folder:
    """The data folder of a collector that does not run."""

    def __init__(self, folder: Path) -> None:
        try:
            from otel_agents.collector.access.audit import AuditLog
            from otel_agents.collector.access.keyring import Keyring
            from otel_agents.collector.meters import Meters
            from otel_agents.collector.options import CollectorSettings
            from otel_agents.collector.state.database import FILE, Database
            from otel_agents.settings import load
        except ModuleNotFoundError as error:
            raise CollectorError(f"{error.name} is missing: pip install 'otel-agents[collector]'") from None
        self._database = Database(load(CollectorSettings, {}).shared_state or folder / FILE)
        self._keyring = Keyring(self._database, required=False)
        self._audit = AuditLog(self._database, Meters(), on=False)

    def close(self) -> None:
        """Write what is to be written."""
        self._audit.close()
        self._database.close()

    def create(self, name: str, scopes: list[str], tenant: str | None, days: float | None) -> Row:
        """Make a key."""
        from otel_agents.collector.access.principal import ADMINISTRATOR
        from otel_agents.collector.access.telling import told

        key, secret = self._keyring.create(name, scopes, tenant, days)
        self._audit.note_key(ADMINISTRATOR, "key created", key)
        return told(key) | {"key": secret}

    def keys(self) -> list[Row]:
        """Return all keys."""
        from otel_agents.collector.access.telling import told

        return [told(key) for key in self._keyring.all()]

    def revoke(self, named: str) -> list[Row]:
        """Revoke by id or name."""
        from otel_agents.collector.access.principal import ADMINISTRATOR
        from otel_agents.collector.access.telling import told

        revoked = self._keyring.revoke(named)
        if not revoked:
            raise CollectorError(f"there is no key {named!r} that works")
        for key in revoked:
            self._audit.note_key(ADMINISTRATOR, "key revoked", key)
        return [told(key) for key in revoked]

    def audit(self, limit: int, action: str | None, who: str | None) -> list[Row]:
        """Return entries of the audit log."""
        from otel_agents.collector.access.telling import entry_told

        return [entry_told(*found) for found in self._audit.read(limit=limit, action=action, who=who)]


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except QueryError as error:
        raise CollectorError(f"{error}; {error.hint}" if error.hint else str(error)) from None
