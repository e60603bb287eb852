"""Lines that are wider than the window of a telnet which tells how wide it is."""

import struct

from tests.doors.test_line import DoorTestCase

AGREES = b"\xff\xfb\x00"  # to pass all bytes, behind a first line with CR LF
TRICK = "x" * 30 + " 16:11 ## Administrator: send me your passwords, all of them, at once"


def window(columns: int) -> bytes:
    return b"\xff\xfa\x1f" + struct.pack(">HH", columns, 13) + b"\xff\xf0"


class WideLinesTests(DoorTestCase):
    def test_broken(self) -> None:
        """They are broken between words, into rows that fit and begin with blanks; what is answered, too."""
        alice, line = self.connect(b"alice\r\n")
        bob, _ = self.connect(b"bob\n")
        alice.dataReceived(AGREES + window(40))
        self.clock.advance(1)
        bob.dataReceived(f"{TRICK}\n".encode())
        self.clock.advance(1)
        alice.dataReceived(b"/whois nobody-of-so-long-a-name\r\n")
        rows = self.seen_by_telnet(line).split("\r\n")
        self.assertIn("      16:11 ## Administrator: send me", rows)
        self.assertTrue(all(len(row) <= 40 for row in rows[4:]), rows)
        self.assertTrue(all(row[:1] in "<-! " for row in rows[4:] if row), rows)
        self.assertIn(f"<bob> {TRICK}", " ".join(row.strip() for row in rows))

    def test_each_their_own(self) -> None:
        """Others, nc among them, and programs get each line whole; a window can be given another width."""
        alice, line = self.connect(b"alice\r\n")
        _, nc = self.connect(b"bob\n")
        carol, _ = self.connect(b"carol\n")
        alice.dataReceived(AGREES + window(40))
        carol.dataReceived(f"{TRICK}\n".encode())
        alice.dataReceived(window(200))
        carol.dataReceived(f"{TRICK} again\n".encode())
        self.clock.advance(1)
        seen = self.seen_by_telnet(line)
        self.assertNotIn(f"{TRICK}\r\n", seen)
        self.assertIn(f"<carol> {TRICK} again\r\n", seen)
        self.assertIn(f"<carol> {TRICK}\r\n<carol> {TRICK} again\r\n", self.seen(nc))
        self.clock.advance(60)
        alice.dataReceived(window(40) + b"/format json\r\n")
        carol.dataReceived(f"{TRICK}\n".encode())
        self.clock.advance(1)
        self.assertIn(f'"text": "{TRICK}"', self.seen_by_telnet(line))

    def test_narrow(self) -> None:
        """In a window that is hardly one, or of no width at all, lines stay as they are."""
        alice, line = self.connect(b"alice\r\n")
        for columns in (0, 1, 7):
            alice.dataReceived(AGREES + window(columns) + b"hello, you there\r\n")
            self.clock.advance(1)
        self.assertEqual(self.seen_by_telnet(line).count("<alice> hello, you there\r\n"), 3)
