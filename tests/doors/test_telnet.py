"""Tests for chatd.doors.telnet: what real clients send (each row was recorded from the client that it names)."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.telnet import Keyboard, erased, needs_erasing

TELNET_PORT_23 = bytes.fromhex("fffd03 fffb18 fffb1f fffb20 fffb21 fffb22 fffb27 fffd05 fffb23 fffd06".replace(" ", ""))
PLINK = bytes.fromhex("fffb1f fffb20 fffb18 fffb27 fffd01 fffb03 fffd03".replace(" ", ""))
CTRL_C, CTRL_BACKSLASH, CTRL_Z = (bytes.fromhex(f"ff{command}fffd06") for command in ("f4", "f3", "ed"))
FREED = bytes.fromhex("fffc06")
GOODBYE = "\x04\n"

# What a client sends, the text that it is, what chatd answers.
CLIENTS = {
    "telnet": (b"alice\r\nhello\r\n", "alice\nhello\n", b""),
    "telnet to port 23": (
        TELNET_PORT_23 + b"alice\r\n",
        "alice\n",
        bytes.fromhex("fffc03 fffe18 fffe1f fffe20 fffe21 fffe22 fffe27 fffc05 fffe23 fffc06".replace(" ", "")),
    ),
    "telnet, Ctrl-C in a line": (b"hel" + CTRL_C + b"lo\r\n", "hello\n", FREED),
    "telnet, Ctrl-C twice": (CTRL_C + CTRL_C + b"hello\r\n", "hello\n", FREED + FREED),
    "telnet, Ctrl-backslash": (CTRL_BACKSLASH + b"hello\r\n", "hello\n", FREED),
    "telnet, Ctrl-Z": (CTRL_Z + b"hello\r\n", "hello\n", FREED),
    "telnet, Ctrl-D": (b"alice\r\n\x04", "alice\n" + GOODBYE, b""),
    "telnet to port 23, Ctrl-D": (b"alice\r\n\xff\xec", "alice\n\x15" + GOODBYE, b""),
    "nc": (b"alice\nhello\n", "alice\nhello\n", b""),
    "nc -C": (b"alice\r\n", "alice\n", b""),
    "plink": (
        PLINK + b"alice\n",
        "alice\n",
        bytes.fromhex("fffe1f fffe20 fffe18 fffe27 fffc01 fffe03 fffc03".replace(" ", "")),
    ),
    "plink, Ctrl-D in a line": (b"hel\xff\xec", "hel\x15" + GOODBYE, b""),
    "socat raw": (b"alice\rhello\r", "alice\nhello\n", b""),
    "socat raw, Ctrl-D": (b"alice\r\x04", "alice\n" + GOODBYE, b""),
    "socat raw, editing": (b"alixe\x7f\x7fce\r", "alixe\x7f\x7fce\n", b""),
    "a telnet that sends NUL": (b"alice\r\0hello\r\0", "alice\nhello\n", b""),
    "an option again and again": (b"\xff\xfb\x01" * 3 + b"a\n", "a\n", b"\xff\xfe\x01"),
    "answers to our refusals": (b"\xff\xfc\x01\xff\xfe\x01a\n", "a\n", b""),
    "a subnegotiation": (b"a\xff\xfa\x18\x00xterm\r\n\xff\xffx\xff\xf0b\n", "ab\n", b""),
    "an empty subnegotiation": (b"\xff\xfa\xff\xf0a\n", "a\n", b""),
    "commands without meaning here": (b"\xff\xf1\xff\xf6\xff\xf9\xff\x00a\n", "a\n", b""),
}


def played(segments: list[bytes]) -> tuple[str, bytes]:
    """Return the text in these segments, and what was answered."""
    answers: list[bytes] = []
    keyboard = Keyboard(answers.append)
    text = b"".join([keyboard.typed(segment, 4096) for segment in segments])
    return text.decode(), b"".join(answers)


class KeyboardTests(SynchronousTestCase):
    def test_in_one_segment(self) -> None:
        """Each client's bytes become its text, and telnet's questions are refused."""
        for client, (sent, text, answer) in CLIENTS.items():
            self.assertEqual(played([sent]), (text, answer), client)

    def test_split_everywhere(self) -> None:
        """So they do when the network cuts them anywhere."""
        for client, (sent, text, answer) in CLIENTS.items():
            for cut in range(len(sent) + 1):
                self.assertEqual(played([sent[:cut], sent[cut:]]), (text, answer), f"{client}, cut at {cut}")

    def test_byte_by_byte(self) -> None:
        """And when each byte comes alone."""
        for client, (sent, text, answer) in CLIENTS.items():
            self.assertEqual(played([bytes([byte]) for byte in sent]), (text, answer), client)

    def test_end_of_input_within_a_line(self) -> None:
        """Ctrl-D says goodbye only on an empty line."""
        self.assertEqual(played([b"hel", b"\x04", b"lo\n"]), ("hel\x04lo\n", b""))

    def test_data_byte_255(self) -> None:
        """A doubled IAC is the byte 255, which the line door refuses because it is no UTF-8."""
        answers: list[bytes] = []
        self.assertEqual(Keyboard(answers.append).typed(b"a\xff\xffb\n", 4096), b"a\xffb\n")

    @given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
    def test_any_bytes(self, sent: bytes, cuts: list[int]) -> None:
        """Any bytes give the same text however they are cut, unless they hold a Ctrl-D, whose place matters."""
        sent = sent.replace(b"\x04", b"")
        edges = [0, *sorted(cuts), len(sent)]
        segments = [sent[start:end] for start, end in pairwise(edges) if start < end]

        def typed(parts: list[bytes]) -> tuple[bytes, bytes]:
            answers: list[bytes] = []
            keyboard = Keyboard(answers.append)
            return b"".join([keyboard.typed(part, 4096) for part in parts]), b"".join(answers)

        self.assertEqual(typed(segments), typed([sent]))


class ErasedTests(SynchronousTestCase):
    def test_characters(self) -> None:
        """DEL and BS take back one character, with its marks; at the start of a line there is nothing to take."""
        self.assertEqual(erased("alixe\x7f\x7fce"), "alice")
        self.assertEqual(erased("李雷\x08"), "李")
        self.assertEqual(erased("e\u0301\x7fx"), "x")
        self.assertEqual(erased("\x7f\x7fx"), "x")

    def test_line(self) -> None:
        """Ctrl-U takes back all that was typed so far."""
        self.assertEqual(erased("my password\x15hello"), "hello")

    def test_needs_erasing(self) -> None:
        """Most lines hold nothing to erase."""
        self.assertFalse(needs_erasing("hello, 李雷".encode()))
        for key in (b"\x7f", b"\x08", b"\x15"):
            self.assertTrue(needs_erasing(b"a" + key))
