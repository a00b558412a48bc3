"""The exceptions a user of otel-agents may catch."""


class OtelAgentsError(Exception):
    """The root of every exception raised by otel-agents."""


class ConfigurationError(OtelAgentsError, ValueError):
    """A setting has a wrong value; the message names the setting and what was expected."""


class CollectorError(OtelAgentsError):
    """The collector cannot start or go on; the message is one line that says what to do."""


class CollectorUnreachable(OtelAgentsError, ConnectionError):
    """No collector answers at the address that was asked."""


class QueryError(OtelAgentsError):
    """A query was refused or failed.

    Attributes:
        kind: ``syntax``, ``forbidden``, ``unknown_name``, ``timeout`` or ``failed``.
        hint: what to do about it, or None.
    """

    def __init__(self, message: str, *, kind: str = "failed", hint: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.hint = hint
