"""How the scripted model answers questions about a source tree."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from otel_agents.demo.model_server.conversation import Call
from otel_agents.demo.model_server.plans import GaveUpError, Plan, Rule, failure, listed, value


def count(question: str) -> Plan:
    """Counts each folder or file that was named, all at once, and looks for the longest file."""
    named = [word.strip("`") for word in re.findall(r"`[\w./-]+`|[\w./-]+\.py", question)] or ["."]
    *counted, files = yield [
        *(Call("count_definitions", {"path": path}) for path in named),
        Call("list_files", {"pattern": "**/*.py"}),
    ]
    lines = []
    for result in counted:
        found = value(result)
        lines.append(
            f"{found['path']}: {found['classes']} classes and {found['functions']} functions in {found['modules']} "
            f"modules, {found['lines']:,} lines"
        )
    longest = value(files)[0]
    return f"{listed(lines)}\nThe longest file of the whole tree is {longest['path']} with {longest['lines']} lines."


def find(question: str) -> Plan:
    """Searches a name's definition and its uses at once, then reads around the definition."""
    name = _quoted(question)
    definition, uses = yield [Call("search", {"text": f"def {name}("}), Call("search", {"text": name})]
    found, used = value(definition), value(uses)
    if not found:
        return f"Nothing named {name} is defined in this source tree; the name occurs {len(used)} times."
    place = found[0]
    around = {"path": place["path"], "first_line": place["line"], "last_line": place["line"] + 60}
    [result] = yield [Call("read_file", around)]
    files = sorted({hit["path"] for hit in used} - {place["path"]})
    users = f"It is named in {', '.join(files[:4])} too." if files else "No other file names it."
    return f"{name} is defined in {place['path']}, line {place['line']}: {_sentence(value(result))} {users}"


def explain(question: str) -> Plan:
    """Reads the file that was named; where there is none, looks what there is and reads the one most like it."""
    path = next(iter(re.findall(r"[\w./-]+\.py", question)), "model.py")
    [result] = yield [Call("read_file", {"path": path})]
    missing = ""
    if failure(result):
        [listing] = yield [Call("list_files")]
        near = _nearest(path, value(listing))
        missing, path = f"There is no {path}; the nearest is {near}. ", near
        [result] = yield [Call("read_file", {"path": path})]
    [counted] = yield [Call("count_definitions", {"path": path})]
    found = value(counted)
    return (
        f"{missing}{path}: {_sentence(value(result))} It has {found['classes']} classes and {found['functions']} "
        f"functions in {found['lines']} lines."
    )


def longest(_: str) -> Plan:
    """The plain case: one call, one answer."""
    [result] = yield [Call("list_files", {"pattern": "**/*.py"})]
    files = value(result)
    return "The longest files:\n" + listed([f"{file['path']}: {file['lines']} lines" for file in files[:5]])


def read_everything(_: str) -> Plan:
    """Reads more than the model's context holds, so that the API refuses the next request."""
    [result] = yield [Call("list_files", {"pattern": "**/*.py"})]
    paths = [file["path"] for file in value(result)[:12]]
    read = yield [Call("read_file", {"path": path, "first_line": 1, "last_line": 2_000}) for path in paths]
    return f"I have read {len(paths)} files of {sum(map(len, read)):,} characters; they are written alike."


FILES = frozenset({"list_files", "read_file", "search", "count_definitions"})
CODE_PLANS: tuple[Rule, ...] = (
    (FILES, r"every file", read_everything),
    (FILES, r"how many|compare", count),
    (FILES, r"where is|who (uses|calls)", find),
    (FILES, r"longest", longest),
    (FILES, r"\.py\b", explain),
)


def _quoted(question: str) -> str:
    found = re.search(r"`(\w+)`", question)
    if not found:
        raise GaveUpError("Tell me the name in `backquotes`, please.")
    return found.group(1)


def _nearest(path: str, files: list[dict[str, Any]]) -> str:
    paths = [str(file["path"]) for file in files]
    by_name = {PurePosixPath(path).name: path for path in reversed(paths)}
    return by_name[get_close_matches(PurePosixPath(path).name, by_name, n=1, cutoff=0)[0]]


def _sentence(source: str) -> str:
    """The first sentence of the first docstring in a piece of source, or its first line."""
    found = re.search(r'"""(.+?)(?:\.\s|\.?"""|\n\s*\n|$)', source, re.DOTALL)
    return (" ".join(found.group(1).split()) if found else source.strip().split("\n", 1)[0]).rstrip(".") + "."
