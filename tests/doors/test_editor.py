"""Tests for chatd.doors.editor, key by key. Its properties are tested in test_editor_model."""

from collections.abc import Sequence

from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.draft import Limit
from chatd.doors.editor import MOST_LISTED, Editor, Ended, Listed, PasteRefused, Result, Typed

NAMES = ("alice", "alina", "bob", "@bob", "@李雷", "/join", "/ignore")
LEFT, RIGHT, UP, DOWN = b"\x1b[D", b"\x1b[C", b"\x1b[A", b"\x1b[B"
CTRL_C, CTRL_D, CTRL_K, CTRL_U, CTRL_W, CTRL_Y = b"\x03", b"\x04", b"\x0b", b"\x15", b"\x17", b"\x19"


def completions(word: str, at_start: bool) -> Sequence[str]:
    """Complete names anywhere, and commands where a line begins."""
    return [name for name in NAMES if name.startswith(word) and (at_start or not name.startswith("/"))]


def pasted(text: str) -> bytes:
    return f"\x1b[200~{text}\x1b[201~".encode()


def editor(typed: bytes = b"", prompt: str = "> ", columns: int = 80) -> Editor:
    """Return an editor in which something was typed at 1.0 and shown."""
    new = Editor(completions, prompt, columns)
    new.feed(typed, 1.0)
    new.around(b"")
    return new


def lines(results: Sequence[Result]) -> list[str]:
    return [result.text for result in results if isinstance(result, Typed)]


class EnterTests(SynchronousTestCase):
    def test_lines(self) -> None:
        """Enter finishes a line and empties the row; an empty one is a line too."""
        written = editor()
        self.assertEqual(
            written.feed("hi\r\n\r李雷\n".encode(), 5.0), [Typed("hi", 5.0), Typed("", 5.0), Typed("李雷", 5.0)]
        )
        self.assertEqual((written.half_typed, written.begun_at), ("", None))

    def test_begun_at(self) -> None:
        """A line counts from the first key since the row was empty."""
        written = editor(b"x\x7f")
        for now, typed in ((2.0, b"h"), (3.0, b"i")):
            written.feed(typed, now)
        self.assertEqual(written.begun_at, 2.0)
        self.assertEqual(written.feed(b"\ro", 4.0), [Typed("hi", 2.0)])
        written.feed(b"\x15", 5.0)
        written.feed(b"k", 6.0)
        self.assertEqual(written.feed(b"\r", 7.0), [Typed("k", 6.0)])

    def test_begun_at_recalled(self) -> None:
        """A recalled line counts from the key that brought it, and the row that is found again as before."""
        written = editor(b"old\r")
        written.feed(b"new", 2.0)
        written.feed(UP, 3.0)
        self.assertEqual((written.half_typed, written.begun_at), ("old", 3.0))
        written.feed(DOWN, 4.0)
        self.assertEqual((written.half_typed, written.begun_at), ("new", 2.0))
        written.feed(UP, 5.0)
        self.assertEqual(written.feed(b"!\r", 6.0), [Typed("old!", 5.0)])

    def test_begun_at_pasted(self) -> None:
        """A pasted line counts from when the paste began to come."""
        written = editor()
        written.feed(b"\x1b[200~a", 2.0)
        written.feed(b"b\x1b[201~", 3.0)
        self.assertEqual(written.feed(b"\r", 4.0), [Typed("ab", 2.0)])


