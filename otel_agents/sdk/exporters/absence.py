"""Receivers that do not answer: said once for each, however many kinds of telemetry go there."""

from __future__ import annotations

from urllib.parse import urlsplit

_absent: set[str] = set()


def begin(where: str) -> bool:
    """Note that nobody answers at an address; say whether that is news."""
    host = _host(where)
    if host in _absent:
        return False
    _absent.add(host)
    return True


def end(where: str) -> None:
    """Note that somebody answered."""
    _absent.discard(_host(where))


def forget() -> None:
    """Know nothing, as in a program that has just been configured."""
    _absent.clear()


def _host(where: str) -> str:
    return urlsplit(where).netloc or where
