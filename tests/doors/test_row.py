"""Tests for chatd.doors.row, on a model of a terminal."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.row import UNKNOWN_WIDTH, WIDEST, Row
from tests.doors.screen import Screen, ambiguous_as_wide, faults, generous, stingy, usual

PLAIN = ("a", "b", " ", "<", ">", "李", "e\u0301", "\n", "ж")
DISPUTED = ("👩\u200d🚀", "❤\ufe0f", "🇩🇪", "नि", "\U0001fae8", "می\u200c")
OTHERS = ("hello", "", "x" * 30, "你好 " * 12, "-- a line that is rather long for a narrow window, as some lines are")
WIDTHS = st.integers(1, 90)


@st.composite
def rows(draw: st.DrawFn, characters: tuple[str, ...]) -> tuple[str, str, int]:
    """Draw a prompt, a text, and a place between two of its characters."""
    prompt = draw(st.sampled_from(["", "> ", "#lobby> ", "Nickname: "]))
    text = draw(st.lists(st.sampled_from(characters), min_size=draw(st.sampled_from([0, 40])), max_size=60))
    return prompt, "".join(text), len("".join(text[: draw(st.integers(0, len(text)))]))


def steps(characters: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, object]]]:
    """Draw what may happen: Hypothesis makes short lists of its own accord."""
    return st.lists(
        st.one_of(
            st.tuples(st.just("row"), rows(characters)),
            st.tuples(st.just("lines"), st.lists(st.sampled_from(OTHERS), max_size=3)),
            st.tuples(st.just("resize"), WIDTHS),
        ),
        min_size=4,
        max_size=12,
    )


class Played:
    """A row on a screen, and what should be on that."""

    def __init__(self, width: int, measure: Callable[[str], int] = usual) -> None:
        self.row, self.screen = Row(width), Screen(width, measure)
        self.content = ("", "", 0)
        self.said: list[str] = []
        self.flush([])

    def draw(self, prompt: str, text: str, at: int) -> None:
        self.content = (prompt, text, at)
        self.row.draw(*self.content)

    def flush(self, lines: list[str]) -> None:
        self.said += lines
        self.screen.show(self.row.around("".join(f"{line}\r\n" for line in lines).encode()))

    def resize(self, width: int) -> None:
        self.screen.resize(width)
        self.row.resize(width)
        self.draw(*self.content)

    def play(self, test: SynchronousTestCase, steps: list[tuple[str, object]]) -> None:
        for step in steps:
            match step:
                case "row", (str(prompt), str(text), int(at)):
                    self.draw(prompt, text, at)
                case "lines", list(lines):
                    self.flush(lines)
                    self.check(test)
                case _, int(width):
                    self.resize(width)
        self.flush([])
        self.check(test)

    def check(self, test: SynchronousTestCase) -> None:
        test.assertEqual((faults(self.screen, *self.content), self.screen.lines()), ([], self.said))


class ScreenTests(SynchronousTestCase):
    @settings(deadline=None)
    @given(steps(PLAIN), WIDTHS)
    def test_any_sequence(self, steps: list[tuple[str, object]], width: int) -> None:
        """At any width, the row shows what it should after any lines and resizes, and no line of others is lost."""
        Played(width).play(self, steps)

    @settings(deadline=None)
    @given(
        steps(PLAIN + DISPUTED).map(lambda steps: [step for step in steps if step[0] != "resize"]),
        st.integers(2, 90),
        st.sampled_from([usual, generous, stingy]),
    )
    def test_disputed_widths(self, steps: list[tuple[str, object]], width: int, measure: Callable[[str], int]) -> None:
        """So it does on terminals that disagree about how wide some characters are."""
        Played(width, measure).play(self, steps)

    @settings(deadline=None)
    @given(
        rows(("ж", "“", "李")),
        st.integers(2, 90),
    )
    def test_wider_than_believed(self, content: tuple[str, str, int], width: int) -> None:
        """No line of others is lost on a terminal that is told to give Cyrillic letters two columns."""
        played = Played(width, ambiguous_as_wide)
        for _ in range(2):
            played.draw(*content)
            played.flush(["hello"])
            self.assertEqual(played.screen.lines(), ["hello"] * len(played.said))

    @settings(deadline=None)
    @given(rows(PLAIN), st.lists(WIDTHS, min_size=1, max_size=3))
    def test_finish(self, content: tuple[str, str, int], widths: list[int]) -> None:
        """In the end the terminal is as it was, even if it has just been resized, and a row may begin anew."""
        played = Played(40)
        self.assertEqual(Row(40).finish(), b"")
        played.draw(*content)
        played.flush(["hello"])
        for width in widths:
            played.resize(width)
        played.screen.show(played.row.finish())
        screen = played.screen
        self.assertEqual((screen.lines(), screen.rows[-1], screen.x), (["hello"], [], 0))
        self.assertEqual((screen.y, screen.wraps, screen.pastes_in_brackets), (len(screen.rows) - 1, True, False))
        self.assertEqual(played.row.finish(), b"")
        played.flush(["again"])
        played.check(self)


class SentTests(SynchronousTestCase):
    def row(self, prompt: str, text: str, at: int | None = None, columns: int = 80) -> Row:
        row = Row(columns)
        row.draw(prompt, text, len(text) if at is None else at)
        row.around(b"")
        return row

    def test_lines(self) -> None:
        """Around lines the row is taken away and drawn again; nothing is sent around nothing."""
        row = self.row("> ", "hel")
        self.assertEqual(row.around(b"one\r\ntwo\r\n"), b"\r\x1b[Kone\r\ntwo\r\n> hel")
        self.assertEqual(row.around(b""), b"")

    def test_typed_at_the_end(self) -> None:
        """What is typed at the end is sent alone."""
        row = self.row("> ", "hel")
        row.draw("> ", "hello", 5)
        self.assertEqual(row.around(b""), b"lo")

    def test_typed_in_the_middle(self) -> None:
        """Any other change sends the row."""
        row = self.row("> ", "hlo", 1)
        row.draw("> ", "hello", 3)
        self.assertEqual(row.around(b""), b"\r\x1b[K> hello\x1b[2D")

    def test_other_than_ascii(self) -> None:
        """The terminal is told not to wrap, and remembers where the cursor goes."""
        row = self.row("> ", "你好", 1)
        self.assertEqual(row.around(b"x\r\n"), "\r\x1b[Kx\r\n\x1b[?7l> 你\x1b7好\x1b8\x1b[?7h".encode())

    def test_torn(self) -> None:
        """A row that may be torn is sent as a whole, with all that stands below it cleared."""
        row = self.row("> ", "hello")
        row.tear()
        self.assertEqual(row.around(b""), b"\r\x1b[J> hello")
        self.assertEqual(row.around(b""), b"")

    def test_scrolled(self) -> None:
        """Markers stand where more is hidden; the row stays as it is while the cursor moves within it."""
        text = "".join(chr(ord("a") + place % 26) for place in range(100))
        row = self.row("> ", text, 50, columns=20)
        for at, shown in (
            (45, b"\x1b[7m<\x1b[mopqrstuvwxyzabc\x1b[7m>\x1b[m\x1b[11D"),
            (40, b"\x1b[7m<\x1b[mjklmnopqrstuvwx\x1b[7m>\x1b[m\x1b[11D"),
            (0, b"abcdefghijklmno\x1b[7m>\x1b[m\x1b[16D"),
            (100, b"\x1b[7m<\x1b[mmnopqrstuv"),
        ):
            row.draw("> ", text, at)
            self.assertEqual(row.around(b"").partition(b"> ")[2], shown)

    def test_scrolled_to_a_mark(self) -> None:
        """What is drawn begins with a whole character."""
        row = self.row("> ", "x" * 100, 50, columns=20)
        row.draw("> ", "x" * 39 + "e\u0301" + "x" * 59, 50)
        self.assertIn(b"\x1b[me\xcc\x81" + b"x" * 9 + b"\x1b7", row.around(b""))

    def test_heap_of_marks(self) -> None:
        """A heap of marks makes no row that is longer than a few characters in each cell."""
        row = self.row("> ", "e" + "\u0301" * 4000, columns=80)
        self.assertLess(len(row.around(b"x\r\n")), 800)

    def test_narrowed(self) -> None:
        """Rows above the cursor are taken away too, no more of them than any terminal makes of the row."""
        for text, columns, rows in (
            ("x" * 70, 50, 1),
            ("x" * 70, 24, 2),
            ("x" * 70, 72, 0),
            ("👩\u200d🚀" * 17, 36, 0),
        ):
            row = self.row("> ", text)
            row.resize(columns)
            self.assertEqual(row.finish()[1:5], b"\x1b[%dA" % rows if rows else b"\x1b[J\x1b", text)

    def test_unknown_width(self) -> None:
        """An unknown width counts as 80, and the widest is bounded."""
        for columns, drawn in ((0, UNKNOWN_WIDTH), (65535, WIDEST)):
            row = self.row("", "x" * 4000, 0, columns)
            self.assertEqual(row.around(b"y\r\n").count(b"x"), drawn - 3, columns)
