"""A program with a clock of its own, watched by an alert manager whose listeners are called at once."""

from otel_agents.alerts.manager import AlertManager
from otel_agents.alerts.thresholds import Thresholds
from otel_agents.model import ErrorEntry
from otel_agents.records import SpanRecord
from otel_agents.sdk.monitoring.metrics_collector import MetricsCollector

START = 1_700_000_000


class AtOnce:
    """Calls listeners while they are told."""

    def remember_loop(self, function):
        pass

    def put(self, function, *given):
        function(*given)

    def report(self, where, error):
        self.faults = [*getattr(self, "faults", []), (where, str(error))]


class Program:
    def __init__(self, thresholds=None):
        self.now = float(START)
        self.machine = {"cpu": 10.0, "memory": 20.0, "disk": 30.0}
        self.thresholds = Thresholds() if thresholds is None else Thresholds(thresholds)
        self.metrics = MetricsCollector(self.thresholds, self.clock, self.machine.get)
        self.delivery = AtOnce()
        self.alerts = AlertManager(self.thresholds, self.metrics.look, self.delivery)

    def clock(self):
        return int(self.now * 1e9)

    def requests(self, agent, number, *, failed=False, seconds=1.0, cost=None, tokens=0):
        for _ in range(number):
            self.metrics.aggregates.add_agent_request(agent, seconds, failed, tokens, cost, self.clock())

    def spans(self, type_, number, *, seconds=1.0, failed=False, **fields):
        end = self.clock()
        for at in range(number):
            self.metrics.aggregates.add(
                SpanRecord(type_, type_, end - int(seconds * 1e9), end, failed, span_id=at + 1, parent_id=9, **fields)
            )

    def errors(self, number):
        for _ in range(number):
            self.metrics.aggregates.add_error(ErrorEntry(self.now, "Loader", "ValueError", "bad"))

    def firing(self):
        return [(alert["name"], alert["subject"]) for alert in self.alerts.check_alerts()]
