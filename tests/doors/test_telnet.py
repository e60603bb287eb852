"""Tests for chatd.doors.telnet: what real clients send (each row was recorded from the client that it names)."""

import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.keyboard import Keyboard, erased, needs_erasing
from chatd.doors.telnet import MOST_SUBNEGOTIATED, Telnet, Terminal

TELNET_PORT_23 = bytes.fromhex("fffd03 fffb18 fffb1f fffb20 fffb21 fffb22 fffb27 fffd05 fffb23 fffd06".replace(" ", ""))
PLINK = bytes.fromhex("fffb1f fffb20 fffb18 fffb27 fffd01 fffb03 fffd03".replace(" ", ""))
CTRL_C, CTRL_BACKSLASH, CTRL_Z = (bytes.fromhex(f"ff{command}fffd06") for command in ("f4", "f3", "ed"))
FREED = bytes.fromhex("fffc06")
BINARY = bytes.fromhex("fffd00")
OFFER = bytes.fromhex("fffb01 fffb03 fffd1f".replace(" ", ""))  # WILL ECHO, WILL SGA, DO NAWS
WIDTH = b"\xff\xfd\x1f"
IP_KEY, AO_KEY, SUSP_KEY, BRK_KEY = (bytes.fromhex(f"ff{command}fffd06") for command in ("f4", "f5", "ed", "f3"))
GOODBYE = "\x04\n"

# What a client sends, the text that it is, what chatd answers.
CLIENTS = {
    "telnet": (b"alice\r\nhello\r\n", "alice\nhello\n", BINARY),
    "telnet to port 23": (
        TELNET_PORT_23 + b"alice\r\n",
        "alice\n",
        bytes.fromhex(
            "fffb01 fffb03 fffd1f fffd00 fffe18 fffe20 fffe21 fffe22 fffe27 fffc05 fffe23 fffc06".replace(" ", "")
        ),
    ),
    "telnet, Ctrl-C in a line": (b"hel" + CTRL_C + b"lo\r\n", "hel\x15lo\n", FREED + BINARY + b"dropped"),
    "telnet, Ctrl-C twice": (CTRL_C + CTRL_C + b"hello\r\n", "\x15\x15hello\n", FREED + BINARY + FREED + b"dropped"),
    "telnet, Ctrl-backslash": (CTRL_BACKSLASH + b"hello\r\n", "hello\n", FREED + BINARY),
    "telnet, Ctrl-Z": (CTRL_Z + b"hello\r\n", "hello\n", FREED + BINARY),
    "telnet, Ctrl-D": (b"alice\r\n\x04", "alice\n" + GOODBYE, BINARY),
    "telnet to port 23, Ctrl-D": (
        b"\xff\xfb\x18alice\r\n\xff\xec",
        "alice\n\x15" + GOODBYE,
        OFFER + b"\xff\xfe\x18" + BINARY,
    ),
    "nc": (b"alice\nhello\n", "alice\nhello\n", b""),
    "ncat -C, tf5, tt++": (b"alice\r\n", "alice\n", BINARY),
    "plink": (
        PLINK + b"alice\n",
        "alice\n",
        bytes.fromhex("fffb01 fffb03 fffd1f fffd00 fffe20 fffe18 fffe27 fffe03".replace(" ", "")),
    ),
    "plink, Ctrl-D in a line": (b"\xff\xfb\x18hel\xff\xec", "hel\x15" + GOODBYE, OFFER + b"\xff\xfe\x18" + BINARY),
    "socat raw": (b"alice\rhello\r", "alice\nhello\n", b""),
    "socat raw, Ctrl-D": (b"alice\r\x04", "alice\n" + GOODBYE, b""),
    "socat raw, editing": (b"alixe\x7f\x7fce\r", "alixe\x7f\x7fce\n", b""),
    "a telnet that sends NUL": (b"alice\r\0hello\r\0", "alice\nhello\n", b""),
    "an option again and again": (b"\xff\xfb\x01" * 3 + b"a\n", "a\n", OFFER + b"\xff\xfe\x01" + BINARY),
    "answers to our refusals": (b"\xff\xfc\x01\xff\xfe\x01a\n", "a\n", BINARY),
    "the answer to BINARY": (b"alice\r\n\xff\xfb\x00a\n", "alice\na\n", BINARY),
    "a subnegotiation": (b"a\xff\xfa\x18\x00xterm\xff\xffx\xff\xf0b\n", "ab\n", b""),
    "one that ends with its line": (b"a\xff\xfa\x18\x00xterm\n@bob b\n", "a\n@bob b\n", b"unfinished"),
    "an empty subnegotiation": (b"\xff\xfa\xff\xf0a\n", "a\n", b""),
    "commands without meaning here": (b"\xff\xf1\xff\xf9a\n", "a\n", b""),
    "keys that erase": (b"hellp\xff\xf7o\r\n", "hellp\x7fo\n", BINARY),
    "a key that erases the line": (b"for nobody\xff\xf8hello\r\n", "for nobody\x15hello\n", BINARY),
    "Are You There": (b"\xff\xf6a\n", "a\n", b"here"),
    "Synch, with its mark in line": (b"\xff\xf2@bob secret\n", "@bob secret\n", b""),
    "GNU telnet, 小明": ("小明\r\n".encode().replace(b"\x8f", AO_KEY), "小明\n", FREED + BINARY),
    "GNU telnet, 中午吃饭吗": (
        "中午吃饭吗\r\n".encode().replace(b"\x83", IP_KEY).replace(b"\x9a", SUSP_KEY).replace(b"\x9c", BRK_KEY),
        "中午吃饭吗\n",
        FREED + BINARY,
    ),
}


