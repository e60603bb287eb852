"""Draw docs/ssh.svg: a terminal in which alice has come by ssh, from a real session. `python docs/ssh_picture.py`.

It needs ssh and tmux, and a checkout that is installed with its extra `ssh`.
"""

from __future__ import annotations

import html
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS, ROWS = 76, 15
CELL, LINE = 8.4, 19  # of a character, in the units of the picture
_TOKEN = re.compile(r"\x1b\[([0-9;]*)m|\x1b\(B|\x0f|([^\x1b])")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def colour(number: int) -> str:
    """Return one of xterm's 256 colours from 16 on."""
    levels = (0, 95, 135, 175, 215, 255)
    number -= 16
    return "#{:02x}{:02x}{:02x}".format(*(levels[number // size % 6] for size in (36, 6, 1)))


def drawn(screen: str) -> str:
    """Return the picture of a screen that tmux has captured with its attributes."""
    text = []
    bold = dim = False  # attributes go on from one row to the next
    fill = ""
    for row, line in enumerate(screen.rstrip("\n").split("\n")):
        column = 0
        for token in _TOKEN.finditer(line):
            if token[1] is not None:
                codes = [int(code or 0) for code in token[1].split(";")]
                while codes:
                    code = codes.pop(0)
                    bold, dim = (
                        code == 1 or (bold and code not in (0, 22)),
                        code == 2 or (dim and code not in (0, 22)),
                    )
                    if code == 38:
                        fill, codes = colour(codes[1]), codes[2:]
                    elif code in (0, 39):
                        fill = ""
            elif token[2] and token[2] != " ":
                style = "".join(
                    (' font-weight="bold"' * bold, ' opacity=".6"' * dim, f' fill="{fill}"' if fill else "")
                )
                place = f'x="{12 + column * CELL:.1f}" y="{24 + row * LINE}"'
                text.append(f"<text {place}{style}>{html.escape(token[2])}</text>")
            column += len(token[2] or "")
    width, height = 24 + COLUMNS * CELL, 20 + ROWS * LINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" font-family="monospace" '
        f'font-size="14" fill="#333"><rect width="100%" height="100%" rx="8" fill="#fdfdfb" stroke="#bbb"/>'
        + "\n".join(text)
        + "</svg>\n"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        twistd = "from twisted.scripts.twistd import run; run()"
        listen = f"--listen=ssh:{port}:interface=127.0.0.1:hostKey={folder}/key"
        options = ("-n", "--pidfile=", f"--logfile={folder}/log", "chatd", "--title=the lab", listen)
        daemon = subprocess.Popen([sys.executable, "-c", twistd, *options])
        tmux = ("tmux", "-u", "-S", f"{folder}/tmux")
        ssh = f"TERM=xterm-256color ssh -p {port} -o StrictHostKeyChecking=no -o UserKnownHostsFile={folder}/known -q"

        def type_keys(who: str, *keys: str) -> None:
            subprocess.run((*tmux, "send-keys", "-t", who, *keys), check=True)
            time.sleep(0.4)

        try:
            time.sleep(3)
            for who in ("alice", "bob", "carol"):
                size = ("-x", str(COLUMNS), "-y", str(ROWS))
                subprocess.run((*tmux, "new-session", "-d", "-s", who, *size, f"{ssh} {who}@127.0.0.1"), check=True)
                time.sleep(1)
            type_keys(
                "bob", "alice: the backup is through, and this time it took four minutes instead of an hour", "Enter"
            )
            type_keys("carol", "how come?", "Enter")
            type_keys("bob", "/me points at the new disks", "Enter")
            type_keys("alice", "@ca", "Tab", "tell you at lunch", "Enter")
            type_keys("alice", "and what a half-typed line looks like whi")
            type_keys("carol", "@alice fine", "Enter")
            captured = subprocess.run(
                (*tmux, "capture-pane", "-p", "-e", "-t", "alice"), check=True, capture_output=True, text=True
            )
        finally:
            subprocess.run((*tmux, "kill-server"), check=False)
            daemon.terminate()
            daemon.wait()
    Path(__file__).with_name("ssh.svg").write_text(drawn(captured.stdout), encoding="utf-8")
    print(re.sub(r"\x1b\[[0-9;]*m", "", captured.stdout))


if __name__ == "__main__":
    main()
