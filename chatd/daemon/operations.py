"""What an operator asks of the daemon as a whole: keep the bans, reload, drain, stop, count."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThread
from twisted.logger import Logger

from chatd.core.text import one_line
from chatd.daemon.keeping import Keeping
from chatd.daemon.logs import Levels
from chatd.daemon.settings import SETTINGS, BadSetting, Settings, rule
from chatd.session.operator_answers import NodeList, Reloaded
from chatd.session.refusals import NoLevels, NotKept, NotReloaded, OnlyOne, OpenAlready, StoppingAlready
from chatd.session.session import Server
from chatd.session.view import view
from chatd.session.words.answers import answer_lines
from chatd.session.words.language import ENGLISH, people_here
from chatd.session.words.refusals import refusal_words
from chatd.wire.entrance import Entrance
from chatd.wire.limits import Limits

if TYPE_CHECKING:
    from chatd.daemon.linking import Linking

READ_WITHIN = 20.0  # seconds in which the configuration and its files must be read
ALONE = {"nodes_ok": 1, "facts_untold": 0}  # the figures of a daemon that is the only one


class Operations:
    """A `Daemon` for the sessions of operators.

    `people` is the entrance that the settings are about, `entrances` are all of them; `keeping` is what outlives the
    process. `reread` reads the settings anew, and may be slow; `levels` None is a log that is not ours; `renewals` read
    the certificates anew, and return what came of it.
    """

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        server: Server,
        people: Entrance,
        keeping: Keeping,
        reactor: Any,
        *,
        levels: Levels | None = None,
        reread: Callable[[], Settings] | None = None,
        in_thread: Callable[[Callable[[], Settings]], Deferred[Settings]] = deferToThread,
    ) -> None:
        self.settings = settings
        self.server = server
        server.hall.elsewhere = settings.elsewhere or ""
        self.people = people
        self.entrances: list[Entrance] = [people]
        self.renewals: list[Callable[[], Awaitable[str]]] = []
        self._reactor = reactor
        self.keeping = keeping
        self.levels = levels
        self._reread = reread or (lambda: settings)
        self._in_thread = in_thread
        self.linking: Linking | None = None
        self._timers: list[IDelayedCall] = []
        self._stopping = False
        self._in_order = DeferredLock()

    def restore_bans(self) -> None:
        """Take back what was kept; it must be called before anybody comes in."""
        if self.keeping.bans is not None:
            self.keeping.bans.load(self._restore)

    async def keep_bans(self) -> bool:
        file = self.keeping.bans
        if file is None:
            return False
        try:
            await file.save({"bans": self.server.hall.bans.plain(self.server.hall.now())})
        except OSError as error:
            self._log.error("{path} can't be written: {error}", path=file.path, error=error)
            raise NotKept(str(file.path), error.strerror or str(error)) from None
        return True

    async def backup(self, folder: str) -> str:
        return await self.keeping.backup(folder)

    async def nodes(self) -> NodeList:
        if self.linking is None:
            raise OnlyOne
        return await self.linking.nodes()

    async def reload(self) -> Reloaded:
        done: Reloaded = await self._in_order.run(lambda: Deferred.fromCoroutine(self._reload()))
        return done

    async def reload_and_log(self) -> None:
        """Reload for a signal, which has nobody to answer."""
        try:
            done = await self.reload()
        except NotReloaded as error:
            self._log.error("Not reloaded: {error}", error=refusal_words(error, ENGLISH))
        else:
            for line in answer_lines(done, view("on")):
                self._log.info("Reloaded: {line}", line=line)

    async def _reload(self) -> Reloaded:
        try:
            new = await self._in_thread(self._reread).addTimeout(READ_WITHIN, self._reactor)
        except TimedOut:
            raise NotReloaded(f"a file was not read within {READ_WITHIN:g} s") from None
        except BadSetting as error:
            raise NotReloaded(one_line(str(error))) from None
        changed = [
            name for name, known in SETTINGS.items() if getattr(new, known.name) != getattr(self.settings, known.name)
        ]
        live = tuple(name for name in changed if rule(name).live)
        if live:
            self._take({SETTINGS[name].name: getattr(new, SETTINGS[name].name) for name in live})
        news = tuple([line for renewal in self.renewals if (line := await renewal())])
        return Reloaded(live, tuple(name for name in changed if name not in live), news)

    def set_log_level(self, level: str) -> None:
        if self.levels is None:
            raise NoLevels
        self.levels.set(level)

    def log_level(self) -> str:
        if self.levels is None:
            raise NoLevels
        return self.levels.level

    def drain(self, minutes: int | None) -> None:
        self._cancel()
        self.server.hall.draining = True
        if minutes is None:
            self.announce_closing(None)
            return
        self.announce_closing(minutes)
        if minutes > 1:
            self._timers.append(self._reactor.callLater(60 * (minutes - 1), self.announce_closing, 1))
        self._timers.append(self._reactor.callLater(60 * minutes, self.stop))

    async def drain_node(self, node: str, minutes: int | None) -> None:
        if self.linking is None:
            raise OnlyOne
        await self.linking.drain(node, minutes)

    def obey(self, minutes: int | None) -> bool:
        """Drain, as an operator of any daemon wants it, or with None let people in again; False: they were let in."""
        if minutes is not None:
            self.drain(minutes)
        elif self.server.hall.draining:
            self.open_again()
        else:
            return False
        return True

    def open_again(self) -> None:
        if not self.server.hall.draining:
            raise OpenAlready
        self._cancel()
        self.server.hall.draining = False
        self.server.hall.call_off_closing()

    def stop(self) -> None:
        if self._stopping:
            raise StoppingAlready
        self._stopping = True
        self._cancel()
        self._reactor.callLater(0, self._reactor.stop)  # the answer comes first

    def stats(self) -> dict[str, Any]:
        hall, counts = self.server.hall, self.server.hall.counts
        return {
            "people": len(hall.members),
            "rooms": len(hall.rooms),
            "silent_connections": counts.silent,
            "connections": self.people.gate.connections,
            "lines_heard": counts.heard,
            "lines_delivered": counts.delivered,
            "lines_skipped": counts.skipped,
            "refusals": dict(counts.refused),
            "held_back_seconds": round(counts.held_back, 1),
            "bytes_waiting": sum(one.waiting for entrance in self.entrances for one in entrance.connections),
            **self.keeping.figures(),
            **(self.linking.figures() if self.linking else ALONE),
            "draining": int(hall.draining),
            "uptime_seconds": int(self.server.uptime),
        }

    def status(self) -> str:
        """Return one line on how it is, for systemd."""
        people = people_here(len(self.server.hall.members), ENGLISH)
        return people + (", nobody new is let in" if self.server.hall.draining else "")

    def _restore(self, data: Any) -> None:
        """@raises ValueError: if that is not what was kept."""
        if not isinstance(data, dict):
            raise ValueError("it holds no bans")
        self.server.hall.bans.restore(data.get("bans"), self.server.hall.now())

    def _take(self, new: dict[str, Any]) -> None:
        """Let what can change while chatd runs be so from now on, for those inside too."""
        self.settings = settings = replace(self.settings, **new)
        self.server.title, self.server.motd = settings.title, settings.motd or ()
        self.server.language = settings.language
        self.server.hall.capacity, self.server.hall.lost_after = settings.capacity, settings.peer_timeout
        self.server.hall.elsewhere = settings.elsewhere or ""
        self.people.apply(limits(settings))
        self.keeping.apply(settings)
        if "log_level" in new and self.levels is not None:
            self.levels.set(settings.log_level)

    def announce_closing(self, minutes: int | None) -> None:
        self.server.hall.announce_closing(minutes)

    def _cancel(self) -> None:
        for call in self._timers:
            if call.active():
                call.cancel()
        self._timers.clear()


def limits(settings: Settings) -> Limits:
    """Return what the settings hold each connection to; there, sizes are in KiB."""
    return Limits(
        line_rate=settings.line_rate,
        line_burst=settings.line_burst,
        byte_rate=settings.byte_rate * 1024,
        byte_burst=settings.byte_burst * 1024,
        max_connections=settings.max_connections,
        max_per_address=settings.max_per_address,
        max_arrivals=settings.max_arrivals or 2 * settings.max_per_address,
        sendq=settings.sendq * 1024,
        stall_timeout=settings.stall_timeout,
        peer_timeout=settings.peer_timeout,
        idle_timeout=settings.idle_timeout,
    )
