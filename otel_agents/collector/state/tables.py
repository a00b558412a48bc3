"""The tables of the state, as they are today; `migrations/` brings older files here.

Times are UTC without a zone. Nothing here can be turned back into a secret: of keys and cookies the SHA-256 is kept.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, String, Table, Text

METADATA: Final = MetaData()

# SQLite counts by itself in columns of type INTEGER alone.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")

KEYS: Final = Table(
    "keys",
    METADATA,
    Column("id", String(16), primary_key=True),  # public: it is what a key is called in lists and in the audit log
    Column("name", String(100), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the key, in hex
    Column("scopes", String(60), nullable=False),  # of ingest, read, admin; a blank between them
    Column("tenant", String(200)),  # NULL: not of one
    Column("created", DateTime, nullable=False),
    Column("expires", DateTime),  # NULL: never
    Column("last_used", DateTime),  # to the minute
    Column("revoked", DateTime),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the cookie's value
    Column("key_id", String(16)),  # of the key that began it; NULL: a link that `up` or `login` printed
    Column("created", DateTime, nullable=False),
    Column("expires", DateTime, nullable=False),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("time", DateTime, nullable=False),
    Column("key_id", String(16)),  # NULL: nobody in particular, as on loopback without keys
    Column("who", String(100), nullable=False),
    Column("tenant", String(200)),
    Column("action", String(40), nullable=False),
    Column("subject", Text, nullable=False),  # what it was done to: a key's id, a query's text, a path
    Column("outcome", String(20), nullable=False),  # done, refused, failed
    Column("detail", Text, nullable=False),
)

SAVED_QUERIES: Final = Table(
    "saved_queries",
    METADATA,
    Column("owner", String(200), primary_key=True),  # a tenant; "": those who are of none
    Column("name", String(100), primary_key=True),
    Column("sql", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("changed", DateTime, nullable=False),
    Column("changed_by", String(100), nullable=False),
)
