"""How much of the corpus is found, and how much that is none.

`python -m tests.redaction.measure [SEED …]` prints it, of the corpus as it is or with other numbers in it.
"""

import json
import re
import sys
from collections import Counter

from otel_agents.redaction.redactor import Redactor
from tests import docs
from tests.redaction.corpus import cases


def shows(secret: str, text: str) -> bool:
    """Whether a text still shows a secret, or most of it: a run of half its characters."""
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return any(form[at : at + max(4, len(form) // 2)] in text for form in forms for at in (0, len(form) // 2))


def measure(*seeds: int) -> tuple[dict[str, tuple[int, int]], list[cases.Case], int, dict[str, str]]:
    """Texts found and all, by kind; those missed; how many are harmless, and what became of those that changed.

    The seeds are those of the corpus; none: its own.
    """
    redactor = Redactor()
    all_of, found = Counter(), Counter()
    missed, harmless, changed = [], 0, {}
    for seed in seeds or (2026,):
        for case in cases.with_secrets(seed):
            all_of[case.kind] += 1
            if shows(case.secret, redactor.text(case.text)):
                missed.append(case)
            else:
                found[case.kind] += 1
        for text in cases.without(seed):
            harmless += 1
            if (new := redactor.text(text)) != text:
                changed[text] = new
    return {kind: (found[kind], count) for kind, count in all_of.items()}, missed, harmless, changed


def published() -> tuple[float, float]:
    """The shares the documentation gives: of secrets found, and of harmless texts changed."""
    found = re.search(r"finds ([\d.]+) % of .*?changes ([\d.]+) % of", docs.text(), re.DOTALL)
    return float(found[1]) / 100, float(found[2]) / 100


def main() -> None:
    by_kind, missed, harmless, changed = measure(*map(int, sys.argv[1:]))
    for kind, (found, count) in by_kind.items():
        print(f"{kind:22} {found:4} of {count:4}")
    total, count = (sum(each) for each in zip(*by_kind.values(), strict=True))
    print(f"recall {total / count:.2%} of {count}; false alarms {len(changed) / harmless:.2%} of {harmless}")
    for case in missed[:20]:
        print("missed:", repr(case.text[:160]))
    for text, new in list(changed.items())[:20]:
        print("false alarm:", repr(text[:160]), "->", repr(new[:160]))


if __name__ == "__main__":
    main()
