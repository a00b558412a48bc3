"""Notices as webhooks: Alertmanager's payload (version 4), signed as the Standard Webhooks specification says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from otel_agents.notify.channels.channel import Refused, Unreachable
from otel_agents.notify.channels.pinned import post

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agents.alerts.routing import Notice
    from otel_agents.model import Alert

_TIMEOUT_S = 5.0
_NOT_YET = "0001-01-01T00:00:00Z"  # Go's zero time, as Alertmanager writes it
_TRY_AGAIN = frozenset({408, 425, 429})


class WebhookChannel:
    """Posts to one address.

    Args:
        url: the address.
        secret: the key to sign with; None: notices are not signed.
        service: the program's name.
        clock: returns seconds since the epoch.
        private: whether it may be in a private network.
    """

    def __init__(
        self,
        url: str,
        secret: str | None,
        service: str | None,
        clock: Callable[[], float] = time.time,
        *,
        private: bool = False,
    ) -> None:
        self._private = private
        self.name = f"webhook {urlsplit(url).hostname}"
        self._url = url
        self._key = None if secret is None else key_of(secret)
        self._service = service
        self._clock = clock

    def send(self, notice: Notice) -> None:
        """Post it; what the receiver answers with 2xx is sent."""
        body = json.dumps(payload(notice, self._service), ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "user-agent": "otel-agents", **self._signed(notice, body)}
        status = post(self._url, body, headers, _TIMEOUT_S, private=self._private)
        if not 200 <= status < 300:
            kind = Unreachable if status >= 500 or status in _TRY_AGAIN else Refused
            raise kind(f"status {status}")

    def _signed(self, notice: Notice, body: bytes) -> dict[str, str]:
        """Return Standard Webhooks' headers; the id stays the same when a notice is sent again."""
        id_ = f"msg_{uuid.uuid5(uuid.NAMESPACE_OID, repr(notice)).hex}"
        stamp = str(int(self._clock()))
        headers = {"webhook-id": id_, "webhook-timestamp": stamp}
        if self._key is not None:
            digest = hmac.digest(self._key, f"{id_}.{stamp}.".encode() + body, hashlib.sha256)
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return headers


def key_of(secret: str) -> bytes:
    """Return the key: what ``whsec_`` and base64 stand for, or the text's own bytes.

    Raises:
        ValueError: what follows ``whsec_`` is not base64.
    """
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("expected base64 after whsec_") from None


def payload(notice: Notice, service: str | None) -> dict[str, Any]:
    """Return what Alertmanager's webhook receiver posts (its documentation, webhook_config, version 4)."""
    alerts = [_alert(alert, service) for alert in notice.alerts]
    first = alerts[0]["labels"]
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{notice.name}"}}',
        "truncatedAlerts": 0,
        "status": notice.status,
        "receiver": "otel-agents",
        "groupLabels": {"alertname": notice.name},
        "commonLabels": {
            name: value for name, value in first.items() if all(each["labels"].get(name) == value for each in alerts)
        },
        "commonAnnotations": {"notice": notice.why},
        "externalURL": "",
        "alerts": alerts,
    }


def _alert(alert: Alert, service: str | None) -> dict[str, Any]:
    labels = {"alertname": alert.name, "severity": alert.severity, "kind": alert.kind}
    if alert.subject:
        labels[alert.kind] = alert.subject
    if service is not None:
        labels["service"] = service
    annotations = {"summary": alert.message, "value": f"{alert.value:g}", "threshold": f"{alert.threshold:g}"}
    if alert.acknowledged_by is not None:
        annotations["acknowledged_by"] = alert.acknowledged_by
    return {
        "status": "resolved" if alert.state == "resolved" else "firing",
        "labels": labels,
        "annotations": annotations,
        "startsAt": _time(alert.since),
        "endsAt": _NOT_YET if alert.resolved_at is None else _time(alert.resolved_at),
        "generatorURL": "",
        "fingerprint": hashlib.sha256("\0".join(map(str, sorted(labels.items()))).encode()).hexdigest()[:16],
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
