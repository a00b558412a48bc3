"""The vendored files: nothing is fetched from elsewhere, and each is accounted for."""

import re
from importlib.resources import files

UI = files("otel_agents.collector") / "ui"


def scripts(folder):
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from scripts(entry)
        elif entry.name.endswith(".js"):
            yield entry


def test_every_import_is_a_file_beside_it():
    imported = [name for script in scripts(UI) for name in re.findall(r'\bfrom ?"([\w@./-]+)"', script.read_text())]
    assert [name for name in imported if not name.startswith(".")] == []


def test_every_vendored_file_is_in_the_readme():
    readme = (UI / "vendor" / "README.md").read_text()
    names = {entry.name for entry in (UI / "vendor").iterdir() if entry.is_file()} - {"README.md"}
    assert {name for name in names if f"| {name}" not in readme and f", {name}" not in readme} == set()
