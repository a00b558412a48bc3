"""Keys: who has none stays out, by every road, and each gets in where its scopes say."""

from __future__ import annotations

import http.client
import json
import select
import socket
import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from otel_agents.collector.api.access import cookie_name
from tests.collector import otlp
from tests.collector.api.asking import Answer, ask, sql
from tests.conftest import RunningCollector, running_collector, up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON = {"Content_Type": "application/json"}
PROTOBUF = {"Content_Type": "application/x-protobuf"}


class Keyed:
    """A collector that asks for keys, and the key of its owner."""

    def __init__(self, collector: RunningCollector) -> None:
        self.collector = collector
        self.url = collector.url
        state = json.loads((collector.data / "collector.json").read_text())
        self.owner = bearer(state["key"])
        self.grpc = f"127.0.0.1:{state['grpc_port']}"
        self.cookie = cookie_name(state["port"])

    def create(self, name: str, *scopes: str, **given: Any) -> dict[str, Any]:
        answer = self.post("/api/v1/keys", {"name": name, "scopes": scopes, **given})
        assert answer.status == 201, answer.body
        return answer.json

    def key(self, *scopes: str, **given: Any) -> dict[str, str]:
        """Headers with a new key."""
        return bearer(self.create("test", *scopes, **given)["key"])

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
        return ask(self.url, "POST", path, json.dumps(body), **JSON, **(self.owner if headers is None else headers))

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return ask(self.url, "GET", path, **(self.owner if headers is None else headers))

    def send(self, headers: dict[str, str]) -> int:
        body = otlp.request(otlp.span()).SerializeToString()
        return ask(self.url, "POST", "/v1/traces", body, **PROTOBUF, **headers).status

    def send_grpc(self, headers: dict[str, str]) -> grpc.StatusCode:
        with grpc.insecure_channel(self.grpc) as channel:
            export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            metadata = [(name.lower(), value) for name, value in headers.items()]
            try:
                export(otlp.request(otlp.span()).SerializeToString(), metadata=metadata, timeout=60)
            except grpc.RpcError as error:
                return error.code()
        return grpc.StatusCode.OK


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@contextmanager
def keyed(data: Path, *arguments: str, **environment: str) -> Iterator[Keyed]:
    with running_collector(data, "--require-keys", *arguments, **environment) as collector:
        yield Keyed(collector)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with keyed(tmp_path_factory.mktemp("keys") / "data") as found:
        yield found


ROADS = {
    "overview": lambda at, key: at.get("/api/v1/overview", key).status,
    "traces": lambda at, key: at.get("/api/v1/traces", key).status,
    "a trace": lambda at, key: 200 if at.get(f"/api/v1/traces/{'ab' * 16}", key).status == 404 else 401,
    "schema": lambda at, key: at.get("/api/v1/schema", key).status,
    "sql": lambda at, key: sql(at.url, "SELECT 1", **key).status,
    "export": lambda at, key: at.get("/api/v1/export", key).status,
    "metrics": lambda at, key: at.get("/metrics", key).status,
}


@pytest.mark.parametrize("road", ROADS.values(), ids=ROADS.keys())
def test_reading_needs_a_key_that_reads(at, road):
    stranger = bearer("oak_0123456789ab_" + "x" * 43)
    assert [road(at, {}), road(at, stranger), road(at, at.key("read")), road(at, at.key("admin"))] == [
        401,
        401,
        200,
        200,
    ]


def test_sending_needs_a_key_that_ingests(at):
    reader, ingester = at.key("read"), at.key("ingest")
    assert [at.send(key) for key in ({}, bearer("guess"), reader, ingester)] == [401, 401, 403, 200]
    assert [at.send_grpc(key) for key in ({}, bearer("guess"), reader, ingester)] == [
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.OK,
    ]


def test_what_listens_for_grpc_takes_nothing_from_a_page(at):
    """Browsers speak HTTP/1.1 to an address without TLS, and DNS rebinding needs no more."""
    request = b"POST /opentelemetry.proto.collector.trace.v1.TraceService/Export HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    host, _, port = at.grpc.partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as page:
        page.sendall(request)
        assert not page.recv(65536).startswith(b"HTTP/1.")


