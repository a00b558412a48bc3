"""What the demo shows on the terminal: a line for each request, and the figures at the end."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otel_agents.demo.recorded import Figures
    from otel_agents.demo.run import Outcome

BOLD, FAINT, RED, GREEN = "1", "2", "31", "32"
FIGURES = {
    "traces": "traces",
    "spans": "spans",
    "model_calls": "model calls",
    "input_tokens": "input tokens",
    "cached_tokens": "  of them cached",
    "output_tokens": "output tokens",
    "cost": "cost",
    "unpriced": "calls without a price",
    "failed": "failed requests",
    "errors": "spans with an error",
}
TITLES = ("time", "user", "question", "agents", "took", "tokens", "cost", "")


class Screen:
    """Prints tidy lines as wide as the terminal; in colour where there is one."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty()
        self._width = shutil.get_terminal_size().columns if terminal else 120
        self._wide = self._width >= 100  # enough for the user, and for all agents of a request
        self._colour = terminal and not os.environ.get("NO_COLOR")

    def say(self, text: str = "", style: str = "") -> None:
        """Print a line."""
        print(self._styled(text, style), flush=True)

    def facts(self, facts: dict[str, str]) -> None:
        """Print the address and what else is worth knowing before the first request."""
        self.say("otel-agents demo\n", BOLD)
        for name, fact in facts.items():
            self.say(f"  {self._styled(f'{name:<9}', FAINT)}  {fact}")
        self.say()

    def titles(self) -> None:
        """Print the titles of the columns."""
        self.say(self._line(TITLES), FAINT)

    def outcome(self, outcome: Outcome) -> None:
        """Print one request; why it failed goes on a line of its own."""
        bill = outcome.bill
        failed = outcome.error is not None
        cells = (
            time.strftime("%H:%M:%S", time.localtime(outcome.ended)),
            outcome.request.user,
            outcome.request.text,
            " → ".join(bill.agents if self._wide else bill.agents[-1:]),
            f"{outcome.seconds:.1f} s",
            f"{bill.input_tokens + bill.output_tokens:,}",
            "?" if bill.unpriced else dollars(bill.cost),
            self._styled("failed", RED) if failed else self._styled("ok", GREEN),
        )
        self.say(self._line(cells))
        if outcome.error is not None:
            self.say(f"            {_cut(outcome.error, self._width - 12)}", RED)

    def figures(self, counted: Figures, recorded: Figures | None) -> None:
        """Print a run in figures, as counted by the demo and as read back from the collector."""
        columns = [counted, recorded] if recorded else [counted]
        self.say(f"\n  {'':<21}{'counted here':>15}{'in the collector' if recorded else '':>20}", FAINT)
        for name, title in FIGURES.items():
            if name == "unpriced" and not any(column.unpriced for column in columns):
                continue
            values = [_cost(column) if name == "cost" else f"{getattr(column, name):,}" for column in columns]
            self.say(f"  {title:<21}" + "".join(map(str.rjust, values, (15, 20))))
        self.say()

    def _line(self, cells: tuple[str, ...]) -> str:
        began, user, question, agents, took, tokens, cost, end = cells
        numbers = f"{took:>6}  {tokens:>6}  {cost:>8}  {end}"
        if self._wide:
            rest = min(60, self._width - 75)
            return f"  {began:<8}  {user:<5}  {_cut(question, rest):<{rest}}  {agents:<20}  {numbers}"
        rest = max(12, self._width - 59)
        return f"  {began:<8}  {_cut(question, rest):<{rest}}  {agents:<11}  {numbers}"

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if style and self._colour else text


def _cost(figures: Figures) -> str:
    return "unknown" if figures.unpriced and not figures.cost else dollars(figures.cost)


def dollars(amount: float) -> str:
    """Write an amount of US dollars, small ones with the digits that matter."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.5f}"


def _cut(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
