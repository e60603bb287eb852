"""Properties of chatd.doors.editor: beside a model of it that is too simple to be wrong, on a model of a terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.editor import Editor, Ended, Listed, Result, Typed
from tests.doors.screen import Screen, faults

CHARACTERS = ("a", "b", " ", "-", "<", "李", "e\u0301", "ж")
JOINED = "👩\u200d🚀"  # as wide as the terminal will have it, which nobody can know when it breaks a row in pieces
PASTES = ((), ("a", "李"), ("a", "\n", "b"), ("x",) * 50, ("\n",), ("e\u0301", "\n"))
OTHERS = ("hello", "", "x" * 30, "你好 " * 12, "-- a line that is rather long for a narrow window, as some lines are")
PROMPTS = ("", "> ", "#lobby> ", "Nickname: ")
KEYS = {
    "left": b"\x1b[D",
    "right": b"\x06",
    "home": b"\x1bOH",
    "end": b"\x1b[4~",
    "backspace": b"\x7f",
    "delete": b"\x1b[3~",
    "kill left": b"\x15",
    "kill right": b"\x0b",
    "kill blank word": b"\x17",
    "yank": b"\x19",
    "transpose": b"\x14",
    "up": b"\x1b[A",
    "down": b"\x1bOB",
    "enter": b"\r\n",
    "ctrl-c": b"\x03",
    "ctrl-d": b"\x04",
    "redraw": b"\x0c",
    "unknown": b"\x1b[15;3~",
}
WIDTHS = st.integers(1, 90)


@dataclass
class Model:
    """What the keys do to a row of whole characters."""

    row: list[str] = field(default_factory=list)
    at: int = 0
    begun_at: float | None = None
    entered: list[list[str]] = field(default_factory=list)
    place: int = 0
    aside: tuple[list[str], float | None] = ((), None)  # type: ignore[assignment]
    killed: list[str] = field(default_factory=list)
    was_kill: bool = False
    was_ctrl_c: bool = False
    results: list[Result] = field(default_factory=list)

    def put_in(self, characters: Sequence[str], now: float) -> None:
        self.was_kill = self.was_ctrl_c = False
        if characters and not self.row:
            self.begun_at = now
        self.row[self.at : self.at] = characters
        self.at += len(characters)

    def press(self, key: str, now: float) -> None:
        if key == "unknown":
            return
        was_kill, was_ctrl_c = self.was_kill, self.was_ctrl_c
        self.was_kill = self.was_ctrl_c = False
        end = len(self.row)
        match key:
            case "left":
                self.at = max(self.at - 1, 0)
            case "right":
                self.at = min(self.at + 1, end)
            case "home":
                self.at = 0
            case "end":
                self.at = end
            case "backspace":
                self.take_out(self.at - 1, self.at)
            case "delete":
                self.take_out(self.at, self.at + 1)
            case "kill left":
                self.kill(0, self.at, was_kill)
            case "kill right":
                self.kill(self.at, end, was_kill)
            case "kill blank word":
                start = self.at
                while start and self.row[start - 1].isspace():
                    start -= 1
                while start and not self.row[start - 1].isspace():
                    start -= 1
                self.kill(start, self.at, was_kill)
            case "yank":
                self.put_in(self.killed, now)
            case "transpose":
                self.transpose()
            case "up" | "down":
                self.recall(-1 if key == "up" else 1, now)
            case "enter":
                self.enter(now)
            case "ctrl-d" if self.row:
                self.take_out(self.at, self.at + 1)
            case "ctrl-d":
                self.results.append(Ended())
            case "ctrl-c":
                self.interrupt(was_ctrl_c)

    def take_out(self, start: int, end: int) -> list[str]:
        start = max(start, 0)
        taken, self.row[start:end] = self.row[start:end], []
        if taken:
            self.at = start
        if not self.row:
            self.begun_at = None
        return taken

    def kill(self, start: int, end: int, was_kill: bool) -> None:
        behind = start == self.at
        taken = self.take_out(start, end)
        kept = self.killed if was_kill else []
        if taken:
            self.killed = kept + taken if behind else taken + kept
        self.was_kill = True

    def transpose(self) -> None:
        middle = min(self.at, len(self.row) - 1)
        if middle > 0 and "\n" not in self.row[middle - 1 : middle + 1]:
            self.row[middle - 1], self.row[middle] = self.row[middle], self.row[middle - 1]
            self.at = middle + 1

    def recall(self, step: int, now: float) -> None:
        if not 0 <= self.place + step <= len(self.entered):
            return
        if self.place == len(self.entered):
            self.aside = (self.row, self.begun_at)
        self.place += step
        if self.place == len(self.entered):
            self.row, self.begun_at = self.aside
        else:
            self.row, self.begun_at = list(self.entered[self.place]), now
        self.at = len(self.row)

    def enter(self, now: float) -> None:
        row = self.row[:-1] if self.row[-1:] == ["\n"] else self.row
        begun_at = now if self.begun_at is None else self.begun_at
        self.results += [Typed(line, begun_at) for line in "".join(row).split("\n")]
        if "".join(row).strip() and self.entered[-1:] != [row]:
            self.entered.append(row)
        self.clear()

    def interrupt(self, was_ctrl_c: bool) -> None:
        if self.row:
            self.clear()
        elif was_ctrl_c:
            self.results.append(Ended())
        else:
            self.was_ctrl_c = True

    def clear(self) -> None:
        self.row, self.at, self.begun_at, self.place = [], 0, None, len(self.entered)


Step = tuple[str, object]


def words(characters: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Draw words and, as often, what fills a row."""
    return st.one_of(*(st.lists(st.sampled_from(characters), min_size=n, max_size=2 * n) for n in (1, 15)))


