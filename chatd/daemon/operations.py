"""What an operator asks of the daemon as a whole: keep the bans, reload, drain, stop, count."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThread
from twisted.logger import Logger

from chatd.core.refusals import AlreadySo, HallError
from chatd.core.text import one_line
from chatd.daemon.logs import Levels
from chatd.daemon.settings import SETTINGS, BadSetting, Settings, rule
from chatd.doors.line import LineFactory, Terms
from chatd.session.session import Server
from chatd.session.words import people_are
from chatd.store.state_file import StateFile
from chatd.wire.gate import Limits

READ_WITHIN = 30.0  # seconds in which the configuration and its files must be read


class NotReloaded(HallError):
    """The configuration can't be used; nothing has changed."""


class NotKept(HallError):
    """What was done is done, but won't survive a restart."""


class NoLevels(HallError):
    """The log is not ours."""

    def __init__(self) -> None:
        super().__init__("this log is written by twistd itself; start chatd by `twistd chatd`, not from a .tac")


@dataclass
class ChatDaemon:
    """A `Daemon` for the operators' talk.

    `reread` reads the settings anew, and may be slow; `levels` None is a log that is not ours; `renewals` read the
    certificates anew, and return what came of it.
    """

    settings: Settings
    server: Server
    factory: LineFactory
    reactor: Any
    file: StateFile | None
    levels: Levels | None
    reread: Callable[[], Settings]
    renewals: list[Callable[[], Awaitable[str]]] = field(default_factory=list)
    in_thread: Callable[[Callable[[], Settings]], Deferred[Settings]] = deferToThread
    _timers: list[IDelayedCall] = field(default_factory=list)
    _stopping: bool = False
    _in_order: DeferredLock = field(default_factory=DeferredLock)

    _log = Logger()

    def restore_bans(self) -> None:
        """Take back what was kept; it must be called before anybody comes in."""
        if self.file is not None:
            self.file.load(self._restore)

    async def keep_bans(self) -> bool:
        if self.file is None:
            return False
        try:
            await self.file.save({"bans": self.server.hall.bans.plain(self.server.hall.now())})
        except OSError as error:
            self._log.error("{path} can't be written: {error}", path=self.file.path, error=error)
            raise NotKept(f"{self.file.path} can't be written ({error.strerror}); it holds until chatd stops") from None
        return True

    async def reload(self) -> list[str]:
        lines: list[str] = await self._in_order.run(lambda: Deferred.fromCoroutine(self._reload()))
        return lines

    async def _reload(self) -> list[str]:
        try:
            new = await self.in_thread(self.reread).addTimeout(READ_WITHIN, self.reactor)
        except TimedOut:
            raise NotReloaded(f"a file was not read within {READ_WITHIN:g} s; nothing has changed") from None
        except BadSetting as error:
            raise NotReloaded(f"{one_line(str(error))}; nothing has changed") from None
        changed = [
            name for name, known in SETTINGS.items() if getattr(new, known.name) != getattr(self.settings, known.name)
        ]
        live = [name for name in changed if rule(name).live]
        if live:
            self._take({SETTINGS[name].name: getattr(new, SETTINGS[name].name) for name in live})
        lines = [f"taken over: {', '.join(live)}"] if live else []
        lines += [f"needs a restart: {name}" for name in changed if name not in live]
        lines += [line for renewal in self.renewals if (line := await renewal())]
        return lines or ["nothing has changed"]

    async def reload_and_log(self) -> None:
        """Do so for a signal, which nobody can be answered to."""
        try:
            for line in await self.reload():
                self._log.info("Reloaded: {line}", line=line)
        except NotReloaded as error:
            self._log.error("Not reloaded: {error}", error=error)

    def set_log_level(self, level: str) -> None:
        if self.levels is None:
            raise NoLevels
        self.levels.set(level)

    def drain(self, minutes: int | None) -> None:
        self._cancel()
        self.server.hall.draining = True
        if minutes is None:
            self.server.hall.announce("nobody new gets in any more: this chat closes soon")
            return
        self._announce_end(minutes)
        if minutes > 1:
            self._timers.append(self.reactor.callLater(60 * (minutes - 1), self._announce_end, 1))
        self._timers.append(self.reactor.callLater(60 * minutes, self.stop))

    def open_again(self) -> None:
        if not self.server.hall.draining:
            raise AlreadySo("people get in already")
        self._cancel()
        self.server.hall.draining = False
        self.server.hall.announce("this chat stays open")

    def stop(self) -> None:
        if self._stopping:
            raise AlreadySo("chatd stops already")
        self._stopping = True
        self._cancel()
        self.reactor.callLater(0, self.reactor.stop)  # the answer comes first

    def stats(self) -> dict[str, Any]:
        hall, counts, now = self.server.hall, self.server.hall.counts, self.server.hall.now()
        return {
            "people": len(hall.members),
            "rooms": len(hall.rooms),
            "connections": self.factory.gate.connections,
            "lines_heard": counts.heard,
            "lines_delivered": counts.delivered,
            "lines_skipped": counts.skipped,
            "refusals": dict(counts.refused),
            "held_back_seconds": round(counts.held_back, 1),
            "bytes_waiting": sum(door.waiting for door in self.factory.doors),
            "draining": int(hall.draining),
            "uptime_seconds": int(now - self.server.opened_at),
        }

    def status(self) -> str:
        """Return one line on how it is, for systemd."""
        people = people_are(len(self.server.hall.members))
        return f"{people} here" + (", nobody new gets in" if self.server.hall.draining else "")

    def _restore(self, data: Any) -> None:
        """@raises ValueError: if that is not what was kept."""
        if not isinstance(data, dict):
            raise ValueError("it holds no bans")
        self.server.hall.bans.restore(data.get("bans"), self.server.hall.now())

    def _take(self, new: dict[str, Any]) -> None:
        """Let what can change while chatd runs be so from now on, for those inside too."""
        self.settings = settings = replace(self.settings, **new)
        self.server.title, self.server.motd = settings.title, settings.motd or ()
        self.server.hall.capacity, self.server.hall.lost_after = settings.capacity, settings.peer_timeout
        self.factory.take_terms(terms(settings))
        if "log_level" in new and self.levels is not None:
            self.levels.set(settings.log_level)

    def _announce_end(self, minutes: int) -> None:
        when = "1 minute" if minutes == 1 else f"{minutes:,} minutes"
        self.server.hall.announce(f"this chat closes in {when}; nobody new gets in")

    def _cancel(self) -> None:
        for call in self._timers:
            if call.active():
                call.cancel()
        self._timers.clear()


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
