"""Run the benchmarks named (default: all) and print their tables as Markdown.

python -m tests.benchmarks [sdk] [redaction] [ingest] [query] [--quick]
"""

import argparse
import os
import platform

from tests.benchmarks import ingest, query, redaction, sdk, watching

BENCHMARKS = {
    "sdk": sdk.run,
    "health": watching.run,
    "redaction": redaction.run,
    "ingest": ingest.run,
    "query": query.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to see that it runs")
    args = parser.parse_args()
    unknown = set(args.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}\n")
    for name in args.names or BENCHMARKS:
        print(BENCHMARKS[name](quick=args.quick), flush=True)


if __name__ == "__main__":
    main()
