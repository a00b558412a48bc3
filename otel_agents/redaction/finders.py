"""Where secrets and personal data stand in a text: one small finder a kind of evidence.

Each gives :class:`Found` places within bounds; what begins before ``end`` may reach beyond it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agents.redaction import numbers
from otel_agents.redaction.gate import LOOK_AROUND
from otel_agents.redaction.tokens import PREFIX, ROW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agents.redaction.keys import Keys


class Found(NamedTuple):
    """A place in a text, and what stands there."""

    start: int
    end: int
    kind: str


# --- Tokens ---------------------------------------------------------------------------------------------------------

_PREFIX: Final = re.compile(PREFIX)
_compiled = cache(re.compile)  # when the first of its kind turns up


def tokens(text: str, start: int, end: int) -> Iterator[Found]:
    """Find secrets that begin with a prefix of their issuer."""
    reached = start
    for prefix in _PREFIX.finditer(text, start, end + LOOK_AROUND):
        if prefix.start() >= end:
            return
        row = ROW[prefix.group()]
        whole = _compiled(row.pattern).match(text, prefix.start()) if prefix.start() >= reached else None
        if whole is not None:
            reached = whole.end()
            yield Found(whole.start(), whole.end(), row.kind)


# --- What stands behind the name of a secret --------------------------------------------------------------------------

# "Bearer …" and "Basic …". Prose has both words, so what follows must look like no word.
_BEARER: Final = re.compile(
    r"(?<![A-Za-z])(?:[Bb]earer|BEARER|[Bb]asic|BASIC)[ \t]{1,4}"
    r"(?=[0-9A-Za-z._~+/-]{0,200}[0-9=])([0-9A-Za-z._~+/-]{12,4096}={0,2})"
)
_CORE: Final = (
    "passw(?:or[dt]|d)|passphrase|passcode|pwd|secret|token|api[_ -]?key|access[_-]?key|secret[_-]?key|private[_-]?key"
    "|authorization|cookie|credential|cvv|ssn"
)


@cache
def _core(more: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join([_CORE, *map(re.escape, more)]), re.IGNORECASE)


_KEY_CHARACTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_REST_OF_KEY: Final = re.compile(r"[0-9A-Za-z_-]{0,24}")
_SEPARATOR: Final = re.compile(r"[\"'`\\]{0,8}\]?[ \t]{0,3}(=>|:=|={1,2}|:|>|is(?= ))[ \t]{0,3}(?:\\?\n[ \t]{0,8})?")
_QUOTED: Final = re.compile(
    r"\"((?:[^\"\\\n]|\\.){1,4096})(?:\"|\Z)"
    r"|'((?:[^'\\\n]|\\.){1,4096})(?:'|\Z)"
    r"|(\\{1,7}[\"'])((?:(?!\3)[^\n]){1,4096})(?:\3|\Z)"
)
_PLAIN: Final = re.compile(r"[^\s\"'`,;&<>(){}\[\]|\\]{4,512}")
# An authorization with its scheme, and cookies, go to the end of the line.
_AUTHORIZATION: Final = re.compile(
    r"Digest[ \t]{1,4}(?:\w{1,20}=(?:\"[^\"\n]{0,512}\"|[\w.:/+-]{1,256})[, \t]{0,3}){1,20}"
    r"|(?:Basic|Bearer|Token|Digest|Negotiate|ApiKey|Key|SSWS|AWS4-HMAC-SHA256)[ \t]{1,4}[^\n\r\"'`\\<>]{3,4096}"
    r"|[^\s\"'`,;&<>(){}\[\]|\\]{4,512}",
    re.IGNORECASE,
)
_COOKIES: Final = re.compile(
    r"[\w.-]{1,64}=[^\s\"'`;,<>(){}\\]{1,4096}(?:;[ ]?[\w.-]{1,64}(?:=[^\s\"'`;,<>\\]{0,4096})?){0,64}"
)
_FORMS: Final = {
    "authorization": _AUTHORIZATION,
    "cookie": _COOKIES,
    "key": re.compile(r"[^\s\"'`,;&<>(){}\[\]|\\]{1,512}"),
}
# Words that stand where a value would, and are none: types, placeholders, references.
_NO_VALUE: Final = re.compile(
    r"(?:str(?:ing)?|text|bytes|int|integer|number|bool(?:ean)?|any|object|null|none|nil|true|false|undefined|optional"
    r"|required|yes|no|default|empty|missing|invalid|valid|expired|wrong|password|passwd|secret|token|key|value|redacted"
    r"|api[_ -]?key|authorization|cookies?|credentials?|private[_ -]?key|access[_ -]?token"
    r"|hidden|masked|bearer|basic|oauth2?|jwt|session|from|env|environment|\W{1,64}|x{3,64})[.!?]?"
    r"|(?:your|example|change|insert|enter|replace)[ _-].{0,60}|(?:my|the|some|an?)[ ].{0,60}"
    r"|\$(?:[a-z_]\w{0,64}|[{(].{0,200})|%(?:[a-z]|\(.{0,64}|\w{1,64}%)|\{.{0,200}|<[^>]{0,200}>?"
    r"|\[redacted.{0,64}|.{0,10}\*{3}.{0,64}|\.{3}.{0,64}|.{0,64}(?:…|\.{3})",
    re.IGNORECASE | re.DOTALL,
)
_MARKS: Final = frozenset("0123456789!#$%^*+=~?@")
_MIXED: Final = re.compile("[0-9=]|[a-z][A-Z]")
_ALGORITHM: Final = re.compile(r"(?:sha|md|aes|rsa|utf|base|argon|bcrypt|pbkdf|hs|rs|es)[-_]?[0-9]", re.IGNORECASE)
_LINE_START: Final = re.compile(r"(?:^|\n|\\n)[ \t-]{0,20}[\w-]{0,16}\Z")


def named(text: str, start: int, end: int, keys: Keys) -> Iterator[Found]:
    """Find values behind the name of a secret: ``password="…"``, ``api_key: …``, ``?token=…``, headers."""
    for bearer in _BEARER.finditer(text, start, end + LOOK_AROUND):
        if bearer.start() < end and (whole := _BEARER.match(text, bearer.start())) is not None:
            yield Found(*whole.span(1), "authorization")
    reached = start
    for core in _core(keys.spellings).finditer(text, start, end + LOOK_AROUND):
        if core.start() >= end:
            return
        if core.start() >= reached:
            found, reached = _value(text, core, keys)
            if found is not None:
                yield found


def _value(text: str, core: re.Match[str], keys: Keys) -> tuple[Found | None, int]:
    """Give the value behind a name, if there is one, and from where to look on."""
    before = text[max(0, core.start() - 48) : core.start()]
    key_start = core.start() - (len(before) - len(before.rstrip(_KEY_CHARACTERS)))
    if text[key_start - 1 : key_start] == "\\":  # the n of \n belongs to no name
        key_start += 1
    if text[max(0, key_start - 3) : key_start] == "://":  # a URL's user, with a password that at_signs finds
        return None, core.end()
    rest = _REST_OF_KEY.match(text, core.end())
    key_end = rest.end() if rest is not None else core.end()
    key = text[key_start:key_end]
    separator = _SEPARATOR.match(text, key_end)
    kind = keys.kind(key) if separator is not None else None
    if kind is None or separator is None:
        return None, core.end()
    at = separator.end()
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        start, end = quoted.span(quoted.lastindex or 0)
        is_one = (end - start >= 3 or kind == "key") and _NO_VALUE.fullmatch(text, start, end) is None
    else:
        plain = _FORMS.get(kind, _PLAIN).match(text, at)
        if plain is None:
            return None, at
        start, end = at, at + len(plain.group().rstrip(" .\t"))
        alone = kind == "password" and _LINE_START.search(text, max(0, key_start - 24), key_start) is not None
        stands = _Stand(
            key,
            kind,
            text[max(0, key_start - 2) : key_start],
            separator.group(1),
            alone and text[end : end + 1] in ("\n", "\r", ""),
            text[end : end + 2],
        )
        is_one = _is_value(plain.group(), stands)
    # What is none may hold another name, unless it is so long that looking again and again would take its time.
    return (Found(start, end, kind), end) if is_one else (None, end if end - start > 128 else at)


class _Stand(NamedTuple):
    """How a value stands in a text."""

    key: str
    kind: str
    before: str  # the key
    separator: str
    alone: bool  # the key begins its line, the value ends it
    after: str  # the value


def _is_value(value: str, stands: _Stand) -> bool:
    """Say whether what stands behind a key without quotes is a secret rather than prose or code."""
    if _NO_VALUE.fullmatch(value):
        return False
    if stands.separator == ">":  # <password>…</password>
        return stands.before[-1:] == "<" and stands.after == "</"
    if stands.kind == "key" or stands.alone:  # the user's own; a line of a configuration
        return stands.separator != "is"
    if stands.separator == "=" and (stands.key.isupper() or stands.before[-1:] in ("?", "&") or stands.key[:2] == "--"):
        return True  # an environment's, an address's, a command's
    if stands.kind == "authorization" and " " in value:  # with its scheme
        return _MIXED.search(value.partition(" ")[2]) is not None
    if stands.separator == "is" and (stands.kind not in ("password", "api_key") or _ALGORITHM.match(value)):
        return False
    letters_only = value.replace("_", "").replace(".", "").isalpha()
    return not letters_only and len(value) >= 6 and not _MARKS.isdisjoint(value)


# --- E-mail addresses and passwords in URLs -------------------------------------------------------------------------

_LOCAL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+'-"
_DOMAIN: Final = re.compile(r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}([^\W\d_]{2,24}|xn--[0-9a-z-]{2,60})(?![\w-])")
# What follows the at-sign and a dot in names of files and packages.
_NO_DOMAIN: Final = frozenset(
    (
        *("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "pdf", "py", "js", "mjs", "ts", "tsx", "jsx", "json"),
        *("yaml", "yml", "md", "txt", "html", "css", "csv", "xml", "toml", "lock", "tgz", "whl", "tar", "gz", "zip"),
        *("property", "setter", "getter", "route", "get", "post", "task", "fixture", "command", "mark", "service"),
    )
)
_PLACEHOLDER: Final = re.compile(
    r"\$.{1,200}|<.{0,200}|\{.{0,200}|%\(.{0,64}|\*{1,64}|\[redacted.{0,64}|…|\.{3}", re.DOTALL
)
_URL_REACH: Final = 512


def at_signs(text: str) -> Iterator[Found]:
    """Find e-mail addresses, and passwords before the host of a URL."""
    at = text.find("@")
    while at >= 0:
        found = _url_password(text, at) or _email(text, at)
        if found is not None:
            yield found
        at = text.find("@", at + 1)


def _email(text: str, at: int) -> Found | None:
    domain = _DOMAIN.match(text, at)
    if domain is None or domain.group(1).lower() in _NO_DOMAIN:
        return None
    start = at
    while start > 0 and at - start < 64 and (text[start - 1] in _LOCAL or text[start - 1].isalnum()):
        start -= 1
    escaped = text[start - 1 : start] == "\\" and text[start : start + 1] in tuple("nrtbf")
    start += 1 if escaped else 0
    if text[max(0, start - 3) : start] == "://":  # a URL's user
        return None
    while start < at and text[start] in ".'%+-":
        start += 1
    local = text[start:at]
    if not local or local.endswith(".") or (local == "git" and text[domain.end() : domain.end() + 1] == ":"):
        return None
    return Found(start, domain.end(), "email")


def _url_password(text: str, at: int) -> Found | None:
    reach = max(0, at - _URL_REACH)
    scheme = text.rfind("://", reach, at)
    if scheme < 0:
        return None
    user_info = text[scheme + 3 : at]
    user, colon, password = user_info.partition(":")
    if (
        "[redacted" in user_info
        or any(each in user_info for each in " \t\n\"'<>\\")
        or any(each in user for each in "/?#")
    ):
        return None
    if not colon:  # a token in the place of the user
        return Found(scheme + 3, at, "url_password") if len(user) >= 20 and not user.isalpha() else None
    if "/" in password and not re.match(r"@[\w.-]{1,253}(?::[0-9]{1,5})?(?:[/?#\s\"'\\]|\Z)", text[at : at + 300]):
        return None
    if not password or _PLACEHOLDER.fullmatch(password):
        return None
    return Found(scheme + 3 + len(user) + 1, at, "url_password")


# --- Numbers --------------------------------------------------------------------------------------------------------


def digits(text: str, start: int, end: int) -> Iterator[Found]:
    """Find card and telephone numbers."""
    for candidate in numbers.CANDIDATE.finditer(text, start, end + LOOK_AROUND):
        if candidate.start() >= end:
            return
        kind = numbers.kind(text, *candidate.span())
        if kind is not None:
            yield Found(*candidate.span(), kind)