def test_who_sends_cannot_read(at):
    key = at.key("ingest")
    assert (at.get("/api/v1/traces", key).status, sql(at.url, "SELECT 1", **key).status) == (403, 403)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/keys"),
        ("POST", "/api/v1/keys"),
        ("DELETE", "/api/v1/keys/ci"),
        ("GET", "/api/v1/audit"),
        ("GET", "/api/v1/backup"),
        ("POST", "/api/v1/login-links"),
        ("POST", "/api/v1/not/there/yet"),
        ("DELETE", "/api/v1/traces/abc"),
    ],
)
def test_administering_and_changing_needs_a_key_of_an_administrator(at, method, path):
    key = at.key("ingest", "read")
    assert ask(at.url, method, path, "{}", **JSON).status == 401
    assert ask(at.url, method, path, "{}", **JSON, **key).status == 403


def test_only_health_and_the_login_page_are_open(at):
    found = [
        at.get(path, {}).status for path in ("/healthz", "/readyz", "/login", "/ui/theme.js", "/", "/nothing", "/ui")
    ]
    assert found == [200, 200, 200, 200, 303, 401, 401]
    assert at.get("/", {}).headers["location"] == "/login"


@pytest.mark.parametrize(
    "path", ["/api/v1/overview?token={}", "/api/v1/overview?key={}", "/?access_token={}", "/login?key={}"]
)
def test_a_key_in_an_address_is_none(at, path):
    key = at.create("test", "admin")["key"]
    assert at.get(path.format(key), {}).status != 200 or "/login" in path
    assert "set-cookie" not in at.get(path.format(key), {}).headers


def test_a_revoked_key_lets_nobody_in_and_ends_the_sessions_begun_with_it(at):
    made = at.create("leaver", "ingest", "read")
    key = bearer(made["key"])
    session = log_in(at, made["key"])
    assert (at.send(key), at.get("/api/v1/traces", session).status) == (200, 200)

    assert [gone["id"] for gone in at_revoke(at, "leaver")] == [made["id"]]
    assert (at.send(key), at.send_grpc(key)) == (401, grpc.StatusCode.UNAUTHENTICATED)
    assert at.get("/api/v1/traces", session).status == 401


def test_a_key_ends_at_its_time(at):
    lasting, short = at.key("read", days=1), at.key("read", days=0.2 / 86_400)
    while at.get("/api/v1/traces", short).status != 401:
        time.sleep(0.05)
    assert at.get("/api/v1/traces", lasting).status == 200


def test_nothing_tells_a_key_again(at):
    made = at.create("quiet", "ingest")
    at.send(bearer(made["key"]))
    told = [at.get(path).body.decode() for path in ("/api/v1/keys", "/api/v1/audit?limit=1000", "/metrics")]
    files = b"".join(path.read_bytes() for path in at.collector.data.glob("state.sqlite3*"))

    assert made["id"] in told[0]
    secret = made["key"].rpartition("_")[2]
    assert [secret in text for text in told] == [False] * 3
    assert secret.encode() not in files


def test_last_use_is_kept(at):
    made = at.create("busy", "ingest")
    at.send(bearer(made["key"]))
    listed = {key["id"]: key for key in at.get("/api/v1/keys").json["keys"]}
    assert listed[made["id"]]["last_used"] is not None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "the body must be such as"),
        ({"name": "x"}, "the scopes of a key must be some of ingest, read, admin"),
        ({"name": "x", "scopes": ["root"]}, "the scopes of a key must be some of ingest, read, admin"),
        ({"name": "a\nb", "scopes": ["read"]}, "on one line"),
        ({"name": "x", "scopes": ["admin"], "tenant": "acme"}, "cannot have the scope admin"),
        ({"name": "x", "scopes": ["read"], "days": -1}, "must end in more than 0"),
        ({"name": "x", "scopes": ["read"], "colour": 1}, "unknown: colour"),
    ],
)
def test_a_key_that_cannot_be_made_says_why(at, body, says):
    answer = at.post("/api/v1/keys", body)
    assert (answer.status, says in answer.json["error"]["message"]) == (400, True)