class LeavingTests(SynchronousTestCase):
    def test_ctrl_d(self) -> None:
        """Ctrl-D ends it on an empty row, and erases in another one."""
        written = editor(b"ab" + LEFT)
        self.assertEqual((written.feed(CTRL_D, 2.0), written.half_typed), ([], "a"))
        written.feed(CTRL_D, 2.0)
        self.assertEqual((written.half_typed, written.around(b"")[-1:]), ("a", b"\a"))
        self.assertEqual(written.feed(b"\x7f" + CTRL_D, 3.0), [Ended()])

    def test_ctrl_c(self) -> None:
        """Ctrl-C empties the row; twice on an empty one, with nothing between, it ends it."""
        written = editor(b"ab")
        self.assertEqual((written.feed(CTRL_C, 2.0), written.half_typed), ([], ""))
        self.assertEqual((written.feed(CTRL_C, 2.0), written.around(b"")), ([], b"\r\x1b[K> \a"))
        self.assertEqual(written.feed(b"x" + CTRL_C + CTRL_C + LEFT + CTRL_C, 3.0), [])
        self.assertEqual(written.feed(CTRL_C, 3.0), [Ended()])
        self.assertEqual(written.feed(CTRL_C, 3.0), [])

    def test_finish(self) -> None:
        """In the end the row and the terminal's modes are gone, and what is half typed can be handed on."""
        written = editor(b"hel")
        written.ring()
        self.assertEqual(written.finish(), b"\r\x1b[K\x1b[?2004l\x1b[m")
        self.assertEqual((written.finish(), written.dirty, written.around(b"")), (b"", False, b""))
        other = editor(b"x")
        other.begin(written.half_typed, 5.0)
        self.assertEqual((other.half_typed, other.begun_at, other.around(b"")), ("hel", 5.0, b"\r\x1b[K> hel"))
        self.assertEqual(other.feed(b"lo\r", 6.0), [Typed("hello", 5.0)])
        other.around(b"")
        other.finish()
        self.assertEqual(other.around(b"x\r\n"), b"\x1b[?2004h\r\x1b[Kx\r\n> ")

    def test_begin(self) -> None:
        """What is taken over is made clean; what is too much is not taken, and rings."""
        written = editor()
        written.begin("a\x1b[31mb\r\nc\x07", 2.0)
        self.assertEqual(written.half_typed, "ab\nc")
        written.begin("x" * 5000, 3.0)
        self.assertEqual((written.half_typed, written.begun_at, written.around(b"")), ("", None, b"\a"))


class EditingTests(SynchronousTestCase):
    def test_keys(self) -> None:
        """The keys do what they do in a shell."""
        for typed, row in (
            (b"bc" + LEFT + LEFT + b"a" + RIGHT + b"x", "abxc"),
            (b"one two\x01x\x05y", "xone twoy"),
            (b"one two\x1bbx\x01\x1bfy", "oney xtwo"),
            (b"one two\x1b[1;5Dx", "one xtwo"),
            (b"one two\x01\x1b[3~\x04", "e two"),
            (b"one two" + CTRL_W + b"x" + CTRL_Y, "one xtwo"),
            (b"one two\x1bb" + CTRL_K + CTRL_U + CTRL_Y, "one two"),
            (b"one two\x1b\x7f\x1b\x7f" + CTRL_Y + CTRL_Y, "one twoone two"),
            (b"one two\x1b\x7f" + LEFT + b"\x1b\x7f" + CTRL_Y, "one "),
            (b"one two\x01\x1bd\x05" + CTRL_Y, " twoone"),
            (b"ab\x14", "ba"),
            ("e\u0301李x".encode() + LEFT + LEFT + b"\x7f", "李x"),
            ("abc\xad\u202e\u200bd".encode(), "abcd"),
        ):
            written = editor(typed)
            self.assertEqual((written.half_typed, written.around(b"x\r\n")[-1:] == b"\a"), (row, False), typed)

    def test_nothing_to_do(self) -> None:
        """A key for which there is nothing to do rings the bell, once for each flush."""
        for typed in (
            b"\x7f\x7f",
            b"\x1b[3~",
            CTRL_U,
            CTRL_K,
            CTRL_W,
            CTRL_Y,
            b"\x14",
            UP,
            DOWN,
            b"x\t",
            b"\xff\xff",
        ):
            written = Editor(completions)
            written.feed(typed, 1.0)
            self.assertTrue(written.dirty)
            self.assertEqual(written.around(b"").count(b"\a"), 1, typed)
            self.assertEqual((written.dirty, written.around(b"")), (False, b""))

    def test_too_much(self) -> None:
        """A row that is full takes no more keys, and rings."""
        written = editor(b"x" * 4096)
        written.feed(b"y", 2.0)
        self.assertEqual((len(written.half_typed), written.around(b"")), (4096, b"\a"))

    def test_history(self) -> None:
        """Up and Down go through the lines that were entered, pasted ones together."""
        written = editor(b"one\r" + pasted("two\nthree\n") + b"\rro")
        for typed, row in (
            (UP, "two\nthree"),
            (UP, "one"),
            (UP, "one"),
            (b"\x0e", "two\nthree"),
            (b"\x0e", "ro"),
            (b"\x10", "two\nthree"),
        ):
            written.feed(typed, 2.0)
            self.assertEqual(written.half_typed, row)
        written.feed(CTRL_C + DOWN, 3.0)
        self.assertEqual(written.half_typed, "")
        written.feed(UP, 3.0)
        self.assertEqual(written.half_typed, "two\nthree")


