"""What nodes share: in Redis and in the memory of tests it does the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from threading import Event, Thread
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults, succeed
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase

from bench.process import free_port
from chatd.nodes.address import Address
from chatd.nodes.dial import Dial, credentials
from chatd.nodes.redis import RedisShared
from chatd.nodes.shared import KEPT, START, Fenced, Known, NameTaken, Node, OutOfReach, Passed, Shared, StaysOut
from tests.nodes.memory_shared import Memory, MemoryShared
from tests.nodes.redis_server import MISSING, RedisServer
from tests.short_folder import short_folder

A, B = Node("a.1", "a", 1), Node("b.1", "b", 1)
NOTHING = Known((), {})
KEYS = ("nodes", "about", "numbers", "names", "log", "gen", "beat", "box:a.1")


class Cases:
    """Each of these holds for both."""

    async def shared(self) -> Shared:
        raise NotImplementedError

    async def pass_time(self, seconds: float) -> None:
        raise NotImplementedError

    async def joined(self, me: Node = A, known: Known = NOTHING) -> Any:
        shared = await self.shared()
        await shared.connect()
        return shared, await shared.join(me, 0, known)

    async def test_first(self: Any) -> None:
        """The first node finds nobody, and what it knows is in the log; the second finds the first."""
        _, first = await self.joined(A, Known((), {}, '["all"]'))
        self.assertTrue(first.is_first)
        self.assertEqual(first.others, ())
        two, second = await self.joined(B)
        self.assertFalse(second.is_first)
        self.assertEqual((second.others, second.generation, second.was_in), (("a.1",), first.generation, False))
        entries, notes = await two.read(B, START, START)
        self.assertEqual([(entry.node, entry.number, entry.text) for entry in entries], [("a.1", -1, '["all"]')])
        self.assertEqual(notes, [])

    async def test_append(self: Any) -> None:
        """Entries are read in order, from a place on; an entry that is appended twice is there once."""
        shared, joined = await self.joined()
        for number, text in ((1, "x"), (2, "y"), (2, "y"), (1, "x"), (3, "z")):
            await shared.append(A, number, text, ())
        entries, _ = await shared.read(A, joined.last, START)
        self.assertEqual([(entry.number, entry.text) for entry in entries], [(1, "x"), (2, "y"), (3, "z")])
        entries, _ = await shared.read(A, entries[1].place, START)
        self.assertEqual([entry.text for entry in entries], ["z"])

    async def test_names(self: Any) -> None:
        """A name is claimed with all its keys or not at all, and free once an entry says so."""
        one, _ = await self.joined()
        two, _ = await self.joined(B)
        await one.claim(A, "a.1 1", ["bob", "b0b"])
        await one.claim(A, "a.1 1", ["bob"])
        with self.assertRaises(NameTaken) as raised:
            await two.claim(B, "b.1 1", ["rob", "bob"])
        self.assertEqual(raised.exception.holder, "a.1 1")
        await two.claim(B, "b.1 1", ["rob"])
        with self.assertRaises(NameTaken):
            await one.claim(A, "a.1 2", ["bob"])
        await one.append(A, 1, "x", [Passed(key, "a.1 1") for key in ("bob", "b0b", "rob")])
        await two.claim(B, "b.1 2", ["bob", "b0b"])
        with self.assertRaises(NameTaken):
            await one.claim(A, "a.1 1", ["rob"])

    async def test_passed(self: Any) -> None:
        """Names pass from one holder to another with an entry, but for those that aren't the former's any more."""
        one, _ = await self.joined()
        two, _ = await self.joined(B)
        await one.claim(A, "a.1 1", ["bob"])
        await one.claim(A, "a.1 2", ["rob"])
        await two.append(B, 1, "x", [Passed(key, "a.1 1", "b.1 1") for key in ("bob", "rob", "nob")])
        await two.claim(B, "b.1 1", ["bob"])
        for key in ("bob", "rob"):
            with self.assertRaises(NameTaken):
                await one.claim(A, "a.1 1", [key])
        await one.claim(A, "a.1 3", ["nob"])

    async def test_race(self: Any) -> None:
        """Of many who claim a name at once, one has it."""
        one, _ = await self.joined()
        two, _ = await self.joined(B)

        async def claims(shared: Shared, me: Node, number: int) -> bool:
            try:
                await shared.claim(me, f"{me.id} {number}", ["bob"])
            except NameTaken:
                return False
            return True

        for _ in range(5):
            tries = [claims(one, A, number) for number in range(10)] + [claims(two, B, number) for number in range(10)]
            granted = await gatherResults([Deferred.fromCoroutine(one) for one in tries])
            self.assertEqual(sum(granted), 1)
            holder = f"{'a.1' if True in granted[:10] else 'b.1'} {granted.index(True) % 10}"
            self._number = getattr(self, "_number", 0) + 1
            await one.append(A, self._number, "free", [Passed("bob", holder)])

    async def test_lease(self: Any) -> None:
        """A node that gives no sign of life is gone, with its names, in the order of the log; it is fenced then."""
        one, joined = await self.joined()
        two, _ = await self.joined(B)
        await two.claim(B, "b.1 1", ["bob"])
        for _ in range(5):
            await self.pass_time(0.8)
            await one.beat(A, {"people": 3})
        entries, _ = await one.read(A, joined.last, START)
        self.assertEqual([(entry.node, entry.number) for entry in entries], [("b.1", 0)])
        await one.claim(A, "a.1 1", ["bob"])
        for work in (
            two.beat(B, {}),
            two.append(B, 1, "x", ()),
            two.claim(B, "b.1 1", ["rob"]),
            two.post(B, "a.1", "x"),
        ):
            with self.assertRaises(Fenced):
                await work
        self.assertEqual([node["people"] for node in await one.nodes()], [3])
        again = await two.join(B, 7, NOTHING)
        self.assertFalse(again.was_in)
        await two.append(B, 7, "stale", ())
        self.assertEqual((await one.read(A, again.last, START))[0], [])

    async def test_all_were_away(self: Any) -> None:
        """If nobody could give a sign of life, nobody is gone."""
        one, _ = await self.joined()
        two, _ = await self.joined(B)
        await self.pass_time(4)
        await one.beat(A, {})
        await two.beat(B, {})
        self.assertEqual(len(await one.nodes()), 2)

    async def test_started_again(self: Any) -> None:
        """A process of the same name ends the one before; that one can't come back."""
        one, _ = await self.joined()
        await one.claim(A, "a.1 1", ["bob"])
        later = Node("a.2", "a", 2)
        two, joined = await self.joined(later)
        self.assertEqual(joined.others, ())
        await two.claim(later, "a.2 1", ["bob"])
        with self.assertRaises(StaysOut):
            await one.join(A, 0, NOTHING)

    async def test_later_version(self: Any) -> None:
        """A node stays out where another is of a later version."""
        await self.joined(Node("c.1", "c", 1, version=99))
        with self.assertRaises(StaysOut):
            await self.joined()

    async def test_later_comes(self: Any) -> None:
        """A node can't stay once another of a later version has come."""
        one, _ = await self.joined()
        later = Node("c.1", "c", 1, version=99)
        two, _ = await self.joined(later)
        with self.assertRaises(StaysOut):
            await one.beat(A, {})
        await two.beat(later, {})

    async def test_kept(self: Any) -> None:
        """What was told is there for a while, and for no longer, though nobody tells anything more."""
        one, joined = await self.joined()
        await one.append(A, 1, "x", ())
        await one.beat(A, {})
        self.assertEqual([entry.text for entry in (await one.read(A, joined.last, START))[0]], ["x"])
        one.kept = 0.05
        await self.pass_time(0.1)
        place = await one.beat(A, {})
        self.assertEqual(await one.read(A, joined.last, START), ([], []))
        await one.append(A, 2, "y", ())
        self.assertEqual([entry.text for entry in (await one.read(A, place, START))[0]], ["y"])

    async def test_left(self: Any) -> None:
        """Who leaves is gone at once."""
        one, joined = await self.joined()
        two, _ = await self.joined(B)
        await two.leave(B)
        entries, _ = await one.read(A, joined.last, START)
        self.assertEqual([(entry.node, entry.number) for entry in entries], [("b.1", 0)])

    async def test_told(self: Any) -> None:
        """Who was given up, and joins again, knows how much of what they had told was in the log."""
        one, joined = await self.joined()
        self.assertEqual(joined.told, 0)
        await one.append(A, 1, "x", ())
        await one.append(A, 2, "y", ())
        await one.leave(A)
        again = await one.join(A, 5, Known((), {}))
        self.assertEqual((again.was_in, again.told), (False, 2))
        await one.append(A, 6, "z", ())
        again = await one.join(A, 6, Known((), {}))
        self.assertEqual((again.was_in, again.told), (True, 2))

    async def test_earlier_moment(self: Any) -> None:
        """If all is as it was before what a node has read, it counts as lost; not if that was only cut off."""
        one, joined = await self.joined()
        await one.append(A, 1, "x", ())
        await one.append(A, 2, "y", ())
        first, last = [entry.place for entry in (await one.read(A, joined.last, START))[0]]
        for place in (joined.last, first, last):
            again = await one.join(A, 2, NOTHING, place)
            self.assertEqual((again.is_first, again.generation), (False, joined.generation))
        one.kept = 0.05
        await self.pass_time(0.1)
        await one.append(A, 3, "z", ())
        again = await one.join(A, 3, NOTHING, first)
        self.assertEqual((again.is_first, again.generation), (False, joined.generation))
        milliseconds, _, number = again.last.partition("-")
        again = await one.join(A, 3, NOTHING, f"{int(milliseconds) + 1}-{number}")
        self.assertEqual((again.is_first, again.was_in), (True, False))
        self.assertNotEqual(again.generation, joined.generation)

    async def test_never_there(self: Any) -> None:
        """So it is if an entry isn't there, but one before it and one behind it."""
        one, _ = await self.joined()
        await one.append(A, 1, "x", ())
        milliseconds, _, number = (await one.beat(A, {})).partition("-")
        await self.pass_time(0.01)
        await one.append(A, 2, "y", ())
        again = await one.join(A, 2, NOTHING, f"{int(milliseconds) + 1}-{number}")
        self.assertTrue(again.is_first)

    async def test_notes(self: Any) -> None:
        """A note is for one node; whoever deletes it first is told that it was there."""
        one, _ = await self.joined()
        two, _ = await self.joined(B)
        place = await one.post(A, "b.1", "psst")
        _, notes = await two.read(B, (await one.beat(A, {})), START)
        self.assertEqual([(note.place, note.text) for note in notes], [(place, "psst")])
        self.assertTrue(await two.take_back("b.1", place))
        self.assertFalse(await one.take_back("b.1", place))
        with self.assertRaises(OutOfReach):
            await one.post(A, "c.1", "psst")

    async def test_note_for_one_gone(self: Any) -> None:
        """A note that one who is gone didn't read can be taken back; none is for them from then on."""
        one, _ = await self.joined()
        two, _ = await self.joined(B)
        place = await one.post(A, "b.1", "psst")
        await two.leave(B)
        self.assertTrue(await one.take_back("b.1", place))
        with self.assertRaises(OutOfReach):
            await one.post(A, "b.1", "psst")

    async def test_put_back(self: Any) -> None:
        """Whoever comes first after all was lost puts back the nodes and the names; the others must join again."""
        known = Known(("b.1",), {"bob": "b.1 1"}, '["all"]')
        one, joined = await self.joined(A, known)
        self.assertEqual(joined.others, ("b.1",))
        with self.assertRaises(NameTaken):
            await one.claim(A, "a.1 1", ["bob"])
        two = await self.shared()
        await two.connect()
        with self.assertRaises(Fenced):
            await two.beat(B, {})
        again = await two.join(B, 0, NOTHING)
        self.assertTrue(again.was_in)
        await two.append(B, 1, "x", ())  # whatever its number was before

    async def test_read_waits(self: Any) -> None:
        """A read waits until there is something."""
        shared, joined = await self.joined()
        reading = Deferred.fromCoroutine(shared.read(A, joined.last, START))
        await shared.append(A, 1, "x", ())
        entries, _ = await reading
        self.assertEqual([entry.text for entry in entries], ["x"])


