"""Tests for chatd.session.operator and its commands, over in-memory clients and a daemon that notes what it is told."""

import json
from functools import partial
from ipaddress import ip_address
from typing import Any

from twisted.internet.defer import Deferred

from chatd.core.bans import Ban
from chatd.core.events import Cause, Departure, Event, MuteChanged, NicknameGiven, ToldByAdministrator
from chatd.core.refusals import HallError, Muted, NicknameBanned
from chatd.session.inputs import Command
from chatd.session.operator import Daemon, Operating
from chatd.session.operator_answers import NodeFacts, NodeList, Reloaded
from chatd.session.operator_commands import TABLE, an_operator
from chatd.session.refusals import NotKept, NotReloaded
from chatd.session.words.language import WIDTH
from tests.session.test_session import Screen, TalkTestCase, Typing

NO_ADDRESS = "-- they come from this machine itself, so there is no address to ban"
WELCOME = "-- chatd, the operator's door: a plain line is announced to everyone; /h helps"


class NotedDaemon:
    """Does nothing but note what it is told, and answer as the test says."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.level = "info"
        self.has_file = True
        self.problem: HallError | None = None
        self.reloaded: Deferred[Reloaded] = Deferred()

    async def keep_bans(self) -> bool:
        self.told.append("keep_bans")
        if self.problem:
            raise self.problem
        return self.has_file

    async def reload(self) -> Reloaded:
        return await self.reloaded

    async def backup(self, folder: str) -> str:
        return f"/backups/{folder}"

    async def nodes(self) -> NodeList:
        return NodeList((NodeFacts("a", True, 0.0, 3, 0.0),), 0)

    def set_log_level(self, level: str) -> None:
        self.told.append(level)
        self.level = level

    def log_level(self) -> str:
        return self.level

    async def drain_node(self, node: str, minutes: int | None) -> None:
        self.told.append((node, minutes))

    def drain(self, minutes: int | None) -> None:
        self.told.append(("drain", minutes))

    def open_again(self) -> None:
        self.told.append("open again")

    def stop(self) -> None:
        self.told.append("stop")

    def stats(self) -> dict[str, Any]:
        return {"people": 1234, "held_back_seconds": 0.5, "refusals": {"NobodyHere": 2, "Muted": 1}, "rooms": {}}


_: type[Daemon] = NotedDaemon


class OperatorTestCase(TalkTestCase):
    """An operator, and alice at 10.0.0.1 and bob at 10.0.0.2 in the lobby."""

    def setUp(self) -> None:
        super().setUp()
        self.clock.advance(1_000_000)
        self.daemon = NotedDaemon()
        self.screen = Screen()
        first = partial(an_operator, daemon=self.daemon)
        self.talk = Typing(self.server, self.screen, "a Unix socket", None, first, user="root")
        self.talk.begin()
        self.people: dict[str, tuple[Typing, Screen]] = {}
        for number, name in enumerate(("alice", "bob"), start=1):
            self.come(name, f"10.0.0.{number}")
        self.take()

    def come(self, name: str, address: str) -> str:
        """Let somebody try to come in from an address; return what they saw."""
        talk, screen = self.connect(f"{address}:99", ip_address(address))
        talk.type(name)
        self.people[name] = talk, screen
        self.clock.advance(10)
        return "\n".join(screen.lines)

    def take(self) -> dict[str, list[str]]:
        """Return what each person saw since the last call."""
        self.clock.advance(10)
        return {name: screen.take() for name, (_, screen) in self.people.items()}

    def type(self, *lines: str) -> list[str]:
        """Return what the operator sees of these lines."""
        self.screen.take()
        for line in lines:
            self.talk.type(line)
        return self.screen.take()


class AnnounceTests(OperatorTestCase):
    def test_welcome(self) -> None:
        """An operator is told where they are; nobody sees them come."""
        self.assertEqual(self.screen.lines, [WELCOME])
        self.assertEqual(len(self.hall.members), 2)
        self.assertIn("Operator root came by a Unix socket", self.log.getvalue())

    def test_announce(self) -> None:
        """A plain line, /announce and //text reach everyone as the administrator's."""
        answers = self.type("noon!", "/announce /say no", "//listen", "")
        self.assertEqual(answers, ["-- announced to 2 people"] * 3)
        seen = ["## Administrator: noon!", "## Administrator: /say no", "## Administrator: /listen"]
        self.assertEqual(self.take(), {"alice": seen, "bob": seen})
        self.assertNotIn("noon", self.log.getvalue())

    def test_nothing_to_announce(self) -> None:
        """A line without anything to show is not announced."""
        self.assertEqual(self.type("\u200b"), [])
        self.assertIn("usage: /announce", self.type("/announce \x1b[m ")[0])
        self.assertEqual(self.take(), {"alice": [], "bob": []})

    def test_no_private_lines(self) -> None:
        """What would be private for a person is refused and given back, not announced."""
        for line in ("@bob psst", "  @bob psst", "to:bob", "To:bob"):
            answers = self.type(line)
            self.assertIn("/tell name text says it to one", answers[0])
            self.assertEqual(answers[1], f"!! not sent: {line.strip()}")
        self.assertEqual(self.take(), {"alice": [], "bob": []})

    def test_looks_like_a_command(self) -> None:
        """A command without its slash is given back, not announced; a sentence that begins like one is announced."""
        for line in ("kick alice spam", "drain 10", "exit", "stop"):
            answers = self.type(line)
            self.assertIn(f"/{line.split()[0]} is a command and needs its /", answers[0])
            self.assertEqual(answers[1], f"!! not sent: {line}")
        self.type("stop talking, please", "/announce kick alice spam")
        self.assertEqual(
            self.take()["alice"], ["## Administrator: stop talking, please", "## Administrator: kick alice spam"]
        )

    def test_looks(self) -> None:
        """A command that changes nothing needs no slash, as with chatctl."""
        for line in ("ls", "ls -l", "help", "whois bob", "bans"):
            self.assertEqual(self.type(line), self.type(f"/{line}"))
        self.assertEqual(self.take(), {"alice": [], "bob": []})

    def test_tell(self) -> None:
        """/tell speaks to one person alone, as the administrator."""
        self.assertEqual(self.type("/tell @BOB your backup failed"), ["-- bob was told"])
        self.assertEqual(self.take(), {"alice": [], "bob": ["## Administrator to you: your backup failed"]})
        self.assertEqual(self.type("/tell bbo psst")[1], "!! not sent: psst")
        self.assertNotIn("backup", self.log.getvalue())

    def test_tell_slow(self) -> None:
        """It is refused if the person can't take it now."""
        bob = self.hall.find("bob")
        bob.deliver = lambda events: False
        self.assertIn("bob's connection is too slow", self.type("/tell bob psst")[0])

    def test_whois(self) -> None:
        """/whois has the address, and the room even if it is locked."""
        self.people["bob"][0].type("/join den", "/lock")
        self.clock.advance(60)
        [told] = self.type("/whois bob")
        self.assertRegex(told, r"^-- bob is in #den, here for .*, from 10\.0\.0\.2:99$")
        self.hall.enter("eve", lambda events: None)
        self.assertNotIn("from", self.type("/whois eve")[0])

    def test_log_level(self) -> None:
        """/log alone says what is logged, /log level changes it."""
        self.assertEqual(self.type("/log"), ["-- what is logged: info and above"])
        self.assertEqual(self.type("/log debug"), ["-- what is logged: debug and above"])

    def test_unknown(self) -> None:
        """An unknown command is refused with the nearest, a command for people alone likewise; nothing is announced."""
        self.assertIn("the nearest is /kick", self.type("/kikc bob")[0])
        self.assertIn("there is no command /nick", self.type("/nick bob")[0])
        self.assertEqual(self.take(), {"alice": [], "bob": []})

    def test_listen(self) -> None:
        """Only who asks for it hears who comes and goes and what is said in the lobby; private lines never."""
        alice = self.people["alice"][0]
        alice.type("hello")
        self.assertEqual(self.screen.lines, [WELCOME])
        self.assertEqual(self.type("/listen on"), ["-- you are listening to #lobby"])
        alice.type("hello again")
        alice.type("@bob psst")
        self.come("carol", "10.0.0.3")
        self.assertEqual(self.screen.take(), ["<alice> hello again", "-- carol joined"])
        self.assertEqual(self.type("/listen off"), ["-- you have stopped listening"])
        alice.type("hello")
        self.assertEqual(self.screen.take(), [])
        self.assertIn("there is no room", self.type("/listen maybe")[0])

    def test_listen_to_a_room(self) -> None:
        """/listen #room hears that one instead, until it is locked."""
        alice, bob = self.people["alice"][0], self.people["bob"][0]
        bob.type("/join den")
        self.type("/listen on")
        self.assertEqual(self.type("/listen #den"), ["-- you are listening to #den"])
        alice.type("for the lobby")
        bob.type("for the den")
        bob.type("/lock")
        bob.type("for the den alone")
        self.assertEqual(self.screen.take(), ["<bob> for the den", "-- bob locked #den"])
        self.assertIn("#den is locked", self.type("/listen #den")[0])
        bob.type("/unlock")
        self.assertEqual(self.type("/listen off"), ["-- you have stopped listening"])

    def test_gone(self) -> None:
        """An operator whose connection is gone hears no more."""
        self.type("/listen on")
        self.talk.lost(Departure(Cause.LOST))
        self.people["alice"][0].type("hello")
        self.assertEqual(self.screen.take(), [])
        self.assertIn("Operator root left (connection lost)", self.log.getvalue())


