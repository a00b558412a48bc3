"""Every option of the SDK once: what ``configure()`` can be told."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Sampler

from otel_agents.alerts.budgets import Budget
from otel_agents.alerts.budgets import read as read_budget
from otel_agents.alerts.rules import make as make_rule
from otel_agents.alerts.thresholds import Thresholds
from otel_agents.pricing import Overrides
from otel_agents.redaction.redactor import KINDS
from otel_agents.settings import Parse, flag, http_url, number, one_of, setting, text, whole

_LEAST_CONTENT = 32  # characters; fewer show neither head nor tail

SAMPLERS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)


def _headers(value: object) -> dict[str, str]:
    """Accept a mapping, or ``key=value,key=value`` with percent-encoded values as in the variables' specification."""
    expected = "expected headers such as {'authorization': 'Bearer …'}"
    if isinstance(value, str):
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if not all(name.strip() and equals for name, equals, _ in pairs):
            raise ValueError("expected headers such as authorization=Bearer%20…,x-team=a")
        return {name.strip().lower(): unquote(content.strip()) for name, _, content in pairs}
    if isinstance(value, Mapping) and all(isinstance(part, str) for pair in value.items() for part in pair):
        return {name.lower(): content for name, content in value.items()}
    raise ValueError(expected)


def _attributes(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping) and all(isinstance(key, str) and key for key in value):
        return dict(value)
    raise ValueError("expected a mapping from names to values")


def _file(value: object) -> Path:
    path = Path(text(str(value))).expanduser()
    if not path.is_file():
        raise ValueError("expected a file that exists")
    return path


def _spool(value: object) -> Path | bool:
    """Accept a folder, or whether there is to be one."""
    try:
        return flag(value)
    except ValueError:
        return _folder(value)


def _logfire(value: object) -> bool | str:
    """Accept whether spans go to Logfire, or that they go nowhere else."""
    if value == "only":
        return "only"
    try:
        return flag(value)
    except ValueError:
        raise ValueError("expected true, false or only") from None


def _tokens(value: object) -> tuple[str, ...]:
    """Accept write tokens, one or several with commas between, as Logfire's own variable holds them."""
    given = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    tokens = tuple(token.strip() for token in given if isinstance(token, str) and token.strip())
    if (
        not tokens
        or len(tokens) < len(given)
        or not all(t.isascii() and t.isprintable() and " " not in t for t in tokens)
    ):
        raise ValueError("expected a write token such as pylf_v1_eu_…, or several with commas between")
    return tokens


def _capture(value: object) -> bool | int:
    """Accept whether content is recorded, or how many characters of each text.

    From the variable of OpenTelemetry's instrumentations, also where they are to put content.
    """
    where = {"span_only": True, "event_only": True, "span_and_event": True, "no_content": False}
    said = where.get(value.lower()) if isinstance(value, str) else None
    if said is not None:
        return said
    with suppress(ValueError):
        return flag(value)
    try:
        return int(whole(_LEAST_CONTENT, 1 << 31)(value))
    except ValueError:
        raise ValueError(f"expected true, false, or a number of characters, {_LEAST_CONTENT} or more") from None


