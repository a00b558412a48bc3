"""``make fuzz``: feeds a collector's doors with what is made up, for as long as is wanted, and says what it saw."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.conftest import running_collector
from tests.fuzz.running import ANSWERS, Findings, Fuzzer, prepared

GROWTH_BYTES = 64 << 20  # more than this after memory has settled is a leak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("doors", nargs="*", choices=[*ANSWERS, []], help="default: all, one after the other")
    parser.add_argument("--minutes", type=float, default=5, help="of each door; default: 5")
    parser.add_argument("--seed", type=int, default=None, help="of what is made up; default: another each time")
    parser.add_argument("--threads", type=int, default=4)
    args = parser.parse_args()
    seed = random.randrange(10**9) if args.seed is None else args.seed
    failed = False
    for door in args.doors or ANSWERS:
        print(f"{door}: {args.minutes:g} minutes, --seed {seed}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            environment = prepared(Path(folder))
            with running_collector(Path(folder) / "data", **environment) as collector:
                findings = Fuzzer(collector, door, seed).run(args.threads, seconds=args.minutes * 60)
                failed = _report(findings) or failed
    return int(failed)


def _report(findings: Findings) -> bool:
    answers = ", ".join(f"{name}: {number:,}" for name, number in sorted(findings.answers.items()))
    print(f"  {sum(findings.answers.values()):,} requests ({answers}); {findings.kept:,} good spans kept")
    megabytes = [size >> 20 for size in findings.memory] or [0]
    print(f"  memory: {megabytes[0]} MB, at most {max(megabytes)}, {megabytes[-1]} at the end", flush=True)
    wrong = list(findings.wrong)
    if findings.growth() > GROWTH_BYTES:
        wrong.append(f"memory grew by {findings.growth() >> 20} MB after it had settled")
    for what in wrong[:50]:
        print(f"  WRONG {what}", flush=True)
    print(f"  {len(wrong)} findings", flush=True)
    return bool(wrong)


sys.exit(main())
