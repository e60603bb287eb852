"""Tests for chatd.session.commands: each command as a person types it."""

from chatd import __version__
from chatd.session.commands import TABLE
from chatd.session.words.language import WIDTH
from tests.session.test_session import TalkTestCase


class CommandTestCase(TalkTestCase):
    """alice, bob and carol are in the lobby."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.alice_sees = self.enter("alice")
        self.bob, self.bob_sees = self.enter("bob")
        self.carol, self.carol_sees = self.enter("carol")
        self.clock.advance(10)
        self.clear()

    def clear(self) -> None:
        for screen in (self.alice_sees, self.bob_sees, self.carol_sees):
            screen.take()

    def type(self, *lines: str) -> list[str]:
        """Return what alice sees when she types these lines."""
        self.alice_sees.take()
        for line in lines:
            self.alice.type(line)
        return self.alice_sees.take()


class TalkTests(CommandTestCase):
    def test_line(self) -> None:
        """A plain line is said to the room, as it was typed."""
        self.assertEqual(self.type("  hello  world "), ["<alice>   hello  world "])
        self.assertEqual(self.bob_sees.take(), ["<alice>   hello  world "])

    def test_empty_line(self) -> None:
        """An empty line is nothing; one of spaces is refused."""
        self.assertEqual(self.type(""), [])
        self.assertEqual(self.type("   "), ["!! there is nothing in that line to show; nothing was sent"])
        self.assertEqual(self.bob_sees.take(), [])

    def test_double_slash(self) -> None:
        """// says a line that begins with a slash."""
        self.assertEqual(self.type("//etc/passwd"), ["<alice> /etc/passwd"])

    def test_at(self) -> None:
        """@name sends the whole text to name alone."""
        self.assertEqual(self.type("@bob psst, you  there"), ["[you -> bob] psst, you  there"])
        self.assertEqual(self.bob_sees.take(), ["[alice -> you] psst, you  there"])
        self.assertEqual(self.carol_sees.take(), [])

    def test_at_nobody(self) -> None:
        """@ with an unknown name is refused; the line is given back."""
        self.assertEqual(
            self.type("@bbo psst"),
            ['!! nobody here is called "bbo"; your line was not sent; did you mean bob?', "!! not sent: psst"],
        )

    def test_at_without_text(self) -> None:
        """@name alone says how to use it, and is given back."""
        for line in ("@", "@bob", "@ bob", "@bob:"):
            usage, unsent = self.type(line)
            self.assertTrue(usage.startswith("!! usage: @name text -- "), usage)
            self.assertEqual(unsent, f"!! not sent: {line}")
        for line in ("/msg bob", "/tell", "  /msg @bob,"):
            usage, unsent = self.type(line)
            self.assertTrue(usage.startswith("!! usage: /msg name text... -- "), usage)
            self.assertEqual(unsent, f"!! not sent: {line}")

    def test_msg(self) -> None:
        """/msg, /m and /tell are the same."""
        for name in ("/msg", "/m", "/TELL", "  /msg"):
            self.assertEqual(self.type(f"{name} bob psst"), ["[you -> bob] psst"])

    def test_reply(self) -> None:
        """/r answers who wrote last."""
        self.bob.type("@alice psst")
        self.assertEqual(self.type("/r hm?"), ["[you -> bob] hm?"])

    def test_to(self) -> None:
        """to:name turns what is typed to name, to: back to the room."""
        self.assertEqual(self.type("to:bob", "psst"), ["-- now talking to bob", "[you -> bob] psst"])
        self.assertEqual(self.carol_sees.take(), [])
        self.assertEqual(self.type("to:", "hello"), ["-- now talking to #lobby", "<alice> hello"])
        self.assertEqual(self.type("TO: bob", "To:#lobby"), ["-- now talking to bob", "-- now talking to #lobby"])
        self.assertEqual(self.type("/to bob", "to:#lobby"), ["-- now talking to bob", "-- now talking to #lobby"])

    def test_to_with_text(self) -> None:
        """to:name with a text behind it chooses name and says it, to name alone."""
        for line, text in (
            ("to:bob the password is 1234", "the password is 1234"),
            ("To: bob, the password is 1234", "the password is 1234"),
            ("to:@bob hi", "hi"),
            ("/to bob: hi", "hi"),
            ("/query bob hi", "hi"),
        ):
            self.type("to:")
            self.assertEqual(self.type(line), [f"[you -> bob] {text}", "-- now talking to bob"])
            self.assertEqual(self.type("more"), ["[you -> bob] more"])
        self.assertEqual(self.carol_sees.take(), [])

    def test_to_room_with_text(self) -> None:
        """So does to:#room, with the room."""
        self.assertEqual(
            self.type("to:bob", "to:#LOBBY hi", "more"),
            ["-- now talking to bob", "<alice> hi", "-- now talking to #lobby", "<alice> more"],
        )
        self.assertIn("you are in #lobby", self.type("to:#den hi")[0])

    def test_to_refused(self) -> None:
        """If that can't be said, nobody is chosen, and what is typed ahead is given back."""
        self.bob.type("/ignore alice")
        self.assertEqual(
            self.type("to:bob hi", "secret", "hello"),
            [
                "!! bob is ignoring you; your line was not sent",
                "!! not sent: hi",
                "!! that may not have been meant for #lobby; type it again if it is; your line was not sent",
                "!! not sent: secret",
                "!! that may not have been meant for #lobby; type it again if it is; your line was not sent",
                "!! not sent: hello",
            ],
        )
        self.clock.advance(3)
        self.assertEqual(self.type("hello"), ["<alice> hello"])

    def test_to_without_a_name(self) -> None:
        """A text without anybody to whom it goes is given back, not said to the room."""
        usage, unsent = self.type("to:, the password is 1234")
        self.assertTrue(usage.startswith("!! usage: to:name [text] -- "), usage)
        self.assertEqual(unsent, "!! not sent: to:, the password is 1234")
        self.assertEqual(self.type("so")[1], "!! not sent: so")
        self.assertEqual(self.bob_sees.take(), [])

    def test_to_alone(self) -> None:
        """/to alone says to whom one talks, and changes nothing."""
        self.assertEqual(self.type("/to"), ["-- what you type goes to #lobby"])
        self.assertEqual(
            self.type("to:bob", "/to", "psst"),
            ["-- now talking to bob", "-- what you type goes to bob", "[you -> bob] psst"],
        )

    def test_unknown_command(self) -> None:
        """An unknown command is one line with the nearest one, and once how to say such a line; it is never said."""
        self.assertEqual(
            self.type("/jion #den", "/jion #den"),
            [
                "!! there is no command /jion; the nearest is /join; //text says /text",
                "!! there is no command /jion; the nearest is /join",
            ],
        )
        self.assertEqual(self.type("/xyzzy"), ["!! there is no command /xyzzy; /h all lists them all"])
        self.assertEqual(self.bob_sees.take(), [])

    def test_no_slash_line_is_sent(self) -> None:
        """No line that begins with one slash reaches anybody, indented or not."""
        for line in ("/", "/ hello", "/etc/passwd", "   /secret", "/h hello there", "/\u200bls"):
            self.type(line)
        self.assertEqual(self.bob_sees.take(), [])

    def test_cost(self) -> None:
        """Commands that cost more than a line are charged more of what one may say."""
        self.type("hello", "/me waves", "/h")
        self.assertEqual(self.alice_sees.charged, 0)
        for number, line in enumerate(("/ls", "/whois bob", "/rooms", "/nick alicia", "/join #den", "/lock"), start=1):
            self.type(line)
            self.assertEqual(self.alice_sees.charged, 2 * number)

    def test_usage(self) -> None:
        """Missing and extra arguments are answered with the usage line of each command."""
        for entry in TABLE:
            wanted = entry.arguments.split()
            misused = [f"/{entry.names[0]}"] if wanted and not wanted[0].startswith("[") else []
            if not entry.arguments.endswith(("...", "...]")):
                misused.append(f"/{entry.names[0]} {'x ' * (len(wanted) + 1)}")
            for line in misused:
                usage = f"!! usage: {entry.usage} -- {entry.help}"
                told = [one.rstrip() for one in self.type(line)]
                if entry.takes_secrets:
                    self.assertEqual(told, [usage])
                else:
                    self.assertEqual(told, [f"{usage}; your line was not sent", f"!! not sent: {line}".rstrip()])
        self.assertEqual(self.bob_sees.take(), [])


