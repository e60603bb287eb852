"""The service that `twistd` runs: it reads the options, builds the house and opens its doors."""

from __future__ import annotations

import resource
import sys
from typing import Any

from twisted.application import strports
from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IProtocolFactory
from twisted.logger import Logger
from twisted.python import usage

from chatd import __version__
from chatd.core.hall import Hall
from chatd.doors.gate import Limits
from chatd.doors.line import LineFactory, Terms
from chatd.doors.post import Post
from chatd.settings import SETTINGS, BadSetting, Settings, shown_default
from chatd.talk.conversation import House

STOP_WITHIN = 4.0  # seconds from SIGTERM in which people may still take what is waiting for them


class CannotStart(SystemExit, Exception):
    """`str()` is the one line on stderr. In the foreground it ends the process as SystemExit, with status 1; a daemon
    that `twistd` has forked hands it to its parent as an Exception.
    """


class Options(usage.Options):
    """The command line, made from the table of settings."""

    synopsis = "[options]"
    longdesc = "A chat daemon that people reach with telnet or nc. Stop it with SIGTERM or Ctrl-C."
    optParameters = [
        [
            name,
            None,
            None,
            f"{setting.metadata['help']}  [{setting.metadata['value']}, default: {shown_default(setting.default)}]",
        ]
        for name, setting in SETTINGS.items()
        if name != "listen"
    ]

    def __init__(self) -> None:
        super().__init__()
        self["listen"] = []

    def opt_listen(self, endpoint: str) -> None:
        self["listen"].append(endpoint)

    opt_listen.__doc__ = f"{SETTINGS['listen'].metadata['help']}  [ENDPOINT, default: tcp:2428]"

    def opt_version(self) -> None:
        """Show which chatd this is."""
        print(f"chatd {__version__}")
        raise SystemExit(0)

    def parseOptions(self, options: Any = None) -> None:
        try:
            super().parseOptions(options)
        except usage.UsageError as error:
            raise CannotStart(f"chatd: {error}; --help lists the options") from None

    def settings(self) -> Settings:
        """@raises CannotStart: for a value that is not allowed."""
        values: dict[str, Any] = {"listen": tuple(self["listen"])} if self["listen"] else {}
        for name, setting in SETTINGS.items():
            typed = self[name]
            if name == "listen" or typed is None:
                continue
            try:
                values[setting.name] = setting.metadata["read"](typed)
            except BadSetting as error:
                raise CannotStart(f"chatd: --{name} {typed}: {error}") from None
        return Settings(**values)


class ChatService(MultiService):
    """The house and its doors, from the first port to the last goodbye."""

    _log = Logger()

    def __init__(self, settings: Settings, reactor: Any) -> None:
        super().__init__()
        self._settings = settings
        post = Post(reactor)
        self.hall = Hall(reactor, settings.capacity, settings.peer_timeout, post)
        house = House(self.hall, settings.title, settings.motd, reactor.seconds())
        self._factory = LineFactory(house, reactor, post, terms(settings))
        for endpoint in settings.listen:
            try:
                self._open(endpoint, reactor)
            except Exception as error:  # each kind of endpoint has its own ways to fail
                raise CannotStart(f"chatd: --listen {endpoint}: {error}; tcp:2428 would work") from None

    def _open(self, endpoint: str, reactor: Any) -> None:
        factory: IProtocolFactory = self._factory
        if endpoint.startswith("ssl:"):
            from chatd.doors.tls import behind_tls  # it needs pyOpenSSL, which not everybody has

            endpoint, factory, watch = behind_tls(endpoint, factory, reactor)
            watch.setServiceParent(self)
        strports.service(endpoint, factory, reactor).setServiceParent(self)

    def privilegedStartService(self) -> None:
        try:
            super().privilegedStartService()
        except Exception as error:  # each kind of endpoint has its own ways to fail
            refusal = f"chatd: can't listen on {' '.join(self._settings.listen)}: {error}"
            if isinstance(error, CannotListenError):
                where = f"{error.interface or '*'}:{error.port}"
                refusal = f"chatd: can't listen on {where}: {error.socketError.strerror or error.socketError}"
            print(refusal, file=sys.__stderr__)  # by now, twistd has turned sys.stderr into a part of the log
            raise CannotStart(refusal) from None
        self._log.info("Up to {files:,} files and connections may be open", files=raise_file_limit())
        for endpoint in self._settings.listen:
            self._log.info("Listening on {endpoint}", endpoint=endpoint)

    def stopService(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        await super().stopService()
        self.hall.announce("this chat is closing now; goodbye")
        await self._factory.close_all(STOP_WITHIN)


def terms(settings: Settings) -> Terms:
    """Return the part of the settings that each connection is held to; sizes are settings in KiB and terms in bytes."""
    limits = Limits(
        line_rate=settings.line_rate,
        line_burst=settings.line_burst,
        byte_rate=settings.byte_rate * 1024,
        byte_burst=settings.byte_burst * 1024,
        max_connections=settings.max_connections,
        max_per_address=settings.max_per_address,
    )
    return Terms(limits, settings.sendq * 1024, settings.stall_timeout, settings.peer_timeout, settings.idle_timeout)


def raise_file_limit() -> int:
    """Let this process open as many files as its hard limit allows, and return how many those are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def makeService(options: Options) -> ChatService:
    """What `twistd chatd` runs."""
    settings = options.settings()
    from twisted.internet import reactor

    return ChatService(settings, reactor)
