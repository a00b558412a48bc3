"""What is redacted and what stays, one behaviour each."""

import json
import random
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_agents.redaction.keys import Keys
from otel_agents.redaction.redactor import KINDS, Redactor
from tests.redaction.corpus import secrets

rng = random.Random(1)
KEY = secrets.TOKENS["openai_key"][0](rng)
CARD = secrets.card(rng)


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


# --- By key ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("password", "password"),
        ("DB_PASSWORD", "password"),
        ("userPassword", "password"),
        ("dbpassword", "password"),
        ("password_hash", "password"),
        ("X-API-Key", "api_key"),
        ("apiKey", "api_key"),
        ("APIKey", "api_key"),
        ("http.request.header.authorization", "authorization"),
        ("http.response.header.set-cookie", "cookie"),
        ("aws_secret_access_key", "api_key"),
        ("client_secret", "secret"),
        ("access_token", "token"),
        ("refreshToken2", "token"),
        ("private_key", "private_key"),
        ("credentials", "credential"),
        ("card_number", "card"),
    ],
)
def test_keys_that_hold_secrets(key: str, kind: str):
    assert Keys().kind(key) == kind


@pytest.mark.parametrize(
    "key",
    [
        *("gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens", "gen_ai.request.max_tokens"),
        *("max_tokens", "token_count", "token_type", "tokenizer", "tokens", "time_to_first_token", "eos_token"),
        *("next_page_token", "password_policy", "secretary", "cookie_consent", "api_key_id", "author", "authorized"),
        *("key", "keys", "primary_key", "foreign_key", "session.id", "passenger", "compass", "PWD", ""),
    ],
)
def test_keys_that_hold_none(key: str):
    assert Keys().kind(key) is None


def test_values_under_a_secret_key_go_whatever_they_are(redactor: Redactor):
    values = {
        "password": "x",
        "pin": 1234,
        "card_number": 4111,
        "token": 17,
        "secret": None,
        "cookies": ["a", "b"],
        "credentials": {"user": "ada", "until": 5, "more": [b"c"]},
        "deep": [{"x": {"apiKey": "k"}}],
    }
    assert redactor.changes(values) == {
        "password": "[redacted:password]",
        "card_number": "[redacted:card]",
        "cookies": ["[redacted:cookie]", "[redacted:cookie]"],
        "credentials": {"user": "[redacted:credential]", "until": 5, "more": ["[redacted:credential]"]},
        "deep": [{"x": {"apiKey": "[redacted:api_key]"}}],
    }


def test_json_is_read_by_its_keys_and_stays_json(redactor: Redactor):
    text = json.dumps({"user": "ada", "password": 'a"b', "n": {"pwd": "c", "ö": [1, None]}, "s": '{"token": "t0k"}'})
    assert json.loads(redactor.text(text)) == {
        "user": "ada",
        "password": "[redacted:password]",
        "n": {"pwd": "[redacted:password]", "ö": [1, None]},
        "s": '{"token": "[redacted:token]"}',
    }


@pytest.mark.parametrize(
    "key",
    [
        *(
            "password",
            "dbPassword",
            "DB_PASSWORD",
            "passwd",
            "passphrase",
            "pwd",
            "secret",
            "clientSecret",
            "CLIENT_SECRET",
        ),
        *(
            "token",
            "access_token",
            "accessToken",
            "ACCESS_TOKEN",
            "refresh-token",
            "api_key",
            "apiKey",
            "API_KEY",
            "apikey",
        ),
        *("X-API-Key", "x-api-key", "X-Api-Key", "APIKEY", "access_key", "accessKey", "secret_key", "private_key"),
        *("authorization", "Authorization", "proxy-authorization", "cookie", "Cookie", "set-cookie", "cookies"),
        *("credential", "credentials", "cvv", "ssn"),
    ],
)
def test_keys_are_found_in_json_however_they_are_spelled(redactor: Redactor, key: str):
    text = redactor.text(json.dumps([{"a": {key: "x"}}]))
    assert json.loads(text)[0]["a"][key].startswith("[redacted:")


