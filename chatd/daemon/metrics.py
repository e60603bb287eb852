"""The door for those who watch: /metrics for Prometheus, and /healthz. It measures nothing itself but the lag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

from twisted.application import strports
from twisted.application.service import MultiService, Service
from twisted.internet.interfaces import IReactorTime
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

try:
    from prometheus_client import CollectorRegistry, Histogram
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
except ImportError:
    raise ImportError("metrics need prometheus_client: pip install '.[metrics]'") from None

from chatd.doors.endpoints import parts, to_listen_on, unescaped

Stats = Callable[[], dict[str, Any]]

BEAT = 0.5  # seconds between two looks at the clock
TOO_LATE = 5.0  # seconds
AT_ONCE = 20  # connections
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_GAUGES = {
    "connections": "Open connections",
    "people": "People with a nickname",
    "rooms": "Rooms",
    "bytes_waiting": "Bytes on their way to readers",
    "owners": "Names that have an owner",
    "owners_ok": "0 if accounts and letters can't be written",
    "history_ok": "0 if what is said can't be written",
    "history_waiting": "Lines that are not on the disk yet",
    "draining": "1 if nobody new gets in",
    "uptime_seconds": "Seconds since the start",
}
_COUNTERS = {
    "lines_heard": "Lines said, in rooms and privately",
    "lines_delivered": "Lines on their way to somebody, one for each who hears it",
    "lines_skipped": "Lines among those that a slow reader lost",
    "history_lost": "Lines that never got to the disk, because too many waited",
    "silent_connections": "Connections that said nothing at all",
    "held_back_seconds": "Seconds for which flood control read somebody later",
}


class Lag(Service):
    """How late the reactor comes to what it should have done."""

    def __init__(self, clock: IReactorTime, observe: Callable[[float], object]) -> None:
        self._clock = clock
        self._observe = observe
        self._last = 0.0

    def startService(self) -> None:
        super().startService()
        self._wait()

    def stopService(self) -> None:
        super().stopService()
        self._call.cancel()

    def now(self) -> float:
        """Return the lag in seconds: of the last beat, or of one that is still to come."""
        return max(self._last, float(self._clock.seconds()) - self._due)

    def _wait(self) -> None:
        """Beats are counted from each other, and not from the start: a reactor that is always late must not hide it."""
        self._due = self._clock.seconds() + BEAT
        self._call = self._clock.callLater(BEAT, self._beat)

    def _beat(self) -> None:
        self._last = max(0.0, self._clock.seconds() - self._due)
        self._observe(self._last)
        self._wait()


class HallCollector:
    """Asks for the figures when somebody looks at them."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        stats = self._stats()
        for name, meaning in _GAUGES.items():
            yield GaugeMetricFamily(f"chatd_{name}", meaning, stats[name])
        for name, meaning in _COUNTERS.items():
            yield CounterMetricFamily(f"chatd_{name}", meaning, stats[name])
        refusals = CounterMetricFamily("chatd_refusals", "Refusals, by kind", labels=["kind"])
        for kind, count in stats["refusals"].items():
            refusals.add_metric([kind], count)
        yield refusals


class Page(Resource):
    """A page of plain text, made when it is asked for; `make` returns its status and its bytes."""

    isLeaf = True

    def __init__(self, make: Callable[[], tuple[int, bytes]], content_type: str) -> None:
        super().__init__()
        self._make = make
        self._content_type = content_type

    def render_GET(self, request: Request) -> bytes:
        status, text = self._make()
        request.setResponseCode(status)
        request.setHeader("Content-Type", self._content_type)
        return text


class Question(Request):
    """A request without a body: nothing is stored of what somebody sends with one."""

    def gotLength(self, length: int | None) -> None:
        if length != 0:
            self.channel.forceAbortClient()
        super().gotLength(0)


class QuietSite(Site):
    """Logs no request: somebody asks every few seconds."""

    requestFactory = Question
    noisy = False

    def log(self, request: http.Request) -> None:
        """Nothing is logged."""


class Few(WrappingFactory):
    """Lets in only so many at a time: these connections must not take the place of people's, nor one of the others'."""

    noisy = False

    def logPrefix(self) -> str:
        return "Metrics"

    def registerProtocol(self, p: ProtocolWrapper) -> None:
        """Take a connection; the oldest goes if there are too many, for it has been answered, or asks nothing."""
        super().registerProtocol(p)
        if len(self.protocols) > AT_ONCE:
            next(iter(self.protocols)).transport.abortConnection()


class MetricsService(MultiService):
    """Serves the figures at an endpoint, which only this machine may reach unless `public`.

    @raises ValueError: for an endpoint that others may reach.
    """

    def __init__(self, endpoint: str, public: bool, stats: Stats, reactor: Any) -> None:
        super().__init__()
        if not (public or is_local(endpoint)):
            raise ValueError("other machines could reach it; add --metrics-public if they may")
        self._stats = stats
        self._registry = CollectorRegistry()
        self._registry.register(HallCollector(stats))
        late = Histogram(
            "chatd_reactor_lag_seconds", "How late the reactor is", buckets=_BUCKETS, registry=self._registry
        )
        self._lag = Lag(reactor, late.observe)
        self._lag.setServiceParent(self)
        root = Resource()
        root.putChild(b"metrics", Page(self._metrics, CONTENT_TYPE_LATEST))
        root.putChild(b"healthz", Page(self._health, "text/plain; charset=utf-8"))
        site = Few(QuietSite(root, timeout=30, reactor=reactor))
        for one in to_listen_on(endpoint):
            strports.service(one, site, reactor).setServiceParent(self)

    def _metrics(self) -> tuple[int, bytes]:
        return 200, generate_latest(self._registry)

    def _health(self) -> tuple[int, bytes]:
        lag = self._lag.now()
        if lag > TOO_LATE:
            return 503, f"the reactor is {lag:.1f} s late\n".encode()
        if self._stats()["draining"]:
            return 503, b"draining: nobody new gets in\n"
        return 200, b"ok\n"


def is_local(endpoint: str) -> bool:
    """Say whether only this machine reaches an endpoint: a Unix socket, or a loopback address."""
    kind, *others = parts(endpoint) or [""]
    named = dict(part.split("=", 1) for part in others if "=" in part)  # of two with one name, Twisted takes the last
    interface = unescaped(named.get("interface", ""))
    try:
        return kind == "unix" or (kind in ("tcp", "tcp6") and ip_address(interface).is_loopback)
    except ValueError:
        return interface == "localhost"