# --- Sessions -------------------------------------------------------------------------------------------------------


def log_in(at: Keyed, shown: str) -> dict[str, str]:
    answer = at.post("/api/v1/login", {"key": shown}, {})
    assert answer.status == 204, answer.body
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def at_revoke(at: Keyed, name: str) -> list[dict[str, Any]]:
    return ask(at.url, "DELETE", f"/api/v1/keys/{name}", **at.owner).json["revoked"]


def test_the_link_that_is_printed_works_once(at):
    code = at.collector.printed.partition("/login#")[2].split()[0]
    session = log_in(at, code)
    assert at.get("/", session).status == 200
    assert at.get("/api/v1/me", session).json["session"] is True
    assert at.post("/api/v1/login", {"key": code}, {}).status == 401


def test_the_cookie_is_for_this_browser_and_these_pages_alone(at):
    code = at.post("/api/v1/login-links", {}).json["path"].partition("#")[2]
    told = at.post("/api/v1/login", {"key": code}, {}).headers["set-cookie"]
    name, *flags = (part.strip() for part in told.split(";"))
    assert name.startswith(f"{at.cookie}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=604800"} <= set(flags)


def test_a_key_of_a_reader_begins_a_session_that_can_read_and_no_more(at):
    session = log_in(at, at.create("reader", "read")["key"])
    assert at.get("/api/v1/traces", session).status == 200
    assert at.get("/api/v1/keys", session).status == 403
    assert at.post("/api/v1/login", {"key": at.create("sender", "ingest")["key"]}, {}).status == 403


def test_logging_out_ends_the_session(at):
    session = log_in(at, at.create("reader", "read")["key"])
    assert at.post("/api/v1/logout", {}, session).status == 204
    assert at.get("/api/v1/traces", session).status == 401


def test_a_page_of_another_origin_can_neither_log_in_nor_out(at):
    session = log_in(at, at.create("reader", "read")["key"])
    for path in ("/api/v1/login", "/api/v1/logout"):
        assert at.post(path, {"key": "x"}, session | {"Origin": "https://evil.example"}).status == 403


@pytest.mark.parametrize("cookie", ["", "=", "otel_agents_1=x", 'a="', "{name}=", "{name}=x; {name}=y"])
def test_what_is_no_cookie_of_ours_is_nobody(at, cookie):
    assert at.get("/api/v1/traces", {"Cookie": cookie.format(name=at.cookie)}).status == 401


# --- Limits, the log, and starting ----------------------------------------------------------------------------------


def test_a_key_that_asks_too_often_is_asked_to_come_again_and_others_are_not(tmp_path):
    with keyed(tmp_path / "data", OTEL_AGENTS_KEY_REQUESTS="1", OTEL_AGENTS_KEY_RECORDS="2") as at:
        greedy, other = at.key("read"), at.key("read")
        answers = [at.get("/api/v1/schema", greedy) for _ in range(12)]
        late = next(answer for answer in answers if answer.status == 429)
        assert (late.kind, int(late.headers["retry-after"]) >= 1) == ("too_many", True)
        assert at.get("/api/v1/schema", other).status == 200
        assert at.get("/api/v1/schema").status == 200  # its owner

        sender = at.key("ingest")
        many = otlp.request(*(otlp.span() for _ in range(10))).SerializeToString()
        first, second = (ask(at.url, "POST", "/v1/traces", many, **PROTOBUF, **sender) for _ in range(2))
        assert (first.status, second.status) == (200, 429)
        assert int(second.headers["retry-after"]) >= 1
        assert at.send_grpc(sender) is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_slow_queries_of_one_key_leave_room_for_those_of_others(at):
    greedy, other = at.key("read"), at.key("read")
    body = json.dumps({"sql": "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 1"})
    with ExitStack() as stack:
        slow = []
        for _ in range(4):
            connection = stack.enter_context(closing(http.client.HTTPConnection(at.url.removeprefix("http://"))))
            connection.request("POST", "/api/v1/sql", body, {"Content-Type": "application/json", **greedy})
            slow.append(connection.sock)
        answer = sql(at.url, "SELECT 1", **other)
        ended, _, _ = select.select(slow, [], [], 0)

    assert (answer.json["rows"], ended) == ([[1]], [])


