"""Programs that come by SSH with a library: paramiko and asyncssh, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

from tests.test_clients import needs
from tests.test_ssh_clients import SSHClientTestCase

PARAMIKO = """
import sys, paramiko
key = paramiko.RSAKey.generate(2048) if sys.argv[2] == "key" else None
transport = paramiko.Transport(("127.0.0.1", int(sys.argv[1])))
transport.start_client(timeout=10)
if key:
    transport.auth_publickey("alice", key)
else:
    transport.auth_interactive("alice", lambda title, text, prompts: [""] * len(prompts))
channel = transport.open_session()
channel.exec_command("/ls")
print(channel.makefile().read().decode(), channel.makefile_stderr().read().decode(), channel.recv_exit_status())
channel = transport.open_session()
"""

ASYNCSSH = """
import asyncio, sys, asyncssh

async def main():
    kinds = ("ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519") if sys.argv[2] == "key" else (None,)
    for kind in kinds:
        how = {"client_keys": [asyncssh.generate_private_key(kind)]} if kind else {"client_keys": None, "password": ""}
        where = {"port": int(sys.argv[1]), "username": "alice", "known_hosts": None}
        async with asyncssh.connect("127.0.0.1", **where, **how) as connection:
            done = await connection.run("/ls")
            print(done.stdout, done.stderr, done.exit_status)
        async with asyncssh.connect("127.0.0.1", **where, **how) as connection:
            async with connection.create_process(term_type="xterm", term_size=(40, 24)) as terminal:
                terminal.stdin.write("hello\\r")
                await terminal.stdout.readuntil("> hello")
                terminal.stdin.write("\\x04")
                await terminal.stdout.readuntil("goodbye")

asyncio.run(main())
"""


class ProgramTests(SSHClientTestCase):
    skip = needs("ssh") or (None if find_spec("paramiko") and find_spec("asyncssh") else "not installed: dev extras")

    def ran(self, program: str, how: str) -> str:
        command = [sys.executable, "-c", program, str(self.port), how]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done.stdout

    def test_asyncssh(self) -> None:
        """asyncssh comes with a key of each kind, or with none, has an answer and its status, and a row."""
        self.assertEqual(self.ran(ASYNCSSH, "key").count("1 person is in #lobby: alice\n  0\n"), 3)
        self.assertEqual(self.ran(ASYNCSSH, "none"), "1 person is in #lobby: alice\n  0\n")
        self.assertNotIn("hello", (self.folder / "log").read_text())

    def test_paramiko(self) -> None:
        """So does paramiko, which reuses nothing: a connection has one session."""
        for how in ("key", "none"):
            command = [sys.executable, "-c", PARAMIKO, str(self.port), how]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stdout, "1 person is in #lobby: alice\n  0\n", done.stderr)
            self.assertIn("Resource shortage", done.stderr)
