"""What new people type who come from other programs, each line as it was seen, and what comes of it."""

from chatd.core.events import Cause, Departure
from chatd.core.nickname import columns
from chatd.session.commands import TABLE
from chatd.session.inputs import Command, Ended, Line, Refused
from chatd.session.operator_commands import TABLE as OPERATORS
from chatd.session.refusals import NotText
from chatd.session.words.language import WIDTH
from tests.session.test_commands import CommandTestCase
from tests.session.test_session import TalkTestCase

TO_SAY_IT = "!! to say it, type it again; quit leaves, /h helps; your line was not sent"


class OtherProgramsTests(CommandTestCase):
    def test_given_back_once(self) -> None:
        """Commands of other programs, alone on a line, are given back once; said again, they are said."""
        for word in ("help", "?", "？", "exit", "bye", "list", "ls", "EXIT", "  ls ", "退出", "帮助", "ｈｅｌｐ"):
            self.assertEqual(self.type(word), [TO_SAY_IT, f"!! not sent: {word}"])
            self.assertEqual(self.bob_sees.take(), [])
            self.assertEqual(self.type(word), [f"<alice> {word}"])
            self.bob_sees.take()

    def test_in_a_sentence(self) -> None:
        """In a sentence they are words."""
        for line in ("help me", "bye all", "list?", "who", "i"):
            self.assertEqual(self.type(line), [f"<alice> {line}"])

    def test_in_private(self) -> None:
        """They are given back in a private conversation too, and go to nobody else."""
        self.assertEqual(self.type("to:bob", "exit", "exit")[-1], "[you -> bob] exit")
        self.assertEqual(self.carol_sees.take(), [])

    def test_typed_ahead(self) -> None:
        """What was typed ahead behind one that is given back is given back too: it may be meant for a shell."""
        typed_at = self.clock.seconds()
        self.clock.advance(1)
        for line in ("exit", "mysql -p hunter2"):
            self.alice.receive(Line(line, typed_at))
        self.clock.advance(1)
        self.alice.receive(Line("hello", self.clock.seconds()))
        self.assertEqual(self.bob_sees.take(), ["<alice> hello"])

    def test_marks_of_a_chinese_keyboard(self) -> None:
        """Full-width marks are the marks."""
        self.assertEqual(self.type("＠bob 密码"), ["[you -> bob] 密码"])
        self.assertEqual(self.type("／msg bob 密码", "／ｍｓｇ　bob　密码"), ["[you -> bob] 密码"] * 2)
        self.assertEqual(self.type("to：bob"), ["-- now talking to bob"])
        self.assertEqual(self.type("ｔｏ：", "／／etc"), ["-- now talking to #lobby", "<alice> /etc"])
        self.assertEqual(self.carol_sees.take(), ["<alice> /etc"])
        self.assertEqual(self.type("／quit"), ["-- goodbye, alice"])

    def test_aliases(self) -> None:
        """Commands go by the names that other programs give them."""
        for line in ("/w bob psst", "/pm bob psst", "/whisper bob psst", "/私聊 bob psst"):
            self.assertEqual(self.type(line), ["[you -> bob] psst"])
        for line in ("/l", "/list", "/users", "/在线", "/LS"):
            self.assertEqual(self.type(line), ["-- 3 people are in #lobby: alice, bob, carol"])
        self.assertEqual(self.type("/query bob", "to:"), ["-- now talking to bob", "-- now talking to #lobby"])
        self.assertIn("-- you are alice in #den; ", self.type("/join den")[0])
        self.assertIn("-- 1 person is in #den: alice", self.type("/ls den"))
        self.assertIn("-- you are alice in #lobby; ", self.type("/part")[0])
        self.assertIn("you are ignoring bob", self.type("/屏蔽 bob")[0])
        self.assertIn("-- you are alice in #den; ", self.type("/j ＃den")[0])

    def test_for_the_administrator_alone(self) -> None:
        """Commands of operators say that they are."""
        self.assertEqual(
            self.type("/kick bob"),
            ["!! only the administrator can /kick; /ignore name hides what somebody says"],
        )
        names = {name for entry in TABLE for name in entry.names}
        for entry in OPERATORS:
            if not names.intersection(entry.names):
                self.assertIn("only the administrator", self.type(f"/{entry.names[0]}")[0])