class PeopleTests(CommandTestCase):
    def test_ls(self) -> None:
        """/ls counts and names who is in the room, with their marks."""
        self.bob.type("/i")
        self.carol.type("/away lunch")
        self.carol.type("/i")
        for name in ("/ls", "/who", "/names", "/ls #lobby"):
            self.assertEqual(self.type(name), ["-- 3 people are in #lobby: alice, bob (quiet), carol (away, quiet)"])

    def test_ls_elsewhere(self) -> None:
        """People in other rooms are counted, and listed when asked for."""
        self.bob.type("/join #den")
        self.assertEqual(
            self.type("/ls"),
            ["-- 2 people are in #lobby: alice, carol", "-- 1 person is in other rooms; /rooms lists them"],
        )
        self.assertEqual(self.type("/ls #den")[0], "-- 1 person is in #den: bob")

    def test_ls_refused(self) -> None:
        """A room that isn't there or is locked isn't listed."""
        refused = self.type("/ls #den")
        self.assertIn('no room "#den"', refused[0])
        self.bob.type("/join #den")
        self.bob.type("/lock")
        self.assertEqual(self.type("/ls #den"), refused)

    def test_whois(self) -> None:
        """/whois tells where somebody is, and since when."""
        self.clock.advance(3600)
        self.assertEqual(self.type("/whois BOB"), ["-- bob is in #lobby, here for 1 h"])
        self.bob.type("/away lunch")
        self.bob.type("/i")
        self.bob.type("/join #den")
        self.bob.type("/lock")
        self.clock.advance(86400)
        self.assertEqual(self.type("/whois bob"), ["-- bob is in a locked room, here for 1 d 1 h, away: lunch, quiet"])

    def test_nick(self) -> None:
        """/nick takes another name, and everybody sees it."""
        self.assertEqual(self.type("/nick Alicia"), ["-- alice is now called Alicia", "-- your nickname is now Alicia"])
        self.assertEqual(self.bob_sees.take(), ["-- alice is now called Alicia"])
        self.assertEqual(self.type("/nick bob")[0][:21], '!! "bob" is taken; if')

    def test_away(self) -> None:
        """/away is told to who writes, until /back."""
        self.assertEqual(self.type("/away"), ["-- you are away; type /back when you return"])
        self.bob.type("@alice psst")
        self.assertEqual(self.bob_sees.take(), ["[you -> alice] psst", "-- alice is away"])
        self.assertEqual(self.type("/back"), ["-- welcome back"])
        self.bob.type("@alice psst")
        self.assertEqual(self.bob_sees.take(), ["[you -> alice] psst"])

    def test_quiet(self) -> None:
        """/i shuts the room out in both directions, and lets it in again."""
        self.assertEqual(
            self.type("/i"), ["-- #lobby is off: you neither see nor send lines there until you type /i again"]
        )
        self.bob.type("hello")
        self.assertEqual(
            self.type("hm"),
            ["!! you have turned the room off; /i turns it back on; your line was not sent", "!! not sent: hm"],
        )
        self.assertEqual(self.type("/i"), ["-- #lobby is back on"])

    def test_me(self) -> None:
        """/me is an action."""
        self.assertEqual(self.type("/me waves"), ["* alice waves"])

    def test_ignore(self) -> None:
        """/ignore lists and adds, /unignore takes out."""
        self.assertEqual(self.type("/ignore"), ["-- you aren't ignoring anybody"])
        self.assertEqual(self.type("/ignore bob"), ["-- you are ignoring bob; /unignore bob ends that"])
        self.assertEqual(self.type("/ignore"), ["-- you are ignoring: bob"])
        self.bob.type("hello")
        self.assertEqual(self.alice_sees.take(), [])
        self.assertEqual(self.type("/unignore bob"), ["-- you are no longer ignoring bob"])