def test_the_audit_log_tells_who_did_what_and_what_came_of_it(at):
    made = at.create("auditor", "read")
    key = bearer(made["key"])
    sql(at.url, "SELECT 'ada@example.com', 2", **key)
    sql(at.url, "SELECT * FROM read_csv('/etc/passwd')", **key)
    at.get("/api/v1/export", key)
    at.get("/api/v1/backup", key)
    at_revoke(at, made["id"])

    entries = at.get("/api/v1/audit?who=auditor").json["entries"]
    assert [(entry["action"], entry["subject"], entry["outcome"]) for entry in reversed(entries)] == [
        ("sql", "SELECT '[redacted:email]', 2", "done"),
        ("sql", "SELECT * FROM read_csv('/etc/passwd')", "refused"),
        ("export", "/api/v1/export", "done"),
        ("access", "GET /api/v1/backup", "refused"),
    ]
    newest = at.get("/api/v1/audit?who=owner&limit=1").json["entries"][0]
    assert (newest["action"], newest["subject"]) == ("key revoked", f"auditor ({made['id']})")


def test_sessions_and_keys_outlive_a_restart_and_codes_do_not(tmp_path):
    with keyed(tmp_path / "data") as at:
        made = at.create("ci", "read")
        session = log_in(at, made["key"])
        port, code = at.url.rpartition(":")[2], at.collector.printed.partition("/login#")[2].split()[0]
    with keyed(tmp_path / "data", "--port", port) as at:
        assert [at.get("/api/v1/traces", who).status for who in (bearer(made["key"]), session)] == [200, 200]
        assert at.post("/api/v1/login", {"key": code}, {}).status == 401


def test_wider_than_loopback_it_starts_with_a_key_alone(tmp_path):
    data = tmp_path / "data"
    with up("--host", "0.0.0.0", "--port", "0", "--grpc-port", "0", "--data", str(data)) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "there is no key they would need: make one with `otel-agents keys create NAME" in said

    with keyed(data) as at:
        key = at.key("read")
    with running_collector(data, "--host", "0.0.0.0") as collector:
        assert collector.url.startswith("http://127.0.0.1:")  # an address a browser can open
        assert ask(collector.url, "GET", "/api/v1/traces").status == 401
        assert ask(collector.url, "GET", "/api/v1/traces", **key).status == 200


def test_without_keys_anybody_here_reads_and_writes_and_only_the_owner_makes_keys(url, tmp_path):
    assert ask(url, "GET", "/api/v1/traces").status == 200
    assert ask(url, "POST", "/api/v1/keys", '{"name": "x", "scopes": ["admin"]}', **JSON).status == 403
    assert ask(url, "GET", "/api/v1/audit").status == 403


def test_a_damaged_state_stops_it_from_starting_with_keys_and_says_what_to_do(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "state.sqlite3").write_bytes(b"damaged" * 1000)
    with up("--require-keys", "--port", "0", "--grpc-port", "0", "--data", str(data)) as process:
        _, said = process.communicate(timeout=60)
    assert (process.returncode, "is damaged: put back a copy of it, or move it away" in said) == (1, True)


def test_whoever_shows_a_key_is_held_to_it_where_none_is_required(tmp_path):
    with running_collector(tmp_path / "data") as collector:
        at = Keyed(collector)
        acme = at.key("ingest", "read", tenant="acme")
    with running_collector(tmp_path / "data") as collector:  # one that has not looked at the keys yet
        at = Keyed(collector)
        for name, headers in (("ours", acme), ("another's", {})):
            body = otlp.request(otlp.span(name=name)).SerializeToString()
            assert ask(at.url, "POST", "/v1/traces", body, **PROTOBUF, **headers).status == 200
        seen = [sql(at.url, "SELECT name, tenant FROM spans ORDER BY name", **key).json["rows"] for key in (acme, {})]
    assert seen == [[["ours", "acme"]], [["another's", None], ["ours", "acme"]]]
