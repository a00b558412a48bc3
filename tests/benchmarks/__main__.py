"""Run the benchmarks named (default: all) and print their tables as Markdown.

python -m tests.benchmarks [machine] [sdk] [health] [redaction] [ingest] [query] [beside] [--quick | --write]
"""

import argparse
import os
import platform

from tests import docs
from tests.benchmarks import beside, ingest, machine, pages, query, redaction, sdk, watching

BENCHMARKS = {
    "machine": machine.run,
    "sdk": sdk.run,
    "health": watching.run,
    "redaction": redaction.run,
    "ingest": ingest.run,
    "query": query.run,
    "beside": beside.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to see that it runs")
    parser.add_argument("--write", action="store_true", help="put the tables into the documentation, too")
    args = parser.parse_args()
    unknown = set(args.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    if args.quick and args.write:
        parser.error("--write is for a whole run")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}\n")
    for name in args.names or BENCHMARKS:
        printed = BENCHMARKS[name](quick=args.quick)
        print(printed, flush=True)
        if args.write:  # at once: what comes after may fail
            made = pages.tables(printed)
            for page in docs.PAGES:
                page.write_text(pages.written(page.read_text("utf-8"), made), "utf-8")
            docs.write()  # the README's, which are of some of these


if __name__ == "__main__":
    main()
