"""Tests for chatd.doors.control: the operator's socket, and what a killed daemon left of it."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import cast

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.trial.unittest import TestCase

from chatd.doors.control import ControlSocket
from chatd.doors.line import LineFactory


class ControlSocketTests(TestCase):
    async def test_left_behind(self) -> None:
        """What a daemon of the same process id left when it was killed, as pid 1 of a container, hinders nobody."""
        path = Path(self.mktemp())
        with socket.socket(socket.AF_UNIX) as killed:
            killed.bind(str(path))
        Path(f"{path}.lock").symlink_to(str(os.getpid()))
        control = ControlSocket(str(path), cast(LineFactory, Factory()), reactor)
        control.privilegedStartService()
        control.startService()
        try:
            with socket.socket(socket.AF_UNIX) as operator:
                operator.connect(str(path))
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o660)
        finally:
            await control.stopService()
