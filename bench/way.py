"""What a line costs in core and session alone, without a socket, so that a slowdown has an address.

`python -m bench.way` prints the best of several runs of each step, in us.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from twisted.internet.task import Clock

from chatd.core.events import Event, Events, Said
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.nickname import nickname
from chatd.core.ports import Deliver
from chatd.core.text import one_line
from chatd.doors.text import TextCodec
from chatd.session.commands import a_person
from chatd.session.inputs import Line
from chatd.session.outputs import Output
from chatd.session.session import Server, Session
from chatd.session.view import View, view
from chatd.wire.codec import EncodedEvents

RUNS = 7
IN_A_RUN = 0.05  # seconds
HEARERS = 200
MANY = 5_000
TEXT = "what a delivered line costs is what a chat daemon is all about"[:60]


class Inbox:
    """A client that keeps what it is sent; all inboxes share the bytes of an event, as connections do."""

    encoded = EncodedEvents()
    codec = TextCodec()

    def __init__(self) -> None:
        self.view: View = view("on")
        self.lines: list[bytes] = []
        self.neighbourhood = ""
        self.is_private = True
        self.idle = 0.0
        self.waiting = 0

    def deliver(self, events: Events) -> None:
        self.lines.append(self.encoded.encode(events, self.codec))

    def track(self) -> Deliver:
        """Nothing gets lost here."""
        return self.deliver

    def missing(self) -> tuple[Event, ...]:
        return ()

    def once_taken(self, call: Callable[[], object]) -> None:
        call()

    def send(self, output: Output) -> None:
        self.lines += self.codec.encode(output)

    def charge(self, lines: int) -> None:
        """No limits here."""

    def speak(self, format: str) -> None:
        """One format is enough."""

    def edit(self, on: bool) -> None:
        """Nothing is typed."""

    def close(self) -> None:
        """Nothing is open."""


class Gathering:
    """A hall with so many people, of whom the first speaks: as a member and through a session."""

    def __init__(self, people: int) -> None:
        self.clock = Clock()
        self.clock.advance(time.time())
        self.hall = Hall(self.clock)
        self.inboxes = [Inbox() for _ in range(people)]
        self.session = Session(Server(self.hall, "bench"), self.inboxes[0], "nowhere", None, a_person)
        self.session.receive(Line("speaker"))
        for place, inbox in enumerate(self.inboxes[1:]):
            self.hall.enter(f"guest{place}", inbox.deliver)
        self.speaker: Member = self.hall.find("speaker")
        self.empty()

    def empty(self) -> None:
        """Let a while pass, so that notices that were gathered are told, and throw away all that was delivered."""
        self.clock.advance(2)
        for inbox in self.inboxes:
            inbox.lines.clear()

    def whisper(self) -> None:
        self.speaker.talk.whisper("guest0", TEXT)

    def enter_and_leave(self) -> None:
        self.hall.enter("newcomer", _nobody).leave()


def _nobody(events: Events) -> None:
    """Hear nothing."""


def best(step: Callable[[], object], after: Callable[[], object] = lambda: None) -> float:
    """Return the us that a step takes, in the best run; `after` tidies up behind each run, outside the time taken."""
    step()
    times, began = 1, time.perf_counter()
    while time.perf_counter() - began < IN_A_RUN:
        step()
        times += 1
    after()
    fastest = float("inf")
    for _ in range(RUNS):
        began = time.perf_counter()
        for _ in range(times):
            step()
        fastest = min(fastest, time.perf_counter() - began)
        after()
    return fastest / times * 1e6


def steps() -> Iterable[tuple[str, float]]:
    """Yield each step and its us."""
    said, codec = Said(time.time(), "#lobby", "speaker", TEXT), TextCodec()
    yield "one_line: a text is checked", best(lambda: one_line(TEXT))
    yield "encode: a line is written for one format", best(lambda: codec.encode(said))
    alone, room, crowd = Gathering(1), Gathering(HEARERS), Gathering(MANY)
    first = best(lambda: alone.speaker.talk.say(TEXT), alone.empty)
    yield "Talk.say: alone in the hall", first
    whole = best(lambda: room.speaker.talk.say(TEXT), room.empty)
    yield f"Talk.say: to {HEARERS}", whole
    yield "  of that, each hearer", (whole - first) / (HEARERS - 1)
    heard = best(lambda: room.session.receive(Line(TEXT)), room.empty)
    yield f"Session.receive: the same line as it was typed, to {HEARERS}", heard
    yield "  for each delivered line", heard / HEARERS
    for people, gathering in ((HEARERS, room), (MANY, crowd)):
        whisper = best(gathering.whisper, gathering.empty)
        yield f"Member.whisper: in a hall of {people:,}", whisper
    yield "nickname: a name is checked", best(lambda: nickname("newcomer"))
    yield f"Hall.enter and Member.leave: in a hall of {HEARERS}", best(room.enter_and_leave, room.empty)
    began = time.perf_counter()
    Gathering(MANY)
    yield f"Hall.enter: each of {MANY:,} who arrive together, told to all", (time.perf_counter() - began) / MANY * 1e6


def main() -> None:
    for name, us in steps():
        print(f"{us:9.3f} us  {name}")


if __name__ == "__main__":
    main()