class RoomTests(CommandTestCase):
    def test_rooms(self) -> None:
        """/join opens a room and says who is there, /leave goes back, /rooms lists them."""
        self.assertEqual(self.type("/join #den"), ["-- you are alice in #den; 1 person is here: alice"])
        self.assertEqual(self.bob_sees.take(), ["-- alice went to another room"])
        self.assertEqual(self.type("/rooms"), ["-- rooms you can see: #lobby 2, #den 1"])
        self.assertEqual(self.type("/leave"), ["-- you are alice in #lobby; 3 people are here: bob, carol, alice"])
        self.assertEqual(self.type("/leave"), ["!! you are in #lobby already"])

    def test_private_room(self) -> None:
        """/lock hides a room and shuts it to all but the invited."""
        self.assertEqual(self.type("/join #den", "/lock")[1:], ["-- alice locked #den"])
        self.assertEqual(self.type("/invite bob"), ["-- bob is invited to #den"])
        self.assertIn("-- alice invites you to #den: /join #den takes you there", self.bob_sees.take())
        self.assertEqual(self.type("/rooms"), ["-- rooms you can see: #lobby 2, #den 1 locked"])
        self.carol_sees.take()
        self.carol.type("/join #den")
        self.carol.type("/rooms")
        self.assertEqual(
            self.carol_sees.take(),
            ["!! #den is locked; only those its first member invites get in", "-- rooms you can see: #lobby 2"],
        )
        self.bob.type("/join #den")
        self.assertEqual(self.type("/unlock"), ["-- alice unlocked #den"])

    def test_addressee_stays(self) -> None:
        """Who goes to another room while talking in private is reminded of it."""
        self.assertEqual(self.type("to:bob", "/join #den")[-1], "-- what you type still goes to bob; to: talks to #den")