def _listed(value: object) -> tuple[str, ...]:
    """Accept names, as a list or as a text with commas between."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in given):
        raise ValueError("expected names such as employee_id,email")
    return tuple(name.strip() for name in given if name.strip())


def _left(value: object) -> tuple[str, ...]:
    """Accept kinds of what is redacted and names of attributes; what looks like a kind misspelled is refused."""
    names = _listed(value)
    for name in names:
        if name not in KINDS and (near := difflib.get_close_matches(name, KINDS, n=1, cutoff=0.8)):
            raise ValueError(f"expected kinds ({', '.join(KINDS)}) or attributes; did you mean {near[0]!r}?")
    return names


def _patterns(value: object) -> dict[str, re.Pattern[str] | Callable[[str], str]]:
    """Accept regular expressions, or functions that redact a text, by the kind of what they find."""
    if not isinstance(value, Mapping) or not all(isinstance(kind, str) and kind for kind in value):
        raise ValueError("expected regular expressions or functions by kind, such as {'ticket': r'TCK-\\d{6}'}")
    patterns: dict[str, re.Pattern[str] | Callable[[str], str]] = {}
    for kind, pattern in value.items():
        try:
            patterns[kind] = re.compile(pattern) if isinstance(pattern, str) else pattern
        except re.error as error:
            raise ValueError(f"expected a regular expression for {kind!r} ({error})") from None
        if not callable(pattern) and not isinstance(getattr(pattern, "pattern", pattern), str):
            raise ValueError(f"expected a regular expression or a function for {kind!r}")
    return patterns


def _folder(value: object) -> Path:
    return Path(text(str(value))).expanduser()


def _all_of(kind: type[Any], what: str) -> Parse:
    def parse(value: object) -> tuple[Any, ...]:
        given = tuple(value) if isinstance(value, list | tuple) else (value,)
        if not all(isinstance(one, kind) for one in given):
            raise ValueError(f"expected {what}")
        return given

    return parse


def _sampler(value: object) -> str | Sampler:
    if isinstance(value, Sampler):
        return value
    if isinstance(value, str) and value.lower() in SAMPLERS:
        return value.lower()
    raise ValueError(f"expected one of {', '.join(SAMPLERS)}, or a Sampler")


def _prices(value: object) -> Overrides:
    """Accept prices by pattern, or a file that has them."""
    if isinstance(value, str | Path):
        import tomllib  # where there is a file

        path = _file(value)
        try:
            value = tomllib.loads(path.read_text("utf-8")) if path.suffix == ".toml" else json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ValueError(f"expected a JSON or TOML file ({error})") from None
    if not isinstance(value, Mapping):
        raise ValueError("expected prices by pattern, such as {'openai/gpt-4o*': {'input': 2.5, 'output': 10}}")
    return Overrides(value)


def _callable(value: object) -> Callable[..., Any]:
    if callable(value):
        return value
    raise ValueError("expected a function of a trace's spans")


def _id_generator(value: object) -> IdGenerator:
    if isinstance(value, IdGenerator):
        return value
    raise ValueError("expected an IdGenerator")


def _milliseconds(inner: Parse) -> Parse:
    """Accept seconds from the program, milliseconds from a variable, as OpenTelemetry's variables are given."""

    def parse(value: object) -> Any:
        if not isinstance(value, str):
            return inner(value)
        try:
            return inner(float(value) / 1000)
        except ValueError:
            raise ValueError("expected a number of milliseconds") from None

    return parse


def _metrics(value: object) -> str:
    """Accept where metrics go, or whether they go anywhere."""
    if value in ("otlp", "console", "none"):
        return str(value)
    try:
        return "otlp" if flag(value) else "none"
    except ValueError:
        raise ValueError("expected true, false, otlp, console or none") from None


def _lower(inner: Parse) -> Parse:
    """Accept a word in any case."""
    return lambda value: inner(value.lower() if isinstance(value, str) else value)


def _thresholds(value: object) -> Mapping[str, float]:
    """Accept thresholds by name, or as ``name=number,name=number``."""
    if isinstance(value, str):
        value = {name.strip(): number.strip() for name, _, number in (one.partition("=") for one in value.split(","))}
    return dict(Thresholds(value))  # type: ignore[arg-type]  # it refuses what is no mapping, and says so


def _rules(value: object) -> Mapping[str, str | None]:
    """Accept expressions by name, or as ``name=expression; name``."""
    if isinstance(value, str):
        pairs = [one.partition("=") for one in value.split(";") if one.strip()]
        value = {name.strip(): expression.strip() or None for name, _, expression in pairs}
    if not isinstance(value, Mapping):
        raise ValueError("expected rules by name such as {'slow': 'p95(5m) > 5s', 'memory': None}")
    for name, expression in value.items():
        make_rule(name, expression, None)  # refuses a wrong one, and says why
    return dict(value)


def _budgets(value: object) -> tuple[Budget, ...]:
    """Accept budgets as texts by name, or as ``name=text; name=text``."""
    if isinstance(value, str):
        pairs = [each.partition("=") for each in value.split(";") if each.strip()]
        value = {name.strip(): text.strip() for name, _, text in pairs}
    if not isinstance(value, Mapping):
        raise ValueError("expected budgets by name such as {'daily': '$10 per day then raise'}")
    return tuple(read_budget(str(name), text) for name, text in value.items())


def _channels(value: object) -> tuple[str, ...]:
    """Accept addresses of channels."""
    from otel_agents.sdk.channels.addresses import read  # where there are any

    return read(value)


