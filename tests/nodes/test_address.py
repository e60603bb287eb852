"""Where Redis is: what the settings may say, and what they say that can't be had."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatd.nodes.address import Address


class AddressTests(SynchronousTestCase):
    def test_parsed(self) -> None:
        """All four kinds of URLs are understood, with their ports and users."""
        for typed, address in (
            ("redis://example.org", Address("tcp", (("example.org", 6379),))),
            ("redis://[::1]:7000/0", Address("tcp", (("::1", 7000),))),
            ("rediss://chatd@example.org:1", Address("tls", (("example.org", 1),), user="chatd")),
            ("unix:///run/redis.sock", Address("unix", path="/run/redis.sock")),
            ("sentinel://a,b:1/hall", Address("sentinel", (("a", 26379), ("b", 1)), service="hall")),
        ):
            self.assertEqual(Address.parse(typed), address, typed)

    def test_refused(self) -> None:
        """Anything else is refused with examples, and a password in it by naming the setting for it."""
        for typed in (
            "",
            "localhost",
            "redis://",
            "redis://x:y",
            "redis://x/3",
            "unix:run",
            "sentinel://x",
            "http://x",
        ):
            self.assertRaises(ValueError, Address.parse, typed)
        error = self.assertRaises(ValueError, Address.parse, "redis://chatd:secret@example.org")
        self.assertIn("--redis-password", str(error))
        self.assertNotIn("secret", str(error))
