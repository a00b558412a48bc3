"""Where a webhook may go: its name is resolved once, the address is judged, and that very address is connected to.

Whoever controls a name could have it point into this network, at a metadata service or a router. So a name may mean a
public address alone, unless the channel says otherwise; loopback has to be written as what it is.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from otel_agents.notify.channels.channel import Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping


def resolve(host: str, port: int, *, private: bool) -> str:
    """Return an address of a host that may be connected to.

    Args:
        host: a name or an address.
        port: which will be connected to.
        private: whether it may be in a private network.

    Raises:
        Refused: it may not.
        Unreachable: there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unreachable("NameResolutionError") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not all(private or _is_public(address) or _is_own_loopback(host, address) for address in addresses):
        raise Refused("its address is not public; webhook+private+http:// allows that")
    return addresses[0]


def post(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float, *, private: bool) -> int:
    """Post to a URL and return the status; redirections are not followed.

    Raises:
        Refused: it may not be posted there.
        Unreachable: nobody answers.
    """
    import urllib3  # with the first notice

    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = resolve(host, port, private=private)
    named: dict[str, Any] = {"server_hostname": host, "assert_hostname": host} if secure else {}
    pool = (urllib3.HTTPSConnectionPool if secure else urllib3.HTTPConnectionPool)(address, port, **named)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = parts.netloc.rpartition("@")[2]
    with pool:
        try:
            answer = pool.urlopen(
                "POST", target, body=body, headers={"host": place, **headers}, timeout=timeout_s, retries=False
            )
        except urllib3.exceptions.HTTPError as error:  # its text may hold the address, which may be a secret
            raise Unreachable(type(error).__name__) from None
    return int(answer.status)


def _is_public(address: str) -> bool:
    ip = _ip(address)
    return ip.is_global and not ip.is_multicast


def _is_own_loopback(host: str, address: str) -> bool:
    if not _ip(address).is_loopback:
        return False
    try:
        return _ip(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return getattr(ip, "ipv4_mapped", None) or ip
