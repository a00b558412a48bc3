"""Where webhooks go: to public addresses and what was written for this machine, and not where a name leads inside."""

import socket
from dataclasses import replace

import pytest

from otel_agents.notify.channels.addresses import make
from otel_agents.notify.channels.channel import Refused, Unreachable
from otel_agents.notify.channels.pinned import resolve
from tests.notify.channels.notices import FIRING, NOTICE, hooks


@pytest.fixture
def named(monkeypatch):
    """Make a name mean some addresses; gives the list of what was asked for."""
    asked = []

    def mean(*addresses):
        def answer(host, port, *_given, **_named):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr("otel_agents.notify.channels.pinned.socket.getaddrinfo", answer)
        return asked

    return mean


INSIDE = [
    "127.0.0.1",
    "10.0.0.5",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:10.0.0.5",
    "::ffff:127.0.0.1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_means_an_address_inside_is_refused(named, address):
    named("8.8.8.8", address)
    with pytest.raises(Refused, match="not public"):
        resolve("hooks.example.com", 443, private=False)
    assert resolve("hooks.example.com", 443, private=True) == "8.8.8.8"


@pytest.mark.parametrize("host", ["10.0.0.5", "169.254.169.254", "192.168.1.1", "fd00::1", "0.0.0.0"])
def test_so_is_an_address_inside_but_for_loopback_which_says_what_it_is(host):
    with pytest.raises(Refused):
        resolve(host, 80, private=False)
    assert resolve("127.0.0.1", 80, private=False) == "127.0.0.1"
    assert resolve("8.8.8.8", 80, private=False) == "8.8.8.8"


def test_a_name_is_asked_for_once_and_what_was_looked_at_is_connected_to(named):
    with hooks() as receiver:
        asked = named("127.0.0.1")
        make(f"webhook+private+http://hooks.example.com:{receiver.port}/s3cret", None, None).send(NOTICE)
        path, headers, _ = receiver.next()
    assert (path, headers["host"]) == ("/s3cret", f"hooks.example.com:{receiver.port}")
    assert asked == ["hooks.example.com", "127.0.0.1"]  # the latter is how the socket is opened


def test_a_name_that_nobody_knows_is_tried_again(monkeypatch):
    def answer(*_given, **_named):
        raise socket.gaierror

    monkeypatch.setattr("otel_agents.notify.channels.pinned.socket.getaddrinfo", answer)
    with pytest.raises(Unreachable, match="NameResolutionError"):
        resolve("nowhere.example.com", 443, private=False)


def test_a_line_end_in_a_name_begins_no_line(caplog):
    forged = replace(FIRING, message="Chat\r\nERROR root: all is lost\x1b[2J")
    make("log:", None, None).send(NOTICE._replace(name="slow\r\nchat", alerts=(forged,)))
    (record,) = caplog.records
    assert record.getMessage() == "slow  chat: firing (high): Chat  ERROR root: all is lost [2J"
