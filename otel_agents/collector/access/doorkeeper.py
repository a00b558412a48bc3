"""Lets requests in: who asks, whether they may, and not too often. Both transports and all routes ask here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from otel_agents.collector.access import tokens
from otel_agents.collector.access.principal import ANYBODY, Principal
from otel_agents.collector.access.rates import Rates
from otel_agents.collector.handoff import RefusedError

if TYPE_CHECKING:
    from otel_agents.collector.access.audit import AuditLog
    from otel_agents.collector.access.keyring import Keyring
    from otel_agents.collector.meters import Meters

STRANGER: Final = Principal(None, "stranger", frozenset())
_GIVES: Final = {"change": "admin", "backup": "admin"}  # what is asked for, and the scope that lets one
_HOW: Final = "send it as `Authorization: Bearer KEY`; `otel-agents keys create` makes one"


class Doorkeeper:
    """Decides about each request.

    Args:
        keyring: knows who asks.
        audit: is told who was refused.
        meters: count them.
        requests: how many requests a key may send in a second; None for any.
        records: how many spans, data points and log records; None for any.
    """

    def __init__(
        self, keyring: Keyring, audit: AuditLog, meters: Meters, requests: float | None, records: float | None
    ) -> None:
        self.keyring = keyring
        self.audit = audit
        self._meters = meters
        self._requests = Rates(requests, "requests")
        self._records = Rates(records, "records")

    def known(self, authorization: str | None, cookie: str | None = None) -> Principal | None:
        """Say who shows an ``Authorization`` header or a session's cookie; None where that is nobody."""
        shown = tokens.bearer(authorization) if authorization else None
        who = self.keyring.by_key(shown) if shown else None
        if who is None and shown is None and cookie:
            who = self.keyring.by_cookie(cookie)
        return who if who is not None or self.keyring.required else ANYBODY

    def admit(self, who: Principal | None, scope: str, subject: str, *, of_tenants: bool = True) -> Principal:
        """Let one request in.

        Args:
            who: from :meth:`known`.
            scope: what is needed; "" for being known.
            subject: what is asked for, for the audit log.
            of_tenants: whether the key of a tenant may.

        Raises:
            RefusedError: nobody known asks, they may not, or they ask too often.
        """
        try:
            if who is None:
                raise RefusedError(401, "a key is needed here, and none that works was sent", hint=_HOW)
            if scope and not who.may(scope):
                if who is ANYBODY:
                    raise RefusedError(403, "this needs a key with the scope admin, and none was sent", hint=_HOW)
                raise RefusedError(403, f"the key {who.name!r} has no scope {_GIVES.get(scope, scope)}")
            if who.tenant is not None and not of_tenants:
                raise RefusedError(403, f"the key {who.name!r} is of one tenant, and this is of all")
            self._requests.spend(who)
        except RefusedError as error:
            self.refused(error, who, subject)
            raise
        return who

    def sender(self, authorization: str | None, signal: str) -> KnownSender:
        """Let a request of OTLP over gRPC in.

        Raises:
            RefusedError: as :meth:`admit`.
        """
        subject = f"gRPC {signal}"
        return KnownSender(self, self.admit(self.known(authorization), "ingest", subject), subject)

    def spend(self, who: Principal, records: int, subject: str) -> None:
        """Count records that are to be stored.

        Raises:
            RefusedError: the key sends too many.
        """
        try:
            self._records.spend(who, records)
        except RefusedError as error:
            self.refused(error, who, subject)
            raise

    def refused(self, error: RefusedError, who: Principal | None, subject: str) -> None:
        """Count and note a request that was not let in."""
        self._meters.count("requests_denied_total", status=str(error.status))
        self.audit.note(who or STRANGER, "access", subject, "refused", str(error))


@dataclass(frozen=True, slots=True)
class KnownSender:
    """Who sent a request of OTLP; see ``handoff.Sender``."""

    door: Doorkeeper
    who: Principal
    subject: str

    @property
    def owner(self) -> str | None:
        """The tenant of the key."""
        return self.who.tenant

    def spend(self, records: int) -> None:
        """Count records against the key."""
        self.door.spend(self.who, records, self.subject)
