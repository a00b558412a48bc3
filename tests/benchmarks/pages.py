"""Puts the tables of a run into the documentation, each between its marks: ``python -m tests.benchmarks --write``."""

import re

_MARKED = re.compile(r"(<!-- bench: (.+?) -->\n).*?(<!-- / -->)", re.DOTALL)


def tables(printed: str) -> dict[str, str]:
    """The tables among what benchmarks print, by title, their cells without padding."""
    found = re.findall(r"^### (.+)\n\n((?:\|.*\n)+)", printed, re.MULTILINE)
    return {title: "\n".join(map(_compact, body.splitlines())) for title, body in found}


def marks(page: str) -> list[str]:
    """What the tables of a page are found by: a part of the title."""
    return [mark for _, mark, _ in _MARKED.findall(page)]


def written(page: str, made: dict[str, str]) -> str:
    """The page with the tables that were made in their places; a place whose table was not made stays as it is."""

    def place(match: re.Match[str]) -> str:
        begin, mark, end = match.groups()
        fitting = [table for title, table in made.items() if mark in title]
        if len(fitting) > 1:
            raise ValueError(f"several tables have {mark!r} in their title")
        return f"{begin}{fitting[0]}\n{end}" if fitting else match.group()

    return _MARKED.sub(place, page)


def _compact(line: str) -> str:
    return "| " + " | ".join(cell.strip() for cell in line.strip("|").split(" | ")) + " |"
