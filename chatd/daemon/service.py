"""The service that `twistd` runs: it builds the server from the settings and opens its doors."""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from twisted.application import strports
from twisted.application.internet import TimerService
from twisted.application.service import MultiService
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IProtocolFactory
from twisted.logger import ILogObserver, Logger

from chatd.core.hall import Hall
from chatd.daemon import logs
from chatd.daemon.keeping import Keeping
from chatd.daemon.operations import Operations, limits
from chatd.daemon.options import CannotStart, Options
from chatd.daemon.settings import BadSetting, Settings
from chatd.daemon.systemd import Notifier
from chatd.doors.control import ControlSocket, operators_entrance
from chatd.doors.endpoints import to_listen_on, way_in
from chatd.doors.line import LineFactory
from chatd.doors.proxied import PREFIX, ProxiedFactory
from chatd.session.commands import a_person
from chatd.session.session import Server
from chatd.store.folder import StoreError
from chatd.wire.batcher import Batcher
from chatd.wire.entrance import Entrance

if TYPE_CHECKING:
    from chatd.daemon.linking import Linking

STOP_WITHIN = 4.0  # seconds from SIGTERM in which people may still take what is waiting for them


class ChatService(MultiService):
    """The server and its doors, from the first port to the last goodbye.

    `reread` reads the settings anew for a reload. `log` is what an application that it is put under should log with,
    None to leave that to twistd; `levels` how much of it there is; `logs_to_file` whether that is read elsewhere than
    what the process says on stderr.
    """

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        reread: Callable[[], Settings] | None = None,
        levels: logs.Levels | None = None,
        log: Any = None,
        logs_to_file: bool = False,
    ) -> None:
        """@raises BadSetting: for an endpoint or a certificate that can't be used."""
        super().__init__()
        self._reactor = reactor
        self._application_log = log
        self._logs_to_file = logs_to_file
        self._ports: dict[Any, str] = {}  # services, and where each listens
        self._host_keys: list[Callable[[], None]] = []  # which are read once the state folder is there
        self._listen, self._control = settings.listen, settings.control
        self._batcher = batcher = Batcher(reactor)
        self.linking: Linking | None = None
        self.hall = Hall(reactor, settings.capacity, settings.peer_timeout, batcher, time.time)
        server = Server(self.hall, settings.title, settings.motd or (), settings.language)
        people = Entrance(server, reactor, batcher, limits(settings), a_person, "Line door")
        self.keeping = Keeping(settings, server, reactor)
        self.operations = Operations(settings, server, people, self.keeping, reactor, levels=levels, reread=reread)
        if settings.redis:
            from chatd.daemon.linking import Linking  # it takes its time to load, which most don't need

            self.linking = Linking(
                settings, server, reactor, self.keeping, self.operations.keep_bans, self.operations.obey
            )
            self.operations.linking = self.linking
        if settings.control:
            operators = operators_entrance(server, self.operations, reactor, batcher)
            self.operations.entrances.append(operators)
            self._add_port(settings.control, ControlSocket(settings.control, LineFactory(operators), reactor))
        for endpoint in settings.listen:
            with _naming(f"listen {endpoint}", "tcp:2428"):
                self._open(endpoint, LineFactory(people))
        if settings.metrics:
            with _naming(f"metrics {settings.metrics}", "tcp:9428:interface=127.0.0.1"):
                self._open_metrics(settings.metrics, settings.metrics_public)
        self._repeat(1.0, people.drop_vanished)
        Notifier(reactor, self.operations.status).setServiceParent(self)

    def setServiceParent(self, parent: Any) -> None:
        super().setServiceParent(parent)
        if self._application_log is not None:
            parent.setComponent(ILogObserver, self._application_log)

    def privilegedStartService(self) -> None:
        for service in self:
            try:
                service.privilegedStartService()
            except Exception as error:  # each kind of endpoint has its own ways to fail
                raise self._refusal(f"{_reason(error)}: can't listen on {self._ports[service]}") from None
        self._log.info("Up to {files:,} files and connections may be open", files=raise_file_limit())

    def startService(self) -> None:
        try:
            self.keeping.open()  # now that the process forks no more, and is who it will be
            for take_key in self._host_keys:
                take_key()
        except (StoreError, ValueError) as error:
            raise self._refusal(str(error)) from None
        self.operations.restore_bans()
        if self.linking is not None:
            self.linking.start()
        super().startService()
        for where in self._listen:
            if way := way_in(where, socket.gethostname()):
                self._log.info("People come in by: {way}", way=way)
        if self._control:
            self._log.info("Operators come in by: chatctl --control {path}", path=self._control)
        self._hang_up_before = signal.signal(signal.SIGHUP, self._hang_up)

    def stopService(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._stop())

    def _open(self, endpoint: str, factory: IProtocolFactory) -> None:
        below = endpoint.removeprefix(PREFIX)
        if below.startswith("ssl:"):
            from chatd.doors.tls import behind_tls  # it needs pyOpenSSL, which not everybody has

            below, factory, watch = behind_tls(below, factory, self._reactor)
            self.operations.renewals.append(factory.certificate.check)
            watch.setServiceParent(self)
        elif below.startswith("ssh:"):
            from chatd.doors.ssh.factory import behind_ssh  # it needs conch, which not everybody has

            operations = self.operations
            state = operations.settings.state
            below, factory = behind_ssh(
                below, operations.people, state, lambda: operations.settings.ssh_guests == "yes"
            )
            self._host_keys.append(factory.take_key)
        if endpoint.startswith(PREFIX):
            factory = ProxiedFactory(factory, self._reactor)
        for one in to_listen_on(below):
            self._add_port(endpoint, strports.service(one, factory, self._reactor))

    def _open_metrics(self, endpoint: str, public: bool) -> None:
        from chatd.daemon.metrics import MetricsService  # it needs prometheus_client, which not everybody has

        self._add_port(endpoint, MetricsService(endpoint, public, self.operations.stats, self._reactor))

    def _add_port(self, where: str, service: Any) -> None:
        service.setServiceParent(self)
        self._ports[service] = where

    def _repeat(self, seconds: float, function: Callable[[], object]) -> None:
        timer = TimerService(seconds, function)
        timer.clock = self._reactor
        timer.setServiceParent(self)

    def _refusal(self, why: str) -> CannotStart:
        """Return what ends the process, with one line on stderr; a daemon has none any more."""
        refusal = CannotStart(f"chatd: {why}")
        print(refusal, file=sys.__stderr__)  # by now, twistd has turned sys.stderr into a part of the log
        refusal.code = 1  # so that Python prints it no second time
        if self._logs_to_file:
            self._log.critical("chatd can't start: {why}", why=why)
        return refusal

    def _hang_up(self, *_: object) -> None:
        """SIGHUP: read the configuration again, and apply what has changed."""
        self._reactor.callFromThread(lambda: Deferred.fromCoroutine(self.operations.reload_and_log()))

    async def _stop(self) -> None:
        with _deaf_to(signal.SIGTERM, signal.SIGINT):
            await self._say_goodbye()
        signal.signal(signal.SIGHUP, self._hang_up_before)

    async def _say_goodbye(self) -> None:
        await super().stopService()
        self.operations.announce_closing(0)
        await DeferredList(
            [Deferred.fromCoroutine(entrance.close_all(STOP_WITHIN)) for entrance in self.operations.entrances]
        )
        if self.linking is not None:
            await self.linking.stop()
        self._batcher.stop()
        await self.keeping.close()


