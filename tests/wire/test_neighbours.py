"""How the people from one address share what may be read from it."""

from chatd.doors.line import LineDoor
from tests.doors.test_line import DoorTestCase
from tests.doors.test_line import Line as Transport

READ_AT_ONCE = b"x" * 4096
STEP = 0.05  # seconds


class NeighbourTests(DoorTestCase):
    limits = {"line_rate": 5, "line_burst": 40, "byte_rate": 4096, "byte_burst": 65536}

    def send(self, door: LineDoor, transport: Transport) -> int:
        """Send as much as is read at once, if anything is read; return how many bytes."""
        if transport.producerState != "producing":
            return 0
        door.dataReceived(READ_AT_ONCE)
        return len(READ_AT_ONCE)

    def test_nobody_starves(self) -> None:
        """Whatever neighbours send, somebody who types a line now and then is soon read."""
        door, line = self.connect(b"alice\n")
        flooders = [self.connect(b"guest%d\n" % number) for number in range(19)]
        flooded, delays = 0, []
        for number in range(60):
            sent_at = self.clock.seconds()
            while line.producerState != "producing":
                self.clock.advance(STEP)
                flooded += sum(self.send(*one) for one in flooders)
            delays.append(self.clock.seconds() - sent_at)
            door.dataReceived(f"line {number}\n".encode())
            while self.clock.seconds() < sent_at + 2:
                self.clock.advance(STEP)
                flooded += sum(self.send(*one) for one in flooders)
            self.assertIn(f"<alice> line {number}\r\n".encode(), line.value())
        self.assertLess(max(delays), 0.2)
        burst, rate = 4 * self.limits["byte_burst"], 4 * self.limits["byte_rate"]
        self.assertLess(flooded, (burst + rate * self.clock.seconds()) * 1.2)
        self.assertGreater(flooded, rate * self.clock.seconds())

    def test_equal_shares(self) -> None:
        """Those who all send as much as they can are read equally."""
        flooders = [self.connect() for _ in range(20)]
        read = [0] * 20
        for _ in range(2_000):
            self.clock.advance(STEP)
            read = [before + self.send(*one) for before, one in zip(read, flooders, strict=True)]
        self.assertLess(max(read), 1.5 * min(read))
