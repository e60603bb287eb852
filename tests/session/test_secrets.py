"""Tests for chatd.session.secrets and chatd.session.owning: names that people own, over an in-memory terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twisted.internet.defer import Deferred

from chatd.core.bans import Ban
from chatd.core.events import Cause, Departure, Said, Whispered
from chatd.core.letters import Letter
from chatd.core.nickname import nickname
from chatd.core.owner_refusals import PeopleNotWritten
from chatd.core.owners import Owner, SSHKey
from chatd.doors.jsonl import JSONCodec
from chatd.session.inputs import Command, Line, Refused
from chatd.session.outputs import Asked, Prompt
from chatd.session.refusals import NotText
from chatd.session.secrets import Choosing
from chatd.store.passwords import MOST_WAITING
from chatd.store.people import GUESSES, People
from tests.keeping import DAY, SECRET, own_names
from tests.session.test_session import Screen, TalkTestCase, Typing
from tests.store.at_once import ByHand

YOURS = "-- alice is yours: from now on you come in with your password; /password changes it, /unregister gives it up"
ASKED = "Password of alice: "
AGAIN = "-- give the password again in a moment; an empty line gives none"
BUSY = "!! too many people are giving passwords just now; try again in a moment"


@contextmanager
def full(people: People) -> Iterator[None]:
    """Let as many passwords wait as may."""
    people._passwords._waiting += MOST_WAITING + 1
    yield
    people._passwords._waiting -= MOST_WAITING + 1


class OwningTestCase(TalkTestCase):
    letters_days = 30

    def setUp(self) -> None:
        super().setUp()
        self.clock.advance(1_000 * DAY)
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.people = own_names(self.server, self.folder, self.clock, self.letters_days)

    def own(self, typed: str, password: str | None = SECRET, key: SSHKey | None = None) -> Owner:
        """Make a name somebody's, who isn't here."""
        return self.successResultOf(Deferred.fromCoroutine(self.people.register(nickname(typed), password, key, "")))

    def owner_of(self, typed: str) -> Owner:
        owner = self.people.owners.named(typed)
        assert owner is not None
        return owner

    def come(self, typed: str, *more: str) -> tuple[Typing, Screen]:
        """Let somebody connect and type, and return what they see behind the welcome."""
        session, screen = self.connect()
        screen.take()
        session.type(typed, *more)
        return session, screen


class ComingTests(OwningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = self.own("alice")

    def test_password(self) -> None:
        """The owner of a name is asked for the password, and is let in by it."""
        _, screen = self.come("alice", SECRET)
        self.assertEqual(
            screen.take(),
            [
                ASKED,
                "-- you are alice in #lobby; 1 person is here: alice",
                "-- /h lists commands, /echo off hides your lines, quit leaves; /lang zh: 中文",
            ],
        )
        self.assertEqual(self.people.owners.demand(self.owner.id).seen, self.clock.seconds())

    def test_cost(self) -> None:
        """Each password, right or wrong, counts as five lines of what somebody may say."""
        _, screen = self.come("alice", "hunter22", SECRET)
        self.assertEqual(screen.charged, 8)

    def test_look_alike(self) -> None:
        """So is who comes under a name that looks like it; whoever knows the password is called by the name itself."""
        _, screen = self.come("AIice", SECRET)
        self.assertEqual(screen.take()[:2], [ASKED, "-- you are alice in #lobby; 1 person is here: alice"])

    def test_empty_line(self) -> None:
        """An empty line chooses another name."""
        session, screen = self.come("alice", " ")
        self.assertEqual(screen.take(), [ASKED, "-- no password; choose another nickname", "Nickname: "])
        session.type("bob")
        self.assertIn("-- you are bob in #lobby; 1 person is here: bob", screen.take())

    def test_three_wrong(self) -> None:
        """Three wrong passwords end the connection; each but the last is asked for again."""
        session, screen = self.come("alice", "hunter22", "password")
        refused = "!! that is not alice's password; an empty line gives none"
        self.assertEqual(screen.take(), [ASKED, refused, ASKED, refused, ASKED])
        self.assertFalse(screen.closed)
        session.type("12345678")
        self.assertEqual(screen.take(), ["!! 3 wrong passwords; the administrator can give you a new one"])
        self.assertTrue(screen.closed)
        self.assertEqual(self.log.getvalue().count("10.0.0.1:99 gave a wrong password of alice"), 3)

    def test_quit(self) -> None:
        """quit leaves, with a slash or without, and a program's quit too."""
        for typed in ("quit", " QUIT ", "/quit", "/bye"):
            _, screen = self.come("alice", typed)
            self.assertEqual(screen.take(), [ASKED, "-- goodbye"])
        session, screen = self.come("alice")
        session.receive(Command("quit", {}))
        self.assertTrue(screen.closed)

    def test_no_commands(self) -> None:
        """No command is done there, and none given back: it might have been the password."""
        session, screen = self.come("alice", "/secret horse", "//secret")
        session.receive(Command("ls", {}))
        refused = "!! a password is waited for; an empty line gives none, quit leaves"
        self.assertEqual(screen.take(), [ASKED, refused, ASKED, refused, ASKED, refused, ASKED])
        session.receive(Refused(NotText(), chooses=True))
        self.assertEqual(screen.take()[-1], ASKED)

    def test_programs(self) -> None:
        """A program is told what is asked, and gives the password by name."""
        session, screen = self.connect()
        self.assertIsNone(session.receive(Command("nick", {"name": "alice"})))
        self.assertEqual(screen.outputs[-1], Prompt(Asked.PASSWORD, "alice"))
        session.give(Command("password", {"password": SECRET}))
        self.assertEqual(session.person.nickname, "alice")

    def test_hears_nothing(self) -> None:
        """Room lines are not heard before, and nothing typed there is said."""
        bob, bob_screen = self.enter("bob")
        session, screen = self.come("alice")
        screen.take(), bob_screen.take()
        bob.type("hello")
        self.assertEqual(screen.take(), [])
        session.type("wrong words", "more wrong words")
        self.assertEqual(len(bob_screen.take()), 1)

    def test_never_given_back(self) -> None:
        """What is typed there is nowhere: on no screen and in no log, whatever way the session ends."""
        for ending in (
            lambda session: session.type("quit"),
            lambda session: session.close(Departure(Cause.STOPPED)),
            lambda session: session.lost(Departure(Cause.LOST)),
            lambda session: session.type("hunter22", "hunter22"),
        ):
            session, screen = self.come("alice", "hunter22")
            ending(session)
            self.assertNotIn("hunter22", "\n".join(screen.lines))
        self.assertNotIn("hunter22", self.log.getvalue())
        self.assertNotIn("hunter22", "".join(map(repr, screen.outputs)))

    def test_banned(self) -> None:
        """A banned name is refused before its password is asked."""
        self.hall.bans.add(Ban("name", "alice", None, "", self.owner.id))
        _, screen = self.come("alice")
        self.assertIn('!! "alice" is banned', screen.take()[0])

    def test_only_by_key(self) -> None:
        """Who has an SSH key alone can't come in here."""
        self.own("carol", None, SSHKey("SHA256:x", "", 0.0))
        _, screen = self.come("carol")
        self.assertIn("!! carol has no password, only an SSH key", screen.take()[0])

    def test_not_private(self) -> None:
        """Where passwords are for TLS alone, none is asked on a connection that others may read."""
        assert self.server.accounts is not None
        self.server.accounts.private_only = True
        session, screen = self.connect()
        screen.is_private = False
        screen.take()
        session.type("alice")
        self.assertEqual(
            screen.take(),
            [
                "!! alice needs a password, which could be read on its way here; come by TLS, or as somebody else",
                "Nickname: ",
            ],
        )

    def test_too_many_guesses(self) -> None:
        """After ten wrong passwords a neighbourhood is sent away unheard, and the account is not locked for others."""
        for number in range(GUESSES):
            self.come("alice", f"hunter{number:03}")
        _, screen = self.come("alice", SECRET)
        self.assertIn(f"!! {GUESSES} wrong passwords came from your address; try again in 10 minutes", screen.take())
        self.assertTrue(screen.closed)
        session, screen = self.connect()
        screen.neighbourhood = "10.0.0.2"
        session.type("alice", SECRET)
        self.assertEqual(session.person.nickname, "alice")

    def test_hidden_in_front_of_the_nickname(self) -> None:
        """What was typed unseen is no nickname."""
        session, screen = self.come("alice", "")
        session.receive(Line(SECRET, hidden=True))
        self.assertEqual(screen.take()[-2:], ["Nickname: ", "Nickname: "])
        self.assertIsNone(session.member)

    def test_account_gone_meanwhile(self) -> None:
        """If the name is anybody's by then, the nickname is asked again."""
        session, screen = self.come("alice")
        self.successResultOf(Deferred.fromCoroutine(self.people.remove(self.owner.id)))
        session.type(SECRET)
        self.assertEqual(screen.take(), [ASKED, '!! "alice" has no owner', "Nickname: "])

    def test_full(self) -> None:
        """A full hall refuses an owner behind the password; where nobody owns a name, at the door."""
        self.hall.capacity = 1
        self.enter("bob")
        _, screen = self.connect()
        self.assertTrue(screen.closed)
        self.hall.capacity = 2
        self.come("alice", SECRET)
        self.own("carol")
        _, screen = self.come("carol", SECRET)
        self.assertIn("!! this chat is full (2 of 2 people are here); come back later", screen.take())

    def test_one_time_password(self) -> None:
        """By the administrator's password an owner comes in once, and chooses another one first."""
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(self.owner.id)))
        session, screen = self.come("alice", given, "short", "battery staple", "battery staple")
        self.assertEqual(
            screen.take()[:6],
            [
                ASKED,
                "-- that was a one-time password from the administrator; choose your own",
                "New password: ",
                "!! that can't be a password: it must have at least 8 characters; several words are easy to remember",
                "New password: ",
                "Again: ",
            ],
        )
        self.assertEqual(session.person.nickname, "alice")
        session.close(Departure(Cause.QUIT))
        session, screen = self.come("alice", "battery staple")
        self.assertEqual(session.person.nickname, "alice")

    def test_one_time_password_over(self) -> None:
        """It is valid for a day."""
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(self.owner.id)))
        self.clock.advance(DAY + 1)
        _, screen = self.come("alice", given)
        self.assertIn("that password of alice was valid for a day", screen.take()[1])


