r"""What stands in a Twisted endpoint string, such as `tcp:2428:interface=127.0.0.1`; `\:` is a colon in a value."""

from __future__ import annotations

import re


def parts(endpoint: str) -> list[str]:
    """Return what stands between the colons, escaped as before."""
    return re.findall(r"(?:[^\\:]|\\.)+", endpoint)


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value)
