"""Settings: arguments first, then variables, then defaults; whatever is wrong is named."""

import re
from dataclasses import dataclass

import pytest

from otel_agents import settings
from otel_agents.errors import ConfigurationError
from otel_agents.settings import load, setting


@dataclass(frozen=True)
class Example:
    name: str = setting("nobody", env=("EX_NAME", "EX_OLD_NAME"), parse=settings.text, doc="who")
    size: int = setting(3, env=("EX_SIZE",), parse=settings.whole(1, 9), doc="how many")
    on: bool = setting(True, env=("EX_ON",), parse=settings.flag, doc="whether")


def test_arguments_win_over_variables_and_variables_over_defaults():
    got = load(Example, {"name": "given"}, {"EX_NAME": "from environment", "EX_SIZE": "5"})
    assert got == Example(name="given", size=5, on=True)


def test_the_first_variable_that_is_present_wins_and_blank_ones_do_not_count():
    assert load(Example, {}, {"EX_NAME": " ", "EX_OLD_NAME": "old"}).name == "old"


@pytest.mark.parametrize(
    ("given", "environ", "message"),
    [
        ({"size": 10}, {}, "setting 'size': expected a whole number between 1 and 9, got 10"),
        ({"size": 2.5}, {}, "setting 'size': expected a whole number between 1 and 9, got 2.5"),
        ({}, {"EX_ON": "perhaps"}, "variable EX_ON: expected true or false, got 'perhaps'"),
        ({"nam": "x"}, {}, "unknown setting 'nam'; did you mean 'name'?"),
        ({"colour": "x"}, {}, "unknown setting 'colour'; known are: name, on, size"),
    ],
)
def test_what_is_wrong_is_named(given, environ, message):
    with pytest.raises(ConfigurationError) as caught:
        load(Example, given, environ)
    assert str(caught.value) == message


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "example.toml"
    path.write_text('name = "from file"\nsize = 7\non = false\n')
    return path


def test_arguments_win_over_variables_and_variables_over_the_file(file):
    got = load(Example, {"name": "given"}, {"EX_NAME": "from environment", "EX_SIZE": "5"}, file=file)
    assert got == Example(name="given", size=5, on=False)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("size = 10", "setting 'size': expected a whole number between 1 and 9, got 10"),
        ("siez = 1", "unknown setting 'siez'; did you mean 'size'?"),
        ("[example]\nsize = 1", "unknown setting 'example'; known are: name, on, size"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(file, written, message):
    file.write_text(written)
    with pytest.raises(ConfigurationError) as caught:
        load(Example, {}, {}, file=file)
    assert str(caught.value) == f"{file}: {message}"


@pytest.mark.parametrize("written", [b"size = ", b"name = '\xff'"])
def test_a_file_that_is_not_toml_is_named(file, written):
    file.write_bytes(written)
    with pytest.raises(ConfigurationError, match=re.escape(f"{file} is not TOML: ")):
        load(Example, {}, {}, file=file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        load(Example, {}, {}, file=tmp_path / "none.toml")
    assert str(caught.value) == f"cannot read {tmp_path / 'none.toml'}: No such file or directory"


@pytest.mark.parametrize("bad", ["127.0.0.1:4318", "ftp://x", "http://", "http:// a", 3, "http://h:port"])
def test_an_address_needs_scheme_and_host(bad):
    with pytest.raises(ValueError, match="expected an address such as"):
        settings.http_url(bad)


def test_an_address_loses_its_trailing_slash():
    assert settings.http_url("http://h:1/") == "http://h:1"
