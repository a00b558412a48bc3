"""How much of the corpus is found, and how much that is none: `python -m tests.redaction.measure` prints it."""

import json
import re
import sys
from collections import Counter, defaultdict

from otel_agents.redaction.redactor import Redactor
from tests import docs
from tests.redaction.corpus import cases


def shows(secret: str, text: str) -> bool:
    """Whether a text still shows a secret, or most of it: a run of half its characters."""
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return any(form[at : at + max(4, len(form) // 2)] in text for form in forms for at in (0, len(form) // 2))


def measure() -> tuple[dict[str, tuple[int, int]], list[cases.Case], dict[str, str]]:
    """Texts found and all, by kind; those missed; and harmless ones that were changed, with what became of them."""
    redactor = Redactor()
    all_of, found = Counter(), Counter()
    missed = []
    for case in cases.with_secrets():
        all_of[case.kind] += 1
        if shows(case.secret, redactor.text(case.text)):
            missed.append(case)
        else:
            found[case.kind] += 1
    changed = {text: new for text in cases.without() if (new := redactor.text(text)) != text}
    return {kind: (found[kind], count) for kind, count in all_of.items()}, missed, changed


def published() -> tuple[float, float]:
    """The shares the README gives: of secrets found, and of harmless texts changed."""
    found = re.search(r"finds ([\d.]+) % of .*?changes ([\d.]+) % of", docs.README.read_text("utf-8"), re.DOTALL)
    return float(found[1]) / 100, float(found[2]) / 100


def main() -> None:
    by_kind, missed, changed = measure()
    for kind, (found, count) in by_kind.items():
        print(f"{kind:22} {found:4} of {count:4}")
    total, count = (sum(each) for each in zip(*by_kind.values(), strict=True))
    harmless = len(cases.without())
    print(f"recall {total / count:.2%} of {count}; false alarms {len(changed) / harmless:.2%} of {harmless}")
    if "-v" in sys.argv:
        grouped = defaultdict(list)
        for case in missed:
            grouped[case.kind].append(case)
        for kind, group in grouped.items():
            for case in group[:40]:
                print(kind, repr(case.secret[:60]), repr(case.text[:150]))
        for text, new in changed.items():
            print("FALSE", repr(text[:160]), "->", repr(new[:200]))


if __name__ == "__main__":
    main()
