"""What is below a connection: its transport, as the door that it came by knows it."""

from __future__ import annotations

from typing import Protocol

from chatd.wire.codec import Codec


class Wire(Protocol):
    """What a door brings for each of its connections."""

    @property
    def formats(self) -> tuple[str, ...]:
        """The names of what may be spoken on it."""

    def codec_for(self, format: str) -> Codec:
        """Return a codec of one of the formats."""

    def stop_reading(self) -> None:
        """Hand over no further line, and read nothing from the transport."""

    def read_on(self) -> None:
        """Hand over what has been read already, then read again."""

    @property
    def lines_wait(self) -> bool:
        """Whether a whole line has been read that is not handed over yet."""

    def taken(self) -> int:
        """Return a number that grows when the peer takes something of what was handed to the transport."""

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody on the way can read what is sent."""

    def unacknowledged(self) -> int:
        """Return how many bytes that were handed to the transport the peer has not acknowledged."""

    def hide_typing(self) -> bool:
        """Have the client not show the next line while it is typed; return False if it can't be asked to."""

    def edit(self, on: bool) -> None:
        """Edit the line here, or have the client do it; the person is told what comes of it.

        @raises NoEditor: if that is not for this wire to choose.
        """

    def leave_row(self) -> None:
        """Have the client edit its line, because another format is spoken from now on."""

    def close(self) -> None:
        """Close the transport in order."""

    def abort(self) -> None:
        """Close the transport at once, whatever is still waiting."""
