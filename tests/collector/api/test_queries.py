"""``/api/v1/queries`` on a running collector."""

from __future__ import annotations

import json

import pytest

from tests.collector.api.asking import ask
from tests.collector.api.test_keys import keyed

PATH = "/api/v1/queries"


def put(url: str, name: str, body: object, **headers: str):
    return ask(url, "PUT", f"{PATH}/{name}", json.dumps(body), Content_Type="application/json", **headers)


def names(url: str, **headers: str) -> list[str]:
    return [query["name"] for query in ask(url, "GET", PATH, **headers).json["queries"]]


def test_a_query_is_saved_read_changed_renamed_and_deleted(url):
    assert names(url) == []
    assert put(url, "cost%20per%20user", {"sql": "SELECT 1", "about": "what each costs"}).status == 201
    assert put(url, "cost%20per%20user", {"sql": "SELECT 2"}).status == 200
    kept = ask(url, "GET", f"{PATH}/cost%20per%20user").json
    assert kept.pop("changed").endswith("Z")
    assert kept == {"name": "cost per user", "sql": "SELECT 2", "about": "", "changed_by": "anybody"}

    to = json.dumps({"name": "a/b é"})
    renamed = ask(url, "PATCH", f"{PATH}/cost%20per%20user", to, Content_Type="application/json")
    assert (renamed.status, names(url)) == (200, ["a/b é"])
    assert ask(url, "DELETE", f"{PATH}/a%2Fb%20%C3%A9").status == 200
    assert names(url) == []


def test_a_name_is_there_once(url):
    put(url, "first", {"sql": "SELECT 1"})
    put(url, "second", {"sql": "SELECT 2"})
    answer = ask(url, "PATCH", f"{PATH}/second", '{"name": "first"}', Content_Type="application/json")
    assert (answer.status, answer.json["error"]["message"]) == (400, "there is a query 'first' already")
    for name in ("first", "second"):
        ask(url, "DELETE", f"{PATH}/{name}")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_not_there_is_said_not_to_be(url, method):
    answer = ask(url, method, f"{PATH}/nothing", '{"name": "x"}', Content_Type="application/json")
    assert (answer.status, answer.json["error"]["message"]) == (404, "there is no saved query 'nothing'")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x", {}),
        ("x", {"sql": ""}),
        ("x", {"sql": 1}),
        ("x", {"sql": "SELECT 1", "about": 1}),
        ("x", {"sql": "x" * 70_000}),
        ("x", {"sql": "\x00"}),
        ("x", {"sql": "\ud800"}),
        ("%20", {"sql": "SELECT 1"}),
        ("%0A", {"sql": "SELECT 1"}),
        ("x" * 101, {"sql": "SELECT 1"}),
    ],
)
def test_what_cannot_be_saved_is_refused(url, name, body):
    assert (put(url, name, body).status, names(url)) == (400, [])


def test_a_page_elsewhere_cannot_save_or_delete(url):
    for method in ("PUT", "DELETE"):
        answer = ask(
            url, method, f"{PATH}/x", '{"sql": "SELECT 1"}', Content_Type="application/json", Origin="http://evil"
        )
        assert answer.status == 403


def test_each_tenant_has_its_own(tmp_path):
    with keyed(tmp_path / "data") as at:
        acme, globex = (at.key("read", tenant=tenant) for tenant in ("acme", "globex"))
        assert put(at.url, "costs", {"sql": "SELECT 1"}, **acme).status == 201
        assert put(at.url, "costs", {"sql": "SELECT 2"}, **globex).status == 201
        assert ask(at.url, "DELETE", f"{PATH}/costs", **globex).status == 200
        assert (names(at.url, **acme), names(at.url, **globex), names(at.url, **at.owner)) == (["costs"], [], [])
        assert put(at.url, "costs", {"sql": "SELECT 1"}, **at.key("ingest")).status == 403
        assert put(at.url, "costs", {"sql": "SELECT 1"}).status == 401
