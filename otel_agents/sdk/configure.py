"""The wiring of the SDK, as one readable list, and its end in reverse order."""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import sys
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.baggage import _BAGGAGE_KEY
from opentelemetry.sdk.resources import SERVICE_NAME, Resource

from otel_agents.sdk import building, faults, runtime, unknowns
from otel_agents.sdk.context import identity, threads
from otel_agents.sdk.exporters import absence, ledger, spool
from otel_agents.sdk.exporters.destinations import destinations
from otel_agents.sdk.metrics import account as metrics_account
from otel_agents.sdk.monitoring.look import Ticker
from otel_agents.sdk.monitoring.monitoring import alert_manager, bind, budgets, look_last, metrics_collector
from otel_agents.sdk.notify import notifying
from otel_agents.sdk.options import SdkSettings
from otel_agents.sdk.pipeline import besides
from otel_agents.sdk.pipeline.pipeline import Pipeline, Step
from otel_agents.sdk.pipeline.running import OpenSpans
from otel_agents.sdk.processors import redact
from otel_agents.sdk.processors.content import ContentStage, LimitStage
from otel_agents.sdk.processors.cost import CostProcessor
from otel_agents.sdk.processors.dialect import DialectStage
from otel_agents.sdk.processors.rollup import RollupProcessor
from otel_agents.sdk.rehearsal import Rehearsal, forget_provider, go_by
from otel_agents.sdk.runtime import Runtime
from otel_agents.sdk.trace import logfire_provider
from otel_agents.sdk.trace.ids import RandomIds
from otel_agents.sdk.trace.joining import JoinedProcessor
from otel_agents.sdk.trace.provider import LeanProvider
from otel_agents.sdk.watching import anomalies, guards, keeping
from otel_agents.sdk.watching.loops import LoopWatch
from otel_agents.settings import load
from otel_agents.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    from otel_agents.model import DestinationHealth
    from otel_agents.sdk.metrics.running import Metrics
    from otel_agents.sdk.trace.tracer import LeanTracer

logger = logging.getLogger("otel_agents")

_lock = threading.RLock()
_provider: LeanProvider | None = None
_joined: JoinedProcessor | None = None
_pipeline: Pipeline | None = None
_metrics: Metrics | None = None
_processors: tuple[SpanProcessor, ...] = ()
_shutdown_timeout = 2.0
_rehearsal: Rehearsal | None = None
_watch: LoopWatch | None = None
_last: tuple[SdkSettings, Mapping[str, object]] | None = None  # what was set up last, while it is


def put_up(given: Mapping[str, object]) -> None:
    """Set tracing up as :func:`otel_agents.configure` was told."""
    settings = load(SdkSettings, given)
    with _lock:
        if _rehearsal is not None:
            given = _rehearsal.amend(given)
            settings = load(SdkSettings, given)
        _put_up(settings, given)


def rehearse(rehearsal: Rehearsal) -> Callable[[], None]:
    """Put what is set up aside: until the returned function is called, every configuration is as a rehearsal has it.

    Raises:
        ConfigurationError: a variable has a wrong value.
    """
    global _pipeline, _metrics, _processors, _last, _rehearsal
    with _lock:
        aside = (_pipeline, _metrics, _processors, _shutdown_timeout, _last, _rehearsal, _watch, runtime.current)
        set_provider = trace.set_tracer_provider  # what awaits Logfire's provider takes its place
        others_provider = trace.get_tracer_provider() is not _provider
        bring_back = [
            go_by(rehearsal.time_ns),
            metrics_collector.set_aside(rehearsal.look),
            alert_manager.set_aside(),
            notifying.set_aside(),
            guards.set_aside(),
            anomalies.set_aside(),
            keeping.set_aside(),
            budgets.set_aside(rehearsal.look),
            ledger.set_aside(),
            unknowns.set_aside(),
            *([] if _provider is None else [_provider.set_aside()]),
            *([] if _joined is None else [_joined.set_aside()]),
        ]
        _pipeline, _metrics, _processors, _last, _rehearsal = None, None, (), None, rehearsal

    def end() -> None:
        global _pipeline, _metrics, _processors, _shutdown_timeout, _last, _rehearsal, _watch
        with _lock:
            take_down(0)
            for each in bring_back:
                each()
            if others_provider and _provider is not None:
                forget_provider(_provider)
            trace.set_tracer_provider = set_provider
            _pipeline, _metrics, _processors, _shutdown_timeout, _last, _rehearsal, _watch, runtime.current = aside

    try:
        put_up({})
    except BaseException:
        end()
        raise
    return end


