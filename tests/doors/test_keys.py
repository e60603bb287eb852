"""Tests for chatd.doors.keys: what the keyboards of real terminals send."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.keys import LONGEST_PASTE, LONGEST_STRING, PATIENCE, Key, KeyReader, Pasted, Pressed

# As terminfo and the terminals' own documentation give them.
KEYS = {
    Key.LEFT: "\x1b[D \x1bOD \x02 \x1b[1;2D \x1b\x1b[D",
    Key.RIGHT: "\x1b[C \x1bOC \x06 \x1b[1;2C",
    Key.UP: "\x1b[A \x1bOA \x10 \x1b[1;5A \x1bOa",
    Key.DOWN: "\x1b[B \x1bOB \x0e \x1b[1;3B \x1bOb",
    Key.WORD_LEFT: "\x1bb \x1bB \x1b[1;5D \x1b[1;3D \x1b[5D \x1bO5D \x1bOd \x1b[1;7D",
    Key.WORD_RIGHT: "\x1bf \x1bF \x1b[1;5C \x1b[1;3C \x1b[5C \x1bO5C \x1bOc \x1b[1;6C",
    Key.HOME: "\x01 \x1b[H \x1bOH \x1b[1~ \x1b[7~ \x1b[1;5H \x1b[7^ \x1b[7$",
    Key.END: "\x05 \x1b[F \x1bOF \x1b[4~ \x1b[8~ \x1b[1;5F \x1b[8^ \x1b[8$",
    Key.DELETE: "\x1b[3~ \x1b[3;2~ \x1b[3$ \x1b[P",
    Key.KILL_WORD_RIGHT: "\x1bd \x1bD \x1b[3;5~ \x1b[3;3~ \x1b[3^",
    Key.KILL_WORD_LEFT: "\x1b\x7f \x1b\x08",
    Key.BACKSPACE: "\x7f \x08",
    Key.KILL_LEFT: "\x15",
    Key.KILL_RIGHT: "\x0b",
    Key.KILL_BLANK_WORD_LEFT: "\x17",
    Key.YANK: "\x19",
    Key.TRANSPOSE: "\x14",
    Key.TAB: "\t",
    Key.REDRAW: "\x0c",
    Key.ENTER: "\r \n \r\n \r\0 \x1bOM \x1b\r",
    Key.INTERRUPT: "\x03",
    Key.END_OF_INPUT: "\x04",
}
# Keys without a meaning here, and answers of terminals that nobody asked for.
NOTHING = """
\x1bOP \x1b[[A \x1b[[E \x1b[15~ \x1b[24;5~ \x1b[2~ \x1b[5~ \x1b[6~ \x1b[1;2P \x1b[Z \x1b[I \x1b[O \x1b[97;5u \x1b[E
\x1b[?1;2c \x1b[>0;276;0c \x1b[<0;10;10M \x1b[12;40R \x1b[?2004;2$y \x1b[0n \x1b[201~ \x1bOj
\x1b]11;rgb:0000/0000/0000\x07 \x1b]11;rgb:0000/0000/0000\x1b\\ \x1bP1$r0m\x1b\\ \x1bP>|xterm(379)\x9c \x1b_G\x1b\\
"""


def pressed(*segments: bytes, now: float = 0.0) -> list[Pressed]:
    """Return the keys in these segments, what was typed in a row joined."""
    reader, keys = KeyReader(), list[Pressed]()
    for segment in segments:
        for key in reader.read(segment, now):
            if isinstance(key, str) and keys and isinstance(keys[-1], str):
                keys[-1] += key
            else:
                keys.append(key)
    return keys


class KeyTests(SynchronousTestCase):
    def test_known_keys(self) -> None:
        """The keys that edit a row are known from every common terminal."""
        for key, spellings in KEYS.items():
            for spelling in spellings.split(" "):
                self.assertEqual(pressed(f"a{spelling}b".encode()), ["a", key, "b"], repr(spelling))

    def test_known_keys_cut_anywhere(self) -> None:
        """So they are when the network cuts them."""
        for key, spellings in KEYS.items():
            for spelling in spellings.split(" "):
                sent = spelling.encode() + b"b"
                for cut in range(len(sent)):
                    self.assertEqual(pressed(sent[:cut], sent[cut:]), [key, "b"], f"{spelling!r} cut at {cut}")

    def test_meaningless(self) -> None:
        """Sequences without a meaning here are swallowed whole, cut or not."""
        for sequence in NOTHING.split():
            sent = f"a{sequence}b".encode()
            self.assertEqual(pressed(sent), ["ab"], repr(sequence))
            self.assertEqual(pressed(*(bytes([byte]) for byte in sent)), ["ab"], repr(sequence))
        self.assertEqual(pressed(bytes([0, 7, 0x1A, 0x1C, 0x1F])), [])

    def test_line_ends(self) -> None:
        """CR, LF, CR LF and CR NUL are one Enter each, and only their own second half belongs to a CR."""
        self.assertEqual(pressed(b"\r\r\n\n\r\0\0\n"), [Key.ENTER] * 5)
        self.assertEqual(pressed(b"\r\x1b[I\n", b"\ra\n"), [Key.ENTER, Key.ENTER, Key.ENTER, "a", Key.ENTER])

    def test_text(self) -> None:
        """Text comes as it is, in pieces that lie between other keys, its characters cut or not."""
        self.assertEqual(pressed("naïve 李雷 👩\u200d🚀".encode()), ["naïve 李雷 👩\u200d🚀"])
        self.assertEqual(pressed(*(bytes([byte]) for byte in "é李🚀".encode())), ["é李🚀"])

    def test_no_utf_8(self) -> None:
        """Each stretch of bytes that is no UTF-8 is unreadable, and takes nothing with it."""
        for wrong in (b"\xff", b"\xe9", b"\xe6\x9d", b"\xed", "\ufffd".encode(), "\x9b".encode()):
            self.assertEqual(pressed(b"a" + wrong + b"b\x1b[A"), ["a", Key.UNREADABLE, "b", Key.UP], wrong)
        self.assertEqual(pressed(b"\xf0\x9f\r"), [Key.UNREADABLE, Key.ENTER])


class EscapeTests(SynchronousTestCase):
    def test_key_behind(self) -> None:
        """A key without a meaning of its own behind Escape counts as pressed alone."""
        self.assertEqual(pressed("\x1bhello\x1b李\x1b\x1b\x1bx".encode()), ["hello李x"])
        self.assertEqual(pressed(b"\x1b\x01\x1b\x1b[A"), [Key.HOME, Key.UP])

    def test_broken_off(self) -> None:
        """A sequence ends before what can't belong to it."""
        self.assertEqual(pressed(b"\x1b[12\r"), [Key.ENTER])
        self.assertEqual(pressed("\x1bO李".encode()), ["李"])
        self.assertEqual(pressed(b"\x1b]11;x\r"), [Key.ENTER])
        self.assertEqual(pressed(b"\x1b]11;x\x1b[A"), [Key.UP])
        self.assertEqual(pressed(b"\x1b[[x"), ["x"])

    def test_after_a_second(self) -> None:
        """What an Escape began is forgotten after a second."""
        for begun in (b"\x1b", b"\x1b[", b"\x1bO", b"\x1b[1;", b"\x1b]11;rgb", b"\x1bP", b"\x1b]x\x1b"):
            reader = KeyReader()
            self.assertEqual(list(reader.read(begun, 10.0)), [])
            self.assertEqual(list(reader.read(b"Ah", 10.1 + PATIENCE)), ["Ah"], begun)

    def test_within_a_second(self) -> None:
        """Within that second it may come in pieces."""
        reader = KeyReader()
        self.assertEqual([list(reader.read(part, at)) for part, at in ((b"\x1b", 10.0), (b"[", 10.9))], [[], []])
        self.assertEqual(list(reader.read(b"A", 11.8)), [Key.UP])

    def test_bound(self) -> None:
        """A sequence without an end swallows a bounded number of characters, however it is cut."""
        for begun, most in ((b"\x1b[", 36), (b"\x1bO", 8), (b"\x1b]", LONGEST_STRING)):
            sent = begun + b"1" * 1000
            for segments in ([sent], [sent[i : i + 1] for i in range(len(sent))]):
                (kept,) = pressed(*segments)
                self.assertGreaterEqual(len(str(kept)), 1000 - most, begun)


class PasteTests(SynchronousTestCase):
    def test_whole(self) -> None:
        """A paste is one text, whatever keys would be in it; what stands around it is typed."""
        self.assertEqual(
            pressed(b"a\x1b[200~b\r\n\x03\x04\x1b[A\x1b[200~\x1bc\t\x1b[201~d\r"),
            ["a", Pasted("b\r\n\x03\x04\x1b[A\x1b[200~\x1bc\t", 0.0), "d", Key.ENTER],
        )

    def test_cut_anywhere(self) -> None:
        """So it is however it is cut."""
        sent = "\x1b[200~李\x1b[20\x1b[201~\n".encode()
        for cut in range(len(sent) + 1):
            self.assertEqual(pressed(sent[:cut], sent[cut:]), [Pasted("李\x1b[20", 0.0), Key.ENTER], cut)

    def test_when(self) -> None:
        """A paste counts from its beginning, and may take its time."""
        reader = KeyReader()
        for at, part in ((10.0, b"\x1b[200~a\x1b[2"), (20.0, b"01"), (30.0, b"")):
            self.assertEqual(list(reader.read(part, at)), [])
        self.assertEqual(list(reader.read(b"~", 40.0)), [Pasted("a", 10.0)])

    def test_too_long(self) -> None:
        """Of a paste that is too long so much is kept that it shows, and what follows it is read as ever."""
        for size, kept in ((LONGEST_PASTE, LONGEST_PASTE), (3 * LONGEST_PASTE, LONGEST_PASTE + 1)):
            sent = b"\x1b[200~" + b"x" * size + b"\x1b[201~y"
            for step in (len(sent), 10_000):
                segments = [sent[i : i + step] for i in range(0, len(sent), step)]
                self.assertEqual(pressed(*segments), [Pasted("x" * kept, 0.0), "y"])


PIECES = [spelling.encode() for spellings in KEYS.values() for spelling in spellings.split(" ")]
PIECES += [sequence.encode() for sequence in NOTHING.split()]
PIECES += [
    b"\x1b",
    b"\x1b[",
    b"\x1bO",
    b"\x1b]",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\xff",
    b"\xe6",
    b"\0",
    "李".encode(),
    b"a",
]


class AnyBytesTests(SynchronousTestCase):
    @given(
        st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)),
        st.lists(st.integers(0, 80), max_size=5),
    )
    @example(b"\r\n", [1])
    def test_cut_anywhere(self, sent: bytes, cuts: list[int]) -> None:
        """Any bytes are the same keys however they are cut."""
        edges = [0, *sorted(cuts), len(sent)]
        self.assertEqual(pressed(*(sent[start:end] for start, end in pairwise(edges))), pressed(sent))

    @given(st.lists(st.sampled_from([key for key in PIECES if not key.startswith(b"\x1b[200~")]), max_size=12))
    def test_escape_is_not_for_ever(self, pieces: list[bytes]) -> None:
        """Whatever came before, a second later a word that is typed is read as a word."""
        reader = KeyReader()
        list(reader.read(b"".join(pieces), 0.0))
        keys = list(reader.read(b"hello", 2.0))
        self.assertEqual(keys[-1], "hello")