class ViewTests(CommandTestCase):
    def test_time(self) -> None:
        """/time turns the time in front of lines off and on, or takes it from a zone."""
        self.assertEqual(self.type("/time"), ["-- the time in front of lines: off"])
        self.assertEqual(
            self.type("/time Asia/Shanghai", "hello"),
            ["-- the time in front of lines: Asia/Shanghai", "08:00 <alice> hello"],
        )
        self.assertEqual(self.type("/time OFF", "hello")[-1], "<alice> hello")
        self.assertEqual(self.type("/time on"), ["-- the time in front of lines: on"])
        self.assertEqual(
            self.type("/time Mars"), ["!! there is no time zone Mars; try one such as Asia/Shanghai, or +8"]
        )

    def test_colours(self) -> None:
        """/colour and /bell are each person's own, and shown."""
        self.assertEqual(self.type("/colour"), ["-- colours: off"])
        self.assertEqual(self.type("/colour 16", "/color"), ["\x1b[1m--\x1b[22m colours: 16"] * 2)
        self.type("/time UTC")
        self.assertEqual(self.type("/color"), ["\x1b[1m--\x1b[22m colours: 16"])
        self.assertEqual(self.type("/colour off"), ["-- colours: off"])
        self.assertEqual(self.type("/colour red")[0][:32], "!! usage: /colour [on|off|16] --")
        self.assertEqual(self.type("/bell"), ["-- the bell when a line names you: on"])
        self.assertEqual(self.type("/bell off"), ["-- the bell when a line names you: off"])
        self.assertEqual(self.type("/bell maybe")[0][:24], "!! usage: /bell [on|off]")

    def test_edit(self) -> None:
        """/edit asks the client to have its line edited here, or to edit it itself."""
        for typed in ("/edit", "/edit on"):
            self.assertIn("your line is edited here", self.type(typed)[0])
        self.assertEqual(self.type("/edit off"), ["-- your line is edited by your own client"])
        self.assertEqual(self.type("/edit maybe")[0][:24], "!! usage: /edit [on|off]")

    def test_echo(self) -> None:
        """/echo turns the echo of one's own lines off and on."""
        self.assertEqual(self.type("/echo"), ["-- the echo of your own lines: on"])
        self.assertEqual(self.type("/echo off", "hello"), ["-- the echo of your own lines: off"])
        self.assertEqual(self.bob_sees.take(), ["<alice> hello"])
        self.assertEqual(self.type("/echo on", "hello")[-1], "<alice> hello")
        self.assertEqual(self.type("/echo maybe")[0][:22], "!! usage: /echo [on|of")