class LsTests(OperatorTestCase):
    def test_ls(self) -> None:
        """/ls names all, with their rooms."""
        self.people["bob"][0].type("/join #den")
        self.assertEqual(self.type("/ls"), ["-- 2 people are here: alice #lobby, bob #den"])

    def test_nobody(self) -> None:
        """It says so if nobody is here."""
        for talk, _ in self.people.values():
            talk.type("quit")
        self.assertEqual(self.type("/ls"), ["-- nobody is here"])
        self.assertEqual(self.type("hello?"), ["-- announced to 0 people"])

    def test_long(self) -> None:
        """/ls -l has address, since when, how idle and how much is waiting, also of who has no nickname yet."""
        self.connect("10.0.0.9:1", ip_address("10.0.0.9"))
        self.people["bob"][1].idle, self.people["bob"][1].waiting = 75.0, 12345
        self.type("/time UTC")
        self.assertEqual(
            self.type("/ls -l"),
            [
                "-- NICKNAME  ROOM    ADDRESS      SINCE             IDLE        WAITING",
                "-- alice     #lobby  10.0.0.1:99  1970-01-12 13:46  0 s         0 B",
                "-- bob       #lobby  10.0.0.2:99  1970-01-12 13:46  1 min 15 s  12,345 B",
                "-- -         -       10.0.0.9:1   1970-01-12 13:47  0 s         0 B",
            ],
        )
        self.assertIn("usage: /ls [-l]", self.type("/ls -x")[0])

    def test_locked_rooms(self) -> None:
        """An operator sees locked rooms too."""
        for line in ("/join #den", "/lock"):
            self.people["bob"][0].type(line)
        self.assertEqual(self.type("/rooms"), ["-- rooms you can see: #lobby 1, #den 1 locked"])


