"""The analysts' tools: they do real work, and fail as real tools do."""

from __future__ import annotations

import ast
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otel_agents import tool

if TYPE_CHECKING:
    from pathlib import Path

PARSING = threading.Lock()  # Python 3.11 mixes up the depths of trees that are built at once (python/cpython#106905)
READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)


@dataclass(frozen=True)
class CodeTools:
    """Tools over one source tree; nothing outside ``root`` is read."""

    root: Path

    @tool
    def list_files(self, pattern: str = "**/*.py") -> list[dict[str, object]]:
        """List the files that match a glob pattern, longest first, with their number of lines."""
        files = self._files(pattern)
        lines = {path: len(_text(path).splitlines()) for path in files}
        longest = sorted(files, key=lambda path: (-lines[path], path))
        return [{"path": self._name(path), "lines": lines[path]} for path in longest[:40]]

    @tool
    def read_file(self, path: str, first_line: int = 1, last_line: int = 60) -> str:
        """Read some lines of a file; the path is relative to the source tree."""
        lines = _text(self._find(path)).splitlines()
        return "\n".join(lines[first_line - 1 : last_line])

    @tool
    def search(self, text: str) -> list[dict[str, object]]:
        """Search every Python file for a text; gives the first 20 matches with path, line number and line."""
        hits: list[dict[str, object]] = []
        for path in self._files("**/*.py"):
            for number, line in enumerate(_text(path).splitlines(), start=1):
                if text in line:
                    hits.append({"path": self._name(path), "line": number, "text": line.strip()[:160]})
        return hits[:20]

    @tool
    def count_definitions(self, path: str = ".") -> dict[str, object]:
        """Count modules, classes, functions and lines of a Python file or of a folder with all below it."""
        place = self._find(path)
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        sources = [_text(file) for file in files]
        with PARSING:
            trees = [_tree(source) for source in sources]
        nodes = [node for tree in trees for node in ast.walk(tree)]
        return {
            "path": path,
            "modules": len(files),
            "classes": sum(isinstance(node, ast.ClassDef) for node in nodes),
            "functions": sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes),
            "lines": sum(len(source.splitlines()) for source in sources),
        }

    def _files(self, pattern: str) -> list[Path]:
        root = self.root.resolve()
        return sorted(p for p in self.root.glob(pattern) if p.is_file() and p.resolve().is_relative_to(root))

    def _find(self, path: str) -> Path:
        place = (self.root / path).resolve()
        if not place.is_relative_to(self.root.resolve()):
            raise PermissionError(f"{path} is outside the source tree")
        if not place.exists():
            raise FileNotFoundError(f"no such file or folder: {path}")
        return place

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class SalesTools:
    """Tools over one SQLite file, opened for reading; a query may take ``steps`` of SQLite's machine.

    Not seconds: what is stopped is the same on every machine, however slow it is or busy with other things.
    """

    database: Path
    steps: int = 20_000_000  # about a second; the longest query that is meant to end takes six million

    @tool
    def describe_tables(self) -> dict[str, str]:
        """Give every table with its columns and their types."""
        with closing(self._connect()) as db:
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: ", ".join(f"{column} {kind}" for _, column, kind, *_ in db.execute(f"PRAGMA table_info({name})"))
                for name in names
            }

    @tool
    def run_sql(self, query: str) -> dict[str, object]:
        """Run one SQLite SELECT and give its columns and its first 50 rows. Times are ISO 8601 text."""
        with closing(self._connect()) as db:
            db.set_authorizer(_reading_only)
            db.set_progress_handler(lambda: True, self.steps)
            try:
                cursor = db.execute(query)
                rows = cursor.fetchmany(51)
            except sqlite3.OperationalError as error:
                if str(error) != "interrupted":
                    raise
                raise TimeoutError(f"the query took more than {self.steps:,} steps and was stopped") from None
            columns = [name for name, *_ in cursor.description or ()]
            return {"columns": columns, "rows": rows[:50], "more": len(rows) > 50}

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.database.resolve().as_uri()}?mode=ro", uri=True)


def _reading_only(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SystemError:  # the SDK's thread read a price meanwhile
        return ast.parse(source)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
