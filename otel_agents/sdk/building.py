"""What the settings ask for, made: the resource, the sampler, and stages of the pipeline."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace.sampling import AlwaysRecordSampler, Sampler

from otel_agents import conventions
from otel_agents.sdk.exporters.destinations import HINT, metrics_url, open_spans_sender, otlp
from otel_agents.sdk.exporters.open_spans import Reporter
from otel_agents.sdk.exporters.otlp_grpc import EXPORT_METRICS
from otel_agents.sdk.options import SdkSettings
from otel_agents.sdk.processors import redact
from otel_agents.sdk.processors.content import ContentStage, LimitStage
from otel_agents.sdk.processors.cost import CostProcessor
from otel_agents.sdk.processors.dialect import DialectStage
from otel_agents.sdk.processors.redact import RedactProcessor
from otel_agents.sdk.trace import logfire_provider
from otel_agents.sdk.trace.sampling import HeadSampler
from otel_agents.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otel_agents.sdk.metrics.running import Metrics
    from otel_agents.sdk.pipeline.pipeline import Pipeline, Stage
    from otel_agents.sdk.pipeline.running import OpenSpans


_IDS: Final = frozenset((conventions.SESSION_ID, conventions.USER_ID, conventions.TENANT))


def has_rules(settings: SdkSettings) -> bool:
    """Say whether traces are kept by what they were, which is known at their end."""
    others = (settings.keep_slower_than, settings.keep_dearer_than, settings.keep)
    return settings.keep_errors or any(each is not None for each in others)


def pipeline_with_rules(settings: SdkSettings) -> Callable[..., Pipeline]:
    """Give what makes the pipeline that holds traces until it is known what becomes of them."""
    from otel_agents.sdk.pipeline.tail import Rules, Tail  # few programs have rules
    from otel_agents.sdk.pipeline.tail_pipeline import TailPipeline

    rules = Rules(settings.keep_errors, settings.keep_slower_than, settings.keep_dearer_than, settings.keep)
    tail = Tail(rules, spans=settings.hold_spans, size=settings.hold_bytes, seconds=settings.hold_for)
    return partial(TailPipeline, tail=tail)


def reporter(settings: SdkSettings, given: Mapping[str, object], open_spans: OpenSpans) -> Reporter | None:
    """Give what shows spans while they are open: completed as those that have ended, but counted nowhere."""
    sender = open_spans_sender(settings, given)
    if sender is None:
        return None
    stages = [
        ContentStage(),
        *redaction(settings, Counter()),
        LimitStage(),
        DialectStage(),
        CostProcessor(overrides=settings.prices, note=lambda _model: None),
    ]
    return Reporter(open_spans.now, open_spans.lost, stages, sender)


def redaction(settings: SdkSettings, counts: Counter[str] = redact.counts) -> list[Stage]:
    """Give the steps after which nothing is left that must not leave: redact, then cut what is long."""
    stages: list[Stage] = []
    if (redactor := redact.redactor(settings, counts)) is not None:
        stages.append(RedactProcessor(redactor))
    if not isinstance(settings.capture_content, bool):
        from otel_agents.sdk.processors.cut import CutProcessor  # for those who cut

        stages.append(CutProcessor(settings.capture_content))
    return stages


def changes_of_baggage(settings: SdkSettings) -> Callable[[Mapping[str, Any]], Mapping[str, Any]] | None:
    """Give what redacts what is said of who asks, before it goes to other programs; None where nothing is redacted."""
    redactor = redact.redactor(settings)
    if redactor is None or settings.redact_patterns or settings.redact_keys:
        return None if redactor is None else redactor.changes

    def changes(values: Mapping[str, Any]) -> Mapping[str, Any]:
        # The calling thread waits for this, so what is plainly an id is not looked at: what looks takes 30 ms to load.
        unknown = {key: value for key, value in values.items() if not (key in _IDS and _is_plain_id(value))}
        return redactor.changes(unknown) if unknown else {}

    return changes


def _is_plain_id(value: str) -> bool:
    """Say whether a text is too short for a token, and in letters, digits and hyphens, no address and no number."""
    return len(value) < 20 and value[:1].isalpha() and value.replace("-", "").replace("_", "").isalnum()


def measure(
    settings: SdkSettings, given: Mapping[str, object], resource: Resource
) -> tuple[list[Stage], Callable[..., Metrics] | None]:
    """Give the stage that measures spans, and what makes the metrics it measures for; nothing when they are off."""
    if not settings.enabled or settings.metrics == "none":
        return [], None
    from otel_agents.sdk.metrics.build import build  # the metrics of OpenTelemetry take 50 ms to import
    from otel_agents.sdk.processors.metrics import MetricsProcessor, measured

    if settings.metrics == "console":
        wire, url = None, "the console"
    else:
        of_metrics = load(SdkSettings, given, signal="METRICS")
        url = metrics_url(of_metrics, given)
        wire = otlp(of_metrics, url, EXPORT_METRICS)
    make = partial(build, settings, measured, wire, what=url, hint=HINT, resource=resource)
    return [MetricsProcessor(measured)], make


def completing(provider: object, settings: SdkSettings, prices: CostProcessor) -> tuple[Stage, ...]:
    """Say what happens to a joined provider's spans before its own exporters see their end."""
    stages = (*redaction(settings), DialectStage(), prices)
    if not logfire_provider.is_logfires(provider):
        return stages
    from otel_agents.sdk.exporters.logfire import LogfireNames  # where it is asked for

    return (*stages, LogfireNames())


def resource_of(settings: SdkSettings) -> Resource:
    """Describe the program: what is detected and set by variables, then what the program says."""
    attributes = dict(settings.resource_attributes or {})
    if settings.service_name is not None:
        attributes[SERVICE_NAME] = settings.service_name
    return Resource.create(attributes)


def sampler_of(settings: SdkSettings, given: Mapping[str, object]) -> Sampler:
    """Give what decides which traces are recorded."""
    records_all = has_rules(settings)
    if isinstance(settings.sampler, Sampler):
        return AlwaysRecordSampler(settings.sampler) if records_all else settings.sampler
    # A ratio the program gives is meant to be used, whatever a variable says of the sampler.
    name = "parentbased_traceidratio" if "sample_ratio" in given and "sampler" not in given else settings.sampler
    return HeadSampler.named(name, settings.sample_ratio, records_all=records_all)