class ModerationTests(OperatorTestCase):
    def test_kick(self) -> None:
        """/kick disconnects; the person and the room are told why, the log is not."""
        self.assertEqual(self.type("/kick BOB enough is enough"), ["-- bob is disconnected"])
        self.assertTrue(self.people["bob"][1].closed)
        seen = self.take()
        self.assertEqual(seen["bob"], ["!! you were disconnected by the administrator: enough is enough"])
        self.assertEqual(seen["alice"], ["-- bob left (disconnected by the administrator: enough is enough)"])
        self.assertIn("bob left (disconnected), was at 10.0.0.2:99", self.log.getvalue())
        self.assertNotIn("enough", self.log.getvalue())
        self.assertIn("-- you are bob", self.come("bob", "10.0.0.2"))

    def test_look_alike(self) -> None:
        """An operator is told what a ban of a look-alike takes the place of."""
        self.type("/ban eve")
        self.assertIn("-- EVE is banned for 1 min 30 s (before: eve for good)", self.type("/ban EVE 90s")[0])
        self.type("/mute dora 2h")
        self.assertIn("-- dora is muted for good (before: dora for 2 h)", self.type("/mute dora")[0])

    def test_neighbours(self) -> None:
        """The hint at an address names everybody whom its ban would disconnect: with IPv6, its /64."""
        self.come("vi", "fd00::2")
        self.come("wu", "fd00::77")
        self.assertEqual(
            self.type("/ban vi")[1], "-- /ban fd00::2 bans their address with its /64; wu would be disconnected too"
        )

    def test_this_machine(self) -> None:
        """The machine itself can't be banned; a network that is wider can."""
        for target in ("127.0.0.1", "::1", "127.0.0.0/8"):
            self.assertIn("is this machine itself", self.type(f"/ban {target}")[0])
        self.assertEqual(self.type("/bans"), ["-- nobody is banned or muted"])
        self.assertIn("0.0.0.0/0 is banned for good; disconnected: alice and bob", self.type("/ban 0.0.0.0/0")[0])

    def test_no_address(self) -> None:
        """A slip in an address is not taken for a name, and nobody has such a name."""
        for target in ("192.168.1.256", "192.168.1", "10.0.0.0/33"):
            self.assertIn(f'"{target}" is not an address; type one such as 192.0.2.7', self.type(f"/ban {target}")[0])
        self.assertIn("it looks like an address", self.come("10.0.0.7", "10.0.0.7"))

    def test_logged(self) -> None:
        """The log says what an operator has done to whom, and no reason."""
        self.type("/ban eve 2h SECRET", "/mute bob SECRET", "/unmute bob", "/unban eve", "/drain 5", "SECRET", "/stop")
        log = self.log.getvalue()
        for line in (
            "Operator root banned eve for 2 h",
            "Operator root muted bob for good",
            "Operator root unmuted bob",
            "Operator root unbanned eve",
            "Operator root lets nobody new in, and stops chatd in 5 min",
            "Operator root stopped chatd",
            "Operator root made an announcement",
        ):
            self.assertIn(f"{line}\n", log)
        self.assertNotIn("SECRET", log)

    def test_log_has_the_rest(self) -> None:
        """So does it say who has disconnected, renamed, told and listened to whom, and changed the daemon."""
        self.type(
            "/listen on", "/listen off", "/tell alice SECRET", "/rename alice ann", "/kick bob SECRET", "/log debug"
        )
        self.type("/reload")
        self.daemon.reloaded.callback(Reloaded((), (), ()))
        log = self.log.getvalue()
        for line in (
            "Operator root listens to #lobby",
            "Operator root stopped listening",
            "Operator root told alice something",
            "Operator root renamed alice to ann",
            "Operator root disconnected bob",
            "Operator root set the log level to debug",
            "Operator root had the configuration read again",
        ):
            self.assertIn(f"{line}\n", log)
        self.assertNotIn("SECRET", log)

    def test_names_with_their_mark(self) -> None:
        """An operator may type names as people do, `@bob` or `＠bob`, wherever a name is wanted."""
        self.assertEqual(self.type("/ban @eve 2h")[0].split(";")[0], "-- eve is banned for 2 h")
        self.assertEqual(self.type("/unban ＠eve"), ["-- eve is not banned any more"])
        self.assertEqual(self.type("/mute @bob 2h"), ["-- bob is muted for 2 h"])
        self.assertEqual(self.type("/rename @bob rob"), ["-- bob is now called rob"])
        self.assertEqual(self.type("/kick @rob"), ["-- rob is disconnected"])

    def test_kick_nobody(self) -> None:
        """Nobody is disconnected for another's name."""
        self.assertEqual(self.type("/kick bbo"), ['!! nobody here is called "bbo"; did you mean bob?'])
        self.assertIn("usage: /kick name [why...]", self.type("/kick")[0])

    def test_ban_name(self) -> None:
        """/ban name lets nobody in under that name, disconnects who has it, and says how to ban the address too."""
        self.come("carol", "10.0.0.2")
        self.take()
        answers = self.type("/ban bob 2h spamming again")
        self.assertEqual(
            answers,
            [
                "-- bob is banned for 2 h; disconnected: bob",
                "-- /ban 10.0.0.2 bans their address; carol would be disconnected too",
            ],
        )
        self.assertEqual(self.take()["bob"], ["!! you were banned by the administrator: for 2 h, spamming again"])
        self.assertIn("keep_bans", self.daemon.told)
        refused = self.come("B0B", "10.0.0.7")
        self.assertIn('"B0B" is banned from this chat for 1 h 59 min more (spamming again)', refused)
        self.assertTrue(refused.endswith("Nickname: "))
        self.clock.advance(7200)
        self.assertIn("-- you are bob", self.come("bob", "10.0.0.2"))

    def test_ban_for_good(self) -> None:
        """Without a duration, a ban is for good; the first word of a reason is not taken for one."""
        self.assertEqual(
            self.type("/ban eve spamming all day"), ["-- eve is banned for good; nobody of that name is here"]
        )
        self.assertEqual(
            self.type("/bans"), ["-- eve is banned for good: spamming all day (since 1970-01-12 13:47, by root)"]
        )

    def test_bad_ban(self) -> None:
        """A duration that can't be read, or a target that is nobody's name, is refused; nothing is banned."""
        self.assertIn('"2hours" is not a duration', self.type("/ban bob 2hours")[0])
        self.assertIn('"b:b" is not an address', self.type("/ban b:b")[0])
        self.assertIn("can't be a nickname", self.type("/ban b*b")[0])
        self.assertIn('"10.0.0.0/33" is not an address', self.type("/ban 10.0.0.0/33")[0])
        self.assertEqual(self.type("/bans"), ["-- nobody is banned or muted"])
        self.assertEqual(self.daemon.told, [])

    def test_ban_network(self) -> None:
        """/ban address or network disconnects everybody from there, and turns the next away with why and how long."""
        _, screen = self.connect("10.0.0.2:5", ip_address("10.0.0.2"))
        self.assertEqual(
            self.type("/ban ::ffff:10.0.0.2 7d"), ["-- 10.0.0.2/32 is banned for 7 d; disconnected: bob and 10.0.0.2:5"]
        )
        self.assertTrue(screen.closed)
        self.assertEqual(self.take()["alice"], ["-- bob left (banned by the administrator: for 7 d)"])
        refused = self.come("carol", "10.0.0.2")
        self.assertIn("your address is banned from this chat for 6 d 23 h more", refused)
        self.assertIn("10.0.0.2:99 was refused: its address is banned", self.log.getvalue())
        self.assertTrue(self.people["carol"][1].closed)
        self.assertEqual(self.type("/ban 2001:db8::1"), ["-- 2001:db8::/64 is banned for good"])
        self.assertIn("your address is banned", self.come("dave", "2001:db8::2"))
        self.assertIn("-- you are dave", self.come("dave", "2001:db9::2"))

    def test_ban_without_address(self) -> None:
        """For somebody on this machine itself there is no address to ban."""
        local, _ = self.connect("a Unix socket")
        local.type("carol")
        self.assertEqual(self.type("/ban carol"), ["-- carol is banned for good; disconnected: carol", NO_ADDRESS])

    def test_unban(self) -> None:
        """/unban ends a ban, whatever it is of, and says if there was none."""
        self.type("/ban eve", "/ban 10.0.0.0/8")
        self.assertEqual(self.type("/unban EVE"), ["-- eve is not banned any more"])
        self.assertEqual(self.type("/unban 10.1.2.3/8"), ["-- 10.0.0.0/8 is not banned any more"])
        self.assertEqual(self.type("/unban eve"), ['!! "eve" is not banned; /bans lists who is'])
        self.assertIn("-- you are eve", self.come("eve", "10.0.0.3"))

    def test_not_kept(self) -> None:
        """An operator is told if a ban won't survive a restart; if that is by a fault, it is a refusal."""
        self.daemon.has_file = False
        self.assertIn("; without --state it ends when chatd stops", self.type("/ban eve")[0])
        self.assertEqual(self.type("/unban eve"), ["-- eve is not banned any more"])
        self.daemon.problem = NotKept("bans.json", "no room")
        self.assertEqual(self.type("/ban bob"), ["!! bans.json can't be written (no room); it holds until chatd stops"])
        self.assertTrue(self.people["bob"][1].closed)

    def test_mute(self) -> None:
        """/mute lets nothing that somebody types reach anyone, tells them why and for how long, and ends by itself."""
        self.assertEqual(self.type("/mute bob 15m too loud"), ["-- bob is muted for 15 min"])
        self.assertEqual(self.take()["bob"], ["-- the administrator has muted you for 15 min: too loud"])
        bob = self.people["bob"][0]
        for line in ("hello", "@alice psst", "/me waves", "/nick bobby", "/join #new", "/away eating"):
            bob.type(line)
            self.assertIn(
                "!! the administrator has muted you for 14 min 50 s more (too loud)", self.people["bob"][1].take()[0]
            )
        self.assertEqual(self.take()["alice"], [])
        self.assertEqual(
            self.type("/bans"), ["-- bob is muted for 14 min 40 s: too loud (since 1970-01-12 13:47, by root)"]
        )
        self.clock.advance(900)
        bob.type("hello")
        self.assertEqual(self.take()["alice"], ["<bob> hello"])

    def test_muted_without_a_reason(self) -> None:
        """Without a reason or a duration it is for good, also for somebody who isn't here."""
        self.type("/mute bob")
        self.assertEqual(self.take()["bob"], ["-- the administrator has muted you for good"])
        self.assertEqual(self.type("/mute eve"), ["-- eve is muted for good; nobody of that name is here"])
        self.assertIn("-- you are eve", self.come("eve", "10.0.0.3"))
        self.people["eve"][0].type("hello")
        self.assertEqual(self.take()["alice"], ["-- eve joined"])

    def test_unmute(self) -> None:
        """/unmute lets somebody speak again, and tells them."""
        self.type("/mute bob")
        self.take()
        self.assertEqual(self.type("/unmute bob"), ["-- bob is not muted any more"])
        self.people["bob"][0].type("thanks")
        self.assertEqual(self.take()["bob"], ["-- you are not muted any more", "<bob> thanks"])
        self.assertEqual(self.type("/unmute bob"), ['!! "bob" is not muted; /bans lists who is'])

    def test_rename(self) -> None:
        """/rename gives somebody another name, tells them and the room, and a mute stays with them."""
        self.type("/mute bob")
        self.take()
        self.assertEqual(self.type("/rename bob rob"), ["-- bob is now called rob"])
        seen = self.take()
        self.assertEqual(seen["alice"], ["-- bob is now called rob"])
        self.assertEqual(
            seen["bob"], ["-- bob is now called rob", "-- the administrator has changed your nickname to rob"]
        )
        self.assertEqual(self.type("/bans"), ["-- rob is muted for good (since 1970-01-12 13:47, by root)"])
        self.assertIn("renamed bob to rob", self.log.getvalue())
        self.assertIn("is taken", self.type("/rename rob alice")[0])
        self.assertIn("is the nickname already", self.type("/rename rob rob")[0])