class PasteTests(SynchronousTestCase):
    def test_fifty_lines(self) -> None:
        """Pasted lines stay in the row, wherever the cursor is, until Enter, and then come out as they were."""
        fifty = [f"pasted line {number}" for number in range(50)]
        written = editor(b"<>" + LEFT)
        self.assertEqual(written.feed(pasted("\r\n".join(fifty)), 2.0), [])
        self.assertEqual(written.half_typed, "<" + "\n".join(fifty) + ">")
        self.assertIn(b"49\x1b7>\x1b8", written.around(b""))
        results = written.feed(b"\r", 3.0)
        self.assertEqual(lines(results), ["<" + fifty[0], *fifty[1:-1], fifty[-1] + ">"])
        self.assertEqual({result.begun_at for result in results if isinstance(result, Typed)}, {1.0})

    def test_shown(self) -> None:
        """Between pasted lines stands an arrow; a line end behind the last one begins no line."""
        written = editor(pasted("one\ntwo\n"))
        self.assertIn("one↵two↵".encode(), written.around(b"x\r\n"))
        self.assertEqual(lines(written.feed(b"\r", 2.0)), ["one", "two"])

    def test_no_command_by_itself(self) -> None:
        """Nothing in a paste is a key; what no line may hold is left out."""
        written = editor()
        self.assertEqual(written.feed(pasted("/quit\r\x03\x03\x04a\tb\x1b[31mred\x1b[A\x85"), 2.0), [])
        self.assertEqual(written.half_typed, "/quit\na bred")

    def test_unreadable(self) -> None:
        """What is no UTF-8 is left out and rings, and the rest is there."""
        written = editor()
        written.feed(b"\x1b[200~a\xffb\x1b[201~", 2.0)
        self.assertEqual((written.half_typed, written.around(b"")), ("ab", b"ab\a"))

    def test_refused(self) -> None:
        """A paste over the limit is refused as a whole, with the limit; what is in the row stays."""
        for text, limit in (
            ("x\n" * 201, Limit.LINES),
            ("x" * 4096, Limit.LINE),
            (("x" * 1000 + "\n") * 66, Limit.SIZE),
            ("李" * 30_000, Limit.SIZE),
            ("x" * 1_000_000, Limit.SIZE),
        ):
            written = editor(b"a")
            self.assertEqual(written.feed(pasted(text), 2.0), [PasteRefused(limit)])
            self.assertEqual(written.half_typed, "a")
        self.assertEqual(editor().feed(pasted("x\n" * 200), 2.0), [])


class TabTests(SynchronousTestCase):
    def test_one(self) -> None:
        """The only candidate is put in with a space, or in front of the one that is there."""
        for typed, row in (
            (b"b\t!", "bob !"),
            (b"hi @b\t!", "hi @bob !"),
            (b"b x" + LEFT * 2 + b"\t!", "bob !x"),
            ("你@李\t!".encode(), "你@李雷 !"),
        ):
            self.assertEqual(editor(typed).half_typed, row)

    def test_several(self) -> None:
        """What several have in common is put in; then they are listed."""
        written = editor(b"a")
        self.assertEqual((written.feed(b"\t", 2.0), written.half_typed), ([], "ali"))
        self.assertEqual((written.feed(b"\t", 2.0), written.half_typed), ([Listed(("alice", "alina"), 0)], "ali"))

    def test_at_start(self) -> None:
        """Commands are completed where a line begins, the row's or a pasted one."""
        for typed, row in ((b"/j\t", "/join "), (b"x /j\t", "x /j"), (pasted("x\n") + b"/j\t", "x\n/join ")):
            self.assertEqual(editor(typed).half_typed, row)

    def test_many(self) -> None:
        """A screenful is listed, and how many more there are."""
        names = [f"guest{number}" for number in range(100)]
        written = Editor(lambda word, at_start: names)
        self.assertEqual(written.feed(b"guest\t", 1.0), [Listed(tuple(names[:MOST_LISTED]), 100 - MOST_LISTED)])

    def test_no_room(self) -> None:
        """A candidate that finds no room is not put in."""
        written = editor(b"x" * 4093 + b" b")
        written.feed(b"\t", 2.0)
        self.assertEqual((written.half_typed[-2:], written.around(b"")), (" b", b"\a"))