FLUSH = st.tuples(st.just("flush"), st.lists(st.sampled_from(OTHERS), max_size=2))
KEY = st.tuples(st.just("key"), st.sampled_from(sorted(KEYS)))
PASTE = st.tuples(st.just("paste"), st.sampled_from(PASTES))
PROMPT = st.tuples(st.just("prompt"), st.sampled_from(PROMPTS))
RESIZE = st.tuples(st.just("resize"), WIDTHS)


def steps(*kinds: st.SearchStrategy[Step], characters: tuple[str, ...] = CHARACTERS) -> st.SearchStrategy[list[Step]]:
    """Draw what may happen: Hypothesis makes short lists of its own accord."""
    typing = st.tuples(st.just("type"), words(characters))
    return st.lists(st.one_of(typing, KEY, KEY, FLUSH, FLUSH, PASTE, PROMPT, *kinds), min_size=8, max_size=24)


class Played:
    """An editor on a screen, and the model of what both should show."""

    def __init__(self, test: SynchronousTestCase, width: int) -> None:
        self.test = test
        self.editor, self.screen, self.model = Editor(lambda word, at_start: (), "> ", width), Screen(width), Model()
        self.prompt = "> "
        self.now = 0.0
        self.results: list[Result] = []
        self.said: list[str] = []

    def play(self, steps: list[Step]) -> None:
        do: dict[str, Callable[..., None]] = {
            "type": self.type,
            "key": self.key,
            "paste": self.paste,
            "flush": self.flush,
            "resize": self.resize,
            "prompt": self.ask,
        }
        for name, argument in (*steps, ("flush", [])):
            self.now += 1
            do[name](argument)
            self.test.assertEqual(self.editor.half_typed, "".join(self.model.row))
            self.test.assertEqual(self.editor.begun_at, self.model.begun_at)

    def type(self, characters: list[str]) -> None:
        self.results += self.editor.feed("".join(characters).encode(), self.now)
        self.model.put_in(characters, self.now)

    def key(self, name: str) -> None:
        self.results += self.editor.feed(KEYS[name], self.now)
        self.model.press(name, self.now)

    def paste(self, characters: tuple[str, ...]) -> None:
        self.results += self.editor.feed(b"\x1b[200~%b\x1b[201~" % "".join(characters).encode(), self.now)
        self.model.put_in(characters, self.now)

    def resize(self, width: int) -> None:
        self.screen.resize(width)
        self.editor.resize(width)

    def ask(self, prompt: str) -> None:
        self.editor.prompt = self.prompt = prompt

    def flush(self, lines: list[str]) -> None:
        """Whatever was done, the row is now what it should be, and so are the lines above it."""
        self.said += lines
        wanted = self.editor.dirty or bool(lines)
        sent = self.editor.around("".join(f"{line}\r\n" for line in lines).encode())
        self.test.assertTrue(wanted or not sent)
        self.screen.show(sent)
        row, at = "".join(self.model.row), len("".join(self.model.row[: self.model.at]))
        self.test.assertEqual(faults(self.screen, self.prompt, row, at), [])
        self.test.assertEqual(self.screen.lines(), self.said)
        self.test.assertEqual(self.results, self.model.results)


