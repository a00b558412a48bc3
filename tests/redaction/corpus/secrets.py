"""Secrets of each kind, as their issuers publish the form."""

import base64
import json
import random
import string
from collections.abc import Callable

ALNUM = string.ascii_letters + string.digits
URL_SAFE = ALNUM + "-_"
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits

Make = Callable[[random.Random], str]


def run(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def base64url(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def jwt(rng: random.Random) -> str:
    head = {"alg": rng.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"}
    claims = {"sub": run(rng, "0123456789", 10), "iat": rng.randint(10**9, 2 * 10**9), "scope": "read write"}
    return f"{base64url(head)}.{base64url(claims)}.{run(rng, URL_SAFE, 43)}"


def pem(rng: random.Random) -> str:
    label = rng.choice(["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    lines = [run(rng, ALNUM + "+/", 64) for _ in range(rng.randint(3, 12))]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"{run(rng, ALNUM, 30)}==", f"-----END {label}-----"])


TOKENS: dict[str, list[Make]] = {
    "openai_key": [
        lambda r: f"sk-proj-{run(r, URL_SAFE, 74)}T3BlbkFJ{run(r, URL_SAFE, 74)}",
        lambda r: f"sk-{run(r, ALNUM, 20)}T3BlbkFJ{run(r, ALNUM, 20)}",
        lambda r: f"sk-svcacct-{run(r, URL_SAFE, 60)}",
    ],
    "anthropic_key": [
        lambda r: f"sk-ant-api03-{run(r, URL_SAFE, 93)}AA",
        lambda r: f"sk-ant-oat01-{run(r, URL_SAFE, 80)}",
    ],
    "other sk- key": [
        lambda r: f"sk-{run(r, HEX, 32)}",  # DeepSeek
        lambda r: f"sk-or-v1-{run(r, HEX, 64)}",  # OpenRouter
        lambda r: "sk-lf-" + "-".join(run(r, HEX, n) for n in (8, 4, 4, 4, 12)),  # Langfuse
    ],
    "google_key": [lambda r: f"AIza{run(r, URL_SAFE, 35)}", lambda r: f"GOCSPX-{run(r, URL_SAFE, 28)}"],
    "google_token": [lambda r: f"ya29.{run(r, URL_SAFE, 150)}"],
    "aws_key": [lambda r: f"AKIA{run(r, UPPER, 16)}", lambda r: f"ASIA{run(r, UPPER, 16)}"],
    "github_token": [
        lambda r: f"{r.choice(['ghp', 'gho', 'ghu', 'ghs', 'ghr'])}_{run(r, ALNUM, 36)}",
        lambda r: f"github_pat_{run(r, ALNUM, 22)}_{run(r, ALNUM, 59)}",
    ],
    "gitlab_token": [lambda r: f"glpat-{run(r, URL_SAFE, 20)}"],
    "slack_token": [
        lambda r: f"xoxb-{run(r, '0123456789', 12)}-{run(r, '0123456789', 13)}-{run(r, ALNUM, 24)}",
        lambda r: f"xoxp-{run(r, '0123456789', 11)}-{run(r, '0123456789', 12)}-{run(r, HEX, 32)}",
        lambda r: f"xapp-1-A{run(r, UPPER, 10)}-{run(r, '0123456789', 13)}-{run(r, HEX, 64)}",
        lambda r: f"hooks.slack.com/services/T{run(r, UPPER, 8)}/B{run(r, UPPER, 8)}/{run(r, ALNUM, 24)}",
    ],
    "stripe_key": [
        lambda r: f"{r.choice(['sk', 'rk'])}_{r.choice(['live', 'test'])}_{run(r, ALNUM, r.choice([24, 99]))}",
        lambda r: f"whsec_{run(r, ALNUM, 32)}",
    ],
    "huggingface_token": [lambda r: f"hf_{run(r, string.ascii_letters, 34)}"],
    "groq_key": [lambda r: f"gsk_{run(r, ALNUM, 52)}"],
    "xai_key": [lambda r: f"xai-{run(r, ALNUM, 80)}"],
    "perplexity_key": [lambda r: f"pplx-{run(r, ALNUM, 48)}"],
    "replicate_token": [lambda r: f"r8_{run(r, ALNUM, 37)}"],
    "npm_token": [lambda r: f"npm_{run(r, ALNUM, 36)}"],
    "pypi_token": [lambda r: f"pypi-AgEIcHlwaS5vcmc{run(r, URL_SAFE, 150)}"],
    "sendgrid_key": [lambda r: f"SG.{run(r, URL_SAFE, 22)}.{run(r, URL_SAFE, 43)}"],
    "databricks_token": [lambda r: f"dapi{run(r, HEX, 32)}"],
    "jwt": [jwt],
    "private_key": [pem],
}

WORDS = "sunset Trombone kettle Marble orchid Falcon velvet Cobalt harbor Juniper".split()


def password(rng: random.Random) -> str:
    return rng.choice(
        [
            run(rng, ALNUM + "!#$%*+-_?", rng.randint(8, 20)),
            f"{rng.choice(WORDS)}{rng.randint(1, 9999)}{rng.choice('!?#*')}",
            f"{rng.choice(WORDS)}-{rng.choice(WORDS)}-{rng.choice(WORDS)}".lower(),  # words alone
            "".join(rng.sample(WORDS, 2)).lower(),
        ]
    )


def opaque(rng: random.Random) -> str:
    """A key without a form of its own: only its name tells."""
    return rng.choice(
        [
            run(rng, HEX, 32),
            run(rng, ALNUM, 40),
            run(rng, ALNUM + "+/", 40),
            run(rng, URL_SAFE, 64),
            run(rng, UPPER, 24),
        ]
    )


def luhn_complete(digits: str) -> str:
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


CARDS = {  # first digits, length, groups
    "visa": ("4", 16, (4, 4, 4, 4)),
    "mastercard": ("53", 16, (4, 4, 4, 4)),
    "mastercard 2": ("2345", 16, (4, 4, 4, 4)),
    "amex": ("37", 15, (4, 6, 5)),
    "diners": ("36", 14, (4, 6, 4)),
    "discover": ("6011", 16, (4, 4, 4, 4)),
    "jcb": ("3541", 16, (4, 4, 4, 4)),
    "unionpay": ("62", 16, (4, 4, 4, 4)),
}


def card(rng: random.Random, *, valid: bool = True) -> str:
    first, length, groups = rng.choice(list(CARDS.values()))
    number = luhn_complete(first + run(rng, string.digits, length - 1 - len(first)))
    if not valid:
        number = number[:-1] + str((int(number[-1]) + rng.randint(1, 9)) % 10)
    mark = rng.choice(["", " ", "-"])
    parts, at = [], 0
    for size in groups:
        parts.append(number[at : at + size])
        at += size
    return mark.join(parts)


NAMES = "ada.lovelace grace_hopper linus t.berners-lee marie+news info o'brien j.müller 李雷 k8s-admin jsmith42".split()
HOSTS = (
    "example.com mail.example.org uni-köln.de firma.com.br examplecorp.co.uk startup.io xn--bcher-kva.example".split()
)


def email(rng: random.Random) -> str:
    return f"{rng.choice(NAMES)}@{rng.choice(HOSTS)}"


def phone(rng: random.Random) -> str:
    """A number as people of some country write it; x is any digit, n one from 2 to 9."""
    form = rng.choice(PHONES)
    return "".join(rng.choice("0123456789") if c == "x" else rng.choice("23456789") if c == "n" else c for c in form)


PHONES = (
    *("+1 (nxx) nxx-xxxx", "+1-nxx-nxx-xxxx", "+1nxxnxxxxxx", "(nxx) nxx-xxxx", "nxx-nxx-xxxx", "nxx.nxx.xxxx"),
    *("+44 20 7xxx xxxx", "020 7xxx xxxx", "+44 7xxx xxxxxx", "07xxx xxxxxx"),
    *("+49 30 nxxxxxxx", "+49 (0)170 nxxxxxx", "0170 nxxxxxx", "030/nxxxxxx", "0049 89 nxxxxxxx", "089-nxxxxxxx"),
    *("+33 6 xx xx xx xx", "06 xx xx xx xx", "01.nx.xx.xx.xx"),
    *("+34 6xx xxx xxx", "+39 06 nxxx xxxx", "+31 6 nxxxxxxx", "+48 5xx xxx xxx", "+46 70 nxx xx xx"),
    *("+55 11 9nxxx-xxxx", "(11) 9nxxx-xxxx", "+52 55 nxxx xxxx", "+91 98xxx xxxxx", "98xxx xxxxx"),
    *(
        "+86 138 xxxx xxxx",
        "+81 90-nxxx-xxxx",
        "090-nxxx-xxxx",
        "+82 10-nxxx-xxxx",
        "+61 4xx xxx xxx",
        "+972 54-nxx-xxxx",
    ),
)