class SlowTests(OwningTestCase):
    """Passwords that are looked at when a test says so."""

    def setUp(self) -> None:
        super().setUp()
        self.own("alice")
        self.hashing = ByHand()
        self.people._passwords._worker = self.hashing

    def test_ended_meanwhile(self) -> None:
        """Nobody enters whose session ended while the password was looked at, right or wrong."""
        for typed in (SECRET, "hunter22"):
            session, screen = self.come("alice", typed)
            session.close(Departure(Cause.STOPPED))
            self.hashing.work()
            self.assertEqual(screen.take()[-1], "-- goodbye")
            self.assertEqual(len(self.hall.members), 0)

    def test_chosen_too_late(self) -> None:
        """Nor who chooses a password and is gone before it is stored."""
        resetting = Deferred.fromCoroutine(self.people.reset(self.owner_of("alice").id))
        self.hashing.work()
        session, _ = self.come("alice", self.successResultOf(resetting))
        self.hashing.work()
        session.type("battery staple", "battery staple")
        session.close(Departure(Cause.STOPPED))
        self.hashing.work()
        self.assertEqual(len(self.hall.members), 0)

    def test_registered_too_late(self) -> None:
        """Who leaves while the name is registered owns it all the same."""
        session, _ = self.enter("carol")
        session.type("/register", SECRET, SECRET)
        session.close(Departure(Cause.QUIT))
        self.hashing.work()
        self.assertIsNotNone(self.people.owners.named("carol"))
        self.assertEqual(list(self.hall.holders.accounts), [])

    def test_over_meanwhile(self) -> None:
        """Who comes by a password that is over, and is gone by then, is told nothing."""
        resetting = Deferred.fromCoroutine(self.people.reset(self.owner_of("alice").id))
        self.hashing.work()
        self.clock.advance(DAY + 1)
        session, screen = self.come("alice", self.successResultOf(resetting))
        session.close(Departure(Cause.STOPPED))
        screen.take()
        self.hashing.work()
        self.assertEqual(screen.take(), [])

    def test_guesses_meanwhile(self) -> None:
        """A refusal that comes too late is shown to nobody."""
        session, screen = self.come("alice", SECRET)
        owner = self.owner_of("alice")
        session.close(Departure(Cause.STOPPED))
        screen.take()
        self.successResultOf(Deferred.fromCoroutine(self.people.remove(owner.id)))
        self.hashing.work()
        self.assertEqual(screen.take(), [])


