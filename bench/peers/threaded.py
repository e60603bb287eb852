"""The chat server of the tutorials: a thread for each client, and everyone is sent to under one lock."""

from __future__ import annotations

import socket
import sys
import threading

clients: set[socket.socket] = set()
lock = threading.Lock()


def serve(client: socket.socket) -> None:
    """Hear one client: its first line is its nickname, each further one is said to all."""
    try:
        lines = client.makefile("rb")
        nickname = lines.readline().strip()
        client.sendall(b"welcome %s\n" % nickname)
        with lock:
            clients.add(client)
        for line in lines:
            with lock:
                for subscriber in clients:
                    subscriber.sendall(b"%s: %s" % (nickname, line))
    except OSError:
        pass
    finally:
        with lock:
            clients.discard(client)
        client.close()


def main() -> None:
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128) as listener:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()
