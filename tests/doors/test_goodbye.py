"""What people at each client read last: nc stays open behind a goodbye, telnet and scripts close by themselves."""

from chatd.core.events import Cause, Departure
from tests.doors.test_line import DoorTestCase

CLOSES_NC = " (Enter or Ctrl-C closes nc)"


class GoodbyeTests(DoorTestCase):
    def last(self, *segments: bytes, how: Departure | None = None, half_close: bool = False) -> str:
        """Return the last line that a client reads who sends these segments, a second apart, and is then put out."""
        door, line = self.connect()
        for segment in segments:
            self.clock.advance(1)
            door.dataReceived(segment)
        if half_close:
            door.readConnectionLost()
        if how is not None:
            next(iter(self.hall.members)).dismiss(how)
        return self.seen_by_telnet(line).split("\r\n")[-2]

    def test_nc(self) -> None:
        """A person in nc is told with the last line of every goodbye how to close it."""
        self.assertEqual(self.last(b"alice\n", b"quit\n"), f"-- goodbye, alice{CLOSES_NC}")
        self.assertEqual(self.last(b"quit\n"), f"Nickname: -- goodbye{CLOSES_NC}")
        self.assertEqual(
            self.last(b"alice\n", how=Departure(Cause.KICKED, "spam")),
            f"!! you were disconnected by the administrator: spam{CLOSES_NC}",
        )
        self.assertEqual(
            self.last(b"alice\n", how=Departure(Cause.BANNED, "")),
            f"!! you were banned by the administrator: for good{CLOSES_NC}",
        )

    def test_closing(self) -> None:
        """Also when chatd closes, to somebody who has pasted lines before."""
        door, line = self.connect(b"alice\nhello\n")
        door.connection.close_within(5)
        self.assertTrue(self.seen(line).endswith(f"-- goodbye{CLOSES_NC}\r\n"))

    def test_telnet(self) -> None:
        """Telnet closes by itself."""
        self.assertEqual(self.last(b"alice\r\n", b"quit\r\n"), "-- goodbye, alice")
        self.assertEqual(self.last(b"\xff\xfb\x18alice\n", b"quit\n"), "-- goodbye, alice")

    def test_scripts(self) -> None:
        """So does a script: it half-closes, or says its quit together with the rest."""
        self.assertEqual(self.last(b"alice\nhello\nquit\n"), "-- goodbye, alice")
        self.assertEqual(self.last(b"alice\n", b"hello\n", half_close=True), "-- goodbye, alice")

    def test_in_chinese(self) -> None:
        """It is said in the person's language."""
        self.assertEqual(
            self.last(b"/lang zh\n", "小明\n".encode(), b"quit\n"), "-- 再见，小明（按回车或 Ctrl-C 关闭 nc）"
        )
