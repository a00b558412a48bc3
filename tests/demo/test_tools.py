"""The analysts' tools: what they give, and how they fail."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from otel_agents.demo import data
from otel_agents.demo.schema import function_schema
from otel_agents.demo.tools import CodeTools, SalesTools

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def code(tmp_path: Path) -> CodeTools:
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "a.py").write_text('"""First."""\n\n\nclass A:\n    def run(self): ...\n\n\nasync def go(): ...\n')
    (tree / "sub" / "b.py").write_text("import a\n")
    (tmp_path / "secret.py").write_text("key = 1\n")
    return CodeTools(tree)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    return data.create(tmp_path_factory.mktemp("shop") / "shop.sqlite")


def test_files_are_listed_longest_first(code):
    assert code.list_files() == [{"path": "a.py", "lines": 8}, {"path": "sub/b.py", "lines": 1}]
    assert code.list_files("../*.py") == []


def test_lines_of_a_file_are_read(code):
    assert code.read_file("a.py", 4, 5) == "class A:\n    def run(self): ..."


def test_a_text_is_found_with_its_place(code):
    assert code.search("import a") == [{"path": "sub/b.py", "line": 1, "text": "import a"}]


def test_definitions_are_counted_in_a_file_and_in_a_folder(code):
    assert code.count_definitions("a.py") == {
        "path": "a.py",
        "modules": 1,
        "classes": 1,
        "functions": 2,
        "lines": 8,
    }
    assert code.count_definitions() == {"path": ".", "modules": 2, "classes": 1, "functions": 2, "lines": 9}


def test_a_file_that_is_not_there_is_an_error(code):
    with pytest.raises(FileNotFoundError, match=r"no such file or folder: c\.py"):
        code.read_file("c.py")


@pytest.mark.parametrize("path", ["../secret.py", "/etc/passwd", "sub/../../secret.py"])
def test_nothing_outside_the_tree_is_read(code, path):
    with pytest.raises(PermissionError, match="outside the source tree"):
        code.read_file(path)


def test_the_database_is_the_same_every_time(shop, tmp_path):
    again = data.create(tmp_path / "again.sqlite")
    query = "SELECT COUNT(*), ROUND(SUM(amount), 2), MAX(ordered_at) FROM orders"
    first = SalesTools(shop).run_sql(query)
    assert first == SalesTools(again).run_sql(query)
    assert first["rows"][0][0] == data.ORDERS


def test_tables_are_described(shop):
    assert SalesTools(shop).describe_tables()["products"] == "id INTEGER, name TEXT, category TEXT, price REAL"


def test_at_most_fifty_rows_are_given(shop):
    few, many = (SalesTools(shop).run_sql(f"SELECT id FROM orders LIMIT {limit}") for limit in (50, 51))
    assert few == {"columns": ["id"], "rows": [(number,) for number in range(1, 51)], "more": False}
    assert many == {**few, "more": True}


def test_wrong_sql_fails_as_sqlite_says(shop):
    with pytest.raises(sqlite3.OperationalError, match="no such column: revenue"):
        SalesTools(shop).run_sql("SELECT revenue FROM orders")


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM orders",
        "UPDATE tickets SET rating = 5",
        "ATTACH 'other.sqlite' AS other",
        "PRAGMA writable_schema = 1",
    ],
)
def test_only_reading_is_allowed(shop, query):
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        SalesTools(shop).run_sql(query)


def test_a_query_that_runs_too_long_is_stopped(shop):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(TimeoutError, match="more than 1,000,000 steps"):
        SalesTools(shop, steps=1_000_000).run_sql(endless)


def test_a_function_is_described_to_a_model_from_its_signature(code):
    assert function_schema(code.read_file) == {
        "name": "read_file",
        "description": "Read some lines of a file; the path is relative to the source tree.",
        "parameters": {
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "first_line": {"type": "integer"},
                "last_line": {"type": "integer"},
            },
            "required": ["path"],
            "additionalProperties": False,
        },
    }


def test_a_parameter_no_model_can_fill_is_refused():
    def odd(when: object) -> None: ...

    with pytest.raises(TypeError, match="odd: the type of when has no JSON schema here"):
        function_schema(odd)
