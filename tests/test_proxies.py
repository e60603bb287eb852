"""Tests for people who come through a proxy: each as docs/proxies.md sets it up, the real program."""

from __future__ import annotations

import re
import shlex
import socket
import ssl
import subprocess
from textwrap import dedent

from tests.daemon.test_service import CHECKOUT, TwistdTestCase
from tests.doors.test_certificate import write_pair
from tests.test_clients import needs

PROXIES = {
    "HAProxy": "haproxy -f {file}",
    "stunnel": "stunnel {file}",
    "nginx": "nginx -e stderr -g 'pid {file}.pid;' -c {file}",
}
BACKEND = "127.0.0.1:2430"


def documented(proxy: str) -> str:
    """Return what docs/proxies.md has as the configuration of a proxy."""
    section = (CHECKOUT / "docs" / "proxies.md").read_text().split(f"## {proxy}\n")[1].split("\n## ")[0]
    return dedent("\n".join(line for line in section.splitlines() if line.startswith("    ")) + "\n")


class ProxyTests(TwistdTestCase):
    skip = needs("haproxy", "stunnel", "nginx")

    def setUp(self) -> None:
        super().setUp()
        self.backend = self.port
        listen = f"--listen=haproxy:tcp:{self.backend}:interface=127.0.0.1"
        self.daemon = self.twistd("-n", "--pidfile=", "chatd", listen, "--log-level=debug")
        self.connect().close()

    def behind(self, proxy: str) -> None:
        """Start a proxy in front of the daemon; connect to it from now on."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        key, chain = write_pair(self.folder.absolute())
        settings = documented(proxy).replace(BACKEND, f"127.0.0.1:{self.backend}")
        settings = re.sub(r"(bind :|accept = |listen )(2428|2429)", rf"\g<1>{self.port}", settings)
        settings = settings.replace("/etc/chatd/tls/key.pem", str(key)).replace("/etc/chatd/tls/chain.pem", str(chain))
        file = self.folder / "proxy.conf"
        file.write_text(settings)
        command = PROXIES[proxy].format(file=file.absolute())
        process = subprocess.Popen(
            shlex.split(command), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

    def secured(self, connection: socket.socket) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        wrapped = context.wrap_socket(connection)
        self.addCleanup(wrapped.close)
        return wrapped

    def assertPassedOn(self, alice: socket.socket) -> None:
        """A person talks, and the daemon sees where they really come from."""
        alice.sendall(b"alice\nhello\n")
        self.read_until(alice, b"<alice> hello\r\n")
        host, port = alice.getsockname()
        alice.sendall(b"quit\n")
        self.read_until(alice, b"-- goodbye, alice (Enter or Ctrl-C closes nc)\r\n")
        self.daemon.terminate()
        out, err = self.daemon.communicate(timeout=20)
        self.assertRegex(out + err, rf"{host}:{port}\b.*alice|alice.*{host}:{port}\b")

    def test_haproxy(self) -> None:
        """Half-closed connections get their answers through HAProxy; its checks are no visitors."""
        self.behind("HAProxy")
        one = self.connect()
        one.sendall(b"one\nhello\n")
        one.shutdown(socket.SHUT_WR)
        self.assertTrue(self.read_until(one, b"").endswith(b"<one> hello\r\n-- goodbye, one\r\n"))
        self.assertPassedOn(self.connect())

    def test_nginx(self) -> None:
        """So do those through nginx."""
        self.behind("nginx")
        one = self.connect()
        one.sendall(b"one\nhello\n")
        one.shutdown(socket.SHUT_WR)
        self.assertTrue(self.read_until(one, b"").endswith(b"<one> hello\r\n-- goodbye, one\r\n"))
        self.assertPassedOn(self.connect())

    def test_stunnel(self) -> None:
        """stunnel's TLS reaches the plain port, and the address goes with it."""
        self.behind("stunnel")
        self.assertPassedOn(self.secured(self.connect()))
