"""No web page of others reaches the collector, by any route or method."""

from __future__ import annotations

import inspect
import re
from unittest.mock import MagicMock

import pytest
from starlette.routing import Mount

from otel_agents.collector.api.guard import Guard
from otel_agents.collector.api.routes import routes
from otel_agents.collector.receiver.otlp_http import otlp_http
from tests.collector.api.asking import ask, sql

ANY = {"GET", "POST", "PUT", "DELETE"}  # of a route that itself says which methods it takes


def all_routes() -> list[tuple[str, str]]:
    """Method and path of every route there is; of the routes only the list is looked at, so they work on nothing."""
    made = [*otlp_http(MagicMock()), *routes(*(MagicMock() for _ in inspect.signature(routes).parameters))]
    found = []
    for route in made:
        if isinstance(route, Mount):
            found.append(("GET", f"{route.path}/app.js"))
        else:
            path = re.sub(r"{\w+(:\w+)?}", "abc", route.path)
            found += [(method, path) for method in sorted(route.methods or ANY) if method != "HEAD"]
    return found


ROUTES = [
    *all_routes(),
    ("OPTIONS", "/api/v1/sql"),
    ("DELETE", "/api/v1/traces/abc"),
    ("PUT", "/api/v1/nothing"),
    ("GET", "/nothing/here"),
]


def test_the_table_of_routes_is_the_whole_one():
    assert {("POST", "/v1/traces"), ("GET", "/"), ("POST", "/api/v1/sql"), ("DELETE", "/api/v1/keys/abc")} <= set(
        ROUTES
    )
    assert len(ROUTES) > 30


def refused(answer, path):
    """Whether it says so as its path's clients understand it: OTLP's get a google.rpc.Status."""
    return answer.json["code"] == 7 if path.startswith("/v1/") else answer.kind == "forbidden"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_foreign_host_is_refused_everywhere(url, method, path):
    for host in ("evil.example", "evil.example:4318", "localhost.evil.example", "127.0.0.1@evil.example"):
        answer = ask(url, method, path, Host=host)
        assert (answer.status, refused(answer, path)) == (421, True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:9999", "127.0.0.1:1"])
def test_the_names_of_loopback_are_known(url, host):
    assert ask(url, "GET", "/healthz", Host=host).status == 200


FOREIGN = [
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "null"},
]


@pytest.mark.parametrize(("method", "path"), [r for r in ROUTES if r[0] not in ("GET", "OPTIONS") or "/api/" in r[1]])
def test_another_origin_is_refused(url, method, path):
    for headers in FOREIGN:
        answer = ask(url, method, path, b"{}", Content_Type="application/json", **headers)
        assert (answer.status, refused(answer, path)) == (403, True)


def test_its_own_pages_are_not(url):
    own = {"Origin": url, "Sec_Fetch_Site": "same-origin"}
    assert sql(url, "SELECT 1", **own).json["rows"] == [[1]]
    assert ask(url, "GET", "/api/v1/overview", **own).status == 200
    assert ask(url, "GET", "/", Sec_Fetch_Site="cross-site").status == 200  # a link to it


CHANGING = [r for r in ROUTES if r[0] in ("POST", "PUT", "PATCH") and "/api/" in r[1]]


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_a_body_needs_to_be_json(url, method, path):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = ask(url, method, path, '{"sql": "SELECT 1"}', Content_Type=kind)
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


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/export/../../../etc/passwd",
        "/api/v1/export?trace=../../etc/passwd",
        "/api/v1/traces/..%2f..%2fetc%2fpasswd",
        "/api/v1/queries/..%2f..%2fetc%2fpasswd",
    ],
)
def test_no_path_is_one_of_a_file(url, path):
    answer = ask(url, "GET", path)
    assert (answer.status in (400, 404, 405), b"root:" in answer.body) == (True, False)
