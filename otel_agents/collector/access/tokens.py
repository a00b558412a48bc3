"""Keys, codes and cookies as texts: made at random, recognised by their hash.

A key is 256 random bits. Nobody can guess those, so one round of SHA-256 keeps it as safe as a slow hash keeps a
password, and takes a microsecond where that takes as long as a thousand requests.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

PREFIX: Final = "oak"  # otel-agents key: what scanners for secrets can look for
_KEY: Final = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([0-9A-Za-z_-]{{43}})")


def new_key() -> tuple[str, str]:
    """Make a key: its public id, and the whole of it, which is shown once."""
    key_id = secrets.token_hex(6)
    return key_id, f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"


def id_of(key: str) -> str | None:
    """Read a key's public id; None for what cannot be one."""
    found = _KEY.fullmatch(key)
    return found[1] if found else None


def new_code() -> str:
    """Make what a link or a cookie holds."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a key, a code or a cookie: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two hashes in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def bearer(header: str) -> str | None:
    """Read the token of an ``Authorization`` header; None where it has none (RFC 6750)."""
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
