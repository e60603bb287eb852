"""Tests for chatd.doors.endpoints."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.endpoints import has_ipv6, longest_queue, to_listen_on, way_in


class ListenTests(SynchronousTestCase):
    def test_queue(self) -> None:
        """As many may wait to be accepted as the system allows, unless it is said otherwise."""
        queue = longest_queue()
        self.assertGreaterEqual(queue, 128)
        for endpoint in ("tcp:2428:interface=127.0.0.1", "tcp6:2428", "unix:/run/x:mode=660"):
            self.assertEqual(to_listen_on(endpoint), [f"{endpoint}:backlog={queue}"])
        self.assertEqual(to_listen_on("unix:/run/x:backlog=7"), ["unix:/run/x:backlog=7"])

    def test_all_addresses(self) -> None:
        """A port without an address is open on both families."""
        opened = to_listen_on("tcp:2428:backlog=7")
        self.assertEqual(opened[-1], "tcp6:2428:backlog=7" if has_ipv6() else "tcp:2428:backlog=7")

    def test_others(self) -> None:
        """What is opened by others is left as it is."""
        endpoint = "systemd:domain=INET6:name=chatd"
        self.assertEqual(to_listen_on(endpoint), [endpoint])

    def test_refused(self) -> None:
        """What could not be opened, or would be served wrongly, is refused before."""
        for endpoint in ("tcp:99999", "tcp:x", "tcp:", "tcp:interface=127.0.0.1", "tcp:²", "unix:"):
            self.assertRaises(ValueError, to_listen_on, endpoint)

    def test_way_in(self) -> None:
        """What people type to come in is known for ports of ours; systemd's and Unix sockets say nothing."""
        for endpoint, way in (
            ("tcp:2428", "telnet chat.example.org 2428"),
            ("tcp6:2428:interface=\\:\\:1", "telnet ::1 2428"),
            ("tcp:port=23:interface=127.0.0.1", "telnet 127.0.0.1 23"),
            ("ssl:2429:privateKey=key.pem", "openssl s_client -quiet -connect chat.example.org:2429"),
            ("ssh:2222:hostKey=key", "ssh -p 2222 NAME@chat.example.org"),
            ("ssl:systemd:domain=INET6:name=tls:privateKey=key.pem", ""),
            ("systemd:domain=INET6:name=chatd", ""),
            ("unix:/run/chat", ""),
        ):
            self.assertEqual(way_in(endpoint, "chat.example.org"), way)