class DaemonTests(OperatorTestCase):
    def test_stats(self) -> None:
        """/stats is for people, /stats --json for programs."""
        self.assertEqual(
            self.type("/stats"),
            [
                "-- people: 1,234",
                "-- held back seconds: 0.5",
                "-- refusals: NobodyHere 2, Muted 1",
                "-- rooms: none",
            ],
        )
        [line] = self.type("/stats --json")
        self.assertEqual(json.loads(line.removeprefix("-- ")), self.daemon.stats())
        self.assertIn("usage: /stats [--json]", self.type("/stats -x")[0])

    def test_drain(self) -> None:
        """/drain is with or without an end, and can be taken back."""
        self.assertIn("nobody new is let in; /stop ends chatd", self.type("/drain")[0])
        self.assertIn("chatd stops in 10 min", self.type("/drain 10")[0])
        self.assertEqual(self.type("/drain off"), ["-- people are let in again"])
        self.assertEqual(self.daemon.told, [("drain", None), ("drain", 10), "open again"])
        self.assertIn("berlin: nobody new is let in, and chatd stops in 5 min", self.type("/drain 5 berlin")[0])
        self.assertIn("berlin: people are let in again", self.type("/drain off berlin")[0])
        self.assertEqual(self.daemon.told[3:], [("berlin", 5), ("berlin", None)])
        for typed in ("0", "x", "-1", "10081", "1.5", "٣", "2h", "m"):
            self.assertIn("is not a number of minutes from 1 to 10,080", self.type(f"/drain {typed}")[0])
        self.assertEqual(len(self.daemon.told), 5)
        self.assertIn("chatd stops in 10 min", self.type("/drain 10m")[0])

    def test_stop(self) -> None:
        """/stop stops."""
        self.assertEqual(self.type("/stop"), ["-- chatd is stopping"])
        self.assertEqual(self.daemon.told, ["stop"])

    def test_log(self) -> None:
        """/log sets how much is logged."""
        self.assertEqual(self.type("/log debug"), ["-- what is logged: debug and above"])
        self.assertIn("usage: /log [level]", self.type("/log loud")[0])
        self.assertEqual(self.daemon.told, ["debug"])

    def test_reload(self) -> None:
        """/reload answers when that is done; what is refused later is a refusal too."""
        self.assertEqual(self.type("/reload"), [])
        self.daemon.reloaded.callback(Reloaded(("title", "motd"), ("listen",), ("a certificate was renewed",)))
        self.assertEqual(
            self.screen.take(),
            ["-- applied: title, motd", "-- needs a restart: listen", "-- a certificate was renewed"],
        )
        self.daemon.reloaded = Deferred()
        self.type("/reload")
        self.daemon.reloaded.errback(NotReloaded("chatd.toml: no"))
        self.assertEqual(self.screen.take(), ["!! chatd.toml: no; nothing has changed"])

    def test_help(self) -> None:
        """/h lists every command of an operator, and explains one."""
        lines = self.type("/h all")
        for entry in TABLE:
            self.assertTrue(any(line.startswith(f"-- {entry.usage}") for line in lines), entry.usage)
        self.assertIn("-- /kick name [why...] -- disconnect somebody", self.type("/h kick"))
        self.assertLessEqual(len(self.type("/h")), 22)  # with the prompt they fit on a screen
        self.assertTrue(all(len(line) <= WIDTH + 4 for line in lines), max(lines, key=len))

    def test_usage(self) -> None:
        """Extra arguments are answered with the usage line, and nothing happens."""
        for name in ("bans", "stop", "reload", "quit", "rooms"):
            self.assertIn(f"!! usage: /{name}", self.type(f"/{name} x")[0])
        self.assertEqual(self.daemon.told, [])
        self.assertFalse(self.screen.closed)


