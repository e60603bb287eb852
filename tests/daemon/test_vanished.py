"""A real daemon before peers that vanish, and peers that are only slow."""

from __future__ import annotations

import ctypes
import select
import socket
import struct
import time

from tests.daemon.test_service import TwistdTestCase

PEER_TIMEOUT = 4  # seconds, the least that can be set
SO_ATTACH_FILTER = 26  # asm-generic/socket.h
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF_RET | BPF_K: let nothing pass


def vanish(connection: socket.socket) -> None:
    """Let the kernel at this end answer nothing any more, as if the cable were cut."""
    instructions = ctypes.create_string_buffer(DROP_ALL)
    program = struct.pack("HL", 1, ctypes.addressof(instructions))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


class VanishedPeerTests(TwistdTestCase):
    def come_in(self, name: bytes) -> socket.socket:
        connection = self.connect()
        connection.sendall(name + b"\n")
        self.read_until(connection, name)
        return connection

    def test_vanished_or_slow(self) -> None:
        """Who vanishes while lines are on their way is found; who takes them slowly stays."""
        self.twistd("-n", "chatd", self.listen, f"--peer-timeout={PEER_TIMEOUT}", "--byte-rate=0", "--line-rate=0")
        witness, vanished, slow = (self.come_in(name) for name in (b"witness", b"vanished", b"slow"))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        vanish(vanished)
        witness.sendall((b"x" * 4000 + b"\n") * 80)
        began = time.monotonic()
        heard, taken = b"", 0
        while time.monotonic() - began < 3 * PEER_TIMEOUT:
            ready, _, _ = select.select([witness], [], [], 0.1)
            heard += witness.recv(65536) if ready else b""
            taken += len(slow.recv(100))
            if b"-- vanished left (connection lost)" in heard and time.monotonic() - began > 2 * PEER_TIMEOUT:
                break
        self.assertIn(b"-- vanished left (connection lost)", heard)
        self.assertNotIn(b"-- slow left", heard)
        self.assertLess(taken, 80 * 4000)
        witness.sendall(b"/whois slow\n")
        self.read_until(witness, b"-- slow")