def test_the_schema_of_an_argument_stays(redactor: Redactor):
    schema = {"properties": {"password": {"type": "string", "description": "The password"}}, "required": ["password"]}
    assert redactor.text(json.dumps(schema)) == json.dumps(schema)


def test_names_and_values_that_stand_beside_each_other(redactor: Redactor):
    headers = [
        {"name": "Authorization", "value": "Bearer x"},
        {"key": "password", "value": "x"},
        {"name": "a", "value": "x"},
    ]
    held = {
        "headers": headers,
        "pairs": [["cookie", "sid=x"], ["accept", "x"]],
        "command": ["mysql", "--password", "x", "-v"],
        "required": ["password", "email"],
    }
    expected = {
        "headers": [
            {"name": "Authorization", "value": "[redacted:authorization]"},
            {"key": "password", "value": "[redacted:password]"},
            {"name": "a", "value": "x"},
        ],
        "pairs": [["cookie", "[redacted:cookie]"], ["accept", "x"]],
        "command": ["mysql", "--password", "[redacted:password]", "-v"],
        "required": ["password", "email"],
    }
    assert redactor.value(held) == expected
    assert json.loads(redactor.text(json.dumps(held))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("headers['X-API-Key'] = 'abc'", "headers['X-API-Key'] = '[redacted:api_key]'"),
        ("pwd=abc123;", "pwd=[redacted:password];"),
        ("token:ghs_abc://x", "token:ghs_abc://x"),
        ("https://token:s3cr3t@example.com/o", "https://token:[redacted:url_password]@example.com/o"),
        ("ssh://git@example.com/o and git@example.com:o", "ssh://git@example.com/o and git@example.com:o"),
        ('Authorization: Digest username="a", response="f0"', "Authorization: [redacted:authorization]"),
        ("Cookie: a=1; sid=abc\nAccept: x", "Cookie: [redacted:cookie]\nAccept: x"),
        ("password is hunter2, really", "password is [redacted:password], really"),
        ("the password is SHA-256 hashed", "the password is SHA-256 hashed"),
    ],
)
def test_names_before_values_in_texts(redactor: Redactor, text: str, expected: str):
    assert redactor.text(text) == expected


def test_xml(redactor: Redactor):
    assert redactor.text("<user>ada</user><password>swordfish</password><token/> a -> b") == (
        "<user>ada</user><password>[redacted:password]</password><token/> a -> b"
    )


def test_names_of_the_users_own():
    redactor = Redactor(keys=["employee_id"])
    assert redactor.changes({"employee_id": "A17", "employeeId": "A17", "employee": "Ada"}) == {
        "employee_id": "[redacted:key]",
        "employeeId": "[redacted:key]",
    }
    assert redactor.text('{"employeeId": "A17", "a": 1}') == '{"employeeId": "[redacted:key]", "a": 1}'
    assert redactor.text("found employee_id=A17 there") == "found employee_id=[redacted:key] there"


# --- By value -------------------------------------------------------------------------------------------------------


def test_what_was_found_is_counted_by_kind():
    redactor = Redactor()
    text = f"{KEY} and {KEY}, ada@example.com, {CARD}, +49 170 1234567"
    assert redactor.text(text) == (
        "[redacted:openai_key] and [redacted:openai_key], [redacted:email], [redacted:card], [redacted:phone]"
    )
    assert redactor._counts == {"openai_key": 2, "email": 1, "card": 1, "phone": 1}


def test_what_holds_nothing_is_the_same_object(redactor: Redactor):
    for value in ("nothing here", {"a": [1, "b"]}, b"bytes", ["a", {"b": 2.5}], 5, None, ""):
        assert redactor.value(value) is value


def test_bytes_are_looked_into(redactor: Redactor):
    assert redactor.value(b"\xff\x00 " + KEY.encode() + b" \xfe") == b"\xff\x00 [redacted:openai_key] \xfe"