class AddressingTests(CommandTestCase):
    def test_the_same_person(self) -> None:
        """A name may be typed with its mark, and with the colon or comma that ends an address."""
        for line in ("/msg @bob hi", "@bob: hi", "@bob, hi", "/msg bob，hi", "@bob：hi", "@ bob hi", "/msg bob, hi"):
            self.assertEqual(self.type(line), ["[you -> bob] hi"], line)
        for line in ("to:@bob", "to: bob", "to:bob:"):
            self.assertEqual(self.type(line), ["-- now talking to bob"], line)
        for line in ("/whois @bob", "/whois bob:"):
            self.assertTrue(self.type(line)[0].startswith("-- bob is in #lobby"), line)
        self.assertEqual(self.carol_sees.take(), [])

    def test_smileys(self) -> None:
        """Only what stands right behind the name is its end."""
        self.assertEqual(self.type("@bob :) ok"), ["[you -> bob] :) ok"])

    def test_did_you_mean(self) -> None:
        """A name that nobody has is refused; if exactly one is near, it is suggested, and nothing is sent to it."""
        self.enter("李雷")
        self.clear()
        for typed, near in (
            ("@car hi", "carol"),
            ("@李 你好", "李雷"),
            ("@carl hi", "carol"),
            ("@caroll hi", "carol"),
            ("@craol hi", "carol"),
            ("@carow hi", "carol"),
            ("to:bo", "bob"),
            ("/whois bo", "bob"),
        ):
            self.assertTrue(self.type(typed)[0].endswith(f"; did you mean {near}?"), typed)
        for typed in ("@ali hi", "@zed hi", "@ca, hi there @x", "@c:", "@ hi"):
            self.assertNotIn("did you mean alice", self.type(typed)[0])
        self.assertNotIn("did you mean", self.type("@zed hi")[0])
        self.assertEqual(self.bob_sees.take() + self.carol_sees.take(), [])

    def test_two_are_near(self) -> None:
        """If several are near, none is suggested."""
        self.enter("carola")
        self.assertNotIn("did you mean", self.type("@caro hi")[0])

    def test_among_many(self) -> None:
        """Nor among very many people, where looking for it would keep all of them waiting."""
        for number in range(2_000):
            self.hall.enter(f"guest{number}", lambda events: None)
        self.assertNotIn("did you mean", self.type("@caro hi")[0])

    def test_program(self) -> None:
        """A program gives names as they are, and says /to without one to learn whom it talks to."""
        self.alice.receive(Command("to", {"name": "bob", "text": "hi"}))
        self.alice.receive(Command("to", {}))
        self.assertEqual(
            self.alice_sees.take(), ["[you -> bob] hi", "-- now talking to bob", "-- what you type goes to bob"]
        )


class ComingAndGoingTests(CommandTestCase):
    def test_where_people_go(self) -> None:
        """To go to another room is not to leave; no locked room is named."""
        self.bob.type("/join #den")
        self.carol.type("quit")
        self.clock.advance(2)
        self.assertEqual(self.alice_sees.take(), ["-- bob went to another room", "-- carol left"])

    def test_a_room_becomes_yours(self) -> None:
        """Who becomes first in a locked room is told."""
        self.alice.type("/join den", "/lock", "/invite bob")
        self.bob.type("/join den")
        self.clock.advance(2)
        self.clear()
        self.alice.type("/part")
        self.clock.advance(2)
        self.assertEqual(
            self.bob_sees.take(), ["-- alice went to another room", "-- #den is yours now: /unlock, /invite"]
        )
        self.bob.type("/unlock")
        self.assertEqual(self.bob_sees.take(), ["-- bob unlocked #den"])

    def test_not_the_first(self) -> None:
        """If somebody else leaves, nobody becomes first."""
        self.alice.type("/join den", "/lock", "/invite bob")
        self.bob.type("/join den")
        self.clock.advance(2)
        self.clear()
        self.bob.type("/part")
        self.clock.advance(2)
        self.assertEqual(self.alice_sees.take(), ["-- bob went to another room"])

    def test_an_open_room_is_nobodys(self) -> None:
        """In an open room, and for those who were not next, there is nothing to tell."""
        self.alice.type("quit")
        self.clock.advance(2)
        self.assertEqual(self.bob_sees.take(), ["-- alice left"])

    def test_muted(self) -> None:
        """A muted person may go, without a word, to another room that is there, or for good; and come back."""
        self.bob.type("/join #den")
        self.alice.type("/away")
        self.hall.bans.restore([{"kind": "mute", "target": "alice", "until": None, "why": ""}], 0)
        self.assertIn("you are alice in #den", self.type("/join den")[0])
        self.assertEqual(self.type("/back"), ["-- welcome back"])
        self.assertIn("muted", self.type("/join #new")[0])
        self.clock.advance(2)
        self.bob_sees.take()
        self.assertEqual(self.type("/quit my last words"), ["-- goodbye, alice"])
        self.assertEqual(self.bob_sees.take(), ["-- alice left"])

    def test_closed_is_not_quit(self) -> None:
        """A terminal that is closed is logged as that; Ctrl-D is a goodbye."""
        self.alice.receive(Ended(closed=True))
        self.bob.receive(Ended())
        self.assertIn("alice left (closed the connection)", self.log.getvalue())
        self.assertIn("bob left (quit)", self.log.getvalue())
        self.assertEqual(self.alice_sees.take()[-1], "-- goodbye, alice")


