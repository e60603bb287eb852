"""How a daemon is one of several of its hall: what the settings say of that, and what operators ask of it."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from chatd.core.events import Event
from chatd.core.member import Member
from chatd.core.owner_refusals import ArchiveSilent
from chatd.core.refusals import OthersUnreachable
from chatd.core.relay import BanSet, LinesForgotten
from chatd.daemon.keeping import Keeping
from chatd.daemon.settings import BadSetting, Settings
from chatd.daemon.sharing import Tie
from chatd.nodes.address import Address
from chatd.nodes.alike import COMPARED_EVERY
from chatd.nodes.link import Link
from chatd.nodes.shared import Node, OutOfReach, Shared
from chatd.session.moderation import take_ban
from chatd.session.operator_answers import NodeFacts, NodeList
from chatd.session.refusals import NodeSilent, NoSuchNode, NotKept, OpenAlready
from chatd.session.remembering import forget_lines
from chatd.session.session import Server


class Linking:
    """This daemon as a node. `keep_bans` writes them to their file; `obey` drains it, or ends that."""

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        server: Server,
        reactor: Any,
        keeping: Keeping,
        keep_bans: Callable[[], Any],
        obey: Callable[[int | None], bool],
    ) -> None:
        """@raises BadSetting: if Redis can't be used so."""
        self._server = server
        self._keeping = keeping
        self._keep_bans = keep_bans
        self._obey = obey
        started = int(server.hall.now() * 1000)
        name = settings.node or socket.gethostname().partition(".")[0] or "chatd"
        me = Node(f"{name}.{started}.{secrets.token_hex(4)}", name, started)
        self._shared = _shared(settings, reactor)
        self._link = Link(
            server.hall,
            self._shared,
            reactor,
            me,
            self._forget,
            self._bans_changed,
            settings.redis_waiting,
            self._gives_way,
        )
        self._link.errands.ordered = obey

    def start(self) -> None:
        people, link = self._keeping.people, self._link
        if people is not None:
            Tie(self._server, link, people)
            self._keeping.may_free = lambda: link.linked_for >= COMPARED_EVERY
        link.start()

    async def stop(self) -> None:
        """It takes no longer than a few seconds, whatever Redis does."""
        await self._link.stop()

    async def nodes(self) -> NodeList:
        """@raises OthersUnreachable: if Redis gives no answer."""
        me, roster, untold = self._link.me.id, self._link.roster, self._link.log.telling.untold
        found = await self._found()
        rows = [
            NodeFacts(
                node["name"],
                node["id"] == me,
                node["started"] / 1000,
                len(roster.of(node["id"])),
                node.get("behind", 0.0),
            )
            for node in found
        ]
        return NodeList(tuple(sorted(rows, key=lambda row: row.name)), untold)

    async def drain(self, name: str, minutes: int | None) -> None:
        """Have the node of that name let nobody in any more, or with None let people in again."""
        found = [node["id"] for node in await self._found() if node["name"] == name]
        if not found:
            raise NoSuchNode(name)
        if found[0] == self._link.me.id:
            obeyed: bool | None = self._obey(minutes)
        else:
            obeyed = await self._link.errands.order(found[0], minutes)
        if obeyed is None:
            raise NodeSilent(name)
        if not obeyed:
            raise OpenAlready

    async def _found(self) -> list[dict[str, Any]]:
        """@raises OthersUnreachable: if Redis gives no answer."""
        try:
            return [node for node in await self._shared.nodes() if "name" in node]  # else it is about to join again
        except OutOfReach:
            raise OthersUnreachable from None

    def figures(self) -> dict[str, int]:
        """Return what can be counted, by its name."""
        log = self._link.log
        return {"nodes_ok": int(log.is_linked), "facts_untold": log.telling.untold}

    def _gives_way(self, member: Member) -> tuple[Event, ...]:
        self._log.info("{nickname} came in by another server", event="came elsewhere", nickname=member.nickname)
        return self._server.give_way(member)

    def _bans_changed(self, news: Sequence[BanSet]) -> None:
        for one in news:
            take_ban(self._server, one)
        self._write(self._keep_bans())

    def _forget(self, news: LinesForgotten) -> None:
        self._write(forget_lines(self._server, news.which))

    def _write(self, work: Coroutine[Any, Any, object]) -> None:
        async def write() -> None:
            with suppress(NotKept, ArchiveSilent, CancelledError):  # it has been logged; or this daemon stops
                await work

        Deferred.fromCoroutine(write()).addErrback(
            lambda failure: self._log.failure("What another daemon told can't be written", failure)
        )


def _shared(settings: Settings, reactor: Any) -> Shared:
    """@raises BadSetting: if the library is missing, or a file is no certificate."""
    try:
        from chatd.nodes.dial import Dial, credentials  # it needs hiredis, which not everybody has
        from chatd.nodes.redis import RedisShared
    except ImportError:
        raise BadSetting("redis: it needs hiredis; pip install 'chatd[redis]' brings it") from None
    address = Address.parse(settings.redis or "")
    try:
        dial = Dial(reactor, address, settings.redis_ca)
    except ImportError:
        raise BadSetting("redis: rediss:// needs pyOpenSSL; pip install 'chatd[tls]' brings it") from None
    except (OSError, ValueError) as error:
        raise BadSetting(f"redis-ca: {error}") from None
    return RedisShared(reactor, dial, settings.hall, credentials(address.user, settings.redis_password))
