"""Every option once: its name, its variables, its default, its check and one line of documentation.

A settings class is a frozen dataclass whose fields are made by :func:`setting`. :func:`load` fills it from what the
program gave, then from the environment, then from a configuration file, then from the defaults, and names whatever is
wrong.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from otel_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

Parse = Callable[[Any], Any]
S = TypeVar("S")


def setting(default: Any, *, env: tuple[str, ...] = (), parse: Parse, doc: str, secret: bool = False) -> Any:
    """Declare one option as a dataclass field.

    Args:
        default: the value when neither the program nor the environment gives one.
        env: environment variables that set it, the first one present wins.
        parse: turns a given value or a variable's text into the option's value; raises ValueError saying what was
            expected.
        doc: one line for the reference documentation.
        secret: whether the value may be one; then no error shows it, and neither does the settings' repr.
    """
    metadata = {"env": env, "parse": parse, "doc": doc, "secret": secret}
    return dataclasses.field(default=default, repr=not secret, metadata=metadata)


def load(
    cls: type[S],
    given: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    *,
    signal: str = "TRACES",
    file: Path | None = None,
) -> S:
    """Build settings of ``cls`` from arguments, then variables, then a file, then defaults.

    Args:
        cls: the settings class.
        given: what the program says, by name.
        environ: the variables; those of the process when None.
        signal: the telemetry they are for: of OpenTelemetry's variables for one signal, which are declared as those
            for TRACES, this one's are read.
        file: a configuration file in TOML, of settings by name.

    Raises:
        ConfigurationError: an option is unknown or has a value its check refuses, or the file cannot be read.
    """
    values = {
        field.name: parsed(field, source, raw)
        for field, source, raw in found(cls, given, environ, signal=signal, file=file)
        if source is not None
    }
    return cls(**values)


def found(
    cls: type,
    given: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    *,
    signal: str = "TRACES",
    file: Path | None = None,
) -> Iterator[tuple[dataclasses.Field[Any], str | None, object]]:
    """Give each setting with where its value comes from, None for the default, and the value before its check.

    Args are those of :func:`load`.

    Raises:
        ConfigurationError: an option is unknown, or the file cannot be read.
    """
    environ = os.environ if environ is None else environ
    fields = {field.name: field for field in dataclasses.fields(cls)}
    _refuse_unknown(given, fields, "")
    written: Mapping[str, object] = {}
    if file is not None:
        written = _read_toml(file)
        _refuse_unknown(written, fields, f"{file}: ")
    for name, field in fields.items():
        source, raw = _find(name, field, given, environ, signal)
        if source is None and name in written:
            source, raw = f"{file}: setting {name!r}", written[name]
        yield field, source, raw


def parsed(field: dataclasses.Field[Any], source: str, raw: object) -> object:
    """Return a setting's value, as its check reads it.

    Raises:
        ConfigurationError: the check refuses it; the message names the source, and not the value of a secret.
    """
    try:
        return field.metadata["parse"](raw)
    except (ValueError, TypeError) as error:
        got = type(raw).__name__ if field.metadata["secret"] else repr(raw)
        raise ConfigurationError(f"{source}: {error}, got {got}") from None


def _refuse_unknown(names: Mapping[str, object], fields: Mapping[str, object], where: str) -> None:
    for name in names:
        if name not in fields:
            import difflib  # where it is needed: a program imports this module at its start

            near = difflib.get_close_matches(name, fields, n=1)
            help_text = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(sorted(fields))}"
            raise ConfigurationError(f"{where}unknown setting {name!r}; {help_text}")


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib  # as difflib above

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:  # what is not UTF-8, too
        raise ConfigurationError(f"{path} is not TOML: {error}") from None


def _find(
    name: str, field: dataclasses.Field[Any], given: Mapping[str, object], environ: Mapping[str, str], signal: str
) -> tuple[str | None, object]:
    if given.get(name) is not None:
        return f"setting {name!r}", given[name]
    for declared in field.metadata["env"]:
        variable = declared.replace("_OTLP_TRACES_", f"_OTLP_{signal}_")
        if environ.get(variable, "").strip():
            return f"variable {variable}", environ[variable].strip()
    return None, None


# --- Checks ---------------------------------------------------------------------------------------------------------


def text(value: object) -> str:
    """Accept any text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text that is not empty")
    return value


def flag(value: object) -> bool:
    """Accept a bool, or its usual spellings."""
    if isinstance(value, bool):
        return value
    spelled = str(value).lower()
    if spelled in ("1", "true", "yes", "on"):
        return True
    if spelled in ("0", "false", "no", "off"):
        return False
    raise ValueError("expected true or false")


def number(low: float, high: float) -> Parse:
    """Accept a number between two bounds, both included."""

    def parse(value: object) -> float:
        try:
            got = float(cast("Any", value))
        except (TypeError, ValueError):
            raise ValueError(f"expected a number between {low:g} and {high:g}") from None
        if isinstance(value, bool) or not low <= got <= high:
            raise ValueError(f"expected a number between {low:g} and {high:g}")
        return got

    return parse


def whole(low: int, high: int) -> Parse:
    """Accept a whole number between two bounds, both included."""
    expected = f"expected a whole number between {low} and {high}"

    def parse(value: object) -> int:
        try:
            got = number(low, high)(value)
        except ValueError:
            raise ValueError(expected) from None
        if got != int(got):
            raise ValueError(expected)
        return int(got)

    return parse


def one_of(*choices: str) -> Parse:
    """Accept one of a few words."""

    def parse(value: object) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return value

    return parse


def http_url(value: object) -> str:
    """Accept an http or https address; a trailing slash is dropped."""
    if isinstance(value, str) and " " not in value:
        from urllib.parse import urlsplit

        parts = urlsplit(value)
        with contextlib.suppress(ValueError):  # .port raises for what is no port
            if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
                return value.rstrip("/")
    raise ValueError("expected an address such as http://127.0.0.1:4318")
