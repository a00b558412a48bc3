"""Recognises who asks by what they show: a key, the cookie of a session, or the secret of the data folder's owner."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from otel_agents.collector.access import tokens
from otel_agents.collector.access.principal import ADMINISTRATOR, SCOPES, Principal
from otel_agents.collector.handoff import RefusedError
from otel_agents.collector.state.database import StateError
from otel_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otel_agents.collector.state.database import Database
    from otel_agents.collector.state.keys import Key
    from otel_agents.collector.state.sessions import Session

LOOK_S: Final = 2.0  # from one look at the keys in the state to the next: another process may change them
SESSION: Final = timedelta(days=7)
CODE: Final = timedelta(minutes=15)  # how long the link to a session works
_USE: Final = timedelta(minutes=1)  # how exactly the last use of a key is kept
_MOST_CODES: Final = 100

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The time as the state has it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


class Keyring:
    """Keys and sessions; all of them are held in memory, and looked up again every ``LOOK_S``.

    Args:
        database: the state.
        required: whether everybody must show something. If not, the state is not looked at before one is shown.
        now: the time.

    Attributes:
        required: the same.
        local_key: lets in whoever can read the data folder, for as long as this process runs.

    Raises:
        StateError: the keys are required and cannot be read.
    """

    def __init__(self, database: Database, *, required: bool, now: Callable[[], datetime] = utc_now) -> None:
        self.required = required
        self.local_key = tokens.new_key()[1]
        self._local_hash = tokens.digest(self.local_key)
        self._database = database
        self._now = now
        self._lock = threading.Lock()
        # Held from a question to the state until what is known here agrees with the answer: else one that was read
        # before a key or a session began or ended would undo that here until the next look.
        self._turn = threading.RLock()
        self._keys: dict[str, Key] = {}
        self._sessions: dict[str, Session] = {}
        self._codes: dict[str, datetime] = {}  # hash -> when it ends
        self._used: dict[str, datetime] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keyring", daemon=True)
        if required:
            self._read()
            self._thread.start()

    def close(self) -> None:
        """Keep when the keys were last used, and stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def has_keys(self) -> bool:
        """Whether any key works now."""
        return any(key.works(self._now()) for key in self._keys.values())

    # --- Who asks ---------------------------------------------------------------------------------------------------

    def by_key(self, shown: str) -> Principal | None:
        """Say whose key it is; None where it is nobody's, or does not work any more."""
        hashed = tokens.digest(shown)
        if tokens.same(hashed, self._local_hash):
            return ADMINISTRATOR
        key_id = tokens.id_of(shown)
        if key_id is None:
            return None
        self._wake()
        key = self._keys.get(key_id)
        if key is None or not tokens.same(hashed, key.hash):
            return None
        return self._principal(key)

    def by_cookie(self, shown: str) -> Principal | None:
        """Say whose session it is; None where it is nobody's, or over, or its key does not work any more."""
        session = self._sessions.get(tokens.digest(shown))
        if session is None or self._now() >= session.expires:
            return None
        if session.key_id is None:
            return ADMINISTRATOR
        key = self._keys.get(session.key_id)
        return None if key is None else self._principal(key)

    def _principal(self, key: Key) -> Principal | None:
        now = self._now()
        if not key.works(now):
            return None
        self._used[key.id] = now
        return Principal(key.id, key.name, key.scopes, key.tenant)

    # --- Sessions ---------------------------------------------------------------------------------------------------

    def new_code(self) -> str:
        """Make what a link holds that begins a session of the owner, once."""
        code, now = tokens.new_code(), self._now()
        with self._lock:
            self._codes = {hashed: ends for hashed, ends in self._codes.items() if now < ends}
            while len(self._codes) >= _MOST_CODES:
                del self._codes[next(iter(self._codes))]
            self._codes[tokens.digest(code)] = now + CODE
        return code

    def begin_session(self, shown: str) -> tuple[str, Principal]:
        """Begin a session for a code, which is used up, or a key; return the cookie's value and whose it is.

        Raises:
            RefusedError: it is neither.
            StateError: it cannot be kept.
        """
        from otel_agents.collector.state import sessions

        now = self._now()
        with self._lock:
            ends = self._codes.pop(tokens.digest(shown), None)
        who = ADMINISTRATOR if ends is not None and now < ends else self.by_key(shown)
        if who is None:
            raise RefusedError(
                401, "that is no key, or a link that was used before", hint="make another with `otel-agents login`"
            )
        if not who.may("read"):
            raise RefusedError(403, f"the key {who.name!r} has no scope read")
        cookie = tokens.new_code()
        session = sessions.Session(tokens.digest(cookie), who.id, now, now + SESSION)
        with self._turn:
            with self._database.write() as connection:
                sessions.add(connection, session)
            self._sessions[session.hash] = session
        return cookie, who

    def end_session(self, shown: str) -> None:
        """End a session, by its cookie."""
        from otel_agents.collector.state import sessions

        hashed = tokens.digest(shown)
        with self._turn:
            self._sessions.pop(hashed, None)
            with self._database.write() as connection:
                sessions.remove(connection, hashed)

    # --- Keys -------------------------------------------------------------------------------------------------------

    def create(
        self, name: str, scopes: Sequence[str], tenant: str | None = None, days: float | None = None
    ) -> tuple[Key, str]:
        """Make a key; the second is the key itself, which is kept nowhere.

        Args:
            name: what to call it.
            scopes: of ``SCOPES``.
            tenant: whose records it writes and reads alone.
            days: after how many it ends; None for never.

        Raises:
            ConfigurationError: that is no name, scope, tenant or time.
            StateError: it cannot be kept.
        """
        from otel_agents.collector.state import keys

        now = self._now()
        _check(name, scopes, tenant, days)
        key_id, secret = tokens.new_key()
        expires = None if days is None else now + timedelta(days=days)
        key = keys.Key(key_id, name, tokens.digest(secret), frozenset(scopes), tenant, now, expires)
        with self._turn:
            with self._database.write() as connection:
                keys.add(connection, key)
            self._keys[key.id] = key
        return key, secret

    def revoke(self, named: str) -> list[Key]:
        """Revoke the key of an id, or all of a name; return those that worked. They do not from now on."""
        from otel_agents.collector.state import keys

        with self._turn:
            with self._database.write() as connection:
                revoked = keys.revoke(connection, named, self._now())
            self._read()
        return revoked

    def all(self) -> list[Key]:
        """All keys, the oldest first, those that do not work any more too."""
        if not self._database.exists:
            return []
        with self._turn:
            self._note_use()
            self._read()
            return list(self._keys.values())

    # --- The state --------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        """Look at the state, and again from time to time: where no keys are required, nobody has so far."""
        with self._lock:
            if self._thread.ident is not None or self._closing.is_set() or not self._database.exists:
                return
            self._look()
            self._thread.start()

    def _look(self) -> None:
        try:
            with self._turn:
                self._note_use()
                self._read()
        except StateError as error:
            _log.warning("Keys cannot be looked up, those known are used: %s", error)

    def _read(self) -> None:
        if not self._database.exists:
            return
        from otel_agents.collector.state import keys, sessions

        with self._database.read() as connection:
            known = {key.id: key for key in keys.read_all(connection)}
            open_ = {session.hash: session for session in sessions.read_all(connection, self._now())}
        self._keys, self._sessions = known, open_

    def _note_use(self) -> None:
        from otel_agents.collector.state import keys

        used, self._used = self._used, {}
        known = self._keys
        news = {
            key_id: when
            for key_id, when in used.items()
            if key_id in known and (known[key_id].last_used is None or when - known[key_id].last_used >= _USE)  # type: ignore[operator]
        }
        if news:
            with self._database.write() as connection:
                keys.note_use(connection, news)

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._closing.wait(LOOK_S)
            self._look()


def _check(name: str, scopes: Sequence[str], tenant: str | None, days: float | None) -> None:
    for what, text, most in (("name", name, 100), ("tenant", tenant, 200)):
        if text is not None and (not text.strip() or not text.isprintable() or len(text) > most):
            raise ConfigurationError(f"the {what} of a key must be a text of 1 to {most} characters on one line")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ConfigurationError(f"the scopes of a key must be some of {', '.join(SCOPES)}")
    if tenant is not None and "admin" in scopes:
        raise ConfigurationError("a key of a tenant cannot have the scope admin, which is for all tenants")
    if days is not None and not 0 < days <= 36_500:
        raise ConfigurationError("a key must end in more than 0 and at most 36500 days")
