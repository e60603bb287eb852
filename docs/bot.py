"""A bot for chatd, to start from: it answers `!time`, greets nobody, and survives a restart of chatd.

python3 bot.py HOST PORT NICKNAME
"""

import json
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

WAIT = 5.0  # seconds between two tries to connect


class Chat:
    """A connection to chatd that speaks JSON (docs/json.md): objects come out of it, commands go in."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=10)
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._socket.sendall(b"/format json\n")

    def do(self, command: str, /, **arguments: Any) -> None:
        """Do a command by its name, with its arguments by theirs."""
        self._socket.sendall(json.dumps({"do": command, **arguments}).encode() + b"\n")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self._socket.makefile(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("{"):  # before that, what people read on connecting
                    yield json.loads(line)


def answer(chat: Chat, told: dict[str, Any], nickname: str) -> None:
    """Do what there is to do about one thing that happened. Fields and events that are not known are passed over."""
    match told:
        case {"replayed": True}:
            return  # it was said before this bot came
        case {"event": "hello"}:
            chat.do("nick", name=nickname, id="nick")
        case {"event": "refused", "id": "nick", "text": why}:
            raise ConnectionError(why)  # the name may still be that of the connection before
        case {"event": "said", "speaker": speaker, "text": "!time"} if speaker != nickname:
            chat.do("say", text=f"{speaker}, it is {time.strftime('%H:%M')} where I live")


def main(host: str, port: str, nickname: str) -> None:
    while True:
        try:
            chat = Chat(host, int(port))
            for told in chat:
                answer(chat, told, nickname)
        except OSError as error:
            print(f"{nickname}: {error}; trying again", file=sys.stderr)
        time.sleep(WAIT)


if __name__ == "__main__":
    main(*sys.argv[1:])
