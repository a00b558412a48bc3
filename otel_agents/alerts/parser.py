"""Reads a rule's expression, and refuses a wrong one with the reason.

``p95(5m, agent=ChatAgent) > 5s for 2m``, ``error_rate(15m) > 5% by tool``,
``burn_rate(5m, objective=99) > 14.4 and burn_rate(1h, objective=99) > 14.4``. A condition is a measure, its window and
what it is about, a comparison and a number. All conditions must hold. ``by`` looks at each name on its own; ``for``
waits until it has held for a time. Measures are those of :mod:`otel_agents.alerts.measures`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from math import isnan

from otel_agents.alerts.expression import COMPARE, Condition, Expression
from otel_agents.alerts.measures import MEASURES, Measure
from otel_agents.health.aggregates import KINDS
from otel_agents.health.windows import FIVE_MINUTES, HOUR

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\$?\d+(?:\.\d+)?(?:ms|min|[smhd%$])?(?![\w.]))
    | (?P<name>[A-Za-z_][\w.:/-]*)
    | "(?P<text>[^"]*)"
    | (?P<mark>>=|<=|[><(),=])
    )""",
    re.VERBOSE,
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": HOUR, "d": 86_400.0}
_LABELS = (*KINDS, "budget")
_UNITS = {
    "s": "seconds",
    "%": "a percentage",
    "$": "US dollars",
    "×": "a plain number",
    "": "a plain number",
}
_EXAMPLES = {"than": "than=5s", "objective": "objective=99.5"}


@dataclass(slots=True)
class _Given:
    """A condition while it is read."""

    name: str
    measure: Measure
    window_s: float | None
    kind: str | None
    subject: str
    options: dict[str, float]


def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        ValueError: it is wrong; the message says where and why.
    """
    return _Parser(text).expression()


class _Parser:
    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise ValueError(f"expected a text such as 'p95(5m) > 5s by agent', got {text!r}")
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise ValueError(f"cannot read {text[at:].strip()[:20]!r}")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def expression(self) -> Expression:
        conditions = [self._condition()]
        by, hold_s = None, 0.0
        while self._tokens:
            word = self._take()[1]
            if word == "and" and by is None and not hold_s:
                conditions.append(self._condition())
            elif word == "by" and by is None and not hold_s:
                by = self._by(conditions)
            elif word == "for" and not hold_s:
                hold_s = self._seconds(self._take("a time after 'for', such as 5m"))
            else:
                raise ValueError(f"expected 'and', 'by' or 'for', got {word!r}")
        for each in conditions:
            if by is None and each.kind is None and not each.measure.of_program:
                kinds, first = " or ".join(each.measure.kinds), each.measure.kinds[0]
                raise ValueError(f"{each.name} is of one {kinds}: {each.name}({first}=…), or 'by {first}'")
        return Expression(tuple(conditions), by, hold_s)

    def _by(self, conditions: list[Condition]) -> str:
        label = self._take("a label after 'by': " + ", ".join(_LABELS))[1]
        for each in conditions:
            if label not in each.measure.kinds:
                kinds = ", ".join(each.measure.kinds)
                raise ValueError(f"{each.name} is not kept by {label!r}" + (f"; it is by {kinds}" if kinds else ""))
            if each.kind is not None:
                raise ValueError(f"'by {label}' looks at every {label}; {each.name} is asked of one {each.kind}")
        return label

    def _condition(self) -> Condition:
        sort, name = self._take("a measure, such as error_rate")
        measure = MEASURES.get(name) if sort == "name" else None
        if measure is None:
            near = get_close_matches(name, MEASURES, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(MEASURES)}"
            raise ValueError(f"no measure {name!r}; {hint}")
        asked = _Given(name, measure, FIVE_MINUTES if measure.windowed else None, None, "", dict(measure.options))
        if self._tokens and self._tokens[0] == ("mark", "("):
            self._take()
            self._arguments(asked)
        for option, value in asked.options.items():
            if isnan(value):
                raise ValueError(f"{name} needs {option}, such as {name}(5m, {_EXAMPLES[option]})")
        if not 0 <= asked.options.get("objective", 0) < 100:
            raise ValueError(f"objective: expected a percentage below 100, got {asked.options['objective']:g}")
        comparison = self._take(f"a comparison after {name}: > >= < or <=")[1]
        if comparison not in COMPARE:
            raise ValueError(f"expected a comparison after {name}: > >= < or <=, got {comparison!r}")
        limit = self._number(self._take(f"a number after {name} {comparison}"), measure.unit)
        if measure.unit == "%" and limit > 100 and "budget" not in measure.kinds:
            raise ValueError(f"{name} is a percentage and never {limit:g}")
        return Condition(name, measure, asked.window_s, asked.kind, asked.subject, asked.options, comparison, limit)

    def _arguments(self, asked: _Given) -> None:
        name, measure = asked.name, asked.measure
        while True:
            token = self._take(f"a window or a name=value in {name}(…)")
            if self._tokens and self._tokens[0] == ("mark", "="):
                self._take()
                self._option(asked, token[1])
            elif measure.windowed:
                asked.window_s = self._window(token)
            else:
                raise ValueError(f"{name} is of now and takes no window, got {token[1]!r}")
            mark = self._take("')'")
            if mark == ("mark", ")"):
                return
            if mark != ("mark", ","):
                raise ValueError(f"expected ',' or ')' in {name}(…), got {mark[1]!r}")

    def _option(self, asked: _Given, given: str) -> None:
        if given in asked.measure.kinds and asked.kind is None:
            asked.kind, asked.subject = given, self._take(f"a name after {given}=")[1]
        elif given in asked.options:
            value = self._take(f"a number after {given}=")
            asked.options[given] = self._number(value, "s" if given == "than" else "%" if given == "objective" else "")
        else:
            raise ValueError(self._not_taken(asked.name, asked.measure, given, asked.kind))

    @staticmethod
    def _not_taken(name: str, measure: Measure, given: str, kind: str | None) -> str:
        if given in measure.kinds:
            return f"figures are kept by one label: {kind} or {given}, not both"
        takes = ", ".join((*measure.kinds, *measure.options))
        return f"{name} takes no {given!r}" + (f"; it takes {takes}" if takes else "")

    def _window(self, token: tuple[str, str]) -> float | None:
        if token[1] == "start":
            return None
        seconds = self._seconds(token)
        if not 10 <= seconds <= HOUR:
            raise ValueError(f"a window is from 10s to 1h, or 'start', got {token[1]!r}")
        return seconds

    def _seconds(self, token: tuple[str, str]) -> float:
        unit = token[1].lstrip("$0123456789.")
        if token[0] != "number" or unit not in _SECONDS:
            raise ValueError(f"expected a time such as 30s, 5m or 1h, got {token[1]!r}")
        return float(token[1].removesuffix(unit)) * _SECONDS[unit]

    def _number(self, token: tuple[str, str], unit: str) -> float:
        sort, text = token
        if sort != "number":
            raise ValueError(f"expected a number, got {text!r}")
        given = "$" if text.startswith("$") else text.lstrip("0123456789.")
        if given in _SECONDS and unit == "s":
            return self._seconds(token)
        if given not in ("", unit):
            raise ValueError(f"expected {_UNITS[unit]}, got {text!r}")
        return float(text.strip("$%"))

    def _take(self, expected: str = "") -> tuple[str, str]:
        if not self._tokens:
            raise ValueError(f"expected {expected}, got the end")
        return self._tokens.pop(0)