@contextmanager
def _deaf_to(*signals: signal.Signals) -> Iterator[None]:
    """Ignore what would stop chatd once more, meanwhile: Twisted would call that an error."""
    before = [(one, signal.signal(one, signal.SIG_IGN)) for one in signals]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)


@contextmanager
def _naming(what: str, example: str) -> Iterator[None]:
    """@raises BadSetting: that names the setting, for whatever is wrong with it."""
    try:
        yield
    except Exception as error:  # each kind of endpoint has its own ways to fail
        why = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        is_plain = not any(f" {kind}:" in what for kind in ("ssl", "ssh", "systemd"))
        hint = f"; {example} would work" if is_plain and not isinstance(error, ImportError) else ""
        raise BadSetting(f"{what}: {why}{hint}") from None


def _reason(error: Exception) -> str:
    cause = error.socketError if isinstance(error, CannotListenError) else error
    return (cause.strerror if isinstance(cause, OSError) else None) or str(cause)


def raise_file_limit() -> int:
    """Let this process open as many files as its hard limit allows, and return how many those are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError):  # a sandbox may forbid to ask, and has set it itself
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def count_steadily(reactor: Any) -> None:
    """Let the reactor measure on a clock that never goes back; its own does when somebody sets the time."""
    reactor.seconds = time.monotonic


def leave_out_of_collections() -> None:
    """Let garbage be looked for in what has come since, and by how much that is.

    What was loaded is never garbage, and a collection that looked through it would stop everybody for 80 ms.
    """
    gc.freeze()
    gc.collect()


def makeService(options: Options) -> ChatService:
    """What `twistd chatd` runs."""
    from twisted.internet import reactor

    count_steadily(reactor)
    reactor.callWhenRunning(leave_out_of_collections)

    def reread() -> Settings:
        settings = options.settings()
        ChatService(settings, reactor)  # which opens nothing yet, but finds what is wrong
        return settings

    try:
        settings = options.settings()
        return ChatService(settings, reactor, reread, *_log_of(options.parent, settings, reactor))
    except BadSetting as error:
        raise CannotStart(f"chatd: {error}") from None


def _log_of(twistd: Any, settings: Settings, reactor: Any) -> tuple[logs.Levels | None, Any, bool]:
    """Return what is logged, the log, and whether that is a file; None in a .tac, and for who wants another log."""
    if twistd is None or twistd["syslog"] or twistd["logger"]:
        return None, None, False
    stream = logs.stream_for(twistd, reactor)
    levels = logs.Levels(settings.log_level)
    log_format = settings.log_format
    if log_format == "auto":
        log_format = "systemd" if logs.read_by_systemd(stream, os.environ) else "text"
    return levels, logs.observer(stream, log_format, levels), stream is not sys.stdout
