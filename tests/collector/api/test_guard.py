"""No web page of others reaches the collector, by any route or method."""

from __future__ import annotations

import pytest

from otel_agents.collector.api.guard import Guard
from tests.collector.api.asking import ask, sql

ROUTES = [
    ("GET", "/"),
    ("GET", "/ui/app.js"),
    ("GET", "/healthz"),
    ("GET", "/api/v1/overview"),
    ("GET", "/api/v1/traces"),
    ("GET", "/api/v1/traces/abc"),
    ("GET", "/api/v1/schema"),
    ("GET", "/api/v1/live"),
    ("POST", "/api/v1/sql"),
    ("POST", "/v1/traces"),
    ("POST", "/v1/logs"),
    ("OPTIONS", "/api/v1/sql"),
    ("DELETE", "/api/v1/traces/abc"),
    ("GET", "/nothing/here"),
]


def refused(answer, path):
    """Whether it says so as its path's clients understand it: OTLP's get a google.rpc.Status."""
    return answer.json["code"] == 7 if path.startswith("/v1/") else answer.kind == "forbidden"


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4318", "localhost.evil.example", "127.0.0.1@evil.example"]
)
def test_a_foreign_host_is_refused_everywhere(url, method, path, host):
    answer = ask(url, method, path, Host=host)
    assert (answer.status, refused(answer, path)) == (421, True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:9999", "127.0.0.1:1"])
def test_the_names_of_loopback_are_known(url, host):
    assert ask(url, "GET", "/healthz", Host=host).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [r for r in ROUTES if r[0] in ("POST", "DELETE") or "/api/" in r[1]])
def test_another_origin_is_refused(url, method, path, headers):
    answer = ask(url, method, path, b"{}", Content_Type="application/json", **headers)
    assert (answer.status, refused(answer, path)) == (403, True)


def test_its_own_pages_are_not(url):
    own = {"Origin": url, "Sec_Fetch_Site": "same-origin"}
    assert sql(url, "SELECT 1", **own).json["rows"] == [[1]]
    assert ask(url, "GET", "/api/v1/overview", **own).status == 200
    assert ask(url, "GET", "/", Sec_Fetch_Site="cross-site").status == 200  # a link to it


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_post_needs_to_be_json(url, kind):
    answer = ask(url, "POST", "/api/v1/sql", '{"sql": "SELECT 1"}', Content_Type=kind)
    assert (answer.status, answer.kind) == (415, "bad_request")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[1] != "/api/v1/live"])
def test_every_answer_says_what_browsers_are_to_refuse(url, method, path):
    headers = ask(url, method, path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("listening_on", "host", "status"),
    [
        ("0.0.0.0", "192.168.1.7:4318", 200),
        ("0.0.0.0", "[fe80::1]:4318", 200),
        ("::", "10.0.0.1", 200),
        ("0.0.0.0", "evil.example", 421),
        ("192.168.1.7", "192.168.1.7", 200),
        ("192.168.1.7", "192.168.1.8", 421),
        ("traces.internal", "traces.internal:80", 200),
        ("127.0.0.1", "", 421),
        ("127.0.0.1", "[::1", 421),
    ],
)
async def test_hosts_of_a_collector_that_listens_wider(listening_on, host, status):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())]}
    await Guard(app, listening_on)(scope, None, send)
    assert sent[0]["status"] == status