def played(segments: list[bytes]) -> tuple[str, bytes]:
    """Return the text in these segments, and what was answered."""
    text, answers = typed(segments)
    return text.decode(), answers


def typed(segments: list[bytes]) -> tuple[bytes, bytes]:
    answers: list[bytes] = []
    keyboard = keyboard_that_answers(answers)
    return b"".join([keyboard.typed(segment, 4096) for segment in segments]), b"".join(answers)


def without_repeats(answers: bytes) -> bytes:
    """Leave out what depends on how a segment is cut."""
    return answers.replace(BINARY, b"").replace(WIDTH, b"").replace(b"dropped", b"")


class Heard:
    """Notes what telnet's words ask for."""

    def __init__(self, answers: list[bytes]) -> None:
        self.reply = answers.append

    def asked_whether_here(self) -> None:
        self.reply(b"here")

    def interrupted(self) -> None:
        self.reply(b"dropped")

    def word_unfinished(self) -> None:
        self.reply(b"unfinished")

    def resized(self) -> None:
        self.reply(b"resized")


def keyboard_that_answers(answers: list[bytes], terminal: Terminal | None = None) -> Keyboard:
    terminal = terminal or Terminal()
    return Keyboard(terminal, Telnet(terminal, Heard(answers)))


class KeyboardTests(SynchronousTestCase):
    def test_in_one_segment(self) -> None:
        """Each client's bytes become its text, and telnet's questions are refused."""
        for client, (sent, text, answer) in CLIENTS.items():
            self.assertEqual(played([sent]), (text, answer), client)

    def test_split_everywhere(self) -> None:
        """So they do when the network cuts them anywhere; but telnet is known by a CR LF that comes with its text."""
        for client, (sent, text, answer) in CLIENTS.items():
            for cut in range(len(sent) + 1):
                seen, answers = played([sent[:cut], sent[cut:]])
                self.assertEqual(seen, text, f"{client}, cut at {cut}")
                self.assertIn(without_repeats(answers), without_repeats(answer), f"{client}, cut at {cut}")

    def test_byte_by_byte(self) -> None:
        """And when each byte comes alone."""
        for client, (sent, text, answer) in CLIENTS.items():
            seen, answers = played([bytes([byte]) for byte in sent])
            self.assertEqual((seen, without_repeats(answers)), (text, without_repeats(answer)), client)

    def test_nc(self) -> None:
        """nc ends lines with LF, and nc -C in a segment of its own: neither is sent a byte that is no text."""
        for segments in ([b"alice\n"], [b"alice", b"\r\n"], [b"alice\n", b"hello\r\n"]):
            self.assertEqual(played(segments)[1], b"")

    def test_letters(self) -> None:
        """IAC is a letter in other encodings; in front of anything but a command it stays, and no end of line goes."""
        for line in (b"ok \xff", b"\xff\x41", b"\xff\xec\xed", b"\xff\xec", b"\xff\xfb", b"\xff\x00\xff\xef"):
            for segments in (
                [line + b"\n@carol secret\n"],
                [line, b"\n@carol secret\n"],
                [line + b"\r", b"\n@carol secret\n"],
            ):
                self.assertEqual(typed(segments), (line + b"\n@carol secret\n", b""), segments)

    def test_end_of_file_of_others(self) -> None:
        """Telnet's EOF counts only from a client that has negotiated; else it is two letters."""
        self.assertEqual(typed([b"\xff\xec\n"]), (b"\xff\xec\n", b""))

    def test_word_without_end(self) -> None:
        """A subnegotiation that has no end within its bound is given up; what is behind it is heard."""
        sent = b"\xff\xfa" + b"x" * (MOST_SUBNEGOTIATED - 2) + b"hello\n"
        for segments in ([sent], [sent[:100], sent[100:]], [bytes([byte]) for byte in sent]):
            self.assertEqual(played(segments), ("hello\n", b"unfinished"))

    def test_end_of_input_within_a_line(self) -> None:
        """Ctrl-D says goodbye only on an empty line."""
        self.assertEqual(played([b"hel", b"\x04", b"lo\n"]), ("hel\x04lo\n", b""))

    def test_window(self) -> None:
        """A telnet that agreed to pass all bytes is asked once how wide it is; any width is understood, however cut."""
        agreed, asked = b"\xff\xfd\x06\xff\xfb\x00", b"\xff\xfd\x1f"
        self.assertEqual(typed([agreed, b"\xff\xfb\x00", b"\xff\xfb\x1f"]), (b"", b"\xff\xfc\x06" + BINARY + asked))
        for columns in (0, 10, 13, 80, 255, 0x0D0A, 0xFFFF):
            window = struct.pack(">HH", columns, 13).replace(b"\xff", b"\xff\xff")
            sent = agreed + b"\xff\xfa\x1f" + window + b"\xff\xf0hello\n"
            for cut in range(len(agreed), len(sent)):
                answers: list[bytes] = []
                terminal = Terminal()
                keyboard = keyboard_that_answers(answers, terminal)
                text = keyboard.typed(sent[:cut], 4096) + keyboard.typed(sent[cut:], 4096)
                self.assertEqual((text, terminal.columns), (b"hello\n", columns), cut)
                self.assertEqual(answers.count(b"resized"), bool(columns))

    def test_window_unasked(self) -> None:
        """Who wasn't asked is not believed, and who is but says something else is bounded as any other."""
        self.assertEqual(typed([b"a\xff\xfb\x1f"])[1], b"\xff\xfe\x1f" + BINARY)
        self.assertEqual(typed([b"\xff\xfa\x1f\0\x50\0\n"]), (b"\n", b"unfinished"))
        lie = b"\xff\xfd\x06\xff\xfb\x00\xff\xfa\x1f\0\x50\0\x18" + b"x" * 9 + b"\n"
        self.assertEqual(typed([lie])[0], b"\n")

    def test_data_byte_255(self) -> None:
        """A doubled IAC is the byte 255, which the line door refuses because it is no UTF-8."""
        self.assertEqual(typed([b"a\xff\xffb\n"]), (b"a\xffb\n", b""))

    @given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
    def test_any_bytes(self, sent: bytes, cuts: list[int]) -> None:
        """Any bytes give the same text however they are cut, unless they hold a Ctrl-D, whose place matters."""
        sent = sent.replace(b"\x04", b"")
        edges = [0, *sorted(cuts), len(sent)]
        segments = [sent[start:end] for start, end in pairwise(edges) if start < end]

        text, answers = typed(segments)
        whole, answers_to_whole = typed([sent])
        self.assertEqual((text, answers.replace(BINARY, b"")), (whole, answers_to_whole.replace(BINARY, b"")))


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
