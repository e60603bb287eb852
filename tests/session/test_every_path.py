"""Every path from a person's text to another's screen is clean; the list of paths is the event union itself."""

import typing
from collections.abc import Callable

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatd.core import events
from chatd.core.delivery import tell
from chatd.core.events import Cause, Departure
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.refusals import HallError
from chatd.core.text import one_line
from chatd.nodes.forgettings import Forgettings
from chatd.nodes.ignores import Ignores
from chatd.nodes.lines import Lines
from chatd.nodes.people import People
from chatd.nodes.roster import Roster
from chatd.session.words.events import event_words
from chatd.session.words.language import ENGLISH
from tests.core.test_text import is_clean

HOSTILE = (
    "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0)))) + "\x1b[2J\x1b]0;x\x07\u202e\u2066\u2028\u2029\ufeff\u200b"
)
TEXT = f"he{HOSTILE}llo"


class Stage:
    """alice does something hostile; bob, carol and the rest of the house look on."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.hall = Hall(self.clock)
        self.told: list[events.Event] = []
        self.alice, self.bob, self.carol = (
            self.hall.enter(name, self.told.extend) for name in ("alice", "bob", "carol")
        )

    def attempt(self, name: Callable[[str], object]) -> None:
        """Try a name with each hostile character in it; most are refused, and none gets through unclean."""
        for character in HOSTILE:
            try:
                name(f"a{character}b{ord(character)}")
            except HallError:
                continue

    def enter(self) -> None:
        self.attempt(lambda name: self.hall.enter(name, self.told.extend))
        self.hall.enter("dave", self.told.extend)

    def rename(self) -> None:
        self.attempt(self.alice.rename)
        self.alice.rename("alicia")

    def talk_and_be_switched(self) -> None:
        self.bob.talk.choose("carol")
        self.alice.talk.whisper("bob", TEXT)

    def leave_a_partner(self) -> None:
        self.bob.talk.choose("alice")
        self.alice.leave(Departure(Cause.QUIT, TEXT))

    def be_away(self) -> None:
        self.alice.set_away(TEXT)
        self.bob.talk.whisper("alice", "psst")

    def hear_late(self) -> None:
        roster = Roster()
        ignores = Ignores(self.hall, roster)
        people = People(self.hall, "here", roster, ignores, lambda member, before: None)
        people.hear("there", ["came", [1, "dave", "#lobby", "", 0.0, TEXT, False, True, None]])
        late = ["dave", None, True, "", None]
        Lines(self.hall, roster, ignores, Forgettings()).hear("there", ["said", 1, 0.0, False, TEXT, "#lobby", late])

    def open_a_room(self) -> Member:
        self.attempt(lambda name: self.alice.move(f"#{name}"))
        self.alice.move("#den")
        return self.alice

    def leave_a_locked_room(self) -> None:
        self.open_a_room().turn_lock(True)
        self.alice.invite("bob")
        self.bob.move("#den")
        self.alice.leave(Departure(Cause.QUIT, TEXT))


# How a person's text gets into each kind of event. A new kind without an entry here fails the test.
PATHS: dict[type[events.Event], Callable[[Stage], object]] = {
    events.Said: lambda stage: stage.alice.talk.say(TEXT),
    events.Acted: lambda stage: stage.alice.talk.act(TEXT),
    events.Whispered: lambda stage: stage.alice.talk.whisper("bob", TEXT),
    events.WhisperSent: lambda stage: stage.alice.talk.whisper("bob", TEXT),
    events.AddresseeAway: Stage.be_away,
    events.AddresseeChanged: Stage.talk_and_be_switched,
    events.AddresseeLeft: Stage.leave_a_partner,
    events.Joined: Stage.enter,
    events.Left: lambda stage: stage.alice.leave(Departure(Cause.QUIT, TEXT)),
    events.Renamed: Stage.rename,
    events.LockTurned: lambda stage: stage.open_a_room().turn_lock(True),
    events.RememberTurned: lambda stage: stage.alice.room.remember(stage.alice, True),
    events.Invited: lambda stage: stage.open_a_room().invite("bob"),
    events.WentElsewhere: Stage.open_a_room,
    events.MuteChanged: lambda stage: tell(events.MuteChanged(0, True, None, one_line(TEXT)), stage.alice),
    events.NicknameGiven: lambda stage: tell(events.NicknameGiven(0, stage.alice.nickname), stage.alice),
    events.SaidLate: Stage.hear_late,
    events.Divided: lambda stage: tell(events.Divided(0), stage.alice),
    events.Reunited: lambda stage: tell(events.Reunited(0), stage.alice),
    events.SomeLost: lambda stage: tell(events.SomeLost(0), stage.alice),
    events.NicknameLost: lambda stage: tell(events.NicknameLost(0, stage.alice.nickname, "bob"), stage.alice),
    events.RegistrationLost: lambda stage: tell(events.RegistrationLost(0, stage.alice.nickname), stage.alice),
    events.KeyLost: lambda stage: tell(events.KeyLost(0, stage.alice.nickname, "SHA256:x"), stage.alice),
    events.RoomIsYours: Stage.leave_a_locked_room,
    events.ToldByAdministrator: lambda stage: stage.hall.find("alice").hear_administrator(TEXT),
    events.ClosingAnnounced: lambda stage: stage.hall.announce_closing(5),
    events.ClosingCalledOff: lambda stage: stage.hall.call_off_closing(),
    events.Announced: lambda stage: stage.hall.announce(TEXT),
}


class EveryPathTests(SynchronousTestCase):
    def test_all_are_listed(self) -> None:
        """Every kind of event is held to the rule."""
        self.assertEqual(set(PATHS), set(typing.get_args(events.Event)))

    def test_clean(self) -> None:
        """By each path, hostile text arrives as one clean line."""
        for kind, path in PATHS.items():
            stage = Stage()
            stage.clock.advance(10)
            path(stage)
            stage.clock.advance(10)
            self.assertIn(kind, set(map(type, stage.told)), f"{kind.__name__} never happened")
            for event in stage.told:
                line = event_words(event, ENGLISH)
                self.assertTrue(is_clean(line), f"{kind.__name__}: {line!r}")