def _signing_secret(value: object) -> str:
    """Accept a key, as Standard Webhooks writes it or as any text."""
    from otel_agents.sdk.channels.webhook import key_of

    key_of(text(value))
    return str(value)


def _not(inner: Callable[[object], bool], variable: str) -> Parse:
    """Accept a flag; from ``variable``, which says the opposite, its negation."""

    def parse(value: object) -> bool:
        return not inner(value) if isinstance(value, str) else inner(value)

    parse.__doc__ = f"``{variable}`` negated."
    return parse


def _names(value: object) -> str | tuple[str, ...]:
    """Accept all, none, or names, also as a text with commas."""
    given = value.split(",") if isinstance(value, str) else value
    found = [name.strip() if isinstance(name, str) else "" for name in given] if isinstance(given, Iterable) else []
    if not found or not all(found):
        raise ValueError("expected all, none, or names such as session,tenant")
    if found in (["all"], ["none"]):
        return found[0]
    return tuple(found)


@dataclass(frozen=True)
class SdkSettings:
    """What ``configure()`` can be told."""

    service_name: str | None = setting(
        None,
        env=("OTEL_SERVICE_NAME",),
        parse=text,
        doc="Name of the program, as service.name of every span; default: from OTEL_RESOURCE_ATTRIBUTES, else "
        "unknown_service.",
    )
    endpoint: str = setting(
        "http://127.0.0.1:4318",
        env=("OTEL_EXPORTER_OTLP_ENDPOINT",),
        parse=http_url,
        doc="Address spans are sent to; /v1/traces is added where it is not there.",
    )
    traces_endpoint: str | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",),
        parse=http_url,
        doc="Address for traces, used exactly as given; goes before endpoint from a variable.",
    )
    headers: Mapping[str, str] | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
        parse=_headers,
        secret=True,
        doc="Headers sent with every request, such as an authorization.",
    )
    protocol: str = setting(
        "http/protobuf",
        env=("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"),
        parse=one_of("http/protobuf", "grpc"),
        doc="http/protobuf or grpc.",
    )
    compression: str = setting(
        "none",
        env=("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"),
        parse=one_of("none", "gzip"),
        doc="none or gzip.",
    )
    certificate: Path | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"),
        parse=_file,
        doc="File with the certificates to trust, for https.",
    )
    client_certificate: Path | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"),
        parse=_file,
        doc="File with the program's own certificate, where the receiver asks for one.",
    )
    client_key: Path | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"),
        parse=_file,
        doc="File with the key of client_certificate.",
    )
    timeout: float = setting(
        10.0,
        env=("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"),
        parse=number(0.01, 86_400),
        doc="Seconds one request may take.",
    )
    retry_for: float = setting(
        30.0,
        env=("OTEL_AGENTS_RETRY_FOR",),
        parse=number(0, 86_400),
        doc="Seconds a batch is tried again while nobody takes it; then it goes to the spool.",
    )
    traces_exporter: str = setting(
        "otlp",
        env=("OTEL_TRACES_EXPORTER",),
        parse=one_of("otlp", "console", "none"),
        doc="otlp; console prints the spans; none sends nothing, while health and alerts work on.",
    )
    logfire: bool | str = setting(
        False,
        env=("OTEL_AGENTS_LOGFIRE",),
        parse=_logfire,
        doc="Whether spans go to Logfire: true, beside the collector; only, instead of it.",
    )
    logfire_token: tuple[str, ...] = setting(
        (),
        env=("LOGFIRE_TOKEN",),
        parse=_tokens,
        secret=True,
        doc="Write token of the Logfire project; several, with commas between, send to several.",
    )
    logfire_base_url: str | None = setting(
        None,
        env=("LOGFIRE_BASE_URL",),
        parse=http_url,
        doc="Address of Logfire; default: that of the token's region.",
    )
    logfire_credentials: Path = setting(
        Path(".logfire"),
        env=("LOGFIRE_CREDENTIALS_DIR",),
        parse=_folder,
        doc="Folder where `logfire projects use` keeps the project's token, for want of logfire_token.",
    )
    metrics: str = setting(
        "none",
        env=("OTEL_METRICS_EXPORTER",),
        parse=_metrics,
        doc="Where metrics go: otlp (or true), console, or none (or false).",
    )
    metrics_endpoint: str | None = setting(
        None,
        env=("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",),
        parse=http_url,
        doc="Address for metrics, used exactly as given; default: endpoint with /v1/metrics.",
    )
    metrics_interval: float = setting(
        60.0,
        env=("OTEL_METRIC_EXPORT_INTERVAL",),
        parse=_milliseconds(number(0.01, 86_400)),
        doc="Seconds between two collections (the variable: milliseconds).",
    )
    metrics_temporality: str = setting(
        "cumulative",
        env=("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",),
        parse=_lower(one_of("cumulative", "delta", "lowmemory")),
        doc="Whether sums are sent as of the start, or as of the last collection: cumulative, delta or lowmemory.",
    )
    metrics_histograms: str = setting(
        "explicit_bucket_histogram",
        env=("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",),
        parse=_lower(one_of("explicit_bucket_histogram", "base2_exponential_bucket_histogram")),
        doc="explicit_bucket_histogram or base2_exponential_bucket_histogram.",
    )
    system_metrics: bool = setting(
        True,
        env=("OTEL_AGENTS_SYSTEM_METRICS",),
        parse=flag,
        doc="Whether metrics hold those of the machine and the process.",
    )
    label_limit: int = setting(
        2000,
        env=("OTEL_AGENTS_LABEL_LIMIT",),
        parse=whole(1, 1_000_000),
        doc="Label sets one metric may have; further ones are added up as otel.metric.overflow=true and counted.",
    )
    enabled: bool = setting(
        True,
        env=("OTEL_SDK_DISABLED",),
        parse=_not(flag, "OTEL_SDK_DISABLED"),
        doc="false switches tracing off; OTEL_SDK_DISABLED=true does the same.",
    )
    capture_content: bool | int = setting(
        True,
        env=("OTEL_AGENTS_CAPTURE_CONTENT", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"),
        parse=_capture,
        doc="Whether messages, tool arguments and results are recorded: true, false, or how many characters of a text.",
    )
    redact: bool = setting(
        True,
        env=("OTEL_AGENTS_REDACT",),
        parse=flag,
        doc="Whether secrets and personal data are taken out of spans.",
    )
    redact_keys: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_REDACT_KEYS",),
        parse=_listed,
        doc="Further names of keys whose values are secret, such as employee_id; several with commas between.",
    )
    redact_patterns: Mapping[str, re.Pattern[str] | Callable[[str], str]] | None = setting(
        None,
        parse=_patterns,
        doc="What else to redact, by kind: a regular expression, or a function from a text to the text without.",
    )
    redact_leave: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_REDACT_LEAVE",),
        parse=_left,
        doc="Kinds, such as email, and attributes, such as user.id, to leave as they are; several with commas between.",
    )
    sampler: str | Sampler = setting(
        "parentbased_traceidratio",
        env=("OTEL_TRACES_SAMPLER",),
        parse=_sampler,
        doc=f"Which traces are recorded: one of {', '.join(SAMPLERS)}, or a Sampler.",
    )
    sample_ratio: float = setting(
        1.0,
        env=("OTEL_TRACES_SAMPLER_ARG",),
        parse=number(0, 1),
        doc="Share of the traces that is recorded, from 0 to 1, for the samplers that go by ratio.",
    )
    keep_errors: bool = setting(
        False,
        env=("OTEL_AGENTS_KEEP_ERRORS",),
        parse=flag,
        doc="Whether traces with a span that failed are kept, whatever the sampler says.",
    )
    keep_slower_than: float | None = setting(
        None,
        env=("OTEL_AGENTS_KEEP_SLOWER_THAN",),
        parse=number(0, 1e9),
        doc="Traces that take more seconds are kept, whatever the sampler says.",
    )
    keep_dearer_than: float | None = setting(
        None,
        env=("OTEL_AGENTS_KEEP_DEARER_THAN",),
        parse=number(0, 1e9),
        doc="Traces whose model calls cost more US dollars are kept, whatever the sampler says.",
    )
    keep: Callable[[Any], bool] | None = setting(
        None,
        parse=_callable,
        doc="Traces to whose ended spans this function says True are kept, whatever the sampler says.",
    )
    hold_spans: int = setting(
        50_000,
        env=("OTEL_AGENTS_HOLD_SPANS",),
        parse=whole(1, 10_000_000),
        doc="Spans that may wait for the end of their traces, where a keep rule is set; the oldest traces are decided "
        "on first when there are more.",
    )
    hold_bytes: int = setting(
        64 * 1024 * 1024,
        env=("OTEL_AGENTS_HOLD_BYTES",),
        parse=whole(1, 1 << 40),
        doc="Memory for them, in bytes, about.",
    )
    hold_for: float = setting(
        300.0,
        env=("OTEL_AGENTS_HOLD_FOR",),
        parse=number(0, 86_400),
        doc="Seconds they may wait.",
    )
    resource_attributes: Mapping[str, Any] | None = setting(
        None,
        parse=_attributes,
        doc="Attributes of the program, beside those in OTEL_RESOURCE_ATTRIBUTES.",
    )
    send_baggage: str | tuple[str, ...] = setting(
        "all",
        env=("OTEL_AGENTS_SEND_BAGGAGE",),
        parse=_names,
        doc="What of a context goes to other programs as W3C baggage: all, none, or names such as session,tenant.",
    )
    read_baggage: str | tuple[str, ...] = setting(
        "all",
        env=("OTEL_AGENTS_READ_BAGGAGE",),
        parse=_names,
        doc="What of it is believed when another program sent it: all, none, or names such as session,tenant.",
    )
    threads: str = setting(
        "all",
        env=("OTEL_AGENTS_THREADS",),
        parse=one_of("all", "pools", "none"),
        doc="Which threads go on in the context they were started in: all, pools (work given to a ThreadPoolExecutor) "
        "or none.",
    )
    thresholds: Mapping[str, float] | None = setting(
        None,
        env=("OTEL_AGENTS_THRESHOLDS",),
        parse=_thresholds,
        doc="What alert_manager.thresholds is set to, such as {'error_rate': 5, 'cost': 20}; in the variable: "
        "error_rate=5,cost=20.",
    )
    rules: Mapping[str, str | None] | None = setting(
        None,
        env=("OTEL_AGENTS_RULES",),
        parse=_rules,
        doc="Rules for alerts by name, such as {'slow': 'p95(5m) > 5s'}; None, or in the variable nothing, for a "
        "ready-made one: slow=p95(5m) > 5s; memory.",
    )
    budgets: tuple[Budget, ...] = setting(
        (),
        env=("OTEL_AGENTS_BUDGETS",),
        parse=_budgets,
        doc="What may be spent, by name, such as {'daily': '$10 per day then raise'}; in the variable, with semicolons "
        "between: daily=$10 per day then raise; users=50000 tokens per user and day.",
    )
    names_limit: int = setting(
        500,
        env=("OTEL_AGENTS_NAMES_LIMIT",),
        parse=whole(1, 100_000),
        doc='Agents whose health is told apart, and as many tools, models and tenants; further ones are "other".',
    )
    loop_calls: int = setting(
        5,
        env=("OTEL_AGENTS_LOOP_CALLS",),
        parse=whole(0, 1_000_000),
        doc="Calls of one tool with the same arguments, in one run, that are a loop; 0: they never are.",
    )
    loop_handoffs: int = setting(
        6,
        env=("OTEL_AGENTS_LOOP_HANDOFFS",),
        parse=whole(0, 1_000_000),
        doc="Handoffs between two agents, back and forth, in one run, that are a loop; 0: they never are.",
    )
    on_loop: str = setting(
        "warn",
        env=("OTEL_AGENTS_ON_LOOP",),
        parse=one_of("warn", "raise"),
        doc="What happens in a loop: warn, an alert; raise, the run's next operation raises LoopDetected as well.",
    )
    stall_after: float = setting(
        600.0,
        env=("OTEL_AGENTS_STALL_AFTER",),
        parse=number(0, 1e9),
        doc="Seconds without a span ending in a run in which one is open, until there is an alert; 0: there is none.",
    )
    alert_interval: float = setting(
        5.0,
        env=("OTEL_AGENTS_ALERT_INTERVAL",),
        parse=number(0, 3600),
        doc="Seconds between two looks at the alerts; 0: only when the program asks.",
    )
    anomalies: bool = setting(
        True,
        env=("OTEL_AGENTS_ANOMALIES",),
        parse=flag,
        doc="Whether sudden spikes in requests, failures, time and cost raise alerts; alert_interval at most 60.",
    )
    alert_channels: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_ALERT_CHANNELS",),
        parse=_channels,
        secret=True,
        doc="Where alerts go: log:, desktop:, webhook+https://…, or addresses of apprise; several with spaces between.",
    )
    alert_secret: str | None = setting(
        None,
        env=("OTEL_AGENTS_ALERT_SECRET",),
        parse=_signing_secret,
        secret=True,
        doc="Key that webhooks are signed with: any text, or whsec_ and base64.",
    )
    alert_wait: float = setting(
        10.0,
        env=("OTEL_AGENTS_ALERT_WAIT",),
        parse=number(0, 86_400),
        doc="Seconds a rule's first alert waits for others, to go out in one notice.",
    )
    alert_group: float = setting(
        60.0,
        env=("OTEL_AGENTS_ALERT_GROUP",),
        parse=number(0, 86_400),
        doc="Seconds between two notices of one rule, at least.",
    )
    alert_repeat: float = setting(
        14_400.0,
        env=("OTEL_AGENTS_ALERT_REPEAT",),
        parse=number(0, 1e9),
        doc="Seconds until what still fires, and nobody has acknowledged, is told of again; 0: never.",
    )
    alert_escalation: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_ALERT_ESCALATION",),
        parse=_channels,
        secret=True,
        doc="Where alerts go, beside, that nobody has acknowledged for a time.",
    )
    alert_escalate_after: float = setting(
        900.0,
        env=("OTEL_AGENTS_ALERT_ESCALATE_AFTER",),
        parse=number(0, 1e9),
        doc="That time, in seconds; 0: never.",
    )
    queue_size: int = setting(
        65_536,
        env=("OTEL_BSP_MAX_QUEUE_SIZE",),
        parse=whole(1, 10_000_000),
        doc="Ended spans that may wait to be encoded; a program that is faster waits for the SDK's thread.",
    )
    queue_bytes: int = setting(
        64 * 1024 * 1024,
        env=("OTEL_AGENTS_EXPORT_QUEUE_BYTES",),
        parse=whole(1, 1 << 40),
        doc="Memory for spans that wait to be sent, in bytes as encoded; more go to the spool.",
    )
    spool: Path | bool = setting(
        True,
        env=("OTEL_AGENTS_SPOOL",),
        parse=_spool,
        doc="Folder for spans that could not be delivered; true: otel-agents/spool in the user's state folder; false: "
        "they are dropped and counted.",
    )
    spool_bytes: int = setting(
        256 * 1024 * 1024,
        env=("OTEL_AGENTS_SPOOL_BYTES",),
        parse=whole(1, 1 << 50),
        doc="Size of that folder, in bytes; beyond it the oldest spans are dropped and counted.",
    )
    batch_size: int = setting(
        1024,
        env=("OTEL_BSP_MAX_EXPORT_BATCH_SIZE",),
        parse=whole(1, 1_000_000),
        doc="Spans in one request, at most.",
    )
    interval: float = setting(
        0.5,
        env=("OTEL_BSP_SCHEDULE_DELAY",),
        parse=_milliseconds(number(0.001, 3600)),
        doc="Seconds between two requests when spans come slowly (the variable: milliseconds).",
    )
    shutdown_timeout: float = setting(
        2.0,
        env=("OTEL_AGENTS_SHUTDOWN_TIMEOUT",),
        parse=number(0, 3600),
        doc="Seconds the program's exit may wait for spans to be delivered; three times that while they are.",
    )
    processors: tuple[SpanProcessor, ...] = setting(
        (),
        parse=_all_of(SpanProcessor, "OpenTelemetry SpanProcessor objects"),
        doc="Further span processors; they see each span as it starts and ends.",
    )
    exporters: tuple[SpanExporter, ...] = setting(
        (),
        parse=_all_of(SpanExporter, "OpenTelemetry SpanExporter objects"),
        doc="Further span exporters; they get the same batches as the collector, cost included.",
    )
    id_generator: IdGenerator | None = setting(None, parse=_id_generator, doc="Where trace and span ids come from.")
    prices: Overrides | None = setting(
        None,
        env=("OTEL_AGENTS_PRICES",),
        parse=_prices,
        doc="Your own prices and discounts, by pattern of provider/model; or a JSON or TOML file that has them.",
    )
