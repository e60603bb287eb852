"""A stateful model of the hall: whatever people do in whatever order, each hears what they must and nothing else."""

import contextlib  # not `suppress` itself: trial takes a global of that name for its own
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Cause, Departure, Event, Said, Whispered, WhisperSent
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.refusals import (
    AddresseeGone,
    AddresseeUnclear,
    HallError,
    NicknameTaken,
    NobodyHere,
    NotHeardBy,
    RoomLocked,
    YouAreQuiet,
)

NAMES = ("alice", "Alice", "AIice", "a1ice", "bob", "BOB", "carol", "李雷", "ivan", "Ivan", "lvan")
ROOMS = ("#lobby", "#den", "#Den", "#attic")


@dataclass(eq=False)
class Person:
    """What the model knows of somebody."""

    member: Member
    name: str
    room: str = "#lobby"
    quiet: bool = False
    ignoring: set["Person"] = field(default_factory=set)
    told: list[Event] = field(default_factory=list)
    expected: list[tuple[type[Event], str]] = field(default_factory=list)


class HallMachine(RuleBasedStateMachine):
    """Plays any sequence of what people can do, beside a model that is too simple to be wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.hall = Hall(self.clock)
        self.people: list[Person] = []
        self.gone: list[Person] = []
        self.locked: dict[str, set[Person]] = {}  # the locked rooms, and who is invited
        self.said = 0

    def somebody(self, which: int) -> Person:
        return self.people[which % len(self.people)]

    def inside(self, room: str) -> list[Person]:
        return [person for person in self.people if person.room == room]

    def left_room(self, room: str) -> None:
        if not self.inside(room):
            self.locked.pop(room, None)

    def next_text(self) -> str:
        self.said += 1
        return f"line {self.said}"

    someone = st.integers(0, 5)

    @initialize()
    def some_are_here(self) -> None:
        for name in ("alice", "bob", "carol"):
            self.enter(name)

    @rule(name=st.sampled_from(NAMES))
    def enter(self, name: str) -> None:
        told: list[Event] = []
        try:
            member = self.hall.enter(name, told.extend)
        except NicknameTaken:
            assert any(self.alike(name, person.name) for person in self.people)
            return
        assert not any(self.alike(name, person.name) for person in self.people)
        self.people.append(Person(member, name, told=told))

    @staticmethod
    def alike(one: str, other: str) -> bool:
        """Whether two of NAMES are one name: judged by hand, not by the code under test."""
        groups = (
            {"alice", "Alice", "AIice", "a1ice"},
            {"bob", "BOB"},
            {"carol"},
            {"李雷"},
            {"ivan", "Ivan", "lvan"},
        )
        return any(one in group and other in group for group in groups)

    @precondition(lambda self: self.people)
    @rule(which=someone)
    def say(self, which: int) -> None:
        person, text = self.somebody(which), self.next_text()
        try:
            person.member.talk.say(text)
        except YouAreQuiet:
            assert person.quiet
            return
        assert not person.quiet
        for subscriber in self.inside(person.room):
            if not subscriber.quiet and person not in subscriber.ignoring:
                subscriber.expected.append((Said, text))

    @precondition(lambda self: self.people)
    @rule(which=someone, name=st.sampled_from(NAMES))
    def whisper(self, which: int, name: str) -> None:
        person, text = self.somebody(which), self.next_text()
        try:
            person.member.talk.whisper(name, text)
        except NobodyHere:
            assert name.lower() not in [other.name.lower() for other in self.people]
        except NotHeardBy as error:
            assert person in next(o for o in self.people if o.name == error.nickname).ignoring
        except HallError:
            pass
        else:
            to = self.hall.find(name)
            assert to.nickname.lower() == name.lower()
            self.expect_whisper(person, to, text)

    def expect_whisper(self, person: Person, to: Member, text: str) -> None:
        other = next(other for other in self.people if other.member is to)
        other.expected.append((Whispered, text))
        person.expected.append((WhisperSent, text))

    @precondition(lambda self: self.people)
    @rule(which=someone, name=st.sampled_from(("", *NAMES)))
    def talk_to(self, which: int, name: str) -> None:
        with contextlib.suppress(HallError):
            self.somebody(which).member.talk.choose(name)

    @precondition(lambda self: self.people)
    @rule(which=someone, later=st.sampled_from((0.5, 20)))
    def speak_in_private(self, which: int, later: float) -> None:
        """A line for an addressee reaches that person or is refused; nobody else ever hears it."""
        person, text = self.somebody(which), self.next_text()
        addressee = person.member.talk.addressee
        if addressee is None:
            return
        self.clock.advance(later)
        try:
            person.member.talk.speak(text)
        except AddresseeGone:
            assert addressee in [gone.member for gone in self.gone]
        except AddresseeUnclear:
            assert later < 15
        except NotHeardBy:
            pass
        else:
            self.expect_whisper(person, addressee, text)

    @precondition(lambda self: self.people)
    @rule(which=someone, name=st.sampled_from(NAMES))
    def rename(self, which: int, name: str) -> None:
        person = self.somebody(which)
        others_alike = any(self.alike(name, other.name) for other in self.people if other is not person)
        try:
            person.member.rename(name)
        except NicknameTaken:
            assert others_alike
        except HallError:
            assert name == person.name
        else:
            assert not others_alike
            person.name = name

    @precondition(lambda self: self.people)
    @rule(which=someone, name=st.sampled_from(ROOMS))
    def move(self, which: int, name: str) -> None:
        person, before, room = self.somebody(which), self.somebody(which).room, name.lower()
        shut_out = room in self.locked and person not in self.locked[room] and person.room != room
        try:
            person.member.move(name)
        except RoomLocked:
            assert shut_out
        except HallError:
            assert room == before
        else:
            assert not shut_out
            person.room = room
            self.left_room(before)

    @precondition(lambda self: self.people)
    @rule(which=someone, locked=st.booleans())
    def turn_lock(self, which: int, locked: bool) -> None:
        person = self.somebody(which)
        try:
            person.member.turn_lock(locked)
        except HallError:
            return
        assert person.room != "#lobby"
        if locked:
            self.locked[person.room] = {o for o in self.people if o.member.invitations.get(person.member.room)}
        else:
            del self.locked[person.room]

    @precondition(lambda self: self.people)
    @rule(which=someone, whom=someone)
    def invite(self, which: int, whom: int) -> None:
        person, other = self.somebody(which), self.somebody(whom)
        try:
            person.member.invite(other.name)
        except HallError:
            return
        if person.room in self.locked:
            self.locked[person.room].add(other)

    @precondition(lambda self: self.people)
    @rule(which=someone)
    def turn_quiet(self, which: int) -> None:
        person = self.somebody(which)
        person.quiet = not person.quiet
        person.member.set_quiet(person.quiet)

    @precondition(lambda self: self.people)
    @rule(which=someone, whom=someone, on=st.booleans())
    def ignore(self, which: int, whom: int, on: bool) -> None:
        person, other = self.somebody(which), self.somebody(whom)
        try:
            (person.member.ignore if on else person.member.unignore)(other.name)
        except HallError:
            assert person is other or not on
        else:
            (person.ignoring.add if on else person.ignoring.remove)(other)

    @precondition(lambda self: self.people)
    @rule(which=someone)
    def leave(self, which: int) -> None:
        person = self.somebody(which)
        person.member.leave(Departure(Cause.QUIT, "tired"))
        self.people.remove(person)
        self.gone.append(person)
        self.left_room(person.room)
        for other in self.people:
            other.ignoring.discard(person)

    @rule(seconds=st.sampled_from((0.3, 1, 5)))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @invariant()
    def everyone_hears_what_they_must(self) -> None:
        """Lines arrive exactly once, in one order, and only where they belong."""
        for person in self.people + self.gone:
            heard = [(type(e), e.text) for e in person.told if isinstance(e, Said | Whispered | WhisperSent)]
            assert heard == person.expected, f"{person.name}: {heard} is not {person.expected}"

    @invariant()
    def nobody_is_a_ghost(self) -> None:
        """The registry holds those who are here, each in one room, and no two names that are alike."""
        here = [person.member for person in self.people]
        assert list(self.hall.members) == here
        assert sorted(m.nickname for r in self.hall.rooms.values() for m in r.members) == sorted(
            m.nickname for m in here
        )
        assert set(self.hall._names._by_key.values()) == set(here)
        for person in self.people:
            assert self.hall.find(person.name) is person.member
            assert person.member in person.member.room.members
            assert person.member.room.name.lower() == person.room
        assert {r.name.lower() for r in self.hall.rooms.values()} == {p.room for p in self.people} | {"#lobby"}

    @invariant()
    def nobody_remembers_ghosts(self) -> None:
        """Who has left is in nobody's lists, and knows nobody."""
        gone = {person.member for person in self.gone}
        for person in self.people:
            member = person.member
            assert gone.isdisjoint({*member.ignoring, *member.ignored_by, *member.talk.talked_to_by})


class HallModelTests(SynchronousTestCase):
    def test_any_sequence(self) -> None:
        """Hall and model agree after any sequence of steps."""
        run_state_machine_as_test(
            HallMachine, settings=settings(max_examples=300, stateful_step_count=50, deadline=None)
        )
        self.assertTrue(HallMachine.everyone_hears_what_they_must)