class InformationTests(CommandTestCase):
    motd = ("Be kind.",)

    def test_help(self) -> None:
        """/h fits on a screen, with what is needed most at its end; /h all lists every command."""
        lines = self.type("/h")
        self.assertLessEqual(len(lines), 14)
        self.assertEqual(lines[0], "-- /h all lists every command, /h name explains one")
        self.assertEqual(
            [line.split("  ")[0] for line in lines[-4:]], ["-- @name text", "-- /ls [#room]", "-- text", "-- quit"]
        )
        for name in ("/help", "/?", "／h", "/帮助"):
            self.assertEqual(self.type(name), lines)
        lines += self.type("/h all")
        for entry in TABLE:
            self.assertTrue(any(line.startswith(f"-- {entry.usage}") for line in lines), entry.usage)
        self.assertTrue(all(len(line) <= WIDTH + 4 for line in lines), max(lines, key=len))

    def test_help_for_one(self) -> None:
        """/h with a command explains that one."""
        self.assertEqual(
            self.type("/h /tell"),
            ["-- /msg name text... -- a private line, as @name text (also /m, /tell, /w, /pm, /whisper, /私聊)"],
        )
        self.assertEqual(self.type("/h me"), ["-- /me text... -- do something: /me waves"])
        self.assertIn("the nearest is /join", self.type("/h jion")[0])

    def test_motd(self) -> None:
        """/motd shows the message of the day again."""
        self.assertEqual(self.type("/motd"), ["-- Be kind."])

    def test_version_and_uptime(self) -> None:
        """/version and /uptime say what they say."""
        self.assertIn(f"-- chatd {__version__} on Python 3.", self.type("/version")[0])
        self.clock.advance(3600 - self.clock.seconds())
        self.assertEqual(self.type("/uptime"), ["-- open for 1 h; 3 people are here"])

    def test_quit(self) -> None:
        """/quit, /exit, /bye and /q leave."""
        self.assertEqual(self.type("/bye now"), ["-- goodbye, alice"])
        self.assertEqual(self.bob_sees.take(), ['-- alice left ("now")'])

    def test_quit_however_it_is_written(self) -> None:
        """QUIT, Quit and what a Chinese keyboard makes of quit leave too, at the prompt as well."""
        for line in ("QUIT", "Quit", "quit。", "ｑｕｉｔ", " quit ", "/Q", "／quit", "/退出"):
            for nickname in ([], ["dave"]):
                talk, screen = self.connect()
                talk.type(*nickname, line)
                self.assertTrue(screen.closed, line)
        self.assertEqual(self.type("quit it"), ["<alice> quit it"])


class NoMotdTests(CommandTestCase):
    def test_no_motd(self) -> None:
        """Without a message of the day, /motd says so."""
        self.assertEqual(self.type("/motd"), ["-- there is no message of the day"])