class DoorTests(OperatorTestCase):
    def test_program(self) -> None:
        """A program gives an operator's commands by name."""
        self.screen.take()
        self.talk.receive(Command("tell", {"name": "bob", "text": "hi"}))
        self.assertEqual(self.screen.take(), ["-- bob was told"])

    def test_quit(self) -> None:
        """quit and /quit close the operator's door."""
        self.assertEqual(self.type("QUIT"), ["-- goodbye"])
        self.assertTrue(self.screen.closed)

    def test_slash_quit(self) -> None:
        """/quit likewise."""
        self.assertEqual(self.type("／quit"), ["-- goodbye"])

    def test_listener_hears_all(self) -> None:
        """An operator ignores nobody."""
        state = self.talk._state
        assert isinstance(state, Operating)
        self.assertTrue(state.hears(object()))

    def test_ban_by_nobody(self) -> None:
        """A ban whose maker is not known says only since when."""
        self.hall.bans.add(Ban("name", "eve", None, "", 0.0))
        self.assertEqual(self.type("/time UTC", "/bans")[-1], "-- eve is banned for good (since 1970-01-01 00:00)")


class WithoutConnectionTests(OperatorTestCase):
    """A member without a connection here (a bot inside, somebody on another node) is a member like all."""

    def setUp(self) -> None:
        super().setUp()
        self.heard: list[Event] = []
        self.gone: list[Departure] = []
        self.bot = self.hall.enter("bot", self.heard.extend, self.gone.append)
        self.take()

    def test_listed(self) -> None:
        """They are counted and listed."""
        self.assertEqual(self.type("/ls"), ["-- 3 people are here: alice #lobby, bob #lobby, bot #lobby"])
        self.assertRegex(self.type("/ls -l")[-1], r"^-- bot +#lobby +- ")

    def test_whois(self) -> None:
        """Nobody knows an address of theirs."""
        self.assertRegex(self.type("/whois bot")[0], r"^-- bot is in #lobby, here for [^,]*$")

    def test_kick(self) -> None:
        """They can be put out."""
        self.assertEqual(self.type("/kick bot enough"), ["-- bot is disconnected"])
        self.assertEqual(self.gone, [Departure(Cause.KICKED, "enough")])
        self.assertFalse(self.bot.here)
        self.assertEqual(self.take()["alice"], ["-- bot left (disconnected by the administrator: enough)"])

    def test_ban(self) -> None:
        """They can be banned by name; there is no address to ban."""
        self.assertEqual(self.type("/ban bot 2h"), ["-- bot is banned for 2 h; disconnected: bot"])
        self.assertFalse(self.bot.here)
        self.assertRaises(NicknameBanned, self.hall.enter, "bot", self.heard.extend)

    def test_mute(self) -> None:
        """They can be muted, and are told."""
        self.type("/mute bot 15m")
        self.assertEqual([event.seconds for event in self.heard if isinstance(event, MuteChanged)], [900])
        self.assertRaises(Muted, self.bot.talk.say, "hello")
        self.type("/unmute bot")
        self.bot.talk.say("hello")
        self.assertIn("<bot> hello", self.take()["alice"])

    def test_rename(self) -> None:
        """They can be given another name, and are told."""
        self.assertEqual(self.type("/rename bot robot"), ["-- bot is now called robot"])
        self.assertEqual([event.nickname for event in self.heard if isinstance(event, NicknameGiven)], ["robot"])
        self.assertIn("-- bot is now called robot", self.take()["alice"])

    def test_tell(self) -> None:
        """They can be told something."""
        self.assertEqual(self.type("/tell bot psst"), ["-- bot was told"])
        self.assertEqual([event.text for event in self.heard if isinstance(event, ToldByAdministrator)], ["psst"])
