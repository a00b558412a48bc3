"""What is written from the code: the tables of the pages, the configuration file; ``python -m tests.docs`` does it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from otel_agents.collector.api.schema import read_schema
from otel_agents.collector.options import CollectorSettings
from otel_agents.collector.store.duckdb import DuckDBStore
from otel_agents.errors import ConfigurationError
from otel_agents.sdk.options import SdkSettings
from tests.benchmarks import summary

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
SPEED = ROOT / "docs" / "speed.md"
CONFIGURATION = ROOT / "collector-config" / "otel-agents.toml"
# In the order a newcomer reads them, in which their Python runs as one program.
PAGES = [
    ROOT / "README.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in (
            "spans",
            "health",
            "metrics",
            "prices",
            "logfire",
            "sampling",
            "testing",
            "privacy",
            "delivery",
            "configuration",
            "collector",
            "access",
            "sql",
            "terminal",
            "speed",
        )
    ),
]
CONFIGURATION_HEAD = """\
# Every setting of the collector, at its default.
#
#   otel-agents up --config collector-config/otel-agents.toml
#
# An option of the command line wins over a variable, and a variable over this file.
"""


def settings(cls: type) -> str:
    """A table of settings: name, variable, default, meaning; those of a class it is made of have a line above."""
    heads = {next(iter(base.__annotations__)): base.__doc__ for base in cls.__bases__ if base is not object}
    rows = ["| setting | variable | default | |", "| --- | --- | --- | --- |"]
    for field in dataclasses.fields(cls):
        if field.name in heads:
            rows.append(f"| **{heads[field.name].rstrip('.')}** | | | |")
        variables = ", ".join(f"`{name}`" for name in field.metadata["env"])
        default = "" if field.default in (None, ()) else f"`{_spelled(field.default)}`"
        rows.append(
            f"| `{field.name}` | {variables} | {default} | {field.metadata['doc'].replace('|', chr(92) + '|')} |"
        )
    return "\n".join(rows)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def configuration(cls: type) -> str:
    """A configuration file: each setting with its meaning, its variable, what it takes, and its default."""
    parts = [CONFIGURATION_HEAD]
    for field in dataclasses.fields(cls):
        takes = ""
        try:
            field.metadata["parse"]("")
        except ConfigurationError:  # of one that has a text of its own for each mistake
            pass
        except ValueError as error:
            takes = f"Takes {str(error).removeprefix('expected ')}; "
        variables = " or ".join(field.metadata["env"])
        default = field.default
        if default is None:
            line = f"#{field.name} ="
        else:
            line = f"{field.name} = {_spelled(default) if isinstance(default, (int, float)) else json.dumps(default)}"
        parts.append(f"# {field.metadata['doc']}\n# {takes}{'v' if takes else 'V'}ariable {variables}.\n{line}\n")
    return "\n".join(parts)


def columns(name: str) -> str:
    """A table of the columns of a view, as a store made just now has them."""
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(DuckDBStore(Path(folder) / "a.duckdb")) as store:
        (table,) = (table for table in read_schema(store)["tables"] if table["name"] == name)
    rows = ["| column | type | |", "| --- | --- | --- |"]
    rows += [f"| `{column['name']}` | {column['type']} | {column['doc']} |" for column in table["columns"]]
    return "\n".join(rows)


TABLES: dict[str, Callable[[], str]] = {
    "settings: sdk": lambda: settings(SdkSettings),
    "settings: collector": lambda: settings(CollectorSettings),
    "columns: spans": lambda: columns("spans"),
    "columns: traces": lambda: columns("traces"),
    "columns: evaluations": lambda: columns("evaluations"),
    "columns: metrics": lambda: columns("metrics"),
    "columns: logs": lambda: columns("logs"),
    "columns: records": lambda: columns("records"),
    "summary: sdk": lambda: summary.sdk(SPEED.read_text("utf-8")),
    "summary: collector": lambda: summary.collector(SPEED.read_text("utf-8")),
}


def text() -> str:
    """All pages, one after another."""
    return "\n".join(page.read_text("utf-8") for page in PAGES)


def written(page: str) -> str:
    """A page with every table between its marks made anew."""

    def table(marked: re.Match[str]) -> str:
        return f"<!-- {marked[1]} -->\n{TABLES[marked[1]]()}\n<!-- / -->"

    return re.sub(r"<!-- ([a-z]+: [a-z]+) -->\n.*?<!-- / -->", table, page, flags=re.DOTALL)


def write() -> None:
    """Make every table of the pages anew."""
    for path in PAGES:
        path.write_text(written(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write()
    CONFIGURATION.write_text(configuration(CollectorSettings), "utf-8")