class MemoryTests(Cases, TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.memory = Memory(self.clock)
        self._ticking = True
        self._tick()

    def _tick(self) -> None:
        if self._ticking:
            self.clock.advance(0.001)
            reactor.callLater(0, self._tick)

    def tearDown(self) -> None:
        self._ticking = False

    async def shared(self) -> Shared:
        return MemoryShared(self.memory)

    async def pass_time(self, seconds: float) -> None:
        self.clock.pump([0.1] * round(seconds * 10))


class RedisTests(Cases, TestCase):
    skip = MISSING or None

    def setUp(self) -> None:
        self.server = RedisServer(short_folder(self))
        self.addCleanup(self.server.stop)
        self.all: list[RedisShared] = []
        self.addCleanup(self._close)

    def _close(self) -> Deferred[None]:
        for one in self.all:
            one.close()
        return deferLater(reactor, 0.01)  # for the connections to be gone

    async def shared(self) -> Shared:
        endpoint = UNIXClientEndpoint(reactor, str(self.server.path))
        self.all.append(RedisShared(reactor, lambda: succeed(endpoint), "hall"))
        return self.all[-1]

    async def pass_time(self, seconds: float) -> None:
        await deferLater(reactor, seconds)

    async def test_no_answer(self) -> None:
        """A Redis that is frozen is given up after a second, one that is killed at once."""
        shared, _ = await self.joined()
        self.server.freeze()
        with self.assertRaises(OutOfReach):
            await shared.append(A, 1, "x", ())
        self.server.thaw()
        await shared.connect()
        reading = Deferred.fromCoroutine(
            shared.read(A, "9999999999999-0", START)
        )  # behind what it was asked for before
        self.server.kill()
        with self.assertRaises(OutOfReach):
            await reading
        with self.assertRaises(OutOfReach):
            await shared.connect()
        self.server.start()
        await shared.connect()

    async def test_nothing_stays(self) -> None:
        """Once no node gives signs of life nothing stays: what was told for as long as ever, the rest for a day."""
        shared, _ = await self.joined()
        await shared.claim(A, "a.1 1", ["bob"])
        await shared.append(A, 1, "x", ())
        await shared.beat(A, {})
        await shared.post(A, "a.1", "psst")
        left = {key: int(self.server.run("PTTL", key)) for key in self.server.run("KEYS", "*").split()}
        self.assertEqual(left.keys(), {f"{{hall}}:{key}" for key in KEYS})
        self.assertTrue(all(0 < one <= 86_400_000 for one in left.values()), left)
        self.assertLessEqual(left["{hall}:log"], KEPT * 1000)
        self.assertLessEqual(left["{hall}:box:a.1"], 10_000)

    async def test_nonsense(self) -> None:
        """What is no entry is passed over: what stands behind it is read."""
        shared, joined = await self.joined()
        for fields in (("x", "y"), ("n", "b.1", "s", "many", "f", "[]"), ("s", "1")):
            self.server.run("XADD", "{hall}:log", "*", *fields)
        await shared.append(A, 1, "x", ())
        entries, _ = await shared.read(A, joined.last, START)
        self.assertEqual([(entry.node, entry.text) for entry in entries], [*[("", "[]")] * 3, ("a.1", "x")])

    async def test_password(self) -> None:
        """Without its password Redis is out of reach, and the reason is told."""
        self.server.run("CONFIG", "SET", "requirepass", "secret")
        shared = await self.shared()
        with self.assertRaises(OutOfReach) as raised:
            await shared.connect()
            await shared.join(A, 0, NOTHING)
        self.assertIn("Authentication", str(raised.exception))
        endpoint = UNIXClientEndpoint(reactor, str(self.server.path))
        self.all.append(RedisShared(reactor, lambda: succeed(endpoint), "hall", lambda: ("secret",)))
        await self.all[-1].connect()
        await self.all[-1].join(A, 0, NOTHING)

    async def test_wrong_password(self) -> None:
        """It is out of reach as well, and no connection is left behind, however often that is tried."""
        self.server.run("CONFIG", "SET", "requirepass", "secret")
        endpoint = UNIXClientEndpoint(reactor, str(self.server.path))
        self.all.append(RedisShared(reactor, lambda: succeed(endpoint), "hall", lambda: ("wrong",)))
        for _ in range(5):
            with self.assertRaises(OutOfReach) as raised:
                await self.all[-1].connect()
            self.assertIn("WRONGPASS", str(raised.exception))
        await deferLater(reactor, 0.1)
        self.assertIn("connected_clients:1\n", self.server.run("-a", "secret", "INFO", "clients").replace("\r", ""))

    async def test_no_password_file(self) -> None:
        """A file that is gone, or holds no text, is a reason like any other, and no bug."""
        self.server.run("CONFIG", "SET", "requirepass", "secret")
        file = self.server.folder / "password"
        endpoint = UNIXClientEndpoint(reactor, str(self.server.path))
        self.all.append(RedisShared(reactor, lambda: succeed(endpoint), "hall", credentials("", str(file))))
        for held in (None, b"\xff\n"):
            if held is not None:
                file.write_bytes(held)
            with self.assertRaises(OutOfReach) as raised:
                await self.all[-1].connect()
            self.assertIn("the password can't be read", str(raised.exception))
        file.write_text("secret\n")
        await self.all[-1].connect()

    async def test_empty_password(self) -> None:
        """An empty line is no password: Redis, which would refuse any, isn't given one."""
        file = self.server.folder / "password"
        file.write_text("\n")
        endpoint = UNIXClientEndpoint(reactor, str(self.server.path))
        self.all.append(RedisShared(reactor, lambda: succeed(endpoint), "hall", credentials("", str(file))))
        await self.all[-1].connect()

    async def test_slow_disk(self) -> None:
        """All else goes on while the password is read, however long that takes."""
        self.server.run("CONFIG", "SET", "requirepass", "secret")
        file, went_on, in_time = self.server.folder / "password", Event(), []
        os.mkfifo(file)

        def write() -> None:
            in_time.append(went_on.wait(5))
            file.write_text("secret\n")

        Thread(target=write).start()
        endpoint = UNIXClientEndpoint(reactor, str(self.server.path))
        self.all.append(RedisShared(reactor, lambda: succeed(endpoint), "hall", credentials("", str(file))))
        connecting = Deferred.fromCoroutine(self.all[-1].connect())
        await deferLater(reactor, 0.05)
        went_on.set()
        await connecting
        self.assertEqual(in_time, [True])


class TLSTests(TestCase):
    skip = MISSING or None

    def setUp(self) -> None:
        self.folder = short_folder(self)
        self.port = free_port()
        ours, _ = self.certificate("ours"), self.certificate("another")
        tls = [
            "--tls-port",
            str(self.port),
            "--tls-cert-file",
            str(ours),
            "--tls-key-file",
            str(self.folder / "ours.key"),
        ]
        more = [*tls, "--tls-ca-cert-file", str(ours), "--tls-auth-clients", "no"]
        self.server = RedisServer(self.folder, False, *more)
        self.addCleanup(self.server.stop)
        self.server.run("ACL", "SETUSER", "chatd", "on", ">secret", "~{hall}:*", "+@all", "-@dangerous")
        (self.folder / "password").write_text("secret\n")

    def certificate(self, name: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        key, path = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        command = "openssl req -x509 -nodes -newkey rsa:2048 -days 30 -subj /CN=localhost"
        command += " -addext subjectAltName=DNS:localhost"
        subprocess.run([*command.split(), "-keyout", str(key), "-out", str(path)], check=True, capture_output=True)
        return path

    async def connected(self, ca: str) -> RedisShared:
        address = Address.parse(f"rediss://chatd@localhost:{self.port}")
        dial = Dial(reactor, address, str(self.folder / ca))
        password = credentials(address.user, str(self.folder / "password"))
        shared = RedisShared(reactor, dial, "hall", password)
        self.addCleanup(deferLater, reactor, 0.05)  # for the connections to be gone
        self.addCleanup(shared.close)
        await shared.connect()
        return shared

    async def test_talk(self) -> None:
        """By TLS, with a user who may do no more than is needed, nodes share what they share."""
        shared = await self.connected("ours.pem")
        joined = await shared.join(A, 0, NOTHING)
        await shared.claim(A, "a.1 1", ["bob"])
        await shared.append(A, 1, "x", [Passed("bob", "a.1 1")])
        await shared.beat(A, {})
        await shared.post(A, "a.1", "psst")
        entries, notes = await shared.read(A, joined.last, START)
        self.assertEqual(([entry.text for entry in entries], [note.text for note in notes]), (["x"], ["psst"]))
        self.assertTrue(await shared.take_back("a.1", notes[0].place))
        self.assertEqual(len(await shared.nodes()), 1)
        await shared.leave(A)

    async def test_killed(self) -> None:
        """Connections that are lost while nothing is asked are found out, and can be made again."""
        shared = await self.connected("ours.pem")
        joined = await shared.join(A, 0, NOTHING)
        self.server.run("CLIENT", "KILL", "TYPE", "normal")
        await deferLater(reactor, 0.1)
        for ask in (shared.read(A, START, START), shared.append(A, 1, "x", ())):
            with self.assertRaises(OutOfReach):
                await ask
        shared.close()
        await shared.connect()
        self.assertEqual((await shared.join(A, 0, NOTHING)).generation, joined.generation)

    async def test_not_trusted(self) -> None:
        """A server with another certificate is none."""
        with self.assertRaises(OutOfReach):
            await self.connected("another.pem")

    def test_no_certificate(self) -> None:
        """A file without one is refused."""
        address = Address.parse("rediss://localhost")
        self.assertRaises(ValueError, Dial, reactor, address, str(self.folder / "password"))