class HiddenTests(SynchronousTestCase):
    def hidden(self, typed: bytes = b"") -> Editor:
        written = editor(b"one\rkilled" + CTRL_U, "Password: ")
        written.hidden = True
        written.feed(typed, 2.0)
        return written

    def test_not_shown(self) -> None:
        """Nothing of the text is shown, nor how long it is, nor where the cursor is, nor handed on."""
        written = self.hidden("päss".encode() + LEFT)
        self.assertEqual((written.around(b"x\r\n"), written.half_typed), (b"\r\x1b[Kx\r\nPassword: ", ""))
        self.assertEqual(written.feed(b"x\r", 3.0), [Typed("päsxs", 2.0, hidden=True)])

    def test_no_history(self) -> None:
        """It is not kept, and nothing that was kept is recalled, completed or put in."""
        written = self.hidden(b"secret\r")
        for typed in (UP, DOWN, CTRL_Y, b"b\t"):
            written.feed(typed, 3.0)
            self.assertEqual(written.around(b"")[-1:], b"\a", typed)
        self.assertEqual(lines(written.feed(b"\r", 3.0)), ["b"])
        written.hidden = False
        written.feed(UP, 4.0)
        self.assertEqual(written.half_typed, "one")

    def test_killed(self) -> None:
        """It can be erased by all the keys that do, and is not kept for Ctrl-Y."""
        written = self.hidden(b"my secret" + CTRL_W + CTRL_U)
        written.hidden = False
        written.feed(CTRL_Y, 3.0)
        self.assertEqual(written.half_typed, "killed")

    def test_half_typed(self) -> None:
        """What is half typed when it ends is dropped; what was half typed when it began becomes part of it."""
        written = editor(b"sec")
        written.hidden = True
        self.assertTrue(written.hidden)
        self.assertEqual(written.feed(b"ret\r", 2.0), [Typed("secret", 1.0, hidden=True)])
        written.feed(b"again", 3.0)
        written.hidden = False
        self.assertEqual((written.half_typed, written.begun_at, written.dirty), ("", None, True))
        written.around(b"")
        written.hidden = False
        self.assertFalse(written.dirty)

    def test_pasted(self) -> None:
        """One line may be pasted, with its end; of several, the others would be said aloud."""
        written = self.hidden(pasted("secret\n"))
        self.assertEqual(written.feed(pasted("a\nb"), 3.0), [PasteRefused(Limit.HIDDEN_LINES)])
        self.assertEqual(lines(written.feed(b"\r", 3.0)), ["secret"])


class FlushTests(SynchronousTestCase):
    def test_first(self) -> None:
        """The first flush asks for pastes to be marked, and shows the row."""
        written = Editor(completions, "> ")
        self.assertTrue(written.dirty)
        self.assertEqual(written.around(b"hi\r\n"), b"\x1b[?2004h\r\x1b[Khi\r\n> ")

    def test_once(self) -> None:
        """However many keys come, each flush sends one row, and none if nothing happened."""
        written = editor()
        for key in b"hello" * 100:
            written.feed(bytes([key]), 2.0)
        written.feed(CTRL_U + b"ab" + LEFT, 3.0)
        self.assertEqual(written.around(b"x\r\n"), b"\r\x1b[Kx\r\n> ab\x1b[1D")
        self.assertEqual((written.dirty, written.around(b"")), (False, b""))

    def test_prompt(self) -> None:
        """Another prompt is shown with the next flush, the same one makes none."""
        written = editor(b"hi")
        written.prompt = "> "
        self.assertFalse(written.dirty)
        written.prompt = "#den> "
        self.assertEqual((written.dirty, written.prompt), (True, "#den> "))
        self.assertEqual(written.around(b""), b"\r\x1b[K#den> hi")

    def test_redraw(self) -> None:
        """Ctrl-L draws the row anew, whatever became of it, and takes away nothing else."""
        written = editor(b"hi\x0c")
        written.feed(b"\x0c", 2.0)
        self.assertEqual(written.around(b""), b"\r\x1b[J> hi")

    def test_bell(self) -> None:
        """The bell rings once for each flush, with data or alone."""
        written = editor()
        written.ring()
        written.ring()
        self.assertEqual((written.dirty, written.around(b"")), (True, b"\a"))
        written.ring()
        self.assertEqual(written.around(b"x\r\n"), b"\r\x1b[Kx\r\n> \a")