class RegisteringTests(OwningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.screen = self.enter("alice")
        self.screen.take()

    def listener(self) -> Screen:
        """Return what somebody sees who is in the room as well."""
        _, screen = self.enter("bob")
        screen.take()
        return screen

    def test_register(self) -> None:
        """A name is made somebody's by a password that is typed twice."""
        self.alice.type("/register", SECRET, SECRET)
        self.assertEqual(
            self.screen.take(),
            [
                "-- alice will be yours alone, with all names that look like it; an empty line ends this",
                "New password: ",
                "Again: ",
                YOURS,
            ],
        )
        self.assertEqual(self.alice.person.traces.account, self.owner_of("alice").id)
        self.assertIn("alice registered the name", self.log.getvalue())
        self.alice.type("/register")
        self.assertEqual(self.screen.take(), ["!! you own alice already; /unregister gives it up"])

    def test_never_an_argument(self) -> None:
        """`/register secret` is refused with the usage, and not given back."""
        self.alice.type("/register correct horse")
        self.assertEqual(
            self.screen.take(),
            ["!! usage: /register -- make your nickname yours alone, with a password"],
        )

    def test_two_that_differ(self) -> None:
        """After two that differ it is asked for again; composed in two ways it is the same."""
        heard = self.listener()
        self.alice.type("/register", SECRET, "battery staple")
        refused = "!! these two differ; choose a password again; an empty line gives none"
        self.assertEqual(self.screen.take()[-2:], [refused, "New password: "])
        self.assertIsNone(self.people.owners.named("alice"))
        self.alice.type("caf\u00e9 noir", "cafe\u0301 noir")
        self.assertEqual(self.screen.take()[-1], YOURS)
        self.assertEqual(heard.take(), [])

    def test_refused_for_now(self) -> None:
        """What can't be done now leaves the password to be given again, and nobody hears it."""
        heard = self.listener()
        for typed in ("/register", SECRET):
            self.alice.type(typed)
        with full(self.people):
            self.alice.type(SECRET)
        self.assertEqual(self.screen.take()[-3:], [BUSY, AGAIN, "New password: "])
        self.alice.type(SECRET, SECRET, "/password")
        self.assertEqual(self.screen.take()[-2:], [YOURS, ASKED])
        with full(self.people):
            self.alice.type(SECRET)
        self.assertEqual(self.screen.take(), [BUSY, AGAIN, ASKED])
        self.alice.type(SECRET, "battery staple")
        with full(self.people):
            self.alice.type("battery staple")
        self.assertEqual(self.screen.take()[-3:], [BUSY, AGAIN, "New password: "])
        self.alice.type("battery staple", "battery staple", "hello")
        self.assertEqual(self.screen.take()[-2:], ["-- alice has a new password", "<alice> hello"])
        self.assertEqual(heard.take(), ["<alice> hello"])

    def test_disk_full(self) -> None:
        """So does a change that can't be written."""
        heard = self.listener()
        self.alice.type("/register", SECRET, SECRET, "/unregister")
        self.screen.take()
        remove = self.people.remove

        async def refuse(owner: int) -> None:
            raise PeopleNotWritten

        self.patch(self.people, "remove", refuse)
        self.alice.type(SECRET)
        self.assertEqual(self.screen.take()[1:], [AGAIN, ASKED])
        self.patch(self.people, "remove", remove)
        self.alice.type(SECRET)
        self.assertEqual(self.screen.take(), ["-- anybody may have alice again"])
        self.assertEqual(heard.take(), [])

    def test_refused_for_good(self) -> None:
        """What can't be done at all leads back, where a password that was typed ahead is not said."""
        heard = self.listener()
        self.people.owners._most = 0
        self.alice.type("/register", SECRET, SECRET)
        self.assertIn("the most there may be", self.screen.take()[-1])
        self.alice.give(Line(SECRET, self.clock.seconds()))
        self.alice.type("hello")
        self.assertEqual(heard.take(), ["<alice> hello"])

    def test_bad_password(self) -> None:
        """A password that breaks a rule is refused and asked again; an empty line ends that."""
        self.alice.type("/register", "alice")
        self.assertIn("!! that can't be a password", self.screen.take()[-2])
        self.alice.type("")
        self.assertEqual(self.screen.take(), ["-- no password; nothing has changed"])
        self.alice.type("hello")
        self.assertEqual(self.screen.take(), ["<alice> hello"])

    def test_hears_meanwhile(self) -> None:
        """Whoever is asked in the middle of chat goes on hearing the room, and is the same person in it."""
        bob, _ = self.enter("bob")
        self.alice.type("/register")
        self.screen.take()
        bob.type("hello", "@alice psst")
        self.assertEqual(self.screen.take(), ["<bob> hello", "[bob -> you] psst"])
        self.assertFalse(self.alice.is_entering)
        state = self.alice._state
        assert isinstance(state, Choosing)
        self.assertTrue(state.sees(self.hall.lobby))
        state.begin()
        self.alice.close(Departure(Cause.QUIT))
        self.assertEqual([member.nickname for member in self.hall.members], ["bob"])

    def test_none_owned(self) -> None:
        """Where names are not owned, that is said."""
        self.server.accounts = None
        for typed in ("/register", "/password", "/unregister"):
            self.alice.type(typed)
            self.assertEqual(self.screen.take(), ["!! names are not owned here"])

    def test_password(self) -> None:
        """/password asks for the old one, then twice for the new one."""
        self.alice.type("/password")
        self.assertEqual(self.screen.take(), ['!! "alice" has no owner'])
        self.alice.type("/register", SECRET, SECRET, "/password", SECRET, "battery staple", "battery staple")
        self.assertEqual(self.screen.take()[4:], [ASKED, "New password: ", "Again: ", "-- alice has a new password"])
        owner = self.owner_of("alice")
        self.assertTrue(self.successResultOf(Deferred.fromCoroutine(self.people.check(owner.id, "battery staple"))))

    def test_wrong_in_the_middle(self) -> None:
        """Three wrong ones in the middle of chat end the question, and not the connection."""
        self.alice.type("/register", SECRET, SECRET, "/password", "wrong one", "wrong two", "wrong three", "hello")
        self.assertEqual(
            self.screen.take()[-2:],
            ["!! 3 wrong passwords; the administrator can give you a new one", "<alice> hello"],
        )

    def test_unregister(self) -> None:
        """/unregister gives a name up, against the password."""
        self.alice.type("/register", SECRET, SECRET, "/unregister", SECRET)
        self.assertEqual(self.screen.take()[-1], "-- anybody may have alice again")
        self.assertIsNone(self.alice.person.traces.account)
        self.assertIsNone(self.people.owners.named("alice"))

    def test_nick_to_an_owned_name(self) -> None:
        """/nick to an owned name asks for its password; from then on one is that owner."""
        owner = self.own("bob")
        self.alice.type("/nick b0b")
        self.assertEqual(self.screen.take(), ["Password of bob: "])
        self.alice.type(SECRET)
        self.assertEqual(self.screen.take(), ["-- alice is now called bob", "-- your nickname is now bob"])
        self.assertIs(self.hall.holders.of(owner.id), self.alice.member)
        self.assertIn("alice is now called bob", self.log.getvalue())

    def test_nick_of_somebody_here(self) -> None:
        """Where the owner is here, the name is taken."""
        self.own("bob")
        self.come("bob", SECRET)
        self.screen.take()
        self.alice.type("/nick b0b")
        self.assertIn('!! "b0b" is taken (it looks like "bob")', self.screen.take()[0])

    def test_nick_of_somebody_who_comes_meanwhile(self) -> None:
        """So it is if they come in while the password is asked; each is one person."""
        owner = self.own("bob")
        self.alice.type("/nick bob")
        bob, _ = self.come("bob", SECRET)
        self.screen.take()
        self.alice.type(SECRET)
        shown = self.screen.take()
        self.assertIn('!! "bob" is taken', shown[0])
        self.assertEqual(shown[1:], [AGAIN, "Password of bob: "])
        self.assertIs(self.hall.holders.of(owner.id), bob.member)
        for session in (self.alice, bob):
            session.close(Departure(Cause.QUIT))
        self.assertEqual(list(self.hall.holders.accounts), [])

    def test_nick_of_ones_own(self) -> None:
        """An owner may be called otherwise, and be again who they are, without a password."""
        self.alice.type("/register", SECRET, SECRET, "/nick carol", "/nick alice")
        self.assertEqual(self.screen.take()[-2:], ["-- your nickname is now carol", "-- your nickname is now alice"])

    def test_nick_by_a_one_time_password(self) -> None:
        """By the administrator's password a name is taken once, when another one has been chosen."""
        owner = self.own("bob")
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(owner.id)))
        self.alice.type("/nick bob", given)
        self.assertEqual(self.screen.take()[-1], "New password: ")
        self.assertEqual(self.alice.person.nickname, "alice")
        self.alice.type("battery staple", "battery staple")
        self.assertEqual(self.screen.take()[-1], "-- your nickname is now bob")
        self.assertFalse(self.people.owners.demand(owner.id).must_change)

    def test_nick_of_the_banned(self) -> None:
        """Who proves to be an owner, and may not have the name by then, is who they were."""
        owner = self.own("bob")
        self.alice.type("/register", SECRET, SECRET, "/nick bob")
        self.hall.bans.add(Ban("name", "bob", None, "", owner.id))
        self.alice.type(SECRET)
        self.assertIn('!! "bob" is banned', self.screen.take()[-1])
        self.assertEqual(self.alice.person.traces.account, self.owner_of("alice").id)
        self.assertIsNone(self.hall.holders.of(owner.id))

    def test_nick_chosen_too_late(self) -> None:
        """Nobody has the name who is put out while they choose a password for it."""
        owner = self.own("bob")
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(owner.id)))
        self.alice.type("/nick bob", given, "battery staple")
        hashing = self.people._passwords._worker = ByHand()
        self.alice.type("battery staple")
        self.alice.person.dismiss(Departure(Cause.KICKED))
        hashing.work()
        self.assertIsNone(self.hall.holders.of(owner.id))

    def test_not_remembered(self) -> None:
        """Whoever doesn't want to be remembered isn't either as the owner that they become."""
        bob, _ = self.enter("bob")
        self.alice.type("/remember off", "/register", SECRET, SECRET)
        self.assertFalse(self.alice.person.traces.remembered)
        self.assertFalse(self.owner_of("alice").remembered)
        self.own("carol")
        bob.type("/remember off", "/nick carol", SECRET)
        self.assertFalse(bob.person.traces.remembered)

    def test_becoming_somebodys(self) -> None:
        """A name that is just being registered is nobody else's, though whoever does that has left."""
        hashing = self.people._passwords._worker = ByHand()
        self.alice.type("/register", SECRET, SECRET)
        self.alice.close(Departure(Cause.QUIT))
        _, screen = self.come("a1ice")
        self.assertIn('!! "a1ice" has an owner (it looks like "alice")', screen.take()[0])
        hashing.work()
        self.assertEqual([member.nickname for member in self.hall.members], [])


