"""What the hostile send: what Hypothesis draws, the bytes of real clients, every command; whole or mutated.

The same seed makes the same chunks for the same connection of the same hostile person.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from chatd.session.commands import TABLE
from fuzz.names import HONEST, LOOK_ALIKES, ODD_NAMES, ROGUES, ROOMS
from tests.doors.test_telnet import CLIENTS

EXAMPLES = 3000
LIFE = 40  # chunks in the mean, between two connections
LINES_OF_A_LIFE = 100_000  # marked ones, at most
DO_ECHO = b"\xff\xfd\x01"  # telnet's: the line may be edited by chatd, if the client agrees to more

RECORDINGS = tuple(sent for sent, _, _ in CLIENTS.values())
SPELLINGS = tuple((name, entry.arguments.split()) for entry in TABLE for name in entry.names)
NAMES = (*HONEST, *HONEST, *sorted(LOOK_ALIKES), *ODD_NAMES)
ENDS = (b"\n", b"\n", b"\n", b"\r\n", b"\r\n", b"\r", b"\r\0", b"\xff\xf0\n", b"")
PRIVATE_WAYS = ("@{} {}", "/msg {} {}", "to:{}\n{}\nto:", "to:{}\n/me {}\nto:")

# Bytes that mean something to telnet, to a terminal, to a decoder or to chatd.
GADGETS = (
    b"\xff", b"\xff\xff", b"\xff\xfd\x06", b"\xff\xf4\xff\xfd\x06", b"\xff\xfb\x18", b"\xff\xfa\x18\0", b"\xff\xf0",
    b"\xff\xec", b"\x04", b"\n\x04", b"\x7f", b"\x08" * 9, b"\x15", b"\0", b"\r", b"\r\0",
    b"\n", b"\n\n\n", b"\x1b[2J", b"\x1b[1;1H", b"\x1b]0;mine\x07", b"\x1bP+q", b"\x1bc", b"\x9b2J", b"\xc2\x9b2J",
    b"\xc2\x90", b"\x07", b"\x0b\x0c\x1c\x1d\x1e", b"\xc2\x85", "\u2028\u2029".encode(), "\u202e\u2066".encode(),
    "\u200b\ufeff\u00ad".encode(), "\u0301".encode() * 20, "\U000e0041".encode(), b"\xc3", b"\xf0\x9f", b"\x80",
    b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"<honest1> line 1", b"\r\n<honest1> x",
    "＠honest2 x\n".encode(), "／msg honest3 x\n".encode(), "to：honest1\n".encode(), "／quit\n".encode(),
    b"ok \xff\n@honest2 x\n", b"\xff\xfa", b"\xff\xf6", b"\xff\xf7", b"\xff\xf8", b"\xd1\xff\xed\xff\xfd\x06",
    b"\r\n/edit on\r\n", b"\xff\xfd\x01\xff\xfd\x03", b"\xff\xfe\x01", b"\n/edit off\n",
    b"\xff\xfa\x1f\0\x0d\0\x0a\xff\xf0", b"\x1b[200~one\ntwo", b"\x1b[201~", b"\x1b[A", b"\x03", b"\t",
    b"## Administrator: ", b"[honest1 -> you] ", b"@honest2 ", b"to:honest3\n", b"/", b"//", b"@", b"to:", b"quit\n",
)  # fmt: skip

_ANY_TEXT = st.text(max_size=60)
_NASTY_TEXT = st.text(
    st.sampled_from("\x1b[]0;31m\x07\x9b\x9d\x90\x9c\r\n\t\x0b\x85\u2028\u202e\u0301\u200daé李👩 @:/#")
)
_COMMAND = st.builds(
    "/{} {} {}".format, st.sampled_from(SPELLINGS).map(lambda s: s[0]), st.sampled_from(NAMES), _ANY_TEXT
)
_LINE = st.one_of(_ANY_TEXT, _NASTY_TEXT, _COMMAND).map(str.encode) | st.binary(max_size=120)
_CHUNK = st.lists(_LINE, min_size=1, max_size=5).map(b"\n".join)


def draw_examples(number: int, count: int = EXAMPLES) -> list[bytes]:
    """Return chunks that Hypothesis draws from this seed."""
    drawn: list[bytes] = []

    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_CHUNK)
    def draw(chunk: bytes) -> None:
        drawn.append(chunk)

    draw()
    return drawn


class Chunks:
    """What the hostile person of this name sends."""

    def __init__(self, seed: int, name: str, examples: list[bytes]) -> None:
        self._seed = seed
        self._lives = 0
        self._random = Random()
        self._name = name
        self._examples = examples
        self._private = 0
        self._edited: set[int] = set()  # the lives in which there may be a row, and so a history
        self._kinds = (
            *[self._command] * 5,
            *[self._example] * 4,
            *[self._recording] * 2,
            *[self._talk] * 3,
            *[self._private_line] * 2,
            self._private_paste,
            self._room_of_own,
            self._long,
        )

    def life(self) -> Iterator[bytes]:
        """Yield the chunks of one connection."""
        yield from self._arrival()
        for _ in range(int(self._random.expovariate(1 / LIFE))):
            chunk = self._random.choice(self._kinds)() or b"\n"
            if DO_ECHO in chunk:
                self._edited.add(self._lives)
            yield chunk

    def may_recall(self, number: int) -> bool:
        """Whether the keys of a row may have brought the marked line of that number back, to be sent once more."""
        return number // LINES_OF_A_LIFE in self._edited

    def greedy_life(self) -> Iterator[bytes]:
        """Yield the chunks of a connection that wants one thing without end: to be heard, answers, or telnet's."""
        yield from self._arrival()
        wish = self._random.choice((self._line, self._question, self._timing_marks))
        while True:
            yield wish()

    def _arrival(self) -> Iterator[bytes]:
        """Most give a nickname that is free."""
        self._lives += 1  # how far the one before came was up to the daemon, so chance begins anew with each
        self._random.seed(f"{self._seed} {self._name} {self._lives}")
        self._private = LINES_OF_A_LIFE * self._lives  # so that no mark is sent twice
        if self._random.random() < 0.9:
            yield f"{self._own_name()}\n".encode()
        if self._random.random() < 0.5:
            yield b"/time off\n"

    def _own_name(self) -> str:
        """Return a name that others can guess, or one that is surely free."""
        return self._name if self._random.random() < 0.7 else f"{self._name}x{self._random.randrange(1000)}"

    def _any_name(self) -> str:
        return self._random.choice(NAMES if self._random.random() < 0.7 else ROGUES)

    def _end(self) -> bytes:
        return self._random.choice(ENDS)

    def _command(self) -> bytes:
        name, arguments = self._random.choice(SPELLINGS)
        words = [self._argument(argument.strip("[].")) for argument in arguments if self._random.random() < 0.95]
        return self._sometimes_mutated(" ".join([f"/{name}", *words]).encode()) + self._end()

    def _argument(self, kind: str) -> str:
        """Return what the usage line of a command asks for."""
        random = self._random
        match kind:
            case "name":
                return self._any_name()
            case "#room":
                return random.choice(ROOMS)
            case "command":
                return random.choice(SPELLINGS)[0]
            case "on|off" | "on|off|zone":
                return random.choice(("on", "off", "UTC", "Asia/Shanghai", "Asia", "../UTC", "tzdata.zi", "x" * 300))
            case _:
                return f"said by {self._name}"

    def _talk(self) -> bytes:
        return self._sometimes_mutated(b"hello, I am " + self._name.encode()) + self._end()

    def _example(self) -> bytes:
        return self._sometimes_mutated(self._random.choice(self._examples)) + self._end()

    def _recording(self) -> bytes:
        name = self._any_name().encode()
        return self._mutated(self._random.choice(RECORDINGS).replace(b"alice", name))

    def _private_line(self) -> bytes:
        """A marked line for one honest person, by one of the ways there are; it is never mutated.

        Two ends of line in front see to it that it is a line of its own, even if telnet takes the first. It could not
        be a nickname.
        """
        self._private += 1
        name = self._random.choice(HONEST)
        words = f"only for {name}: {self._private} from {self._name}"
        way = self._random.choice(PRIVATE_WAYS)
        return f"\n\n{way.format(name, words)}\n".encode()

    def _private_paste(self) -> bytes:
        """More marked lines for one honest person than may be said at once: they wait, and the addressee may change."""
        name = self._random.choice(HONEST)
        lines = []
        for _ in range(30):
            self._private += 1
            lines.append(f"only for {name}: {self._private} from {self._name} {'x' * self._random.randrange(600)}\n")
        return f"\n\nto:{name}\n{''.join(lines)}\nto:\n".encode()

    def _room_of_own(self) -> bytes:
        room, guest = self._random.choice(ROOMS), self._any_name()
        return f"/join {room}\n/lock\n/invite {guest}\n/ls\n".encode()

    def _line(self) -> bytes:
        return f"nobody answers {self._name}\n".encode()

    def _timing_marks(self) -> bytes:
        return b"\xff\xfd\x06" * 200

    def _question(self) -> bytes:
        return self._random.choice((b"/h\n", b"/ls\n", b"/rooms\n", b"/motd\n", b"/h\n" * 20))

    def _long(self) -> bytes:
        """A line that is too long, or has no end, or is just short enough."""
        gadget = self._random.choice([gadget for gadget in GADGETS if not {*b"\r\n\xec"} & {*gadget}])
        size = self._random.choice((4000, 4095, 4096, 4097, 9000))
        return (gadget * (size // len(gadget) + 1))[:size] + self._end()

    def _sometimes_mutated(self, chunk: bytes) -> bytes:
        return self._mutated(chunk) if self._random.random() < 0.3 else chunk

    def _mutated(self, chunk: bytes) -> bytes:
        random = self._random
        for _ in range(random.randrange(4)):
            at = random.randrange(len(chunk) + 1)
            to = min(len(chunk), at + random.randrange(8))
            match random.randrange(5):
                case 0:
                    chunk = chunk[:at] + random.choice(GADGETS) + chunk[at:]
                case 1:
                    chunk = chunk[:at] + bytes([random.randrange(256)]) + chunk[at + 1 :]
                case 2:
                    chunk = chunk[:at] + chunk[to:]
                case 3:
                    chunk = chunk[:to] + chunk[at:]
                case 4:
                    chunk = chunk[:at] + random.choice(self._examples)[at:]
        return chunk
