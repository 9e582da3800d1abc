"""What the panel counts, and what other parts do, for Prometheus. No label carries a number, a name or an id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from web.keys import Figure

POP_BUCKETS_S = (0.001, 0.002, 0.003, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """One registry an application, so that several may run in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.pop_latency = Histogram(
            "callboard_pop_latency_seconds",
            "From the call's arrival being told to the push being written to a browser.",
            buckets=POP_BUCKETS_S,
            registry=self.registry,
        )
        self.sockets = Gauge("callboard_live_sockets", "Browsers that listen.", registry=self.registry)
        self.waiting = Gauge("callboard_live_events_waiting", "Desk events not yet pushed.", registry=self.registry)
        self.pending = Gauge(
            "callboard_live_pending_pushes", "Pushes that wait for the slowest browser.", registry=self.registry
        )
        self.cut = Counter("callboard_live_cut", "Sockets closed by us.", ["why"], registry=self.registry)
        self.pushes = Counter("callboard_live_pushes", "Pushes by kind.", ["type"], registry=self.registry)
        self.requests = Histogram(
            "callboard_http_request_seconds", "Requests by route.", ["method", "route"], registry=self.registry
        )
        self.malformed = Counter(
            "callboard_http_malformed", "Requests that were no HTTP, refused.", registry=self.registry
        )
        self.answers = Counter("callboard_http_answers", "Answers by status.", ["status"], registry=self.registry)

    def text(self, figures: Sequence[Figure]) -> bytes:
        """All of it in the text format of Prometheus, `figures` after our own."""
        theirs = CollectorRegistry()
        theirs.register(_Told(figures))
        return generate_latest(self.registry) + generate_latest(theirs)


class _Told(Collector):
    """Figures as they were told for one scrape."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        for figure in self._figures:
            family = CounterMetricFamily if figure.grows else GaugeMetricFamily
            labels = [figure.label] if figure.label else []
            metric = family(f"callboard_{figure.name}", figure.help, labels=labels)
            values = figure.value if isinstance(figure.value, Mapping) else {"": figure.value}
            for key, value in values.items():
                metric.add_metric([key] if figure.label else [], value)
            yield metric