class NotEnteredTests(OwningTestCase):
    """A password that was typed ahead by somebody without a nickname, and is not asked for, or no more."""

    def assert_not_taken(self, *lines: str) -> None:
        """It is no nickname, and is not given back."""
        session, screen = self.connect()
        typed_at = self.clock.seconds()
        for number, line in enumerate(lines):
            session.give(Line(line, typed_at - 1 + number / 1000))
        self.assertIsNone(session.member)
        self.assertNotIn("!! not sent", "".join(screen.take()))
        self.clock.advance(1)
        session.give(Line("tom", self.clock.seconds()))
        self.assertEqual(session.person.nickname, "tom")
        session.close(Departure(Cause.QUIT))

    def test_not_asked(self) -> None:
        """Neither behind a name for which none is asked, nor behind one that was over."""
        self.own("carol", None, SSHKey("SHA256:x", "", 0.0))
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(self.own("alice").id)))
        self.clock.advance(DAY + 1)
        self.assert_not_taken("carol", SECRET)
        self.assert_not_taken("alice", given, given)


class TypedAheadTests(OwningTestCase):
    """A password that was typed ahead, and is not asked for."""

    def setUp(self) -> None:
        super().setUp()
        self.own("bob")
        self.come("bob", SECRET)
        self.alice, self.screen = self.enter("alice")
        self.carol, self.heard = self.enter("carol")
        self.clock.advance(10)

    def paste(self, *lines: str) -> None:
        """Type lines before any of them is read."""
        typed_at = self.clock.seconds()
        for line in lines:
            self.alice.give(Line(line, typed_at))
            self.clock.advance(0.001)

    def assert_not_said(self) -> None:
        """Nobody hears the password, and it is not given back."""
        self.assertNotIn(SECRET, "".join(self.heard.take()))
        self.assertNotIn(SECRET, "".join(self.screen.take()))

    def test_refused(self) -> None:
        """What is typed behind a command that is refused might be what it would have asked for."""
        for typed in ("/nick bob", "/password", "/unregister"):
            self.paste(typed, SECRET)
            self.assert_not_said()
        for typed in ("/password old one", "/passwrd", "/register horse", "/regster"):
            self.paste(typed, SECRET, SECRET)
            self.assert_not_said()
        self.server.accounts = None
        self.paste("/register", SECRET, SECRET)
        self.assert_not_said()

    def test_once_too_often(self) -> None:
        """So might what is typed behind the third wrong one, or behind two that differ."""
        self.alice.type("/register", SECRET, SECRET)
        self.screen.take()
        self.paste("/password", "wrong one", "wrong two", "wrong three", SECRET)
        self.assert_not_said()
        self.alice.type("/password", SECRET)
        self.paste("battery staple", "battery stable", SECRET)
        self.assert_not_said()

    def test_named(self) -> None:
        """A program's password is never said, since it is named as one."""
        for line in ('{"do": "nick", "name": "alicia"}', f'{{"do": "password", "password": "{SECRET}"}}'):
            self.alice.give(JSONCodec().decode(line.encode(), self.clock.seconds()))
        self.assertEqual(self.screen.take()[-1], '!! "alicia" has no owner')
        self.assert_not_said()

    def test_later(self) -> None:
        """What is typed when the refusal is there is said; so is what was typed ahead of a right password."""
        self.paste("/password", SECRET)
        self.heard.take()
        self.clock.advance(1)
        self.paste("hello", "/register", SECRET, SECRET, "/password", SECRET, SECRET, SECRET, "hello again")
        self.assertEqual(self.heard.take(), ["<alice> hello", "<alice> hello again"])


