"""Budgets: what may be spent, by whom and in which time; and what has been. Pure."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from otel_agents.errors import BudgetExceeded, ConfigurationError
from otel_agents.health.rules import and_unpriced
from otel_agents.health.windows import FIVE_MINUTES
from otel_agents.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LABELS = ("run", "session", "user", "tenant", "agent", "model")
PERIODS = ("day", "month")
_MOST_ACCOUNTS = 10_000  # of one budget; beyond it, the one that was used longest ago is forgotten
_DAY_NS = 86_400 * 10**9
_TEXT = re.compile(
    r"\s*\$?(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>USD|tokens)?\s+per\s+(?P<per>\w+(?:\s+and\s+\w+)*)"
    r"(?:\s*,?\s+then\s+(?P<then>warn|raise))?\s*",
    re.IGNORECASE,
)


class Call(NamedTuple):
    """Whose a model call is; what is not known is None."""

    run: str | None = None
    session: str | None = None
    user: str | None = None
    tenant: str | None = None
    agent: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent.

    Attributes:
        name: its name, in alerts and errors.
        limit: US dollars, or tokens.
        unit: ``USD`` or ``tokens``.
        per: whose, each on its own: any of run, session, user, tenant, agent, model, and at most one of day, month.
            Calls that have no user are in no user's budget, and so for the others.
        only: the calls it is about, such as ``{"agent": "Coder"}``.
        then: what happens at the limit: ``warn``, ``raise``, or a function to call.
        warn_at: share of the limit at which a warning is raised.

    Raises:
        ConfigurationError: one of them is wrong.
    """

    name: str
    limit: float
    unit: str = "USD"
    per: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    then: Any = "warn"
    warn_at: float = 0.8

    def __post_init__(self) -> None:
        if isinstance(self.limit, bool) or not isinstance(self.limit, (int, float)) or not 0 <= self.limit < 1e15:
            self._refuse(f"expected an amount of at least 0, got {self.limit!r}")
        for each in self.per:
            if each not in LABELS + PERIODS:
                near = get_close_matches(str(each), LABELS + PERIODS, n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                self._refuse(f"per: expected any of {', '.join(LABELS + PERIODS)}, got {each!r}{hint}")
        if len(self.per) != len(set(self.per)) or len(self.periods) > 1:
            self._refuse(f"per: expected each once, and day or month, got {' and '.join(self.per)}")
        if unknown := set(self.only) - set(LABELS):
            self._refuse(f"expected labels among {', '.join(LABELS)}, got {', '.join(sorted(unknown))}")
        if self.then not in ("warn", "raise") and not callable(self.then):
            self._refuse(f"then: expected warn, raise or a function, got {self.then!r}")
        if not 0 < self.warn_at <= 1:
            self._refuse(f"warn_at: expected a share above 0, at most 1, got {self.warn_at!r}")

    def _refuse(self, why: str) -> None:
        raise ConfigurationError(f"budget {self.name!r}: {why}")

    @property
    def labels(self) -> tuple[str, ...]:
        """What it is told apart by."""
        return tuple(each for each in self.per if each in LABELS)

    @property
    def periods(self) -> tuple[str, ...]:
        """``("day",)``, ``("month",)`` or nothing."""
        return tuple(each for each in self.per if each in PERIODS)

    def account_of(self, call: Call) -> tuple[str, ...] | None:
        """Return whose account a call is on; None when it is on none."""
        if any(getattr(call, label) != wanted for label, wanted in self.only.items()):
            return None
        found = tuple(getattr(call, label) for label in self.labels)
        return None if None in found else found

    def period_at(self, now_ns: int) -> int:
        """Return the number of the period (by UTC) a time is in."""
        if not self.periods:
            return 0
        if self.periods[0] == "day":
            return now_ns // _DAY_NS
        now = datetime.fromtimestamp(now_ns // 10**9, UTC)
        return now.year * 12 + now.month

    @property
    def lasts(self) -> bool:
        """Whether what is spent counts beyond this process: in its day or month, session, user or tenant."""
        return "run" not in self.per and not {"day", "month", "session", "user", "tenant"}.isdisjoint(self.per)

    def shown(self, amount: float) -> str:
        """Return an amount as a message says it."""
        if self.unit == "tokens":
            return f"{amount:,.0f} tokens"
        return f"${amount:,.2f}" if amount == 0 or amount >= 0.01 else f"${amount:.4f}"


def read(name: str, text: str) -> Budget:
    """Read a budget such as ``$10 per day then raise`` or ``50000 tokens per user and day``.

    Raises:
        ConfigurationError: it is no such text.
    """
    found = _TEXT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ConfigurationError(
            f"budget {name!r}: expected a text such as '$10 per day then raise' or '50000 tokens per user and day', "
            f"got {text!r}"
        )
    unit = "tokens" if (found["unit"] or "").lower() == "tokens" else "USD"
    per = tuple(re.split(r"\s+and\s+", found["per"].lower()))
    return Budget(name, float(found["amount"]), unit, per, then=(found["then"] or "warn").lower())


class Entry(NamedTuple):
    """Where the use of a budget is noted: of which budget, on whose account, in which period."""

    budget: Budget
    account: tuple[str, ...]
    period: int


class Noted(NamedTuple):
    """What all processes together have noted of an entry."""

    used: float
    unpriced_calls: int
    last_ns: int


class Book(Protocol):
    """Keeps what is spent for other processes and later ones. Nothing here raises or waits for long."""

    def add(self, entry: Entry, used: float, unpriced_calls: int, now_ns: int) -> Noted | None:
        """Add to an entry, and return it as it is then; None when it cannot be known now, and is added later."""

    def read(self, entry: Entry) -> Noted | None:
        """Return an entry; None when there is none, or it cannot be known now."""

    def read_all(self, budget: Budget, period: int) -> Mapping[tuple[str, ...], Noted]:
        """Return the entries of a budget in a period, by account, if others have changed any; otherwise nothing."""

    def tell(self, entry: Entry) -> bool:
        """Say whether this process is the one that tells that this limit is reached."""

    def forget(self, budget: Budget) -> None:
        """Drop what was noted of a budget."""


@dataclass(slots=True)
class _Account:
    period: int
    used: float = 0.0
    unpriced_calls: int = 0
    last_ns: int = 0
    told: float | None = None  # the limit of which whoever asked for it was told that it is reached

    def take(self, noted: Noted | None) -> None:
        """Take over what all processes have noted."""
        if noted is not None:
            self.used, self.unpriced_calls = noted.used, noted.unpriced_calls
            self.last_ns = max(self.last_ns, noted.last_ns)


@dataclass(frozen=True, slots=True)
class Spent:
    """How much of a budget is used, by one run, user, … on its own."""

    budget: str
    account: tuple[str, ...]  # of which run, session, …; empty where it is one for all
    used: float  # US dollars, or tokens
    limit: float
    unit: str  # USD or tokens
    unpriced_calls: int  # calls of unknown cost: they are not in ``used``

    @property
    def percent(self) -> float:
        """How much of the limit that is."""
        return 100 * self.used / self.limit if self.limit else 100.0

    @property
    def subject(self) -> str:
        """The budget's name, and whose account it is."""
        return f"{self.budget} ({', '.join(self.account)})" if self.account else self.budget


class Ledger:
    """Every budget's accounts. Any thread may call anything here; times are nanoseconds since the epoch."""

    def __init__(self) -> None:
        self._budgets: dict[str, Budget] = {}
        self._book: Book | None = None
        self.after_fork()

    def after_fork(self) -> None:
        """Begin with nothing spent but what is in the book, and a lock of its own."""
        self._lock = threading.Lock()
        self._accounts: dict[str, dict[tuple[str, ...], _Account]] = {name: {} for name in self._budgets}

    @property
    def budgets(self) -> dict[str, Budget]:
        """The budgets by name, a copy."""
        return dict(self._budgets)

    def put(self, budget: Budget) -> None:
        """Add a budget, or put it in the place of the one with its name; what was spent of that stays."""
        with self._lock:
            old = self._budgets.get(budget.name)
            kept = old is not None and (old.per, old.only, old.unit) == (budget.per, budget.only, budget.unit)
            self._budgets = {**self._budgets, budget.name: budget}
            if not kept:
                self._accounts[budget.name] = {}

    def keep(self, book: Book | None) -> None:
        """Count what lasts in a book from now on, with what was spent before; None: no more in any."""
        with self._lock:
            if book is not None and book is not self._book:
                for budget in self._budgets.values():
                    for key, account in self._accounts[budget.name].items() if budget.lasts else ():
                        entry = Entry(budget, key, account.period)
                        account.take(book.add(entry, account.used, account.unpriced_calls, account.last_ns))
            self._book = book

    def reset(self, name: str) -> None:
        """Begin anew with a budget: nothing of it is spent.

        Raises:
            KeyError: there is none of that name.
        """
        with self._lock:
            budget = self._budgets[name]
            self._accounts[name] = {}
            if self._book is not None and budget.lasts:
                self._book.forget(budget)

    def remove(self, name: str) -> None:
        """Take a budget away.

        Raises:
            KeyError: there is none of that name.
        """
        with self._lock:
            self._budgets = {kept: budget for kept, budget in self._budgets.items() if kept != name}
            del self._accounts[name]

    def spend(self, call: Call, usd: float | None, tokens: int, now_ns: int) -> list[tuple[Budget, Spent]]:
        """Note what a call used; ``usd`` is None when nobody knows. Return the budgets it has used up, once each."""
        used_up = []
        with self._lock:
            for budget in self._budgets.values():
                account = self._account(budget, call, now_ns, make=True)
                if account is None:
                    continue
                account.last_ns = now_ns
                used = float(tokens) if budget.unit == "tokens" else usd or 0.0
                unpriced = int(budget.unit == "USD" and usd is None and tokens > 0)
                account.used += used
                account.unpriced_calls += unpriced
                book, entry = self._entry(budget, budget.account_of(call) or (), account.period)
                if book is not None:
                    account.take(book.add(entry, used, unpriced, now_ns))
                if account.used >= budget.limit and account.told != budget.limit:
                    account.told = budget.limit
                    if book is None or book.tell(entry):
                        used_up.append((budget, _spent(budget, entry.account, account)))
        return used_up

    def _entry(self, budget: Budget, key: tuple[str, ...], period: int) -> tuple[Book | None, Entry]:
        return self._book if budget.lasts else None, Entry(budget, key, period)

    def check(self, call: Call, now_ns: int) -> None:
        """Look whether a call may be made.

        Raises:
            BudgetExceeded: it is on an account of which all is used, of a budget that is to raise.
        """
        with self._lock:
            for budget in self._budgets.values():
                if budget.then != "raise":
                    continue
                book, entry = self._entry(budget, budget.account_of(call) or (), budget.period_at(now_ns))
                account = self._account(budget, call, now_ns, make=book is not None)
                if account is None:
                    account = _Account(0)
                    if budget.limit > 0 or budget.account_of(call) is None:
                        continue
                if book is not None:
                    account.take(book.read(entry))  # what other processes spent until now counts
                if account.used >= budget.limit:
                    account.last_ns = now_ns
                    spent = _spent(budget, budget.account_of(call) or (), account)
                    raise BudgetExceeded(
                        f"budget {spent.subject}: {_words(budget, spent)}; the call is not made",
                        budget=budget.name,
                        account=spent.account,
                        used=spent.used,
                        limit=spent.limit,
                        unit=spent.unit,
                    )

    @property
    def raises(self) -> bool:
        """Whether there is a budget that raises."""
        return any(budget.then == "raise" for budget in self._budgets.values())

    def _account(self, budget: Budget, call: Call, now_ns: int, *, make: bool) -> _Account | None:
        key = budget.account_of(call)
        if key is None:
            return None
        accounts, period = self._accounts[budget.name], budget.period_at(now_ns)
        account = accounts.get(key)
        if account is None or account.period < period:
            if not make:
                return None
            account = _Account(period)
        accounts.pop(key, None)  # the one used last is last
        accounts[key] = account
        if len(accounts) > _MOST_ACCOUNTS:
            del accounts[next(iter(accounts))]
        return account

    def spent(self, now_ns: int) -> list[Spent]:
        """Return every account of this day or month; of those without either, the ones there are."""
        return [_spent(budget, key, account) for budget, key, account in self._current(now_ns)]

    def findings(self, now_ns: int) -> Iterator[Finding]:
        """Return what has calls of unknown cost (low), what is used to its warning (medium) and used up (high).

        An account of no day or month is of no more interest five minutes after its last call.
        """
        for budget, key, account in self._current(now_ns):
            if not budget.periods and now_ns - account.last_ns > FIVE_MINUTES * 1e9:
                continue
            spent = _spent(budget, key, account)
            message = f"Budget {spent.subject}: {_words(budget, spent)}"
            evidence = {"percent": spent.percent, "unpriced_calls": spent.unpriced_calls}
            severity: Severity
            if account.used >= budget.limit:
                severity = "high"
            elif account.used >= budget.limit * budget.warn_at:
                severity = "medium"
            elif account.unpriced_calls:
                severity = "low"
            else:
                continue
            yield Finding(
                "budget", "budget", spent.subject, spent.used, budget.limit, message, severity, evidence=evidence
            )

    def _current(self, now_ns: int) -> Iterable[tuple[Budget, tuple[str, ...], _Account]]:
        with self._lock:
            self._read_book(now_ns)
            return [
                (budget, key, account)
                for budget in self._budgets.values()
                for key, account in self._accounts[budget.name].items()
                if account.period == budget.period_at(now_ns)
            ]

    def _read_book(self, now_ns: int) -> None:
        for budget in self._budgets.values():
            if self._book is None or not budget.lasts:
                continue
            accounts, period = self._accounts[budget.name], budget.period_at(now_ns)
            for key, noted in self._book.read_all(budget, period).items():
                account = accounts.get(key)
                if account is None or account.period < period:
                    account = accounts[key] = _Account(period)
                account.take(noted)


def _spent(budget: Budget, key: tuple[str, ...], account: _Account) -> Spent:
    return Spent(budget.name, key, account.used, budget.limit, budget.unit, account.unpriced_calls)


def _words(budget: Budget, spent: Spent) -> str:
    period = {"day": " today (UTC)", "month": " this month (UTC)"}.get("".join(budget.periods), "")
    unknown = and_unpriced(spent.unpriced_calls) if budget.unit == "USD" else ""
    return f"{budget.shown(spent.used)} of {budget.shown(spent.limit)} used{period}{unknown}"
