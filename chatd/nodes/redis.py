"""What the nodes share, in Redis or Valkey: two connections, one that waits for the log and one for all else.

It dials by Twisted's own endpoints; which of its addresses is the master may be asked of Sentinel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha1
from time import time
from typing import Any

import hiredis
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.threads import deferToThread

from chatd.nodes import scripts
from chatd.nodes.protocol import DIAL_WITHIN, RedisFactory, RedisProtocol
from chatd.nodes.shared import (
    KEPT,
    LEASE,
    START,
    Entry,
    Fenced,
    Joined,
    Known,
    NameTaken,
    Node,
    NodeGone,
    Note,
    OutOfReach,
    Passed,
    StaysOut,
)

ANSWER_WITHIN = 1.0  # seconds
READ_FOR = 1.0  # seconds that a read waits
AT_ONCE = 1_000  # entries in one read
_SHA = {script: sha1(script.encode(), usedforsecurity=False).hexdigest() for script in scripts.ALL}


class RedisShared:
    """A `Shared` on Redis. `endpoint` is asked for before each connection: after a failover it is another. So are
    `credentials`, in a thread, for they are read from the disk.

    What was told is `kept` for so many seconds.
    """

    def __init__(
        self,
        clock: IReactorTime,
        endpoint: Callable[[], Deferred[IStreamClientEndpoint]],
        hall: str,
        credentials: Callable[[], tuple[str, ...]] = lambda: (),
    ) -> None:
        self._clock = clock
        self._endpoint = endpoint
        self._prefix = f"{{{hall}}}:"
        self._credentials = credentials  # user and password, password alone, or nothing
        self.kept = KEPT
        self._commands: RedisProtocol | None = None
        self._reader: RedisProtocol | None = None

    async def connect(self) -> None:
        self.close()
        try:
            endpoint = await self._within(self._endpoint())
            credentials = await self._within(deferToThread(self._credentials))
            self._commands = await self._dial(endpoint, credentials)
            self._reader = await self._dial(endpoint, credentials)
            for script in scripts.ALL:
                await self._ask("SCRIPT", "LOAD", script)
        except hiredis.ReplyError as error:
            raise OutOfReach(str(error)) from None

    def close(self) -> None:
        for connection in (self._commands, self._reader):
            if connection is not None:
                connection.close()
        self._commands = self._reader = None

    async def join(self, me: Node, number: int, known: Known, place: str = START) -> Joined:
        said = json.dumps({"name": me.name, "started": me.started, "version": me.version})
        lost = json.dumps({"nodes": list(known.nodes), "names": dict(known.names), "text": known.text})
        generation = f"{me.id} {int(time() * 1000)}"
        lease, kept = int(LEASE * 1000), int(self.kept * 1000)
        answer = await self._run(scripts.JOIN, me.id, said, lease, generation, number, lost, kept, place)
        generation, first, last, was_in, told, nodes = answer
        others = tuple(node for node in nodes if node != me.id)
        return Joined(generation, first == 1, last, was_in == 1, told, others)

    async def leave(self, me: Node) -> None:
        await self._run(scripts.LEAVE, me.id)

    async def beat(self, me: Node, about: Mapping[str, Any]) -> str:
        said = json.dumps({"name": me.name, "started": me.started, "version": me.version, **about})
        place: str = await self._run(scripts.BEAT, me.id, int(LEASE * 1000), said, int(self.kept * 1000))
        return place

    async def append(self, me: Node, number: int, text: str, passed: Sequence[Passed]) -> None:
        flat = [part for one in passed for part in one]
        await self._run(scripts.APPEND, me.id, number, text, int(self.kept * 1000), *flat)

    async def claim(self, me: Node, holder: str, keys: Collection[str]) -> str:
        granted, place, other = await self._run(scripts.CLAIM, me.id, holder, *keys)
        if not granted:
            raise NameTaken(other, place)
        return str(place)

    async def post(self, me: Node, to: str, text: str) -> str:
        place: str = await self._run(scripts.POST, me.id, to, text)
        if not place:
            raise NodeGone(to)
        return place

    async def take_back(self, to: str, place: str) -> bool:
        return bool(await self._ask("XDEL", f"{self._prefix}box:{to}", place) == 1)

    async def read(self, me: Node, after: str, notes_after: str) -> tuple[list[Entry], list[Note]]:
        log, box = f"{self._prefix}log", f"{self._prefix}box:{me.id}"
        if self._reader is None:
            raise OutOfReach("not connected")
        command = ("XREAD", "COUNT", AT_ONCE, "BLOCK", int(READ_FOR * 1000), "STREAMS", log, box, after, notes_after)
        found = dict(await self._reader.ask(READ_FOR + ANSWER_WITHIN, *command) or ())
        entries = [_entry(place, values) for place, values in found.get(log, ())]
        return entries, [Note(place, values[1]) for place, values in found.get(box, ())]

    async def nodes(self) -> list[dict[str, Any]]:
        found = json.loads(await self._run(scripts.NODES))
        return list(found)

    async def _dial(self, endpoint: IStreamClientEndpoint, credentials: tuple[str, ...]) -> RedisProtocol:
        connection: RedisProtocol = await self._within(endpoint.connect(RedisFactory(self._clock)))
        try:
            if credentials:
                await connection.ask(ANSWER_WITHIN, "AUTH", *credentials)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _within(self, found: Deferred[Any]) -> Any:
        """@raises OutOfReach: if it fails, or isn't found in time."""
        try:
            return await found.addTimeout(DIAL_WITHIN, self._clock)
        except CancelledError:
            raise
        except TimedOut:
            raise OutOfReach("no connection in time") from None
        except Exception as error:  # a connection, DNS and TLS fail in many ways
            raise OutOfReach(str(error) or type(error).__name__) from None

    async def _ask(self, *command: Any) -> Any:
        if self._commands is None:
            raise OutOfReach("not connected")
        return await self._commands.ask(ANSWER_WITHIN, *command)

    async def _run(self, script: str, *arguments: Any) -> Any:
        try:
            return await self._ask("EVALSHA", _SHA[script], 1, self._prefix, *arguments)
        except hiredis.ReplyError as error:
            raise _meant(str(error)) from None


def _entry(place: str, values: list[str]) -> Entry:
    """Return what stands at a place of the log; of what is no entry the place alone, so that it is passed over."""
    try:
        _, node, _, number, _, text = values
        return Entry(place, node, int(number), text)
    except ValueError:
        return Entry(place, "", -1, "[]")


def _meant(error: str) -> Exception:
    """Return what an error of a script, or of Redis itself, means for a node."""
    if "FENCED" in error:
        return Fenced()
    if "LATER" in error:
        return StaysOut("another node is of a later version of chatd; this one must be upgraded first")
    if "NAMED" in error:
        return StaysOut("another chatd is a node of this name; --node names this one otherwise")
    return OutOfReach(error)