def _put_up(settings: SdkSettings, given: Mapping[str, object]) -> None:
    global _pipeline, _processors, _metrics, _shutdown_timeout, _last
    old_pipeline, old_processors, old_metrics = _pipeline, _processors, _metrics
    absence.forget()

    resource = building.resource_of(settings)

    # A span that has ended goes this way, in this order.
    prices = CostProcessor(overrides=settings.prices)
    measuring, make_metrics = building.measure(settings, given, resource)
    open_spans = OpenSpans()
    watch = LoopWatch(
        open_spans,
        metrics_collector.settle,
        calls=settings.loop_calls,
        handoffs=settings.loop_handoffs,
        stall_after=settings.stall_after,
    )
    outlets = destinations(settings, given)
    pipeline_of = building.pipeline_with_rules(settings) if outlets and building.has_rules(settings) else Pipeline
    pipeline = pipeline_of(
        stages=[
            ContentStage(),
            Step(budgets.note),
            Step(watch.note),
            *building.redaction(settings),
            LimitStage(),
            DialectStage(),
            prices,
            Step(budgets.spend),
            Step(watch.look),
            RollupProcessor(metrics_collector.aggregates),
            *measuring,
            *(() if _rehearsal is None else (_rehearsal,)),
        ],
        outlets=outlets,
        open_spans=open_spans,
        queue_size=settings.queue_size,
        queue_bytes=settings.queue_bytes,
        interval=settings.interval,
        tick=Ticker(alert_manager.check, settings.alert_interval, monotonic),
        reporter=building.reporter(settings, given, open_spans) if _rehearsal is None else None,
    )
    processors = (*settings.processors, pipeline)

    _pipeline, _processors, _shutdown_timeout = pipeline, processors, settings.shutdown_timeout
    _install(settings, given, processors, prices, resource)
    _last = settings, given
    bind(pipeline.settle, open_spans)
    _watch_over(settings, pipeline, watch, resource)
    _end_with_multiprocessing(pipeline)
    if settings.enabled and old_pipeline is None:
        _warn_of_uwsgi()

    if old_metrics is not None:
        old_metrics.close(monotonic() + _shutdown_timeout)()
    _metrics = None if make_metrics is None else make_metrics(settle=pipeline.settle)
    if _metrics is not None:
        _metrics.start()

    # The old pipeline has no more spans to come: it delivers what it has.
    if old_pipeline is not None:
        old_pipeline.close(_shutdown_timeout)
    for processor in old_processors:
        if processor is not old_pipeline and processor not in processors:
            processor.shutdown()


def _watch_over(settings: SdkSettings, pipeline: Pipeline, watch: LoopWatch, resource: Resource) -> None:
    """Set what health, alerts, budgets and loops go by."""
    global _watch
    metrics_collector.limit_names(settings.names_limit)
    if settings.thresholds is not None:
        alert_manager.thresholds = settings.thresholds
    for given, expression in (settings.rules or {}).items():
        from otel_agents.alerts.rules import named

        name, severity = named(given)
        alert_manager.add_rule(name, expression, severity=severity)
    file = keeping.keep(settings, str(resource.attributes[SERVICE_NAME]), budgets)
    for budget in settings.budgets:
        budgets.put(budget)
    if _watch is not None:
        alert_manager.remove_source(_watch.findings)
    _watch = watch
    alert_manager.add_source(watch.findings)
    guards.put("loops", watch.before if settings.on_loop == "raise" else None)
    alert_manager.bind(pipeline.start if settings.enabled and settings.alert_interval else None)
    anomalies.watch(alert_manager, on=settings.anomalies, file=file)
    notifying.put_up(settings, alert_manager)


def _install(
    settings: SdkSettings,
    given: Mapping[str, object],
    processors: tuple[SpanProcessor, ...],
    prices: CostProcessor,
    resource: Resource,
) -> None:
    """Make the processors those of the program's tracer provider: ours, or one it already has."""
    global _provider, _joined
    there = trace.get_tracer_provider()
    if there is not _provider and _joined is None and hasattr(there, "add_span_processor"):
        _joined = JoinedProcessor()
        there.add_span_processor(_joined)
        logfire_provider.stay_in(there, _joined)
        logger.log(
            logging.INFO if logfire_provider.is_logfires(there) else logging.WARNING,
            "Joined the %s that is already set: its resource, sampler and exporters stay as they are",
            type(there).__name__,
        )
    lean: LeanTracer | None = None
    if _joined is not None:
        _joined.replace(*((processors, building.completing(there, settings, prices)) if settings.enabled else ()))
        tracer: trace.Tracer = there.get_tracer("otel_agents", __version__)
    else:
        if _provider is None:
            _provider = LeanProvider()
        if there is not _provider:
            trace.set_tracer_provider(_provider)
            logfire_provider.await_one(_join_later)
        _provider.set_up(
            enabled=settings.enabled,
            resource=resource,
            sampler=building.sampler_of(settings, given),
            id_generator=settings.id_generator or RandomIds(),
            processors=processors,
        )
        tracer = lean = _provider.get_tracer("otel_agents", __version__)
    runtime.current = Runtime(
        tracer,
        lean,
        enabled=settings.enabled,
        capture_content=bool(settings.capture_content),
        configured=True,
        baggage_key=_BAGGAGE_KEY if settings.enabled else "",
        changes=building.changes_of_baggage(settings),
        send_baggage=identity.names(settings.send_baggage),
        read_baggage=identity.names(settings.read_baggage),
        threads=settings.threads if settings.enabled else "none",
    )
    if runtime.current.threads != "none":
        threads.go_on()