class TakeOverTests(OwningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob, self.bob_screen = self.enter("bob")
        self.own("alice")
        self.first, self.first_screen = self.come("alice", SECRET)
        self.clock.advance(10)
        self.first_screen.take(), self.bob_screen.take()

    def test_taken_over(self) -> None:
        """An owner who comes again takes over at once, and the room sees nothing."""
        member = self.first.member
        second, screen = self.come("alice", SECRET)
        self.assertEqual(
            screen.take(),
            [
                ASKED,
                "-- you were here already: your other connection is closed",
                "-- you are alice in #lobby; 2 people are here: bob, alice",
                "-- /h lists commands, /echo off hides your lines, quit leaves; /lang zh: 中文",
            ],
        )
        self.assertEqual(
            self.first_screen.take(), ["-- you came in from elsewhere; this connection is closed", "-- goodbye, alice"]
        )
        self.assertTrue(self.first_screen.closed)
        self.assertIs(second.member, member)
        self.first.lost(Departure(Cause.LOST))
        self.clock.advance(10)
        self.assertEqual(self.bob_screen.take(), [])
        self.bob.type("hello")
        self.assertEqual((screen.take(), self.first_screen.take()), (["<bob> hello"], []))
        self.assertIn("alice came again, from 10.0.0.1:99", self.log.getvalue())

    def test_all_stays(self) -> None:
        """Room, away, quiet, addressee, ignores and view stay."""
        self.enter("carol")
        self.first.type("/time Asia/Shanghai", "/join #den", "/away lunch", "/i", "/ignore carol", "to:bob")
        second, screen = self.come("alice", SECRET)
        member = second.person
        self.assertEqual(
            (
                member.room.name,
                member.away,
                member.quiet,
                member.talk.addressee,
                len(member.ignoring),
                screen.view.time,
            ),
            ("#den", "lunch", True, self.bob.member, 1, "Asia/Shanghai"),
        )
        self.assertIn("-- now talking to bob", screen.take())

    def test_addressee_left(self) -> None:
        """Whose addressee has left is told so by the new connection, too."""
        self.first.type("to:bob")
        self.bob.type("/quit")
        self.clock.advance(20)
        second, screen = self.come("alice", SECRET)
        self.assertIn("-- bob, whom you were talking to, has left; to:name or to: chooses anew", screen.take())
        second.type("for bob alone")
        self.assertTrue(any("bob has left" in line for line in screen.take()))

    def test_typed_ahead(self) -> None:
        """What was typed ahead goes to the lobby or is given back: nobody knew yet to whom else it would go."""
        carol, heard = self.enter("carol")
        carol.type("/join #den")
        for typed in ("", "to:bob", "/join #den"):
            self.bob.type("@alice psst")
            self.first.type(typed)
            self.clock.advance(20)
            heard.take(), self.bob_screen.take()
            self.first, screen = self.connect()
            typed_at = self.clock.seconds()
            for line in ("alice", SECRET, "hello", "/r secret", "/me waves"):
                self.clock.advance(0.001)
                self.first.give(Line(line, typed_at))
            self.assertEqual(self.bob_screen.take(), [] if typed else ["<alice> hello", "* alice waves"])
            self.assertEqual(heard.take(), [])
            self.assertIn("!! not sent: secret", screen.take())

    def test_missed(self) -> None:
        """What the old connection may not have shown is shown again, private lines too."""
        self.first_screen.unreached = [
            Said(self.clock.seconds(), "#lobby", "bob", "hello"),
            Whispered(self.clock.seconds() - 2 * DAY, "bob", "psst"),
        ]
        _, screen = self.come("alice", SECRET)
        self.assertEqual(
            screen.take()[3:6],
            ["-- 2 lines that your other connection may not have shown:", "| <bob> hello", "| [bob -> you] psst"],
        )

    def test_full(self) -> None:
        """It takes no place: a full hall lets an owner take over."""
        self.hall.capacity = 2
        second, _ = self.come("alice", SECRET)
        self.assertEqual(second.person.nickname, "alice")

    def test_in_the_middle_of_a_password(self) -> None:
        """So it does while the old connection was asked for a password."""
        self.first.type("/password", "half of")
        second, _ = self.come("alice", SECRET)
        self.assertIs(self.hall.holders.of(self.owner_of("alice").id), second.member)
        self.assertEqual(self.first_screen.take()[-1], "-- goodbye, alice")

    def test_put_out(self) -> None:
        """Who is put out is put out of the connection that they have now."""
        second, screen = self.come("alice", SECRET)
        second.person.dismiss(Departure(Cause.KICKED, "enough"))
        self.assertEqual(screen.take()[-1], "!! you were disconnected by the administrator: enough")


class IgnoreTests(OwningTestCase):
    def setUp(self) -> None:
        super().setUp()
        for name in ("alice", "bob"):
            self.own(name)
        self.alice, self.screen = self.come("alice", SECRET)
        self.bob, _ = self.come("bob", SECRET)
        self.screen.take()

    def again(self) -> None:
        """alice goes and comes again."""
        self.alice.close(Departure(Cause.QUIT))
        self.alice, self.screen = self.come("alice", SECRET)
        self.screen.take()

    def test_lasts(self) -> None:
        """An owner's ignore of another owner lasts until it is ended."""
        self.alice.type("/ignore bob")
        self.again()
        self.bob.type("hello")
        self.assertEqual(self.screen.take(), [])
        self.alice.type("/unignore bob")
        self.again()
        self.bob.type("hello")
        self.assertEqual(self.screen.take(), ["<bob> hello"])

    def test_absent(self) -> None:
        """It can be made, seen and ended while the other isn't here."""
        self.bob.close(Departure(Cause.QUIT))
        self.alice.type("/unignore bob", "/ignore bob", "/ignore", "/unignore bob", "/ignore", "/ignore nobody1")
        self.assertEqual(
            self.screen.take()[-6:],
            [
                "!! you aren't ignoring bob",
                "-- you are ignoring bob; /unignore bob ends that",
                "-- you are ignoring: bob",
                "-- you are no longer ignoring bob",
                "-- you aren't ignoring anybody",
                '!! nobody here is called "nobody1"',
            ],
        )

    def test_others_end(self) -> None:
        """That of somebody without an account ends as ever; a look-alike is nobody."""
        carol, screen = self.enter("carol")
        screen.take()
        carol.type("/ignore bob", "/ignore B0B")
        self.assertEqual(
            screen.take(),
            [
                "-- you are ignoring bob; /unignore bob ends that",
                '!! nobody here is called "B0B"; bob looks like it',
            ],
        )
        self.assertEqual(self.people.owners.ignored_by(self.owner_of("alice").id), frozenset())

    def test_registered_later(self) -> None:
        """Ignores last too if either registers only then."""
        carol, _ = self.enter("carol")
        self.alice.type("/ignore carol")
        carol.type("/ignore bob", "/register", SECRET, SECRET)
        ids = {name: self.owner_of(name).id for name in ("alice", "bob", "carol")}
        self.assertEqual(self.people.owners.ignored_by(ids["alice"]), {ids["carol"]})
        self.assertEqual(self.people.owners.ignored_by(ids["carol"]), {ids["bob"]})

    def test_left_while_ignoring(self) -> None:
        """Who was ignored when an owner left is ignored when they come again, until that is ended."""
        carol, _ = self.enter("carol")
        self.alice.type("/ignore carol")
        self.again()
        carol.type("hello")
        self.assertEqual(self.screen.take(), [])
        self.alice.type("/unignore carol")
        self.again()
        carol.type("hello")
        self.assertEqual(self.screen.take(), ["<carol> hello"])

    def test_registered_meanwhile(self) -> None:
        """So are they if they register while the owner is away; by then another owner may be gone."""
        carol, _ = self.enter("carol")
        self.alice.type("/ignore carol", "quit")
        self.bob.type("/ignore carol", "quit")
        bob = self.owner_of("bob")
        self.successResultOf(Deferred.fromCoroutine(self.people.remove(bob.id)))
        carol.type("/register", SECRET, SECRET)
        self.assertEqual(self.people.owners.ignored_by(self.owner_of("alice").id), {self.owner_of("carol").id})

    def test_by_another_name(self) -> None:
        """An owner who is here under another name is ignored by that one, which is suggested."""
        self.bob.type("/nick robert")
        self.screen.take()
        self.alice.type("/ignore bob")
        self.assertEqual(self.screen.take(), ['!! nobody here is called "bob"; did you mean robert?'])


class LetterTests(OwningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.own("bob")
        self.alice, self.screen = self.enter("alice")
        self.screen.take()

    def test_letter(self) -> None:
        """A private line to an owner who isn't here is kept, and shown to them when they come."""
        self.alice.type("@bob lunch?", "@BOB now?")
        kept = "-- bob is not here; your line is kept and bob reads it when they come, within 30 days"
        self.assertEqual(self.screen.take(), [kept, kept])
        self.clock.advance(60)
        _, screen = self.come("bob", SECRET)
        self.assertEqual(
            screen.take()[-3:],
            ["-- 2 private lines came while you were away:", "| [alice -> you] lunch?", "| [alice -> you] now?"],
        )

    def test_acknowledged(self) -> None:
        """It is shown each time until it has arrived, and deleted then."""
        self.alice.type("@bob lunch?")
        bob, screen = self.come("bob", SECRET)
        bob.lost(Departure(Cause.LOST))
        bob, screen = self.come("bob", SECRET)
        self.assertIn("| [alice -> you] lunch?", screen.take())
        [arrived] = screen.once_reached
        arrived()
        bob.close(Departure(Cause.QUIT))
        bob, screen = self.come("bob", SECRET)
        self.assertNotIn("| [alice -> you] lunch?", screen.take())
        self.assertEqual(screen.once_reached, [])

    def test_refused(self) -> None:
        """None is kept from the muted, from those whom the owner ignores, to oneself, or if too many wait."""
        self.hall.bans.add(Ban("mute", "alice", None, "spam"))
        self.alice.type("@bob lunch?")
        self.assertIn("!! the administrator has muted you for good", self.screen.take()[0])
        self.hall.bans.lift("mute", "alice")
        self.alice.type("@bob \x07")
        usage = "!! usage: @name text -- a private line, as @name text; your line was not sent"
        self.assertEqual(self.screen.take(), [usage, "!! not sent: @bob "])
        for _ in range(10):
            self.alice.type("@bob lunch?")
        self.screen.take()
        self.alice.type("@bob lunch?")
        self.assertIn("!! bob is not here, and 10 of your lines wait for bob already", self.screen.take()[0])
        bob, screen = self.come("bob", SECRET)
        bob.type("/nick rob")
        screen.take()
        bob.type("@bob note")
        self.assertEqual(
            screen.take(),
            ["!! that is your own nickname; name somebody else; your line was not sent", "!! not sent: note"],
        )

    def test_ignored(self) -> None:
        """From those whom the owner ignores it is refused, and given back."""
        self.alice.type("/register", SECRET, SECRET)
        bob, _ = self.come("bob", SECRET)
        bob.type("/ignore alice", "quit")
        self.screen.take()
        self.alice.type("@bob lunch?")
        self.assertEqual(
            self.screen.take(),
            ["!! bob is ignoring you; your line was not sent", "!! not sent: lunch?"],
        )

    def test_ignored_stranger(self) -> None:
        """Somebody without an account whom the owner ignored when they left can't write to them either."""
        bob, _ = self.come("bob", SECRET)
        bob.type("/ignore alice", "quit")
        self.screen.take()
        self.alice.type("/nick alicia", "@bob lunch?")
        self.assertEqual(
            self.screen.take()[-2:], ["!! bob is ignoring you; your line was not sent", "!! not sent: lunch?"]
        )

    def test_by_another_name(self) -> None:
        """An owner who is here under another name reads no letters now: that name is suggested."""
        bob, _ = self.come("bob", SECRET)
        bob.type("/nick robert")
        self.screen.take()
        self.alice.type("@bob lunch?")
        self.assertEqual(
            self.screen.take(),
            ['!! nobody here is called "bob"; your line was not sent; did you mean robert?', "!! not sent: lunch?"],
        )

    def test_typed_for_another(self) -> None:
        """A line that was typed before a name was anybody's own was not meant for its owner."""
        typed_at = self.clock.seconds()
        self.clock.advance(1)
        self.own("carol")
        for at, answer in (
            (typed_at, "!! carol took this name after you had typed that"),
            (typed_at + 2, "-- carol is not here"),
        ):
            self.alice.give(Line("@carol lunch?", at))
            self.assertIn(answer, self.screen.take()[0])

    def test_to(self) -> None:
        """`to:bob` never turns into letters."""
        self.alice.type("to:bob")
        self.assertEqual(self.screen.take(), ['!! nobody here is called "bob"'])

    def test_look_alike(self) -> None:
        """Nor does a line to a name that only looks like an owner's."""
        self.alice.type("@b0b lunch?")
        self.assertIn('!! nobody here is called "b0b"', self.screen.take()[0])

    def test_gone_meanwhile(self) -> None:
        """Letters that are read for somebody who has left by then are shown to nobody, and wait."""
        self.alice.type("@bob lunch?")
        letters = self.people.letters
        session, screen = self.connect()

        async def leave_first(account: int) -> list[Letter]:
            session.close(Departure(Cause.QUIT))
            return await letters(account)

        self.patch(self.people, "letters", leave_first)
        session.type("bob", SECRET)
        self.assertNotIn("lunch?", "".join(screen.take()))

    def test_to_the_new_owner(self) -> None:
        """Who becomes an owner by /nick reads their letters, too."""
        self.alice.type("@bob lunch?")
        carol, screen = self.enter("carol")
        carol.type("/nick bob", SECRET)
        self.assertEqual(screen.take()[-1], "| [alice -> you] lunch?")


class NoLettersTests(OwningTestCase):
    letters_days = 0

    def test_not_here(self) -> None:
        """Where no letters are kept, the refusal says that the name is owned."""
        self.own("bob")
        alice, screen = self.enter("alice")
        screen.take()
        alice.type("@bob lunch?")
        self.assertEqual(
            screen.take(), ["!! bob owns that name and is not here; your line was not sent", "!! not sent: lunch?"]
        )
        _, screen = self.come("bob", SECRET)
        self.assertEqual(
            screen.take()[-1], "-- /h lists commands, /echo off hides your lines, quit leaves; /lang zh: 中文"
        )
