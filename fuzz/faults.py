"""What the fuzzer is looking for."""

from __future__ import annotations


class Fault(Exception):
    """Something happened that must not, whatever anybody sends; `str()` says what."""
