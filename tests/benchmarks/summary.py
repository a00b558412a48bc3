"""The README's tables: a few columns of those of the speed page, which benchmarks write there."""

from collections.abc import Iterable


def sdk(page: str) -> str:
    """This SDK beside those that every table of losses has."""
    span, footprint = _table(page, "A span of about 10 attributes"), _table(page, "To have it")
    burst, away = _table(page, "spans as fast as the program can"), _table(page, "The collector is away")
    return _markdown(
        [
            "",
            "CPU of the calling thread",
            "of the process",
            "packages",
            "import",
            "of 50,000 at once",
            "exit, no answer",
        ],
        (
            [name, span[name][1], span[name][3], *footprint[name][:2], burst[name][0], away[name][-1]]
            for name in list(away)[1:]
        ),
    )


def collector(page: str) -> str:
    """This collector beside others."""
    beside = _table(page, "A collector beside ours")
    return _markdown(["", *beside[""][:6]], ([name, *beside[name][:6]] for name in list(beside)[1:]))


def _table(page: str, mark: str) -> dict[str, list[str]]:
    """The rows of a table by their first cell, without it; the head's is empty."""
    begin = page.index(f"<!-- bench: {mark}")
    head, _, *rows = page[page.index("\n", begin) + 1 : page.index("\n<!-- / -->", begin)].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (head, *rows)]
    return {name: rest for name, *rest in cells}


def _markdown(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])
