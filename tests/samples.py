"""One of each event, answer, note and refusal: what docs/json.md shows, and what each language must have words for.

`python -m tests.samples` writes them into docs/json.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from chatd.core import events, refusals
from chatd.core import owner_refusals as owners
from chatd.core.events import Cause, Departure, Event
from chatd.core.refusals import HallError
from chatd.core.rules import Rule
from chatd.doors.jsonl import JSONCodec
from chatd.session import answers, operator_answers, outputs, owner_answers
from chatd.session import refusals as session
from chatd.session.outputs import Answer, Asked, Note, Of, Output, Prompt, Refusal, Replay

DOCUMENT = Path(__file__).parent.parent / "docs" / "json.md"
NOON = 1_764_072_000.0  # 2025-11-25 12:00:00 UTC

EVENTS: tuple[Event, ...] = (
    events.Said(NOON, "#lobby", "alice", "hello"),
    events.Acted(NOON, "#lobby", "alice", "waves"),
    events.Whispered(NOON, "alice", "psst"),
    events.WhisperSent(NOON, "alice", "hm?"),
    events.AddresseeAway(NOON, "alice", "lunch"),
    events.AddresseeChanged(NOON, "bob", "carol"),
    events.AddresseeLeft(NOON, "bob"),
    events.Joined(NOON, "#lobby", ("bob", "carol")),
    events.WentElsewhere(NOON, "#lobby", ("carol",)),
    events.Left(NOON, "#lobby", ("bob",), Departure(Cause.QUIT, "tired")),
    events.Renamed(NOON, "#lobby", (("bob", "rob"),)),
    events.LockTurned(NOON, "#den", "rob", True),
    events.RoomIsYours(NOON, "#den"),
    events.RememberTurned(NOON, "#den", "rob", True),
    events.Invited(NOON, "#den", "rob"),
    events.Announced(NOON, "we restart at noon"),
    events.ToldByAdministrator(NOON, "your backup failed"),
    events.ClosingAnnounced(NOON, 10),
    events.ClosingCalledOff(NOON),
    events.MuteChanged(NOON, True, 900.0, "too loud"),
    events.NicknameGiven(NOON, "bobby"),
    events.SaidLate(NOON, "#lobby", "alice", "hello", False),
    events.Divided(NOON),
    events.Reunited(NOON),
    events.SomeLost(NOON),
    events.NicknameLost(NOON, "bob-2", "bob"),
    events.RegistrationLost(NOON, "bob"),
    events.KeyLost(NOON, "bob", "SHA256:Zm9v"),
)

NOTES: tuple[Note, ...] = (
    outputs.Welcome("the lab", 2, ("Be kind.",)),
    outputs.Hello("the lab", 3, "bot", "#lobby"),
    outputs.Entered("bot", "#lobby", 3, ("alice", "bob", "bot")),
    outputs.Hint(),
    outputs.KeptHere("#lobby", 7, 30),
    outputs.NameForYou("alice"),
    outputs.NewPasswordDue(),
    outputs.NoPassword(True),
    outputs.PasswordAgain(),
    outputs.TakenOver(),
    outputs.CameElsewhere(),
    outputs.OperatorWelcome(),
    outputs.TypingTooFast(5, 4096),
    outputs.Candidates(("alice", "albert"), 0),
    outputs.LinesSkipped(37),
    outputs.IdleWarning(60.0),
    outputs.LineDropped(),
    outputs.StillHere(),
    outputs.TypingSeen(),
)

PROMPTS: tuple[Prompt, ...] = tuple(Prompt(asked, "alice") for asked in Asked)
REPLAYS: tuple[Replay, ...] = (
    Replay(Of.ROOM, (events.Said(NOON - 60, "#lobby", "alice", "hello"),), NOON),
    Replay(Of.LETTERS, (events.Whispered(NOON - 86_400, "bob", "lunch?"),), NOON),
    Replay(Of.FOUND, (), NOON),
)

_BAN = operator_answers.BanFacts("bob", False, 7200.0, "spam", NOON, "root")
_MUTE = operator_answers.BanFacts("bob", True, None, "", None, "")
_HELP = answers.CommandFacts("/me text...", "do something: /me waves")


def sample_answers() -> tuple[Answer, ...]:
    """Return one of each; lists are made as they are sent, so they can be sent once."""
    people = (
        answers.Person("alice", None, False, NOON - 3600, None),
        answers.Person("bob", "lunch", True, NOON - 60, None),
    )
    everybody = (answers.Person("alice", None, False, NOON - 3600, "#den"),)
    connections = (
        operator_answers.ConnectionFacts("alice", "#den", "192.0.2.1:4711", NOON - 3600, 12.0, 0),
        operator_answers.ConnectionFacts(None, None, "192.0.2.2:4712", NOON, 0.0, 0),
    )
    return (
        answers.People("#lobby", 2, 1, iter(people)),
        answers.Rooms(iter((answers.RoomFacts("#lobby", 2, False), answers.RoomFacts("#den", 1, True)))),
        answers.Help((_HELP,), False),
        answers.HelpOn(answers.CommandFacts("/r text...", "private answer", ("/reply",))),
        answers.TalkingTo("bob"),
        answers.Addressee("bob"),
        answers.StillTalkingTo("bob", "#den"),
        answers.Quiet("#lobby", True),
        answers.NicknameSet("rob"),
        answers.AwaySet(True),
        answers.StillAway(),
        answers.WhoIs("bob", "#lobby", NOON - 60, 60.0, "lunch", False),
        answers.InvitationSent("bob", "#den"),
        answers.IgnoreSet("bob", True),
        answers.Ignored(("bob",)),
        answers.TimeShown("Asia/Shanghai"),
        answers.LanguageSet("zh", {"en": "English", "zh": "中文"}),
        answers.EchoShown(False),
        answers.ColoursShown("16"),
        answers.BellRings(True),
        answers.Editing(True),
        answers.FormatSpoken("json"),
        answers.Motd(("Be kind.",)),
        answers.Version("0.1.0", "3.11.7"),
        answers.Uptime(3600.0, 3),
        owner_answers.Registered("alice"),
        owner_answers.Registered("alice", True),
        owner_answers.PasswordChanged("alice"),
        owner_answers.PasswordChanged("alice", True),
        owner_answers.Keys("alice", True, (owner_answers.KeyFacts("SHA256:AAAA", "ed25519", NOON, True),)),
        owner_answers.Keys("alice", False, (owner_answers.KeyFacts("SHA256:AAAA", "ed25519", NOON, False),) * 2),
        owner_answers.Keys("alice", True, ()),
        owner_answers.KeyAdded("alice", "SHA256:AAAA"),
        owner_answers.KeyRemoved("alice", "SHA256:AAAA"),
        owner_answers.Unregistered("alice"),
        owner_answers.Remembering(True, "#lobby", 20, 7),
        owner_answers.Forgotten(14),
        owner_answers.LetterKept("bob", 30),
        operator_answers.AnnouncedTo(3),
        operator_answers.Listening("#lobby"),
        operator_answers.ToldTo("bob"),
        operator_answers.Everybody(1, iter(everybody)),
        operator_answers.Connections(iter(connections), (5, 6, 14)),
        operator_answers.Kicked("bob"),
        operator_answers.BanMade(
            _BAN, (), ("bob",), False, True, (operator_answers.AddressHint("192.0.2.2", ("carol",)),)
        ),
        operator_answers.MuteMade(_MUTE, (_MUTE,), True, False),
        operator_answers.BanLifted("bob", False),
        operator_answers.BanList((_BAN, _MUTE)),
        operator_answers.RenameMade("bob", "rob"),
        operator_answers.Stats({"people": 3, "lines_heard": 120, "refusals": {"NobodyHere": 2}}),
        operator_answers.Draining(True, 10),
        operator_answers.Draining(True, 10, "berlin"),
        operator_answers.Stopping(),
        operator_answers.Reloaded(("title",), ("listen",), ()),
        operator_answers.LogLevelSet("debug"),
        operator_answers.OwnerList(
            1, 5, iter((operator_answers.OwnerFacts("alice", NOON - 864_000, NOON, True, True, False, 0),))
        ),
        operator_answers.PasswordReset("alice", "ab2d-ef3h-jk4m", 24),
        operator_answers.Disowned("alice"),
        operator_answers.BackedUp("/var/lib/chatd/monday"),
        operator_answers.NodeList(
            (
                operator_answers.NodeFacts("a", True, NOON, 12, 0.0),
                operator_answers.NodeFacts("b", False, NOON, 1, 0.4),
            ),
            3,
        ),
    )


REFUSALS: tuple[HallError, ...] = (
    refusals.BadNickname("al ice", Rule("it may not contain spaces")),
    refusals.NicknameTaken("alice", "Alice", 120),
    refusals.NicknameBanned("bob", 7200.0, "spam"),
    refusals.NameKept("alice"),
    refusals.NobodyHere("bbo", "bob", unsent="psst"),
    refusals.LooksLike("AIice", "alice", unsent="psst"),
    refusals.ThatIsYou(),
    refusals.NotHeardBy("bob", unsent="psst"),
    refusals.NotIgnored("bob"),
    session.NicknameFirst(),
    session.PastedBehindNickname(unsent="hello"),
    session.TooManyNicknames(10),
    session.NicknameTooLate(60.0),
    refusals.Muted(900.0, "too loud", unsent="hello"),
    refusals.NothingSaid(),
    refusals.YouAreQuiet(unsent="hello"),
    refusals.TooSlow("bob", unsent="psst"),
    refusals.OthersUnreachable(unsent="psst"),
    refusals.NoAnswer("bob"),
    refusals.TooMuchWaits(10_000, unsent="hello"),
    refusals.NobodyToAnswer(unsent="hm?"),
    refusals.AddresseeGone("bob", unsent="psst"),
    refusals.AddresseeUnclear("carol", unsent="as I said, bob"),
    refusals.NameChangedHands("alice", unsent="my key is 5678"),
    session.NotText(),
    session.ChangedByTelnet(),
    session.TelnetUnfinished(),
    session.LineTooLong(4096),
    session.PasteTooLong(200, "lines"),
    session.LineCutOff(),
    refusals.BadRoomName("den", Rule("a room's name begins with #, such as #den")),
    refusals.RoomLooksLike("#l0bby", "#lobby"),
    refusals.NoSuchRoom("#dne"),
    refusals.NotInThatRoom("#lobby"),
    refusals.InRoomAlready("#den"),
    refusals.RoomLocked("#den"),
    refusals.NotFirstMember("#den", "bob"),
    refusals.LobbyStaysOpen("#lobby"),
    refusals.LockKept("#den", True),
    refusals.HallFull(2),
    refusals.HallClosing(),
    refusals.HallClosing("telnet b.example.org 2428"),
    refusals.Banned(7200.0, "spam"),
    session.WrongProtocol("HTTP"),
    session.TooManyConnections(20_000),
    session.TooManyFromAddress(20),
    session.TooManyArrivals(20, 10.0),
    session.BadUsage("/me text...", "do something: /me waves"),
    session.UnknownCommand("jion", "join", True),
    session.AdministratorOnly("kick"),
    session.CommandElsewhere(unsent="exit"),
    session.CommandElsewhere(True, unsent="ls"),
    session.PasswordDue(),
    session.NoSuchTimeZone("Mars"),
    session.NoSuchLanguage("xx", ("en", "zh")),
    session.NoSuchFormat("xml", ("text", "json")),
    *map(session.NoEditor, session.WhyNoEditor),
    session.NotAnObject(),
    session.NothingAsked(),
    session.BadArgument("text"),
    session.BadDuration("2hours"),
    session.TookTooLong(30.0),
    owners.BadPassword(Rule("it may not be the name; choose one that nobody would guess")),
    owners.NameOwned("b0b", "bob"),
    owners.OwnsAlready("bob"),
    owners.TooManyOwners(20_000),
    owners.RegisteredTooOften(3, 7200.0),
    owners.NotOwned("bob"),
    owners.TooManyGuesses(10, 300.0),
    owners.TooManyLogins(),
    owners.OnlyByKey("bob"),
    owners.OneTimePasswordOver("bob"),
    owners.KeyTaken("bob"),
    owners.TooManyKeys(10),
    owners.NoSuchKey("SHA256:x"),
    owners.NoPublicKey(),
    owners.LastKey(),
    owners.OwnerNotHere("bob", unsent="lunch?"),
    owners.LettersFull("bob", 10, True, unsent="lunch?"),
    owners.PeopleNotWritten(),
    owners.PeopleNotRead(),
    owners.ArchiveSilent(),
    session.WrongPassword("alice"),
    session.TooManyPasswords(3),
    session.PasswordsDiffer(),
    session.PasswordFirst(),
    session.NotPrivate("alice"),
    session.NamesNotOwned(),
    refusals.NotBanned("bob"),
    refusals.NotMuted("bob"),
    session.LooksLikeCommand("kick", unsent="kick bob"),
    session.NoPrivateLines(unsent="@bob psst"),
    session.NotByAddress("127.0.0.1/32"),
    session.NotAnAddress("300.1.1.1"),
    session.BadDrain("0", 10_080),
    session.NotReloaded("chatd.toml: sendq: a whole number from 16 to 65,536 is allowed"),
    session.NotKept("/var/lib/chatd/bans.json", "No space left on device"),
    session.OnlyOne(),
    session.NoSuchNode("berlin"),
    session.NodeSilent("berlin"),
    session.NotBackedUp("No space left on device: /var/lib/chatd/monday"),
    session.NoLevels(),
    session.OpenAlready(),
    session.StoppingAlready(),
)

GOODBYES: tuple[outputs.Goodbye, ...] = (
    outputs.Goodbye("bot", Departure(Cause.QUIT, "tired")),
    outputs.Goodbye("bot", Departure(Cause.KICKED, "enough")),
    outputs.Goodbye("bot", Departure(Cause.BANNED, "enough", 7200.0)),
    outputs.Goodbye("bot", Departure(Cause.IDLE, seconds=600.0)),
    outputs.Goodbye("bot", Departure(Cause.STOPPED)),
    outputs.Goodbye(None, None),
)


def kinds() -> set[type]:
    """Return the kinds of all that must have a sample."""
    return {*get_args(Event), *get_args(Answer), *get_args(Note)}


def tables() -> Iterator[tuple[str, list[str]]]:
    """Yield the heading of each table of docs/json.md, and its examples."""
    everything: tuple[tuple[str, list[Output]], ...] = (
        ("Events", [*EVENTS]),
        ("Answers", [*sample_answers()]),
        ("Unasked", [*NOTES]),
        ("Prompts", [*PROMPTS]),
        ("What happened before", [*REPLAYS]),
        ("Refusals", [Refusal(error) for error in REFUSALS]),
        ("Goodbyes", [*GOODBYES]),
    )
    codec = JSONCodec()
    for heading, sent in everything:
        examples = [piece.decode().rstrip("\n") for output in sent for piece in codec.encode(output)]
        yield heading, list(dict.fromkeys(examples))


def main() -> None:
    """Write the examples into docs/json.md, each block under its heading."""
    text = DOCUMENT.read_text()
    for heading, examples in tables():
        before, behind = text.split(f"\n### {heading}\n", 1)
        words, block, rest = re.split(r"```json\n|\n```", behind, maxsplit=2)
        block = "\n".join(examples)
        text = f"{before}\n### {heading}\n{words}```json\n{block}\n```{rest}"
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
