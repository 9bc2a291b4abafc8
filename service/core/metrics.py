"""Figures about requests for Prometheus: by route template, never by path or person."""

import os
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # set when several server processes count together
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What one process counts. With SHARED_FOLDER, all processes' counts are shown as one."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "exhibit_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "exhibit_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ["method", "route"],
            buckets=SECONDS,
            registry=self._registry,
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in METHODS else "OTHER"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def show(self, *more: Collector) -> bytes:
        """All figures and those of `more`, in Prometheus' text format."""
        own = self._registry
        if SHARED_FOLDER in os.environ:
            own = CollectorRegistry()
            gather: Any = MultiProcessCollector  # it has no types
            gather(own)
        text: bytes = generate_latest(own)
        for collector in more:
            registry = CollectorRegistry()
            registry.register(collector)
            text += generate_latest(registry)
        return text
