"""What Prometheus may scrape at /metrics, from this machine only: requests as they pass, the backlog when asked.

Under gunicorn the numbers of all workers are added up from PROMETHEUS_MULTIPROC_DIR (gunicorn.conf.py)."""
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client import Gauge as KeptGauge
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.errors import NotFound

_OWN = CollectorRegistry()
_REQUESTS = Counter("guildhall_requests", "Answered requests.", ("method", "route", "status"), registry=_OWN)
_SECONDS = Histogram("guildhall_request_seconds", "Time to answer.", ("method", "route"), registry=_OWN,
                     buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10))
_DROPPED = Counter("guildhall_read_events_dropped", "Lost events of reads (decision 24).", ("reason",),
                   registry=_OWN)

_STREAMS = KeptGauge("guildhall_open_streams", "Event streams that are open.", registry=_OWN,
                     multiprocess_mode="livesum")
_ENDED = Counter("guildhall_streams_ended", "Event streams that ended, by why.", ("reason",), registry=_OWN)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure that is read at each scrape; `label` and `labelled` tell several of one name apart."""

    name: str
    meaning: str
    value: float
    label: str = ""
    labelled: str = ""


Gauges = Callable[[], Iterable[Gauge]]


@lru_cache(maxsize=4096)
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _REQUESTS.labels(method, route, str(status)), _SECONDS.labels(method, route)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Add one answered request (about four microseconds).

    What a client makes up must not make a series: each stays in memory for good."""
    counter, histogram = _series(method if method in _METHODS else "(other)", route, status)
    counter.inc()
    histogram.observe(seconds)


def count_dropped_read_events(reason: str, count: int) -> None:
    """Add events of reads that found no room in the buffer or no stream."""
    _DROPPED.labels(reason).inc(count)


def count_open_stream(change: int) -> None:
    """Add one open event stream, or take one away (-1)."""
    _STREAMS.inc(change)


def count_ended_stream(reason: str) -> None:
    """Add one event stream that ended."""
    _ENDED.labels(reason).inc()


class GaugeCollector:
    """The figures that are read at each scrape (app/ops/figures.py)."""

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield one family per name, with all its labels."""
        families: dict[str, GaugeMetricFamily] = {}
        for gauge in self._gauges():
            labels = [gauge.label] if gauge.label else []
            family = families.setdefault(gauge.name, GaugeMetricFamily(
                f"guildhall_{gauge.name}", gauge.meaning, labels=labels))
            family.add_metric([gauge.labelled] if gauge.label else [], gauge.value)
        return families.values()


def install_metrics(app: Flask, gauges: Gauges) -> None:
    """Serve /metrics to this machine; to anybody else, also through a proxy, it does not exist."""

    @app.get("/metrics")
    def metrics() -> Response:
        if not _is_from_this_machine():
            raise NotFound
        registry = CollectorRegistry()
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            MultiProcessCollector(registry)
        else:
            registry.register(_OWN)
        registry.register(GaugeCollector(gauges))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_from_this_machine() -> bool:
    """A proxy on this machine also connects from loopback, but says for whom."""
    forwarded = any(name in ("Forwarded", "X-Real-Ip", "Via") or name.startswith("X-Forwarded-")
                    for name in request.headers.keys())  # noqa: SIM118 - iterating headers gives pairs
    return not forwarded and request.environ.get("REMOTE_ADDR", "") in ("127.0.0.1", "::1")


def forget_process(pid: int) -> None:
    """Drop what must not be added up for a worker that ended."""
    mark_process_dead(pid)