class ModelTests(SynchronousTestCase):
    @settings(deadline=None)
    @given(steps(RESIZE, RESIZE), WIDTHS)
    def test_any_sequence(self, steps: list[Step], width: int) -> None:
        """At any width, after any keys, flushes and resizes, the row is what it should be and no other line lost."""
        Played(self, width).play(steps)

    @settings(deadline=None)
    @given(steps(characters=(*CHARACTERS, JOINED)), WIDTHS)
    def test_joined(self, steps: list[Step], width: int) -> None:
        """So it is with characters of several, as long as the terminal doesn't break a row of them in pieces."""
        Played(self, width).play(steps)

    @settings(deadline=None)
    @given(steps(RESIZE), WIDTHS)
    def test_finish(self, steps: list[Step], width: int) -> None:
        """In the end there are the lines of others and nothing else."""
        played = Played(self, width)
        played.play(steps)
        played.screen.show(played.editor.finish())
        screen = played.screen
        self.assertEqual((screen.lines(), screen.rows[-1], screen.x), (played.said, [], 0))
        self.assertEqual((screen.y, screen.wraps, screen.pastes_in_brackets), (len(screen.rows) - 1, True, False))

    @settings(deadline=None)
    @given(steps())
    def test_hidden(self, steps: list[Step]) -> None:
        """Of what is typed hidden nothing is ever shown, whatever is typed."""
        editor, screen = Editor(lambda word, at_start: ("secret",), "Password: ", 80), Screen(80)
        editor.hidden = True
        for name, argument in steps:
            if name == "flush":
                screen.show(editor.around(b"hello\r\n"))
                self.assertEqual(faults(screen, "Password: ", "", 0), [])
            elif name == "key":
                self.assertNotIn(Listed, map(type, editor.feed(KEYS[str(argument)] + b"\t", 1.0)))
            elif name == "type":
                editor.feed("".join(map(str, argument)).encode(), 1.0)  # type: ignore[call-overload]
        editor.hidden = False
        self.assertEqual(editor.half_typed, "")


PIECES = [key for name, key in KEYS.items()] + [c.encode() for c in (*CHARACTERS, JOINED)] + [
    b"\t", b"\x1b", b"\x1b[", b"\x1b[1;5D", b"\x1bb", b"\x1b\x7f", b"\xff", b"\xe6", b"\r", b"\n", b"\0", b"x" * 4090,
    b"\x1b[200~", b"\x1b[201~", b"al", b"\x1b]0;x\x07",
]  # fmt: skip


class AnyBytesTests(SynchronousTestCase):
    def typed(self, segments: Sequence[bytes]) -> tuple[object, ...]:
        """Return all that came of these segments, in the end."""
        editor, results = Editor(lambda word, at_start: ["alice", "alina"] if word else (), "> "), list[Result]()
        for segment in segments:
            results += editor.feed(segment, 1.0)
        return results, editor.half_typed, editor.begun_at, editor.around(b"x\r\n")

    @settings(deadline=None)
    @given(
        st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(PIECES), min_size=5, max_size=15).map(b"".join)),
        st.lists(st.integers(0, 2000), min_size=4, max_size=10),
    )
    def test_cut_anywhere(self, sent: bytes, cuts: list[int]) -> None:
        """Any bytes come to the same however they are cut."""
        edges = [0, *sorted(cut % (len(sent) + 1) for cut in cuts), len(sent)]
        self.assertEqual(self.typed([sent[start:end] for start, end in pairwise(edges)]), self.typed([sent]))

    @settings(deadline=None)
    @given(st.lists(st.sampled_from([piece for piece in PIECES if len(piece) < 100]), max_size=15).map(b"".join))
    def test_byte_by_byte(self, sent: bytes) -> None:
        """So they do when each byte comes alone."""
        self.assertEqual(self.typed([bytes([byte]) for byte in sent]), self.typed([sent]))

    @settings(deadline=None)
    @given(st.lists(st.one_of(st.binary(max_size=20), st.sampled_from(PIECES)), max_size=20), WIDTHS)
    def test_nothing_but_rows(self, segments: list[bytes], width: int) -> None:
        """Whatever is typed, a terminal is shown nothing that it doesn't know, and lines of others stay."""
        editor, screen = Editor(lambda word, at_start: ["alice", "alina"], "> ", width), Screen(width)
        for segment in segments:
            editor.feed(segment, 1.0)
            screen.show(editor.around(b"hello\r\n"))
        self.assertEqual(screen.lines(), ["hello"] * len(segments))
