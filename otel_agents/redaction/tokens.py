"""Secrets that name themselves by a prefix: one row a kind, in one table.

A row is found in three steps, each cheaper than the next: the gate looks for the prefixes in a whole text
(:mod:`~otel_agents.redaction.gate`), ``PREFIX`` finds where one stands, and the row's pattern says whether the rest
has the shape its issuer publishes. Every quantifier is bounded and no two that follow one another share a character
they could argue about, so no text makes a pattern slow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WORD = "[0-9A-Za-z_-]"


@dataclass(frozen=True, slots=True)
class Token:
    """One kind of secret.

    Attributes:
        kind: its name, in replacements, counts and settings.
        prefixes: texts one of which it begins with.
        pattern: its whole shape, the prefix included, as a regular expression.
        gate: a part of it, as the gate looks for it; "" where another row's covers it.
    """

    kind: str
    prefixes: tuple[str, ...]
    pattern: str
    gate: str


def _token(kind: str, prefixes: str, rest: str, gate: str | None = None) -> Token:
    """Make a row: prefixes separated by commas, and the pattern of what comes after any of them."""
    names = tuple(prefixes.split(", "))
    anyone = f"(?:{'|'.join(map(re.escape, names))})"
    return Token(kind, names, anyone + rest, f"{anyone}{_WORD}{{6}}" if gate is None else gate)


# Where a prefix of one row begins that of another, the longer one stands first.
TOKENS: Final = (
    _token("anthropic_key", "sk-ant-", f"{_WORD}{{20,256}}", gate=""),
    _token("openai_key", "sk-proj-, sk-svcacct-, sk-admin-", f"{_WORD}{{20,256}}", gate=""),
    # OpenAI's older keys, and those of DeepSeek, OpenRouter, Langfuse and others that follow their form. Names of CSS
    # classes and packages begin so too: a key has a digit, and letters that are no words between hyphens.
    _token(
        "api_key",
        "sk-",
        rf"(?!(?:[a-z]{{1,40}}-){{0,8}}[a-z]{{0,40}}(?:-?[0-9]{{1,4}})?(?!{_WORD}))(?={_WORD}{{0,80}}[0-9]){_WORD}{{20,256}}",
        gate=f"sk-{_WORD}{{0,40}}[0-9A-Z]",
    ),
    _token(
        "stripe_key",
        "sk_live_, sk_test_, rk_live_, rk_test_",
        "[0-9A-Za-z]{16,256}",
        gate="k_(?:live|test)_[0-9A-Za-z]{6}",
    ),
    _token("stripe_key", "whsec_", "[0-9A-Za-z+/]{24,128}={0,2}"),
    _token("google_key", "AIza", f"{_WORD}{{35}}"),
    _token("google_key", "GOCSPX-", f"{_WORD}{{28}}"),
    _token("google_token", "ya29.", f"{_WORD}{{20,2048}}"),
    _token("aws_key", "AKIA, ASIA", "[0-9A-Z]{16}(?![0-9A-Za-z])", gate="A[KS]IA[0-9A-Z]{16}"),
    _token("aws_key", "ABSK", "[0-9A-Za-z+/]{60,256}={0,2}"),
    _token("github_token", "ghp_, gho_, ghu_, ghs_, ghr_", "[0-9A-Za-z]{36,255}"),
    _token("github_token", "github_pat_", "[0-9A-Za-z_]{22,255}"),
    _token("gitlab_token", "glpat-", rf"{_WORD}{{20,64}}(?:\.[0-9a-z]{{2,16}}){{0,3}}"),
    _token(
        "slack_token",
        "xoxa-, xoxb-, xoxe-, xoxo-, xoxp-, xoxr-, xoxs-, xoxe.",
        "[0-9A-Za-z-]{10,512}",
        gate="xox[a-z][.-][0-9A-Za-z]",
    ),
    _token("slack_token", "xapp-", "[0-9A-Za-z-]{20,512}"),
    _token("slack_token", "hooks.slack.com/", r"(?:services|workflows|triggers)/[0-9A-Za-z_/-]{20,256}"),
    _token("huggingface_token", "hf_", "[0-9A-Za-z]{30,64}"),
    _token("groq_key", "gsk_", "[0-9A-Za-z]{40,128}"),
    _token("xai_key", "xai-", "[0-9A-Za-z]{60,128}"),
    _token("perplexity_key", "pplx-", "[0-9A-Za-z]{40,128}"),
    _token("replicate_token", "r8_", "[0-9A-Za-z]{37}"),
    _token("npm_token", "npm_", "[0-9A-Za-z]{36}"),
    _token("pypi_token", "pypi-", f"{_WORD}{{50,512}}"),
    _token("sendgrid_key", "SG.", rf"{_WORD}{{16,64}}\.{_WORD}{{16,128}}"),
    _token("databricks_token", "dapi", "[0-9a-f]{32}(?:-[0-9])?(?![0-9A-Za-z])"),
    _token("jwt", "eyJ", rf"{_WORD}{{8,4096}}\.{_WORD}{{8,16384}}(?:\.{_WORD}{{0,4096}}){{1,3}}"),
    _token(
        "private_key",
        "-----BEGIN ",
        # To its end, or as far as it goes where a text is cut or the end is somewhere else.
        r"[A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:(?!-----)[\s\S]){0,16384}-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
        r"|[0-9A-Za-z+/=\s\\:,-]{0,16384})",
        gate="-----BEGIN [A-Z0-9 ]{0,32}PRIV",
    ),
)

ROW: Final = {prefix: row for row in reversed(TOKENS) for prefix in row.prefixes}
# A prefix inside a word is none, but for the letter of an escape such as \n in JSON.
PREFIX: Final = (
    r"(?:(?<![0-9A-Za-z_-])|(?<=\\[nrtbf]))(?:" + "|".join(map(re.escape, sorted(ROW, key=len, reverse=True))) + ")"
)