class NicknamePromptTests(TalkTestCase):
    def test_commands(self) -> None:
        """At the prompt any command asks for a nickname first, whatever it is."""
        talk, screen = self.connect()
        for line in ("/ls", "/msg", "/jion", "/kick x", "／ls", "/"):
            screen.take()
            talk.type(line)
            self.assertEqual(screen.take(), ["!! first a nickname; quit leaves", "Nickname: "], line)

    def test_language(self) -> None:
        """But a language can be chosen."""
        talk, screen = self.connect()
        screen.take()
        talk.type("/lang zh")
        self.assertEqual(screen.take(), ["-- 你的语言是中文", "-- 其他语言：/lang en English", "昵称："])

    def test_pasted(self) -> None:
        """Lines that came together with a refused nickname are given back, and are no nicknames; later ones are."""
        talk, screen = self.connect()
        screen.take()
        for line in ("al ice", "hello", "how are you?"):
            talk.receive(Line(line, 7.0))
        self.assertEqual(
            screen.take(),
            [
                '!! "al ice" can\'t be a nickname: it may not contain spaces',
                "Nickname: ",
                "!! it came together with a nickname that was refused; your line was not sent",
                "!! not sent: hello",
                "Nickname: ",
                "!! it came together with a nickname that was refused; your line was not sent",
                "!! not sent: how are you?",
                "Nickname: ",
            ],
        )
        talk.receive(Line("alice", 9.0))
        self.assertIn("-- you are alice in #lobby", screen.take()[0])

    def test_pasted_behind_what_cannot_be_read(self) -> None:
        """Likewise behind one that was no text, or too long."""
        talk, _ = self.connect()
        talk.receive(Refused(NotText(), typed_at=7.0))
        talk.receive(Line("hello", 7.0))
        self.assertEqual(len(self.hall.members), 0)
        talk.receive(Line("quit", 7.0))
        self.assertEqual(len(self.server.sessions), 0)

    def test_pasted_behind_a_good_one(self) -> None:
        """Behind a nickname that is let in, lines are said."""
        _, bob = self.enter("bob")
        talk, _ = self.connect()
        talk.receive(Line("alice", 7.0))
        talk.receive(Line("hello", 7.0))
        self.assertEqual(bob.take()[-1], "<alice> hello")


class WordsOfHelpTests(CommandTestCase):
    def test_away(self) -> None:
        """Who is away, with or without a reason, is marked, and reminded once when they talk."""
        hint = "-- the others still see you as away; type /back if you have returned"
        self.assertEqual(
            self.type("/away", "hello", "hello"),
            [
                "-- you are away; type /back when you return",
                "<alice> hello",
                hint,
                "<alice> hello",
            ],
        )
        self.assertIn("alice (away)", self.type("/ls")[0])
        self.assertTrue(self.type("/whois alice")[0].endswith(", away"))
        self.type("/back", "hello")
        self.bob.type("@alice hi")
        for line in ("@bob hi", "/r hi", "/me waves", "/say hi", "to:bob hi"):
            self.type("/back", "/say back", "/away lunch")
            self.assertIn(hint, self.type(line), line)
            self.type("to:")

    def test_nickname_with_a_space(self) -> None:
        """/nick says why a name with a space can't be."""
        self.assertEqual(
            self.type("/nick Alice Smith"), ['!! "Alice Smith" can\'t be a nickname: it may not contain spaces']
        )

    def test_the_house(self) -> None:
        """A name of the house says whose it is."""
        self.assertEqual(
            self.type("/nick Admin"),
            ['!! "Admin" can\'t be a nickname: it could be mistaken for the administrator or for chatd itself'],
        )

    def test_offsets(self) -> None:
        """/time takes hours from UTC."""
        for typed, shown, hour in (
            ("+8", "UTC+8", "08:00"),
            ("utc+08:00", "UTC+8", "08:00"),
            ("GMT-3", "UTC-3", "21:00"),
            ("+5:30", "UTC+5:30", "05:30"),
            ("+0530", "UTC+5:30", "05:30"),
        ):
            told, said = self.type(f"/time {typed}", "hello")
            self.assertEqual((told, said), (f"-- the time in front of lines: {shown}", f"{hour} <alice> hello"))
        for typed in ("+25", "+15", "8", "+", "+8:75"):
            self.assertIn("there is no time zone", self.type(f"/time {typed}")[-1])

    def test_ctrl_c(self) -> None:
        """Ctrl-C says what came of it."""
        self.alice_sees.take()
        self.alice.interrupted()
        self.assertEqual(self.alice_sees.take(), ["-- that line is thrown away; quit leaves"])

    def test_help_in_chinese(self) -> None:
        """/h fits on the screen in Chinese as well."""
        self.type("/lang zh", "/time off")
        lines = self.type("/h")
        self.assertLessEqual(len(lines), 14)
        self.assertTrue(all(columns(line) <= WIDTH + 4 for line in lines + self.type("/h all")), lines)


class KickedTests(CommandTestCase):
    def test_kicked(self) -> None:
        """A departure by the administrator in a locked room makes the next one its first."""
        self.alice.type("/join den", "/lock", "/invite bob")
        self.bob.type("/join den")
        self.clear()
        self.alice.person.dismiss(Departure(Cause.KICKED))
        self.clock.advance(2)
        self.assertIn("-- #den is yours now: /unlock, /invite", self.bob_sees.take())