def _join_later(provider: TracerProvider) -> None:
    """Join a provider that is set after ours, and send on as before."""
    with _lock:
        trace._TRACER_PROVIDER = provider  # noqa: SLF001  OpenTelemetry sets it once and has no way to change it
        if _provider is not None:
            _provider.hand_over(provider)
        if _last is not None and _rehearsal is None:
            _put_up(*_last)


def flush(timeout: float) -> bool:
    """Flush everything that was set up, in reverse order."""
    deadline = monotonic() + timeout
    with _lock:
        processors, metrics = _processors, _metrics
    done = [each.force_flush(max(1, int((deadline - monotonic()) * 1000))) for each in reversed(processors)]
    if metrics is not None:
        done.append(metrics.flush(deadline))
    return all(done)


def settings() -> SdkSettings | None:
    """Return the settings that are set up; None where nothing is."""
    return None if _last is None else _last[0]


def settle() -> None:
    """Take every span that has ended through the stages."""
    if _pipeline is not None:
        _pipeline.settle()


def account() -> tuple[DestinationHealth, ...]:
    """Say what became of the spans for each destination."""
    settle()
    return ledger.read_all()


def take_down(timeout: float | None = None) -> None:
    """Shut down everything that was set up, in reverse order."""
    global _pipeline, _processors, _metrics, _last
    with _lock:
        pipeline, processors, metrics = _pipeline, _processors, _metrics
        if pipeline is None:
            return
        seconds = _shutdown_timeout if timeout is None else timeout
        runtime.current.enabled = False
        if _provider is not None:
            _provider.stop()
        if _joined is not None:
            _joined.replace(())
        began = monotonic()
        try:
            look_last(seconds)
            notifying.tell_last(alert_manager)
        except Exception as error:  # noqa: BLE001  the spans are sent all the same
            faults.report("looking for alerts", error)
        seconds = max(0.0, seconds - (monotonic() - began))
        end_metrics = metrics.close(monotonic() + seconds) if metrics is not None else None
        for processor in reversed(processors):
            if processor is pipeline:
                pipeline.close(seconds)
            else:
                processor.shutdown()
        if end_metrics is not None:
            end_metrics()
        notifying.take_down(seconds, alert_manager)
        anomalies.close()
        keeping.close()
        bind(None)
        alert_manager.bind(None)
        _pipeline, _processors, _metrics, _last = None, (), None, None


def _before_fork() -> None:
    if _pipeline is not None:
        _pipeline.before_fork()
    if _metrics is not None:
        _metrics.before_fork()


def _after_fork_in_parent() -> None:
    if _metrics is not None:
        _metrics.after_fork_in_parent()
    if _pipeline is not None:
        _pipeline.after_fork_in_parent()


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.RLock()
    besides.after_fork_in_child()
    ledger.after_fork_in_child()
    unknowns.after_fork_in_child()
    notifying.after_fork_in_child()
    anomalies.after_fork_in_child()
    keeping.after_fork_in_child()
    spool.after_fork_in_child()
    redact.counts.clear()
    metrics_account.after_fork_in_child()
    absence.forget()
    if _metrics is not None:
        _metrics.after_fork_in_child()
    if _pipeline is not None:
        _pipeline.after_fork_in_child()
        _end_with_multiprocessing(_pipeline)


def _warn_of_uwsgi() -> None:
    """Say what uWSGI has to be told: it forks without Python's hooks, and runs no threads but its own."""
    try:
        options = importlib.import_module("uwsgi").opt  # there inside of uWSGI alone
    except (ImportError, AttributeError):
        return
    wanting = [
        f"--{each[0]}"
        for each in (("enable-threads", "threads"), ("py-call-uwsgi-fork-hooks", "py-call-osafterfork", "lazy-apps"))
        if not any(name in options for name in each)
    ]
    if wanting:
        logger.warning("Start uWSGI with %s: without, its workers send no spans", " and ".join(wanting))


def _end_with_multiprocessing(pipeline: Pipeline) -> None:
    """Have :func:`take_down` called at the end of a child of multiprocessing, which calls no ``atexit`` functions.

    Such a child forgets all finalizers as it starts, and then runs what is registered here.
    """
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(pipeline, lambda _: util.Finalize(None, take_down, exitpriority=0))


atexit.register(take_down)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
