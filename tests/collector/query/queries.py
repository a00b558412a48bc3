"""Makes up queries that run: every place an attribute may stand in, in every kind of query around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

KEYS = ["agent", "k", "a.b", "gen_ai.input.messages", "gen_ai.prompt.0.content", "input.value", "missing"]
_TEXT_COLUMNS = ["span_id", "name", "kind", "service_name", "type", "status", "agent", "model", "session_id"]
_NUMBER_COLUMNS = ["input_tokens", "output_tokens"]
_PIECES = ["r", "1", "", "oute", "ROUTER", "null", "ing IN", "kit_hen", "é"]
_CONSTANTS = ["'x'", "'Router'", "''", "'1'", "'null'", "'é'"]


class Queries:
    """Makes up one query after the other; what they answer does not depend on the order of rows.

    Args:
        random: decides.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def query(self) -> str:
        """One SELECT, or several."""
        made = self._one(
            self._plain,
            self._plain,
            self._grouped,
            self._grouped_by_name,
            self._nested,
            self._with,
            self._with_named_as_the_table,
            self._joined,
            self._lateral,
            self._windowed,
            self._correlated,
            self._among,
            self._shadowed,
            self._described,
            self._of_records,
            self._recursive,
        )()
        if self._chance(0.12):
            how = self._one("UNION ALL", "UNION", "EXCEPT", "INTERSECT")
            return f"SELECT {self.text('s')} AS x FROM spans s {how} SELECT {self.text('t')} FROM spans t"
        return made

    # Expressions; `of` is the name of the table in front of columns, or nothing.

    def text(self, of: str = "", depth: int = 0) -> str:
        """An expression that is a text."""
        if depth > 2 or self._chance(0.45):
            return self._taken(of)
        deeper = (of, depth + 1)
        return self._one(
            lambda: self._column(of, _TEXT_COLUMNS),
            lambda: self._one(*_CONSTANTS),
            lambda: f"upper({self.text(*deeper)})",
            lambda: f"coalesce({self.text(*deeper)}, {self.text(*deeper)})",
            lambda: f"substring({self.text(*deeper)}, 1, 2)",
            lambda: f"nullif({self.text(*deeper)}, {self._one(*_CONSTANTS)})",
            lambda: f"CASE WHEN {self.flag(*deeper)} THEN {self.text(*deeper)} ELSE {self.text(*deeper)} END",
            lambda: f"({self.text(*deeper)} || '/' || {self.text(*deeper)})",
            lambda: f"({self.number(*deeper)})::VARCHAR",
            lambda: f"json_extract_string({self._column(of, ['resource'])}, 'service.name')",
        )()

    def number(self, of: str = "", depth: int = 0) -> str:
        """An expression that is a whole number."""
        deeper = (of, depth + 1)
        return self._one(
            lambda: self._column(of, _NUMBER_COLUMNS),
            lambda: f"length({self.text(*deeper)})",
            lambda: f"coalesce(TRY_CAST({self.text(*deeper)} AS BIGINT), 0) % 7",
            lambda: str(self._random.randint(-3, 100)),
            lambda: f"({self.flag(*deeper)})::INT",
        )()

    def flag(self, of: str = "", depth: int = 0) -> str:
        """An expression that is true or false."""
        deeper = (of, depth + 1)
        if depth > 2:
            return f"{self._taken(of)} IS NOT NULL"
        return self._one(
            lambda: f"{self.text(*deeper)} IS {self._one('', 'NOT ')}NULL",
            lambda: f"{self.text(*deeper)} {self._one('=', '<>', '<', '>=', 'IS DISTINCT FROM')} {self.text(*deeper)}",
            lambda: f"{self.text(*deeper)} {self._one('LIKE', 'ILIKE', 'NOT LIKE')} '%{self._one(*_PIECES)}%'",
            lambda: f"contains({self.text(*deeper)}, '{self._one(*_PIECES)}')",
            lambda: f"{self.text(*deeper)} IN ({', '.join(self._random.sample(_CONSTANTS, 2))})",
            lambda: f"({self.flag(*deeper)} {self._one('AND', 'OR')} {self.flag(*deeper)})",
            lambda: f"NOT ({self.flag(*deeper)})",
            lambda: f"{self.number(*deeper)} BETWEEN 0 AND 5",
        )()

    def _taken(self, of: str) -> str:
        attributes, key = self._column(of, ["attributes"]), self._one(*KEYS)
        return self._one(
            f"({attributes}->>'{key}')",
            f"({attributes}->>'{key}')",
            f"json_extract_string({attributes}, '{key}')",
            f"({attributes}->'{key}')::VARCHAR",
            f"{attributes}['{key}']::VARCHAR",
            f"json_extract({attributes}, '{key}')::VARCHAR",
        )

    def _column(self, of: str, names: list[str]) -> str:
        return (f"{of}." if of else "") + self._one(*names)

    # Queries.

    def _plain(self) -> str:
        text = self.text()
        items = self._one("*", f"*, {text} AS more", f"* EXCLUDE (name), {text}", f"{text}, {self.number()}")
        first = f" ORDER BY {self._taken('')}, span_id LIMIT 3" if self._chance(0.5) else ""
        return f"SELECT {items} FROM spans{self._where()}{first}"

    def _where(self, of: str = "") -> str:
        return f" WHERE {self.flag(of)}" if self._chance(0.6) else ""

    def _grouped(self) -> str:
        having = f" HAVING {self._one('count(*) > 1', f'max({self.text()}) IS NOT NULL')}" if self._chance(0.3) else ""
        only = f" FILTER (WHERE {self.flag()})" if self._chance(0.5) else ""
        return (
            f"SELECT {self.text()} AS x, {self.flag()} AS y, {self._aggregate()} AS z, count(*){only} AS n"
            f" FROM spans{self._where()} GROUP BY {self._one('ALL', '1, 2')}{having}"
        )

    def _aggregate(self) -> str:
        return self._one(
            f"count(DISTINCT {self.text()})",
            f"min({self.text()})",
            f"max({self.text()})",
            f"sum({self.number()})",
            f"list(DISTINCT {self.text()} ORDER BY 1)" if self._chance(0.1) else f"bool_or({self.flag()})",
        )

    def _grouped_by_name(self) -> str:
        name = self._one("agent", "x", "model", "attributes", "key")
        return f"SELECT {self.text()} AS {name}, count(*) AS n FROM spans{self._where()} GROUP BY {name} ORDER BY n, 1"

    def _nested(self) -> str:
        inner = f"SELECT {self.text('s')} AS x, {self.number('s')} AS y, attributes FROM spans AS s{self._where('s')}"
        only = self._one("x IS NOT NULL", "x <> 'Router'")
        return f"SELECT x, y, attributes->>'{self._one(*KEYS)}' AS z FROM ({inner}) AS q WHERE {only}"

    def _with(self) -> str:
        return (
            f"WITH a AS (SELECT {self.text()} AS x, span_id, attributes FROM spans{self._where()}),"
            f" b AS (SELECT x, count(*) AS n FROM a GROUP BY x) SELECT b.*, {self._taken('a')} AS y"
            f" FROM b LEFT JOIN a ON a.x IS NOT DISTINCT FROM b.x"
        )

    def _with_named_as_the_table(self) -> str:
        return f"WITH spans AS (SELECT * FROM spans{self._where()}) SELECT {self.text()} AS x FROM spans{self._where()}"

    def _joined(self) -> str:
        flag, text, other = self.flag("s"), self.text("s"), self.text("t")
        return self._one(
            f"SELECT s.span_id, {other} AS x FROM spans s {self._one('JOIN', 'LEFT JOIN')} spans t USING (span_id)",
            f"SELECT s.span_id, {other} AS x FROM spans s JOIN spans t ON s.span_id = t.span_id AND {flag}",
            f"SELECT count(*) AS n FROM spans s FULL JOIN spans t ON {text} = {other}",
            f"SELECT {text} AS x FROM spans s SEMI JOIN spans t USING (span_id)",
            f"SELECT t.errors, {text} AS x FROM spans s JOIN traces t USING (trace_id) WHERE {flag}",
        )

    def _lateral(self) -> str:
        return f"SELECT s.span_id, v.x FROM spans s, LATERAL (SELECT s.attributes->>'{self._one(*KEYS)}' AS x) AS v"

    def _windowed(self) -> str:
        over = f"OVER (PARTITION BY {self.text()} ORDER BY span_id)"
        return (
            f"SELECT span_id, row_number() {over} AS n, lag({self.text()}) {over} AS x FROM spans{self._where()}"
            f"{self._one('', f' QUALIFY row_number() {over} = 1')}"
        )

    def _correlated(self) -> str:
        return self._one(
            f"SELECT (SELECT max({self._taken('s')}) FROM spans s WHERE s.span_id <= o.span_id) AS x FROM spans o",
            f"SELECT span_id FROM spans o WHERE EXISTS (FROM spans s WHERE {self._taken('s')} = {self._taken('o')})",
        )

    def _among(self) -> str:
        return (
            f"SELECT span_id FROM spans WHERE {self.text()} IN (SELECT {self.text('s')} FROM spans s{self._where('s')})"
        )

    def _shadowed(self) -> str:
        return self._one(
            f"SELECT resource AS attributes, {self._taken('')} AS x FROM spans",
            f"SELECT {self._taken('')} AS attributes FROM spans",
            f"SELECT x FROM (SELECT {self._taken('')} AS x, resource AS attributes FROM spans) AS spans",
            f"SELECT {self._taken('s')} AS agent, s.agent AS k FROM spans s WHERE agent = 'Router' OR agent IS NULL",
            f"SELECT content, {self._taken('')} AS x FROM (SELECT *, 1 AS content FROM spans) AS spans",
            "SELECT s, s.attributes->>'agent' AS x FROM spans AS s",
        )

    def _described(self) -> str:
        items = f"{self.text()} AS x, {self.number()} AS y"
        return f"SELECT column_name, column_type FROM (DESCRIBE SELECT {items} FROM spans)"

    def _of_records(self) -> str:
        taken, other = self._taken("r"), self._taken("")
        return self._one(
            f"SELECT {taken} AS x, r.span_name, level FROM records r WHERE {self._taken('r')} IS NOT NULL OR level > 9",
            f"SELECT {other} AS x, count(*) AS n, sum(duration) AS s FROM records GROUP BY ALL HAVING count(*) < 9",
            f"SELECT r.span_id, {taken} AS x FROM records r JOIN spans s USING (span_id) WHERE s.agent IS NULL",
            f"SELECT * FROM records WHERE {other} = {self._one(*_CONSTANTS)}",
        )

    def _recursive(self) -> str:
        return (
            "WITH RECURSIVE r AS (SELECT span_id, parent_span_id, 0 AS depth FROM spans UNION ALL SELECT s.span_id,"
            f" s.parent_span_id, depth + 1 FROM r JOIN spans s ON s.parent_span_id = r.span_id AND {self.flag('s')}"
            " WHERE depth < 3) SELECT count(*) AS n FROM r"
        )

    def _one(self, *choices):
        return self._random.choice(choices)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share