def test_text_with_halves_of_surrogate_pairs(redactor: Redactor):
    assert redactor.text(f"\ud83d ü {KEY}") == "? ü [redacted:openai_key]"


def test_secrets_behind_escapes_in_json_that_is_cut(redactor: Redactor):
    assert redactor.text(f'[{{"content": "Hi\\n{KEY}\\nmail:\\nada@example.com\\n') == (
        '[{"content": "Hi\\n[redacted:openai_key]\\nmail:\\n[redacted:email]\\n'
    )


def test_a_long_text_with_secrets_anywhere(redactor: Redactor):
    words = "the quick brown fox, " * 50_000
    for at in (0, 255, 4090, 500_000, len(words)):
        text = f"{words[:at]} {KEY} {words[at:]}"
        assert redactor.text(text) == f"{words[:at]} [redacted:openai_key] {words[at:]}"


def test_a_private_key_that_is_cut_off(redactor: Redactor):
    pem = secrets.pem(rng)
    assert redactor.text(f"key:\n{pem[: len(pem) // 2]}") == "key:\n[redacted:private_key]"


def test_kinds_can_be_left_alone():
    redactor = Redactor(leave=["email", "phone", "user.id", "password"])
    text = "ada@example.com, +49 170 1234567, password=hunter2"
    assert redactor.text(text) == text
    assert redactor.changes({"user.id": KEY, "other": KEY, "password": "x"}) == {"other": "[redacted:openai_key]"}


def test_patterns_of_the_users_own():
    redactor = Redactor(patterns={"ticket": re.compile(r"TCK-\d{6}"), "name": lambda text: text.replace("Ada", "A.")})
    assert redactor.text("Ada wrote TCK-123456 to ada@example.com") == (
        "A. wrote [redacted:ticket] to [redacted:email]"
    )
    assert redactor._counts == {"ticket": 1, "name": 1, "email": 1}


def test_every_kind_has_one_name():
    assert len(set(KINDS)) == len(KINDS)


# --- Whatever comes -------------------------------------------------------------------------------------------------

pieces = st.sampled_from(
    [
        *(
            '"',
            "\\",
            "\\n",
            "{",
            "}",
            "[",
            "]",
            ":",
            "=",
            " ",
            "@",
            "://",
            "/",
            ".",
            "-",
            "+",
            "(",
            "1",
            "0170 ",
            "é",
            "😀",
        ),
        *(
            "\ud800",
            "\n",
            "password",
            "token=",
            "Bearer ",
            "eyJ",
            "sk-",
            "-----BEGIN PRIVATE KEY-----",
            "4111 ",
            "a" * 40,
        ),
        *(KEY, CARD, "ada@example.com", "api_key: ", "cookie: a=", "is", "'", "x" * 300),
    ]
)


@example("3541-8001-7176-5293-----BEGIN PRIVATE KEY-----")
@given(st.lists(pieces, max_size=30).map("".join))
def test_any_text_gives_a_text_and_again_the_same(text: str):
    once = Redactor().text(text)
    assert Redactor().text(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "eyJ-",
            "eyJaaaaaaaa.",
            "a@",
            "@",
            "@a.",
            "://a:",
            "cookie:a=",
            "token=",
            "token='",
            "password: ",
            "Bearer a",
            "0 ",
        ),
        *(
            "1-",
            "+1",
            "(1",
            "-----BEGIN PRIVATE KEY-----",
            "sk-a-",
            "sk-1",
            "xoxb-",
            "{",
            "[",
            '{"a":',
            "\\",
            '\\"',
            "a.b@c.",
        ),
        *("Authorization: Basic ", "api_key is a", "AKIA", "hooks.slack.com/services/", "4111 1111 1111 1111 ", "a_"),
    ],
)
def test_no_text_takes_long(redactor: Redactor, piece: str):
    """This takes fractions of a second; what is quadratic would run into the tests' time limit."""
    redactor.text(piece * (200_000 // len(piece)))
