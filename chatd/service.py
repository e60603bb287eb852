"""The service that `twistd` runs: it builds the house from the settings and opens its doors."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.application import strports
from twisted.application.service import MultiService
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IProtocolFactory
from twisted.logger import ILogObserver, Logger

from chatd import logs
from chatd.core.hall import Hall
from chatd.daemon import ChatDaemon, terms
from chatd.doors.control import ControlSocket, operators_door
from chatd.doors.line import LineFactory
from chatd.doors.post import Post
from chatd.keeping import StateFile
from chatd.options import CannotStart, Options
from chatd.settings import BadSetting, Settings
from chatd.systemd import Notifier
from chatd.talk.conversation import House

STOP_WITHIN = 4.0  # seconds from SIGTERM in which people may still take what is waiting for them


class ChatService(MultiService):
    """The house and its doors, from the first port to the last goodbye.

    `reread` reads the settings anew for a reload. `log` is what an application that it is put under should log with,
    None to leave that to twistd; `levels` how much of it there is.
    """

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        reread: Callable[[], Settings] | None = None,
        levels: logs.Levels | None = None,
        log: Any = None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._reactor = reactor
        self._application_log = log
        self._post = post = Post(reactor)
        self.hall = Hall(reactor, settings.capacity, settings.peer_timeout, post)
        house = House(self.hall, settings.title, settings.motd or (), reactor.seconds())
        people = LineFactory(house, reactor, post, terms(settings))
        file = StateFile(Path(settings.state) / "bans.json") if settings.state else None
        self.daemon = ChatDaemon(settings, house, people, reactor, file, levels, reread or (lambda: settings))
        self._factories = [people]
        if settings.control:
            operators = operators_door(house, self.daemon, reactor, post)
            self._factories.append(operators)
            ControlSocket(settings.control, operators, reactor).setServiceParent(self)
        for endpoint in settings.listen:
            self._attempt(f"--listen {endpoint}", "tcp:2428 would work", self._open, endpoint, people)
        if settings.metrics:
            self._attempt(
                f"--metrics {settings.metrics}", "tcp:9428:interface=127.0.0.1 would work", self._open_metrics
            )
        Notifier(reactor, self.daemon.status).setServiceParent(self)

    def setServiceParent(self, parent: Any) -> None:
        super().setServiceParent(parent)
        if self._application_log is not None:
            parent.setComponent(ILogObserver, self._application_log)

    def privilegedStartService(self) -> None:
        self.daemon.restore_bans()
        try:
            super().privilegedStartService()
        except Exception as error:  # each kind of endpoint has its own ways to fail
            refusal = f"chatd: can't listen on {' '.join(self._endpoints)}: {error}"
            if isinstance(error, CannotListenError):
                where = f"{error.interface or '*'}:{error.port}" if isinstance(error.port, int) else error.port
                refusal = f"chatd: can't listen on {where}: {error.socketError.strerror or error.socketError}"
            print(refusal, file=sys.__stderr__)  # by now, twistd has turned sys.stderr into a part of the log
            raise CannotStart(refusal) from None
        self._log.info("Up to {files:,} files and connections may be open", files=raise_file_limit())
        for endpoint in self._endpoints:
            self._log.info("Listening on {endpoint}", endpoint=endpoint)

    def startService(self) -> None:
        super().startService()
        self._hang_up_before = signal.signal(signal.SIGHUP, self._hang_up)

    def stopService(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._stop())

    @property
    def _endpoints(self) -> list[str]:
        settings = self._settings
        return [*settings.listen, *filter(None, [settings.control, settings.metrics])]

    def _attempt(self, what: str, hint: str, open: Callable[..., None], *arguments: Any) -> None:
        try:
            open(*arguments)
        except Exception as error:  # each kind of endpoint has its own ways to fail
            raise CannotStart(f"chatd: {what}: {error}; {hint}") from None

    def _open(self, endpoint: str, factory: IProtocolFactory) -> None:
        if endpoint.startswith("ssl:"):
            from chatd.doors.tls import behind_tls  # it needs pyOpenSSL, which not everybody has

            endpoint, factory, watch = behind_tls(endpoint, factory, self._reactor)
            self.daemon.renewals.append(factory.certificate.check)
            watch.setServiceParent(self)
        strports.service(endpoint, factory, self._reactor).setServiceParent(self)

    def _open_metrics(self) -> None:
        from chatd.doors.metrics import MetricsService  # it needs prometheus_client, which not everybody has

        settings = self._settings
        MetricsService(
            str(settings.metrics), settings.metrics_public, self.daemon.stats, self._reactor
        ).setServiceParent(self)

    def _hang_up(self, *_: object) -> None:
        """SIGHUP: take over what has changed in the configuration."""
        self._reactor.callFromThread(lambda: Deferred.fromCoroutine(self.daemon.reload_and_log()))

    async def _stop(self) -> None:
        await super().stopService()
        self.hall.announce("this chat is closing now")
        await DeferredList([Deferred.fromCoroutine(factory.close_all(STOP_WITHIN)) for factory in self._factories])
        self._post.stop()
        signal.signal(signal.SIGHUP, self._hang_up_before)


def raise_file_limit() -> int:
    """Let this process open as many files as its hard limit allows, and return how many those are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError):  # a sandbox may forbid to ask, and has set it itself
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def makeService(options: Options) -> ChatService:
    """What `twistd chatd` runs."""
    try:
        settings = options.settings()
    except BadSetting as error:
        raise CannotStart(f"chatd: {error}") from None
    from twisted.internet import reactor

    twistd = options.parent
    if twistd is None or twistd["syslog"] or twistd["logger"]:  # a .tac, or somebody who wants another log
        return ChatService(settings, reactor, options.settings)
    stream = logs.stream_for(twistd, reactor)
    levels = logs.Levels(settings.log_level)
    log_format = settings.log_format
    if log_format == "auto":
        log_format = "systemd" if logs.read_by_systemd(stream, os.environ) else "text"
    return ChatService(settings, reactor, options.settings, levels, logs.observer(stream, log_format, levels))
